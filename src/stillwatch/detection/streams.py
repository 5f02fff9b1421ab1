"""Busy accounts whose stream is like people at large, but for a part that comes from one source.

A finding of its own kind: it is of traffic, not of accounts, and changes no verdict. A relay's customers are strangers
to the source beside them, and so may be the relay itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    LIKE_AT_A_GLANCE,
    LIKE_AT_LARGE,
    MOST_READ,
    MOST_STREAMS,
    MOST_WINDOWS,
    SMALL_WINDOW,
)
from stillwatch.profiles import StreamReader, sampled_people

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
        considered: busy entities, the largest of them.
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
    keys: I64
    windows: tuple[Window, ...]

    @property
    def p_value(self) -> float:
        return min(1.0, len(self.windows) * min(window.p_value for window in self.windows))


def find_streams(
    engine: Engine,
    reader: StreamReader,
    log: LogProfile,
    sample: pa.Table,
    features: npt.NDArray[np.float16],
    *,
    accounts: Table,
    fdr: float,
    seed: int,
) -> StreamsTested:
    """Test every busy entity's stream against people at large.

    Args:
        engine: where the tables lie.
        reader: of the log.
        log: its profile.
        sample: the sampled prompts, with ``entity, row_key``.
        features: of each of them.
        accounts: with their ``entity``.
        fdr: share of false findings to accept.
        seed: of every draw.
    """
    streams = np.flatnonzero(log.exchanges >= LEAST_STREAM)
    busy = streams[np.argsort(-log.exchanges[streams], kind="stable")][:MOST_STREAMS].tolist()
    people = sampled_people(sample, features, streams, seed) if busy else None
    if people is None:
        return StreamsTested(len(busy))
    likely = [entity for entity in busy if people.explained(entity) >= LIKE_AT_A_GLANCE]
    unlike = len(busy) - len(likely)
    keys = [(entity, found) for entity, found in zip(likely, reader.streams(likely), strict=True)] if likely else []
    keys = [(entity, found) for entity, found in keys if len(found) >= LEAST_STREAM]
    at_large = people.read(reader, seed) if keys else None
    if at_large is None:
        return StreamsTested(len(busy), unlike)
    results = list(_results(keys, reader, at_large, seed))
    tested = [one for one in results if one is not None]
    q = q_values(np.array([one.p_value for one in tested]))
    kept = sorted((float(q[n]), n) for n in range(len(tested)) if q[n] <= fdr)
    found = tuple(_finding(engine, reader, tested[n], log, accounts, q_value, fdr) for q_value, n in kept)
    return StreamsTested(len(busy), unlike + len(results) - len(tested), len(tested), found)


def _windows(length: int, size: int) -> I64:
    """Rows of each window (windows x size): every so many-th prompt of the stream.

    Prompts next to one another may be an hour of one customer; a window spread over the stream is a sample of it.
    """
    count = min(length // size, MOST_WINDOWS, MOST_READ // size)
    rows = np.linspace(0, length - 1, count * size).round().astype(np.int64)
    return rows.reshape(size, count).T


def _results(
    streams: Sequence[tuple[int, I64]], reader: StreamReader, at_large: AtLarge, seed: int
) -> Iterator[_Tested | None]:
    """Each stream's windows tested; None where the stream is not like people at large in its bulk.

    Args:
        streams: an entity and the keys of its prompts each.
        reader: of the log.
        at_large: people to hold it against.
        seed: of the draws.
    """
    enough = len(at_large.prompts) >= FRESH_WINDOWS * LARGE_WINDOW
    sizes = [LARGE_WINDOW if enough and len(keys) >= LARGE_WINDOW else SMALL_WINDOW for _, keys in streams]
    taken = [keys[_windows(len(keys), size)] for (_, keys), size in zip(streams, sizes, strict=True)]
    read = reader.features([rows.ravel() for rows in taken])
    for (entity, keys), size, rows, features in zip(streams, sizes, taken, read, strict=True):
        weights, explained = at_large.weighed(at_large.cells.of(features))
        if explained < LIKE_AT_LARGE:
            yield None
            continue
        parts = [features[number * size : (number + 1) * size] for number in range(len(rows))]
        windows = tuple(at_large.null(size, len(keys), weights, seed).test(parts))
        yield _Tested(entity, size, rows, windows) if windows else None


def _finding(
    engine: Engine,
    reader: StreamReader,
    one: _Tested,
    log: LogProfile,
    accounts: Table,
    q_value: float,
    fdr: float,
) -> StreamFinding:
    who = engine.fetch(
        f"SELECT account_id, org_id FROM {{accounts}} WHERE entity = {int(one.entity)} ORDER BY account_id",
        accounts=accounts,
    )
    fired = [n for n, window in enumerate(one.windows) if window.p_value * len(one.windows) <= fdr]
    strongest = min(range(len(one.windows)), key=lambda n: one.windows[n].p_value)
    shown = fired or [strongest]
    share = float(np.mean([one.windows[n].share for n in shown]))
    carriers = one.keys[strongest][one.windows[strongest].carriers[:_MOST_EXAMPLES]]
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
        examples=reader.exchange_ids(carriers),
    )


def _sentence(accounts: int, one: _Tested, fired: int, share: float) -> str:
    sender = "this account sends" if accounts == 1 else "these accounts of one organisation send"
    part = f"Roughly {share:.0%} of what {sender}" if share >= 0.005 else f"A small part of what {sender}"
    return (
        f"{part} comes from one source, unlike the rest of it, which is like what people at large ask "
        f"({fired} of {len(one.windows)} windows of {one.size:,} prompts). That is no verdict about the "
        f"account{'' if accounts == 1 else 's'}: customers of a relay are not accused."
    )
