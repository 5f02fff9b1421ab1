"""What a member keeps on disk: its keys, what it answered, what it asked, and how much each peer has had.

One SQLite file. A key is fresh for each round and erased when the round is over. A peer is charged before its
ask is looked at, and the answer is kept before it is sent: being killed between the two forgets no charge, and what
was answered once is answered in the same bytes. Charges are by peer and time, not by round: neither a restart nor a
new round begins them anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stillwatch.core import OutputUnwritable, UnreadableInput
from stillwatch.rounds.matching.oprf import Key

__all__ = ["MatchingState", "member_lock"]

_TABLES = """
CREATE TABLE IF NOT EXISTS key (round TEXT PRIMARY KEY, seed BLOB);
CREATE TABLE IF NOT EXISTS roster (round TEXT, member TEXT, public BLOB, PRIMARY KEY (round, member));
CREATE TABLE IF NOT EXISTS identifier (
    round TEXT, n INTEGER, kind TEXT, value TEXT, accounts INTEGER, token BLOB, PRIMARY KEY (round, n));
CREATE TABLE IF NOT EXISTS output (
    round TEXT, peer TEXT, n INTEGER, seq INTEGER, value BLOB, PRIMARY KEY (round, peer, n));
CREATE TABLE IF NOT EXISTS answered (
    round TEXT, peer TEXT, seq INTEGER, digest BLOB, body BLOB, PRIMARY KEY (round, peer, seq));
CREATE TABLE IF NOT EXISTS charge (peer TEXT, moment REAL, elements INTEGER);
CREATE INDEX IF NOT EXISTS charge_of ON charge (peer, moment);
CREATE TABLE IF NOT EXISTS charged (
    round TEXT, peer TEXT, seq INTEGER, digest BLOB, PRIMARY KEY (round, peer, seq, digest));
