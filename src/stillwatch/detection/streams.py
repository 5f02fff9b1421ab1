"""Streams that are like people at large, but for a part that comes from one source.

A stream is what one busy account sends, or what all accounts send that share hands: a relay whose customers have
accounts of their own is one stream too. It is a finding of its own kind, of traffic and not of accounts, and changes no
verdict. A relay's customers are strangers to the source beside them, and so may be the relay itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.detection.beside_streams import BesideStream, beside_stream
from stillwatch.detection.fdr import q_values
from stillwatch.detection.outside_streams import outside_streams
from stillwatch.detection.own_matter import OwnMatter
from stillwatch.detection.stream_findings import Stream, StreamFinding, TestedStream, stream_finding
from stillwatch.engines import Engine, Table
from stillwatch.evidence import AtLarge, LogProfile, SeenPrompts, Window
from stillwatch.evidence.bursts import bursts
from stillwatch.evidence.one_source import of_one_source
from stillwatch.evidence.signature import senders
from stillwatch.evidence.stream_thresholds import (
    LEAST_OF_ONE,
    LEAST_STREAM,
    LEAST_WEB,
    LIKE_AT_A_GLANCE,
    LIKE_AT_LARGE,
    MOST_LEFT_OUT,
    MOST_READ,
    MOST_STREAMS,
    MOST_WEBS,
    OF_ONE_KIND,
)
from stillwatch.evidence.thresholds import FILLED, MAJORITY, RESELLER_SIZE
from stillwatch.evidence.webs import all_webs
from stillwatch.profiles import SampledPeople, StreamReader, sampled_people

__all__ = ["StreamsTested", "busy_streams", "find_streams", "held_against_people", "web_streams"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

# Of what was seen of a stream so much is kept for what is left of it: each prompt's likenesses are many.
_MOST_KEPT = MOST_READ * 4 // 3


@dataclass(frozen=True, slots=True)
class StreamsTested:
    """How many streams were looked at, how many could be tested, and what was found.

    Attributes:
        considered: streams, the largest of them.
        unlike: of them, those whose bulk is not like people at large.
        tested: of them, those whose windows were tested.
        found: parts of streams from one source, strongest first.
    """

    considered: int = 0
    unlike: int = 0
    tested: int = 0
    found: tuple[StreamFinding, ...] = ()


def busy_streams(log: LogProfile) -> list[I64]:
    """The busiest entities, each a stream."""
    streams = np.flatnonzero(log.exchanges >= LEAST_STREAM)
    return [np.array([one]) for one in streams[np.argsort(-log.exchanges[streams], kind="stable")][:MOST_STREAMS]]


def web_streams(log: LogProfile) -> list[I64]:
    """The busiest webs of entities that share hands, each a stream: no more than a reseller's."""
    webs = all_webs(log.shared.get("infrastructure"), least=LEAST_WEB)
    some = [web for web in webs if len(web) <= RESELLER_SIZE and log.exchanges[web].sum() >= LEAST_STREAM]
    return sorted(some, key=lambda web: (-int(log.exchanges[web].sum()), len(web), int(web[0])))[:MOST_WEBS]


def held_against_people(
    reader: StreamReader,
    log: LogProfile,
    sample: pa.Table,
    features: npt.NDArray[np.float16],
    streams: Sequence[I64],
    seed: int,
) -> OwnMatter:
    """What holds groups against people at large, of whom streams and those who signed up at once are no part.

    Args:
        reader: of the log.
        log: its profile.
        sample: the sampled prompts, with ``entity, row_key``.
        features: of each of them.
        streams: entities of each, sorted.
        seed: of every draw.
    """

    def sampled() -> SampledPeople | None:
        came = log.columns.get("sign_up")
        at_once = () if came is None else bursts(came, log.known("sign_up"), least=LEAST_WEB)
        return sampled_people(sample, features, _left_out(log, [*streams, *at_once]), seed)

    return OwnMatter(reader, log, sampled, seed)


