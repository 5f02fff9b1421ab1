"""A member's part of a round, a step at a time: everything it does can be cut off anywhere and carried on.

    keys > asks and answers > tokens > counts > matches > graphs

A step takes what came, answers what was asked, asks what is left, and goes on to the next stage when all of its
peers have let it. Message numbers follow from what the message is, so that what is sent again is the same message:
0 is a key, from 1 on are asks, ``CALL`` and the next are about who is there, ``GRAPH`` is the graph, and
``ANSWERS`` + n answers ask n.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from stillwatch.core import BadMessage, BadSetting, EndpointFailed
from stillwatch.rounds.matching.absence import CALL, Absence
from stillwatch.rounds.matching.answering import Answerer, Limits, roster_digest
from stillwatch.rounds.matching.contradictions import checked_matches, unshared_mentions
from stillwatch.rounds.matching.identifiers import encode, token
from stillwatch.rounds.matching.mailbox import Letter, Mailbox
from stillwatch.rounds.matching.matching_state import MatchingState
from stillwatch.rounds.matching.oprf import BadElement, BlindedRequests, blind
from stillwatch.rounds.matching.problems import Problems
from stillwatch.rounds.messages import (
    HUB,
    MOST_TOKENS,
    Answer,
    Ask,
    Body,
    Counts,
    Graph,
    Key,
    Present,
    Refusal,
    Round,
    Without,
    read,
    seal,
    sealed,
    write,
)

__all__ = ["ANSWERS", "GRAPH", "Limits", "Participant", "roster_digest"]

ANSWERS = 1 << 30
GRAPH = 1 << 29

_MOST_CLAIMED = 255
_MOST_AT_A_STEP = 64
"""Answers of the hub that are read before a step goes on: none without end keeps anybody beyond their wait."""
_LONGEST_NAME = 63


class Participant:
    """One member in one round.

    Args:
        mailbox: the hub.
        state: the member's file.
        me: the member's name.
        secrets: what it shares with each peer and nobody else, 32 bytes.
        round_id: of a round that is open.
        limits: what it lets peers have.
        now: the clock.
        expected: the round as the members agreed on it, where the hub's word shall not do.
        first: members of the round with which all began, where this one goes on without some of them.

    Raises:
        BadSetting: a peer's secret is missing.
        BadMessage: the hub shows another round than is expected, or than it showed before.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        state: MatchingState,
        me: str,
        secrets: Mapping[str, bytes],
        round_id: str,
        *,
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        expected: Round | None = None,
        first: Sequence[str] = (),
    ) -> None:
        self._mailbox, self._state, self._me, self._secrets = mailbox, state, me, secrets
        self._id, self._limits, self._now = round_id, limits or Limits(), now
        self.round = mailbox.look(round_id)
        seen = state.opened(round_id, msgspec.msgpack.encode(expected or self.round))
        if msgspec.msgpack.decode(seen, type=Round) != self.round or self.round.id != round_id:
            raise BadMessage("the hub shows another round than before, or than was agreed", where=f"round {round_id}")
        self.peers = [name for name in self.round.members if name != me]
        missing = [name for name in self.peers if len(secrets.get(name, b"")) != 32]
        if missing:
            raise BadSetting(
                f"no secret is shared with {', '.join(missing)}",
                where="--secrets",
                hint="agree on 32 random bytes with each peer, outside of the hub",
            )
        self.absent = tuple(name for name in first if name not in self.round.members)
        """Who was to take part and does not."""
        self._first = tuple(first) or self.round.members
        self._key = state.key(round_id)
        self._keys: dict[str, bytes] = {me: self._key.public}
        self._roster: dict[str, bytes] = {}
        self._open: dict[tuple[str, int], BlindedRequests] = {}
        self._waiting: list[tuple[Letter, Ask]] = []
        self._unposted: dict[tuple[str, int], tuple[bytes, bytes]] = {}
        self._cursor = 0
        self._taken: set[tuple[str, int]] = set()
        self.problems = Problems()
        """What peers or the hub did that they should not have; each is left out, and said."""
        self._answerer = Answerer(state, round_id, self._key, self._limits, now, self.problems)
        self.absence = Absence(state, self.round, me, self._first, self._post)
        state.withdraw(round_id)

    def load(self, identifiers: Sequence[tuple[str, str, int]]) -> None:
        """Say what is to be matched: kind, value as ``canonical`` spells it, and how many suspects hold it."""
        self._state.load(self._id, identifiers)

    @property
    def matched(self) -> bool:
        """Whether the matches are here."""
        return bool(self._state.marked(self._id, "matched"))

    # --- one step -----------------------------------------------------------------------

    def step(self) -> bool:
        """Do what can be done now; whether anything was that carries the round on.

        Raises:
            BadMessage: a peer showed two keys, or a proof of its does not hold: the round cannot go on with it.
            EndpointAway: the hub does not answer; the next step goes on where this one was.
            EndpointFailed: the hub refuses.
        """
        self._flush()
        if not self._state.marked(self._id, "key sent"):
            for peer in self.peers:
                self._post(peer, 0, Key(self._key.public))
            self._state.mark(self._id, "key sent")
        moved = self._read_inbox()
        if set(self._keys) != set(self.round.members):
            return moved
        if not self._roster:
            self._fix_roster()
        moved |= self._answer_waiting()
        if self.matched:
            return moved
        for peer in self.peers:
            moved |= self._ask(peer)
        if not self._open and self._all_asked():
            moved |= self._report()
            moved |= self._fetch_matches()
        return moved

    def _post(self, recipient: str, seq: int, body: Body) -> None:
        self._post_raw(recipient, seq, write(body))

    def _post_raw(self, recipient: str, seq: int, raw: bytes) -> None:
        tag = b"" if recipient == HUB else seal(self._secrets[recipient], self._id, self._me, recipient, seq, raw)
        self._unposted[recipient, seq] = (tag, raw)
        self._flush()

    def _flush(self) -> None:
        """Hand over what is to go out. What a hub that went away may or may not have taken is handed over again."""
        while self._unposted:
            (recipient, seq), (tag, raw) = next(iter(self._unposted.items()))
            self._mailbox.post(self._id, recipient, seq, tag, raw)
            del self._unposted[recipient, seq]

    def _read_inbox(self) -> bool:
        moved = False
        for _ in range(_MOST_AT_A_STEP):
            letters = self._mailbox.inbox(self._id, self._cursor)
            for letter in letters:
                if letter.n <= self._cursor:
                    raise BadMessage("the hub hands over what it handed over before", where=f"round {self._id}")
                self._cursor = letter.n
                moved |= self._take(letter)
            if not letters:
                break
        return moved

    def _take(self, letter: Letter) -> bool:
        """Take a letter; whether it carries the round on."""
        secret = self._secrets.get(letter.sender, b"") if letter.sender in self.peers else b""
        place = (self._id, letter.sender, self._me, letter.seq)
        if not secret or not sealed(letter.seal, secret, *place, letter.body):
            name = letter.sender[:_LONGEST_NAME]
            self.problems.append(f"message {letter.seq} in the name of {name!r} was not sealed by it")
            return False
        if (letter.sender, letter.seq) in self._taken:
            # What a hub hands over again is no sign that its sender is there, and carries nothing on.
            return False
        self._taken.add((letter.sender, letter.seq))
        try:
            body = read(letter.body)
        except BadMessage as error:
            self.problems.append(f"{letter.sender} sent no message: {error.problem}")
            return False
        if isinstance(body, Key) and letter.seq == 0:
            self._keys[letter.sender] = body.public
        elif isinstance(body, Ask) and 0 < letter.seq < CALL:
            self._waiting.append((letter, body))
        elif isinstance(body, Answer | Refusal) and letter.seq > ANSWERS:
            self._open_answer(letter.sender, letter.seq - ANSWERS, body)
        elif isinstance(body, Graph) and letter.seq == GRAPH:
            self._state.keep_graph(self._id, letter.sender, letter.body)
        elif (
            isinstance(body, Present | Without)
            and CALL <= letter.seq < GRAPH
            and isinstance(body, Without) == (letter.seq == CALL)
            and self.absence.take(letter.sender, body)
        ):
            return False
        else:
            self.problems.append(f"{letter.sender} sent {type(body).__name__} under number {letter.seq}")
            return False
        return True

    def _fix_roster(self) -> None:
        self._roster = self._state.fix_roster(self._id, self._keys)
        for name, public in self._keys.items():
            if self._roster[name] != public:
                raise BadMessage(f"{name} shows another key than before", where=f"round {self._id}")

    def _digest(self) -> bytes:
        return roster_digest(self._id, self.round.threshold, self._roster)

    # --- without who is absent ------------------------------------------------------------

    def go_on(self) -> Participant:
        """This member's part in the round that was agreed on in place of this one, whose key is erased.

        Raises:
            EndpointFailed: nothing was agreed on, or the hub refuses or does not answer.
        """
        following = self.absence.agreed
        if following is None:
            raise EndpointFailed("nobody agreed to go on without anybody", where=f"round {self._id}")
        self.absence.announce()
        self._mailbox.begin(following)
        self._state.forget(self._id)
        return Participant(
            self._mailbox,
            self._state,
            self._me,
            self._secrets,
            following.id,
            limits=self._limits,
            now=self._now,
            expected=following,
            first=self._first,
        )

    # --- answering ----------------------------------------------------------------------

    def _answer_waiting(self) -> bool:
        moved = bool(self._waiting)
        while self._waiting:
            letter, ask = self._waiting[0]
            body = self._answerer.answer(letter.sender, letter.seq, ask, self._digest())
            if body is not None:
                self._post_raw(letter.sender, ANSWERS + letter.seq, body)
            # Only now: an ask is not forgotten because the hub went away in the middle.
            del self._waiting[0]
        return moved

    # --- asking -------------------------------------------------------------------------

    def _ask(self, peer: str) -> bool:
        asked = False
        while (
            sum(name == peer for name, _ in self._open) < self._limits.window
            and not self._state.marked(self._id, f"refused {peer}")
            and (rows := self._state.unasked(self._id, peer, self._limits.batch))
        ):
            batch = blind([encode(self._id, kind, value) for _, kind, value in rows])
            seq = self._state.asking(self._id, peer, [n for n, _, _ in rows])
            self._open[peer, seq] = batch
            self._post(peer, seq, Ask(batch.elements, self._digest()))
            asked = True
        return asked

    def _open_answer(self, peer: str, seq: int, body: Answer | Refusal) -> None:
        batch = self._open.pop((peer, seq), None)
        if batch is None:
            # The blinds went with the process that asked; the same was asked again under another number.
            return
        if isinstance(body, Refusal):
            self.problems.append(f"{peer} refuses: {body.reason}")
            if body.reason == "roster":
                raise BadMessage(f"{peer} sees other keys than we do", where=f"round {self._id}")
            self._state.mark(self._id, f"refused {peer}")
            return
        try:
            outputs = batch.open(body.evaluated, self._roster[peer])
        except BadElement as error:
            raise BadMessage(f"{peer}'s answer does not hold: {error}", where=f"round {self._id}") from error
        self._state.keep_outputs(self._id, peer, seq, outputs)

    def _all_asked(self) -> bool:
        for peer in self.peers:
            if self._state.marked(self._id, f"refused {peer}"):
                dropped = self._state.drop_identifiers(self._id, peer)
                if dropped:
                    self.problems.append(f"{dropped} identifiers are left out: {peer} does not answer them")
            elif self._state.unasked(self._id, peer, 1):
                return False
        return True

    # --- counts and matches -------------------------------------------------------------

    def _report(self) -> bool:
        """Send tokens and counts, in the order of tokens, so that what is sent again is the same."""
        if self._state.marked(self._id, "reported"):
            return False
        outputs = self._state.outputs(self._id)
        rows = self._state.identifiers(self._id)
        found = {
            n: token(self._id, kind, {**outputs[n], self._me: self._key.output(encode(self._id, kind, value))})
            for n, kind, value, _, _ in rows
        }
        self._state.keep_tokens(self._id, found)
        counts = sorted((found[n], min(accounts, _MOST_CLAIMED)) for n, _, _, accounts, _ in rows)
        parts = [counts[start : start + MOST_TOKENS] for start in range(0, len(counts), MOST_TOKENS)] or [[]]
        for seq, part in enumerate(parts):
            body = Counts(b"".join(t for t, _ in part), bytes(c for _, c in part), seq == len(parts) - 1)
            self._post(HUB, seq, body)
        self._state.mark(self._id, "reported")
        return True

    def _fetch_matches(self) -> bool:
        found: dict[bytes, tuple[int, int]] = {}
        after, more = b"", True
        held = {t: accounts for _, _, _, accounts, t in self._state.identifiers(self._id) if t is not None}
        while more:
            page = self._mailbox.matched(self._id, after)
            if page is None:
                return False
            told = checked_matches(page, self.round, self._me, held)
            if any(t <= after for t in told):
                raise BadMessage("the hub says the same twice", where=f"round {self._id}")
            found |= told
            after, more = max(told, default=after), page.more and bool(told)
        self._state.keep_matched(self._id, found)
        self._state.mark(self._id, "matched")
        return True

    # --- what was found -----------------------------------------------------------------

    def matches(self) -> dict[bytes, tuple[str, str, frozenset[str]]]:
        """Token of each match: kind and value of one's own identifier, and the peers that hold it too."""
        return self._matches(lambda holders, _: holders)

    def matches_told_to(self, peer: str) -> dict[bytes, tuple[str, str, frozenset[str]]]:
        """Those of the matches that a peer is told of too: what may be in a graph for it."""
        return {t: match for t, match in self._matches(lambda _, told: told).items() if peer in match[2]}

    def _matches(self, which: Callable[[int, int], int]) -> dict[bytes, tuple[str, str, frozenset[str]]]:
        held = {t: which(*bits) for t, bits in self._state.matched(self._id).items()}
        names = {1 << place: name for place, name in enumerate(self.round.members)}
        return {
            t: (kind, value, frozenset(name for bit, name in names.items() if held[t] & bit and name != self._me))
            for _, kind, value, _, t in self._state.identifiers(self._id)
            if t is not None and t in held
        }

    def send_graph(self, peer: str, graph: Graph) -> None:
        """Send a peer one's graph; the first that is sent stays."""
        if not self._state.marked(self._id, f"graph {peer}"):
            self._post(peer, GRAPH, graph)
            self._state.mark(self._id, f"graph {peer}")

    def graphs(self) -> dict[str, Graph]:
        """Peers' graphs, as far as they came."""
        out = {}
        for sender, raw in self._state.graphs(self._id).items():
            body = read(raw)
            if isinstance(body, Graph):
                out[sender] = body
        return out

    def contradictions(self) -> list[str]:
        """Peers whose graphs speak of what this member does not share with them: they lie, or the hub did to them."""
        return unshared_mentions(self.graphs(), self.matches())

    def finish(self) -> None:
        """Erase the round's key: from now on nothing can be asked of it, nor told from what went over the wire."""
        self._state.forget(self._id)