CREATE TABLE IF NOT EXISTS inbox (round TEXT, sender TEXT, body BLOB, PRIMARY KEY (round, sender));
CREATE TABLE IF NOT EXISTS shared (round TEXT, token BLOB, members INTEGER, told INTEGER, PRIMARY KEY (round, token));
CREATE TABLE IF NOT EXISTS agreed (round TEXT PRIMARY KEY, members TEXT);
CREATE TABLE IF NOT EXISTS opened (round TEXT PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS mark (round TEXT, name TEXT, value INTEGER, PRIMARY KEY (round, name));
"""


@contextmanager
def member_lock(path: Path) -> Iterator[None]:
    """Hold a member's file for one process: two at a time would give up each other's asks. A kill lets go of it.

    Raises:
        OutputUnwritable: another process has it, or nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file of its own: closing the database's would drop the locks that SQLite holds on it.
        lock = path.with_suffix(".lock").open("a")
    except OSError as error:
        raise OutputUnwritable(f"the member's folder cannot be written: {error}", where=str(path)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputUnwritable(
                "another command of this member is in a round", where=str(path), hint="wait for it, or end it"
            ) from error
        yield


class MatchingState:
    """A member's file.

    Args:
        path: made where it is missing.

    Raises:
        UnreadableInput: it is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise UnreadableInput(f"the state cannot be opened: {error}", where=str(path)) from error
        path.chmod(0o600)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # --- keys ---------------------------------------------------------------------------

    def key(self, round_id: str) -> Key:
        """This member's key of a round; drawn when first asked for, the same after a restart."""
        with self._all_or_nothing() as db:
            db.execute("INSERT OR IGNORE INTO key VALUES (?, ?)", (round_id, Key.new_seed()))
            (seed,) = db.execute("SELECT seed FROM key WHERE round = ?", (round_id,)).fetchone()
        return Key(seed, b"stillwatch-match-v1\x00" + round_id.encode())

    def forget(self, round_id: str) -> None:
        """Erase a round's key and what was answered with it; what was found stays."""
        with self._all_or_nothing() as db:
            db.execute("DELETE FROM key WHERE round = ?", (round_id,))
            for table in ("answered", "output", "charged"):
                db.execute(f"DELETE FROM {table} WHERE round = ?", (round_id,))

    def fix_roster(self, round_id: str, keys: Mapping[str, bytes]) -> dict[str, bytes]:
        """The keys of a round as they were when first seen whole; later ones change nothing."""
        with self._all_or_nothing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO roster VALUES (?, ?, ?)", [(round_id, name, keys[name]) for name in sorted(keys)]
            )
        return dict(self._rows("SELECT member, public FROM roster WHERE round = ?", round_id))

    # --- answering ----------------------------------------------------------------------

    def answered(self, round_id: str, peer: str, seq: int, asked: bytes) -> bytes | bool | None:
        """What was answered to this ask; None where nothing was, False where something else was asked under it."""
        rows = self._rows(
            "SELECT digest, body FROM answered WHERE round = ? AND peer = ? AND seq = ?", round_id, peer, seq
        )
        if not rows:
            return None
        digest, body = rows[0]
        return body if digest == hashlib.sha256(asked).digest() else False

    def reserve(
        self,
        peer: str,
        charge: int,
        *,
        budget: int,
        days: float,
        now: datetime,
        ask: tuple[str, int, bytes] | None = None,
    ) -> bool:
        """Charge a peer so many elements; False, and nothing charged, where its budget does not reach.

        Args:
            peer: who asks.
            charge: elements.
            budget: elements a peer may have in ``days``.
            days: length of the window.
            now: the moment.
            ask: its round, number and bytes. The very same ask is charged once: one that was charged and not
                answered, because the process ended in between, is answered after a restart for that charge.
        """
        since = (now - timedelta(days=days)).timestamp()
        with self._all_or_nothing() as db:
            if ask is not None:
                row = (ask[0], peer, ask[1], hashlib.sha256(ask[2]).digest())
                if db.execute(
                    "SELECT 1 FROM charged WHERE round = ? AND peer = ? AND seq = ? AND digest = ?", row
                ).fetchone():
                    return True
            (spent,) = db.execute(
                "SELECT coalesce(sum(elements), 0) FROM charge WHERE peer = ? AND moment > ?", (peer, since)
            ).fetchone()
            if spent + charge > budget:
                return False
            db.execute("INSERT INTO charge VALUES (?, ?, ?)", (peer, now.timestamp(), charge))
            if ask is not None:
                db.execute("INSERT INTO charged VALUES (?, ?, ?, ?)", row)
        return True

    def keep_answer(self, round_id: str, peer: str, seq: int, asked: bytes, body: bytes) -> None:
        """Keep an answer before it is sent."""
        with self._all_or_nothing() as db:
            digest = hashlib.sha256(asked).digest()
            db.execute("INSERT INTO answered VALUES (?, ?, ?, ?, ?)", (round_id, peer, seq, digest, body))

    def spent(self, peer: str, since: datetime) -> int:
        """Elements that a peer has had since a moment."""
        rows = self._rows(
            "SELECT coalesce(sum(elements), 0) FROM charge WHERE peer = ? AND moment > ?", peer, since.timestamp()
        )
        return int(rows[0][0])

    # --- asking -------------------------------------------------------------------------

    def load(self, round_id: str, identifiers: Sequence[tuple[str, str, int]]) -> None:
        """Keep what is to be matched (kind, value, accounts); once a round, what is kept stays."""
        with self._all_or_nothing() as db:
            if db.execute("SELECT 1 FROM identifier WHERE round = ? LIMIT 1", (round_id,)).fetchone() is None:
                db.executemany(
                    "INSERT INTO identifier VALUES (?, ?, ?, ?, ?, NULL)",
                    [(round_id, n, *row) for n, row in enumerate(identifiers)],
                )

    def identifiers(self, round_id: str) -> list[tuple[int, str, str, int, bytes | None]]:
        """Number, kind, value, accounts and token of everything that is matched."""
        return self._rows("SELECT n, kind, value, accounts, token FROM identifier WHERE round = ? ORDER BY n", round_id)

    def withdraw(self, round_id: str) -> int:
        """Give up asks without an answer, whose blinds are gone with the process that made them; how many."""
        with self._all_or_nothing() as db:
            lost = db.execute("DELETE FROM output WHERE round = ? AND value IS NULL", (round_id,)).rowcount
        return int(lost)

    def unasked(self, round_id: str, peer: str, most: int) -> list[tuple[int, str, str]]:
        """Identifiers that this peer was not asked about."""
        return self._rows(
            """SELECT n, kind, value FROM identifier AS i WHERE round = ? AND NOT EXISTS (
                   SELECT 1 FROM output AS o WHERE o.round = i.round AND o.peer = ? AND o.n = i.n)
               ORDER BY n LIMIT ?""",
            round_id, peer, most,
        )  # fmt: skip

    def asking(self, round_id: str, peer: str, numbers: Iterable[int]) -> int:
        """Note that these are being asked; the ask's number, which is used once."""
        seq = self.next_seq(round_id, peer)
        with self._all_or_nothing() as db:
            db.executemany("INSERT INTO output VALUES (?, ?, ?, ?, NULL)", [(round_id, peer, n, seq) for n in numbers])
        return seq

    def next_seq(self, round_id: str, peer: str) -> int:
        """A number that no message to this recipient has had."""
        with self._all_or_nothing() as db:
            db.execute("INSERT OR IGNORE INTO mark VALUES (?, ?, 0)", (round_id, f"seq {peer}"))
            db.execute("UPDATE mark SET value = value + 1 WHERE round = ? AND name = ?", (round_id, f"seq {peer}"))
            (seq,) = db.execute(
                "SELECT value FROM mark WHERE round = ? AND name = ?", (round_id, f"seq {peer}")
            ).fetchone()
        return int(seq)

    def keep_outputs(self, round_id: str, peer: str, seq: int, outputs: Sequence[bytes]) -> None:
        """Keep what a peer's function gave, in the order in which it was asked."""
        with self._all_or_nothing() as db:
            numbers = db.execute(
                "SELECT n FROM output WHERE round = ? AND peer = ? AND seq = ? ORDER BY n", (round_id, peer, seq)
            ).fetchall()
            db.executemany(
                "UPDATE output SET value = ? WHERE round = ? AND peer = ? AND n = ?",
                [(value, round_id, peer, n) for (n,), value in zip(numbers, outputs, strict=True)],
            )

    def drop_identifiers(self, round_id: str, peer: str) -> int:
        """Leave out what a peer will not answer: without its output nothing can be matched; how many."""
        with self._all_or_nothing() as db:
            done = db.execute(
                """DELETE FROM identifier WHERE round = ? AND n NOT IN (
                       SELECT n FROM output WHERE round = ? AND peer = ? AND value IS NOT NULL)""",
                (round_id, round_id, peer),
            )
        return int(done.rowcount)

    def outputs(self, round_id: str) -> dict[int, dict[str, bytes]]:
        """Outputs by identifier and peer, those that are there."""
        out: dict[int, dict[str, bytes]] = {}
        for n, peer, value in self._rows(
            "SELECT n, peer, value FROM output WHERE round = ? AND value IS NOT NULL", round_id
        ):
            out.setdefault(n, {})[peer] = value
        return out

    def keep_tokens(self, round_id: str, tokens: Mapping[int, bytes]) -> None:
        """Keep the tokens by identifier."""
        with self._all_or_nothing() as db:
            db.executemany(
                "UPDATE identifier SET token = ? WHERE round = ? AND n = ?",
                [(t, round_id, n) for n, t in tokens.items()],
            )

    # --- what was found -----------------------------------------------------------------

    def keep_matched(self, round_id: str, matched: Mapping[bytes, tuple[int, int]]) -> None:
        """Keep which tokens others hold: a bit a member that does, and a bit a member that is told so."""
        with self._all_or_nothing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO shared VALUES (?, ?, ?, ?)",
                [(round_id, t, *bits) for t, bits in matched.items()],
            )

    def matched(self, round_id: str) -> dict[bytes, tuple[int, int]]:
        """Tokens that others hold too: a bit a member that does, and a bit a member that is told so."""
        rows = self._rows("SELECT token, members, told FROM shared WHERE round = ?", round_id)
        return {t: (members, told) for t, members, told in rows}

    # --- who takes part ------------------------------------------------------------------

    def opened(self, round_id: str, body: bytes) -> bytes:
        """A round as it was when first seen; what a hub says of it later changes nothing."""
        with self._all_or_nothing() as db:
            db.execute("INSERT OR IGNORE INTO opened VALUES (?, ?)", (round_id, body))
            (first,) = db.execute("SELECT body FROM opened WHERE round = ?", (round_id,)).fetchone()
        return bytes(first)

    def agree(self, round_id: str, members: Sequence[str]) -> None:
        """Keep as whom this member goes on; the first stays."""
        with self._all_or_nothing() as db:
            db.execute("INSERT OR IGNORE INTO agreed VALUES (?, ?)", (round_id, ",".join(members)))

    def agreed(self, round_id: str) -> tuple[str, ...]:
        """As whom this member goes on; nobody where nothing was agreed."""
        rows = self._rows("SELECT members FROM agreed WHERE round = ?", round_id)
        return tuple(rows[0][0].split(",")) if rows else ()

    def keep_graph(self, round_id: str, sender: str, body: bytes) -> None:
        """Keep a peer's graph, the first it sends."""
        with self._all_or_nothing() as db:
            db.execute("INSERT OR IGNORE INTO inbox VALUES (?, ?, ?)", (round_id, sender, body))

    def graphs(self, round_id: str) -> dict[str, bytes]:
        """Graphs that came, by sender."""
        return dict(self._rows("SELECT sender, body FROM inbox WHERE round = ?", round_id))

    def mark(self, round_id: str, name: str, value: int = 1) -> None:
        """Note that a step is done."""
        with self._all_or_nothing() as db:
            db.execute("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", (round_id, name, value))

    def marked(self, round_id: str, name: str) -> int:
        """What was noted; 0 where nothing was."""
        rows = self._rows("SELECT value FROM mark WHERE round = ? AND name = ?", round_id, name)
        return int(rows[0][0]) if rows else 0