def find_streams(
    engine: Engine,
    reader: StreamReader,
    log: LogProfile,
    sample: pa.Table,
    held: OwnMatter,
    *,
    streams: Sequence[I64],
    alike: Callable[[], Iterable[I64]],
    accounts: Table,
    fdr: float,
    seed: int,
) -> tuple[StreamsTested, tuple[BesideStream, ...]]:
    """Test streams against people at large; beside what is told of them stand groups of accounts that are shown to ask
    from one source: those that were set aside of them, and others of which a stream may carry a part.

    Args:
        engine: where the tables lie.
        reader: of the log.
        log: its profile.
        sample: the sampled prompts, with ``entity, row_key``.
        held: holds them against people at large.
        streams: entities of each, sorted.
        alike: proposes groups of entities that ask alike, each sorted; asked only where a relay was tested.
        accounts: with their ``entity``.
        fdr: share of false findings to accept.
        seed: of every draw.
    """
    people = held.people if streams else None
    if people is None:
        return StreamsTested(len(streams)), ()
    likely = [one for one in streams if people.explained(one) >= LIKE_AT_A_GLANCE]
    unlike = len(streams) - len(likely)
    read = [Stream(keys, owner, owner[:0]) for keys, owner in (reader.streams(likely) if likely else [])]
    read = [one for one in read if len(one.keys) >= LEAST_STREAM]
    at_large = held.at_large if read else None
    if at_large is None:
        return StreamsTested(len(streams), unlike), ()
    results = list(_results(read, reader, log, at_large, seed))
    tested = [one for one in results if one is not None]
    q = q_values(np.array([one.p_value for one in tested]))
    kept = [(tested[n], float(q[n])) for n in np.argsort(q, kind="stable") if q[n] <= fdr]
    found = [stream_finding(engine, reader, one, log, accounts, q_value, fdr) for one, q_value in _distinct(kept)]
    beside = [group for one in tested if (group := beside_stream(one)) is not None]
    beside += outside_streams(reader, log, sample, tested, alike, at_large)
    return StreamsTested(len(streams), unlike + len(results) - len(tested), len(tested), tuple(found)), tuple(beside)


def _left_out(log: LogProfile, streams: Sequence[I64]) -> I64:
    """Entities that are no part of people at large: the busy ones, and of webs the smallest, for as long as that leaves
    nearly everybody: what ties a log's strangers is in hardly any account of theirs."""
    out = np.flatnonzero(log.exchanges >= LEAST_STREAM)
    for web in sorted(streams, key=len):
        more = np.union1d(out, web)
        if len(web) > 1 and len(more) > MOST_LEFT_OUT * len(log):
            break
        out = more
    return out


def _distinct(found: Sequence[tuple[TestedStream, float]]) -> list[tuple[TestedStream, float]]:
    """Without streams most of whose entities are in one that was found before: webs lie inside one another."""
    out: list[tuple[TestedStream, float]] = []
    for one, q_value in found:
        who = one.stream.entities
        if not any(np.isin(who, other.stream.entities).mean() > MAJORITY for other, _ in out):
            out.append((one, q_value))
    return out


def _results(
    streams: Sequence[Stream],
    reader: StreamReader,
    log: LogProfile,
    at_large: AtLarge,
    seed: int,
    aside: _Aside | None = None,
    before: SeenPrompts | None = None,
) -> Iterator[TestedStream | None]:
    """Each stream's windows tested; None where the stream is not like people at large in its bulk.

    Accounts of a stream that send one kind of prompt are set aside and the others tested alone: what one customer's
    pipeline sends is no part of what the others do. Where those ask from one source, whether the others send some of it
    is tested too.

    Args:
        streams: to test.
        reader, log: of the log.
        at_large: people to hold them against.
        seed: of the draws.
        aside: what those send who were set aside before.
        before: what was seen before of what is left of one stream.
    """
    rows = [at_large.windows(len(one.keys)) for one in streams]
    read = _seen(reader, at_large, [one.keys[its.ravel()] for one, its in zip(streams, rows, strict=True)], before)
    for stream, its, seen in zip(streams, rows, read, strict=True):
        found = _result(stream, its, seen, log, at_large, seed, aside)
        if isinstance(found, _Rest):
            rest, said = found
            enough_left = len(rest.keys) >= LEAST_STREAM
            yield from _results([rest], reader, log, at_large, seed, said, seen) if enough_left else [None]
        else:
            yield found


