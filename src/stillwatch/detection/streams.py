"""Busy accounts whose stream is like people at large, but for a part that comes from one source.

A finding of its own kind: it is of traffic, not of accounts, and changes no verdict. A relay's customers are strangers
to the source beside them, and so may be the relay itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.detection.fdr import q_values
from stillwatch.engines import Engine, Table
from stillwatch.evidence import AtLarge, LogProfile, Window
from stillwatch.evidence.stream_thresholds import (
    FRESH_WINDOWS,
    LARGE_WINDOW,
    LEAST_STREAM,
    LIKE_AT_LARGE,
    MOST_MINOR,
    MOST_STREAMS,
    MOST_WINDOWS,
    SMALL_WINDOW,
)
from stillwatch.profiles import Stream, StreamReader, read_at_large

__all__ = ["StreamFinding", "StreamsTested", "find_streams"]

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_MOST_NAMED = 20
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class StreamFinding:
    """A stream part of which comes from one source.

    Attributes:
        account_ids: whose stream it is, the first few.
        org_id: of their organisation, where they declare one.
        accounts, exchanges: how many it has.
        window, windows, fired: prompts a window, windows tested, and those that show the part.
        share: of the prompts in those windows, about.
        p_value, q_value: of the stream.
        sentence: the finding in words.
        examples: exchanges that carry it, most telling first.
    """

    account_ids: Sequence[str]
    org_id: str | None
    accounts: int
    exchanges: int
    window: int
    windows: int
    fired: int
    share: float
    p_value: float
    q_value: float
    sentence: str
    examples: Sequence[str]


@dataclass(frozen=True, slots=True)
class StreamsTested:
    """How many streams were looked at, how many could be tested, and what was found.

    Attributes:
        considered: busy entities.
        unlike: of them, those whose bulk is not like people at large.
        tested: of them, those whose windows were tested.
        found: parts of streams from one source, strongest first.
    """

    considered: int = 0
    unlike: int = 0
    tested: int = 0
    found: tuple[StreamFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Tested:
    entity: int
    size: int
    rows: I64
    windows: tuple[Window, ...]
    stream: Stream

    @property
    def p_value(self) -> float:
        return min(1.0, len(self.windows) * min(window.p_value for window in self.windows))


def find_streams(
    engine: Engine,
    log: LogProfile,
    left_out: U64,
    sample: pa.Table,
    *,
    exchanges: Table,
    accounts: Table,
    fdr: float,
    seed: int,
) -> StreamsTested:
    """Test every busy entity's stream against people at large.

    Args:
        engine: where the tables lie.
        log: its profile.
        left_out: hashes of sentences that are left out of texts.
        sample: the sampled prompts, with ``entity, row_key``.
        exchanges: of the log.
        accounts: with their ``entity``.
        fdr: share of false findings to accept.
        seed: of every draw.
    """
    busy = np.flatnonzero(log.exchanges >= LEAST_STREAM)
    if not len(busy):
        return StreamsTested()
    reader = StreamReader(engine, left_out, exchanges=exchanges, accounts=accounts)
    at_large = read_at_large(reader, sample, busy, seed)
    if at_large is None:
        return StreamsTested(len(busy))
    busy = busy[np.argsort(-log.exchanges[busy], kind="stable")][:MOST_STREAMS]
    tested: list[_Tested] = []
    unlike = 0
    for entity in busy.tolist():
        stream = reader.stream(entity)
        result = _test(entity, stream, reader, at_large, seed) if len(stream.keys) >= LEAST_STREAM else None
        unlike += result is None and len(stream.keys) >= LEAST_STREAM
        tested += [result] if result is not None else []
    q = q_values(np.array([one.p_value for one in tested]))
    kept = sorted((float(q[n]), n) for n in range(len(tested)) if q[n] <= fdr)
    found = tuple(_finding(engine, tested[n], log, accounts, q_value, fdr) for q_value, n in kept)
    return StreamsTested(len(busy), unlike, len(tested), found)


def _windows(length: int, size: int) -> I64:
    """Rows of each window (windows x size): every so many-th prompt of the stream.

    Prompts next to one another may be an hour of one customer; a window spread over the stream is a sample of it.
    """
    count = min(length // size, MOST_WINDOWS)
    rows = np.linspace(0, length - 1, count * size).round().astype(np.int64)
    return rows.reshape(size, count).T


def _test(entity: int, stream: Stream, reader: StreamReader, at_large: AtLarge, seed: int) -> _Tested | None:
    """Test a stream's windows; None where the stream is not like people at large in its bulk."""
    length = len(stream.keys)
    large = length >= LARGE_WINDOW and len(at_large.prompts) >= FRESH_WINDOWS * LARGE_WINDOW
    size = LARGE_WINDOW if large else SMALL_WINDOW
    first = stream.keys[np.linspace(0, length - 1, LEAST_STREAM).astype(np.int64)]
    weights, explained = at_large.weighed(at_large.cells_of(reader.features(first)))
    if explained < LIKE_AT_LARGE:
        return None
    rows = _windows(length, size)
    features = reader.features(stream.keys[rows.ravel()])
    weights, explained = at_large.weighed(at_large.cells_of(features))
    if explained < LIKE_AT_LARGE:
        return None
    null = at_large.null(size, length, weights, seed)
    parts = [features[number * size : (number + 1) * size] for number in range(len(rows))]
    windows = tuple(null.test(part) for part in parts)
    # What most of it is like is what the stream is: it has nothing that hides.
    if float(np.median([window.share for window in windows])) > MOST_MINOR:
        return None
    return _Tested(entity, size, rows, windows, stream)


def _finding(
    engine: Engine, one: _Tested, log: LogProfile, accounts: Table, q_value: float, fdr: float
) -> StreamFinding:
    who = engine.fetch(
        f"SELECT account_id, org_id FROM {{accounts}} WHERE entity = {int(one.entity)} ORDER BY account_id",
        accounts=accounts,
    )
    fired = [n for n, window in enumerate(one.windows) if window.p_value * len(one.windows) <= fdr]
    strongest = min(range(len(one.windows)), key=lambda n: one.windows[n].p_value)
    shown = fired or [strongest]
    share = float(np.mean([one.windows[n].share for n in shown]))
    carriers = one.rows[strongest][one.windows[strongest].carriers[:_MOST_EXAMPLES]]
    ids = who["account_id"].to_pylist()
    return StreamFinding(
        account_ids=ids[:_MOST_NAMED],
        org_id=who["org_id"][0].as_py(),
        accounts=len(ids),
        exchanges=int(log.exchanges[one.entity]),
        window=one.size,
        windows=len(one.windows),
        fired=len(shown),
        share=share,
        p_value=one.p_value,
        q_value=q_value,
        sentence=_sentence(len(ids), one, len(shown), share),
        examples=[one.stream.exchange_ids[int(row)].as_py() for row in carriers],
    )


def _sentence(accounts: int, one: _Tested, fired: int, share: float) -> str:
    sender = "this account sends" if accounts == 1 else "these accounts of one organisation send"
    part = f"Roughly {share:.0%} of what {sender}" if share >= 0.005 else f"A small part of what {sender}"
    return (
        f"{part} comes from one source, unlike the rest of it, which is like what people at large ask "
        f"({fired} of {len(one.windows)} windows of {one.size:,} prompts). That is no verdict about the "
        f"account{'' if accounts == 1 else 's'}: customers of a relay are not accused."
    )
