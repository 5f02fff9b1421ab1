"""What is read of a few entities beyond the sample: more of their prompts, those of their common moments, those that
carry a text of theirs, and what stands beside their machinery."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import Content, Moments
from stillwatch.evidence.dispatch_thresholds import LEAST_IN_COMMON, MOST_IN_COMMON, STRETCH_CELLS
from stillwatch.profiles.prompts_at_hand import PromptsAtHand, TextsAtHand
from stillwatch.profiles.rows_at_hand import RowsAtHand
from stillwatch.profiles.texts import closer_look, closer_payload
from stillwatch.profiles.texts_by_key import TextsByKey

__all__ = ["carrying_reader", "closer_reader", "common_reader", "payload_reader", "stretch_reader"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

_BY_STRETCH_SQL = """
SELECT o.cell AS entity, p.* EXCLUDE (entity) FROM {theirs} AS p JOIN {only} AS o USING (entity, prompt)
"""


def payload_reader(
    engine: Engine, payload: Content, left_out: U64, common: U64, prompts: PromptsAtHand, texts: TextsByKey
) -> Callable[[I64], Content]:
    """Reads what stands beside the machinery of some entities, as ``LogProfile.closer_payload`` says."""

    def payloads(members: I64) -> Content:
        theirs = prompts.of(members)
        return payload.of(*closer_payload(engine, members, left_out, common, prompts=theirs, texts=texts))

    return payloads


def closer_reader(
    engine: Engine, content: Content, short: U64, prompts: PromptsAtHand, features: RowsAtHand
) -> Callable[[I64], tuple[F32, F32, I64]]:
    """Reads more of some entities' prompts, as ``LogProfile.closer`` says: a group is tested and then explained."""
    unspoken = np.unique(short)

    @lru_cache(maxsize=1)
    def looked(members: bytes) -> tuple[F32, F32, I64]:
        who = np.frombuffer(members, np.int64)
        theirs = prompts.of(who, unspoken)
        found, whose = closer_look(engine, who, features, prompts=theirs)
        return *content.read(found), whose

    return lambda members: looked(members.tobytes())


def common_reader(
    engine: Engine,
    content: Content,
    moments: Callable[[I64], Moments],
    prompts: PromptsAtHand,
    features: RowsAtHand,
) -> Callable[[I64], tuple[F32, F32, I64] | None]:
    """Reads what some entities sent in their common moments, as ``LogProfile.in_common`` says."""

    @lru_cache(maxsize=1)
    def sent_in_common(members: bytes) -> tuple[F32, F32, I64] | None:
        who = np.frombuffer(members, np.int64)
        theirs = moments(who)
        common = theirs.in_common()
        # Where it is nearly all that they send it is no part of it: a crowd may come for one hour.
        if not len(common) or not LEAST_IN_COMMON <= common.mean() <= MOST_IN_COMMON:
            return None
        only = pa.table({"entity": theirs.owner[common], "prompt": theirs.prompt[common]})
        found, whose = closer_look(engine, who, features, prompts=prompts.of(who), only=only)
        return *content.read(found), whose

    return lambda members: sent_in_common(members.tobytes())


def stretch_reader(
    engine: Engine,
    content: Content,
    moments: Callable[[I64], Moments],
    prompts: PromptsAtHand,
    features: RowsAtHand,
) -> Callable[[I64], tuple[F32, I64, I64] | None]:
    """Reads what some entities sent in the same stretches of time, as ``LogProfile.in_stretches`` says."""

    @lru_cache(maxsize=1)
    def sent_by_stretch(members: bytes) -> tuple[F32, I64, I64] | None:
        who = np.frombuffer(members, np.int64)
        theirs = moments(who).asked_first()
        stretch = theirs.stretch() if len(theirs) else None
        if stretch is None:
            return None
        cell = np.where(stretch >= 0, stretch * len(who) + np.searchsorted(who, theirs.owner), -1)
        # Of more than can be read, whole stretches, evenly spread.
        step = -(-len(np.unique(cell)) // STRETCH_CELLS)
        told = (stretch >= 0) & (stretch % step == 0)
        only = pa.table({"entity": theirs.owner[told], "prompt": theirs.prompt[told], "cell": cell[told]})
        chosen = engine.sql(_BY_STRETCH_SQL, theirs=prompts.of(who), only=only)
        found, cells = closer_look(engine, np.unique(cell[told]), features, prompts=chosen)
        return content.read(found)[0], who[cells % len(who)], cells // len(who)

    return lambda members: sent_by_stretch(members.tobytes())


def carrying_reader(
    engine: Engine,
    content: Content,
    sketches: Table,
    template_of: Table,
    prompts: PromptsAtHand,
    features: RowsAtHand,
) -> Callable[[I64, U64], Content | None]:
    """Reads what some entities sent with a text in it, as ``LogProfile.carrying`` says."""

    @cache
    def held() -> TextsAtHand:
        return TextsAtHand(engine, sketches, template_of)

    @lru_cache(maxsize=1)
    def sent_with(members: bytes, texts: bytes) -> Content | None:
        who = np.frombuffer(members, np.int64)
        theirs = prompts.of(who)
        rows = held().carrying(np.frombuffer(texts, np.uint64))
        carries = np.isin(np.asarray(theirs["row_key"], np.int64), rows)
        if not len(carries) or not LEAST_IN_COMMON <= carries.mean() <= MOST_IN_COMMON:
            return None
        only = theirs.select(["entity", "prompt"]).filter(pa.array(carries))
        return content.of(*closer_look(engine, who, features, prompts=theirs, only=only))

    return lambda members, texts: sent_with(members.tobytes(), texts.tobytes())