def _seen(
    reader: StreamReader, at_large: AtLarge, wanted: Sequence[I64], before: SeenPrompts | None
) -> Iterator[SeenPrompts]:
    """Prompts of each stream by their keys; of one that was seen before, only the others are looked at."""
    if before is not None:
        more = wanted[0][~np.isin(wanted[0], before.keys)]
        if not len(more):
            yield before
            return
        if len(before) + len(more) <= _MOST_KEPT:
            yield before.joined(at_large.seen(more, *reader.features([more])))
            return
    for keys, features in zip(wanted, reader.features(wanted), strict=True):
        yield at_large.seen(keys, features)


class _Aside(NamedTuple):
    """Prompts of those who were set aside, whitened, and whose each is."""

    prompts: F32
    owner: I64

    def of(self, entities: I64) -> F32:
        """What these send."""
        return self.prompts[np.isin(self.owner, entities)]

    def joined(self, other: _Aside) -> _Aside:
        """What both send."""
        return _Aside(np.concatenate([self.prompts, other.prompts]), np.concatenate([self.owner, other.owner]))


class _Rest(NamedTuple):
    """What is left of a stream to be tested, and what those send who were set aside."""

    stream: Stream
    aside: _Aside | None


def _result(
    stream: Stream,
    rows: I64,
    prompts: SeenPrompts,
    log: LogProfile,
    at_large: AtLarge,
    seed: int,
    aside: _Aside | None,
) -> TestedStream | _Rest | None:
    """One stream's windows tested, as ``_results`` says, or what is left of it where somebody is to be set aside."""
    place = prompts.rows(stream.keys[rows])
    weights, explained = at_large.weighed(prompts.cell[place.ravel()])
    if explained < LIKE_AT_LARGE:
        return None
    null = at_large.null(rows.shape[1], len(stream.keys), weights, seed)
    seen = null.seen(prompts, place)
    told = [null.statistic(one) for one in seen]
    owner, several = stream.owner[rows], len(stream.entities) > 1
    alone = _of_one_kind(owner, np.stack([null.apart(lift) for _, lift in told])) if several else owner[0, :0]
    if len(alone):
        return _without(stream, alone, prompts, place, owner, aside)
    windows = tuple(null.judged(told))
    if not windows:
        return None
    sole = _of_one(windows, owner) if several else owner[0, :0]
    if len(sole):
        return _Rest(stream.without(sole), aside)
    source = stream.aside[:0] if aside is None else of_one_source(log, np.unique(aside.owner))
    # Who wraps the same text around what it asks is one of those, however much it sends besides.
    kin = np.intersect1d(senders(log, source, min(FILLED)), owner) if len(source) and several else owner[0, :0]
    if len(kin):
        return _without(stream, kin, prompts, place, owner, aside)
    held_against = null.toward(seen)
    toward = held_against(at_large.source_of(aside.of(source))) if aside is not None and len(source) else None
    return TestedStream(stream, rows, windows, source, toward, held_against)


def _without(stream: Stream, who: I64, prompts: SeenPrompts, place: I64, owner: I64, aside: _Aside | None) -> _Rest:
    """What is left of a stream when some are set aside, beside what they and those set aside before send."""
    theirs = np.isin(owner.ravel(), who)
    said = _Aside(prompts.whitened(place.ravel()[theirs]), owner.ravel()[theirs])
    return _Rest(stream.without(who), said if aside is None else aside.joined(said))


def _of_one(windows: Sequence[Window], owner: I64) -> I64:
    """The entity that carries most of what the windows of a stream of several have in common; nobody, where none does.

    Args:
        windows: tested.
        owner: of each prompt of each (windows x size).
    """
    carried = [who[window.carriers] for window, who in zip(windows, owner, strict=True)]
    who, count = np.unique(np.concatenate([owner[:0].ravel(), *carried]), return_counts=True)
    return np.asarray(who[count > MAJORITY * count.sum()], np.int64)


def _of_one_kind(owner: I64, apart: npt.NDArray[np.bool_]) -> I64:
    """Entities of a stream of several whose prompts are mostly one kind's.

    Args:
        owner: of each prompt of the windows (windows x size).
        apart: whether it is far more alike to its window than honest prompts are.
    """
    who, place, sent = np.unique(owner, return_inverse=True, return_counts=True)
    share = np.bincount(place.ravel(), apart.ravel()) / sent
    return who[(share >= OF_ONE_KIND) & (sent >= LEAST_OF_ONE)] if len(who) > 1 else who[:0]
