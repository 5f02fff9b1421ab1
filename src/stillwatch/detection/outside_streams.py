"""Accounts that ask from one source which a relay carries too, though nothing but what they ask ties them to it.

Whoever harvests through a relay may keep accounts beside it with hands of their own. Ten of them keep no common hours
and share no card. But strangers behind other hands, whose talk is like people's at large, send questions of that same
source, each a few: somebody deals them out over those and over these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.detection.beside_streams import BesideStream, carried_by
from stillwatch.detection.stream_findings import TestedStream
from stillwatch.evidence import AtLarge, LogProfile, SeenSource
from stillwatch.evidence.one_source import asking_alike, shown_one_source
from stillwatch.evidence.stream_thresholds import MOST_SOURCES, SOURCE_PROMPTS
from stillwatch.evidence.thresholds import LEAST_MEMBERS, MAJORITY, OFFICE_SIZE, UNTOLD
from stillwatch.profiles import StreamReader

__all__ = ["outside_streams"]

I64 = npt.NDArray[np.int64]


def outside_streams(
    reader: StreamReader,
    log: LogProfile,
    sample: pa.Table,
    tested: Sequence[TestedStream],
    alike: Callable[[], Iterable[I64]],
    at_large: AtLarge,
) -> list[BesideStream]:
    """Of groups that ask alike, those of one source, each with how it is carried by the stream that carries it most.

    Args:
        reader, log: of the log.
        sample: the sampled prompts, with ``entity, row_key``, sorted by entity.
        tested: streams; one of no more accounts than an office has carries nothing of strangers.
        alike: proposes groups, entities of each sorted.
        at_large: people whom the streams were held against.
    """
    relays = [one for one in tested if len(one.stream.entities) > OFFICE_SIZE]
    if not relays:
        return []
    busiest = sorted(alike(), key=lambda group: (-int(log.exchanges[group].sum()), int(group[0])))[:MOST_SOURCES]
    likely = [asking_alike(log, group) for group in busiest]
    # Told by whom they share hands with before more of what they ask is read.
    likely = [source for source in likely if len(source) >= LEAST_MEMBERS and not _behind_one(tested, source)]
    sources = [source for source in likely if shown_one_source(log, source)]
    if not sources:
        return []
    owner, key = np.asarray(sample["entity"], np.int64), np.asarray(sample["row_key"], np.int64)
    asked = [key[np.isin(owner, source)] for source in sources]
    some = [keys[:: -(-len(keys) // SOURCE_PROMPTS)] for keys in asked]
    return _carried(relays, zip(sources, map(at_large.source, reader.features(some)), strict=True))


def _behind_one(tested: Sequence[TestedStream], source: I64) -> bool:
    """Whether most of these accounts share a stream's hands: then they are set aside of it, or are its customers."""
    return any(np.isin(source, one.everybody).mean() > MAJORITY for one in tested)


def _carried(relays: Sequence[TestedStream], sources: Iterable[tuple[I64, SeenSource]]) -> list[BesideStream]:
    """Each source that some relay is shown to carry, with the relay that carries it most, chosen among all.

    What a relay carries of one source is nearer to others of the kind, too, than people's talk is: of two sources it is
    held to carry the one that it is shown to carry best, and of the other that is nothing shown.
    """
    shown: list[tuple[int, BesideStream]] = []
    for source, seen in sources:
        found = [carried_by(one, np.setdiff1d(source, one.everybody), one.held_against(seen)) for one in relays]
        which = min(range(len(found)), key=lambda number: found[number].carried.p_value)
        best = found[which].chosen_among(len(found))
        if best.carried.p_value <= UNTOLD and len(best.members) >= LEAST_MEMBERS:
            shown.append((which, best))
    shown.sort(key=lambda one: one[1].carried.p_value)
    kept: dict[int, BesideStream] = {}
    for which, one in shown:
        kept.setdefault(which, one)
    return [one for which, one in shown if np.isin(one.members, kept[which].members).mean() > MAJORITY]
