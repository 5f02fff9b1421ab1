"""Semantics: the same source of questions, with no text in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Counted, Example, Explanation, Family, Finding, Level, Null, Observed
from stillwatch.evidence.carried import carried
from stillwatch.evidence.communities import communities
from stillwatch.evidence.content import Content
from stillwatch.evidence.group_statistics import likeness, within_one_stretch
from stillwatch.evidence.icc import Icc, icc_of, icc_of_most, z_of
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.one_source import icc_in_common, icc_in_stretches, icc_of_more
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.payers import payers_of
from stillwatch.evidence.published_set import published_set
from stillwatch.evidence.signature import senders
from stillwatch.evidence.thresholds import (
    ASKED_ELSEWHERE,
    COMPARED_DIMENSIONS,
    CONTRADICTS,
    DRAWS_ALIKE,
    FILLED,
    HOPELESS,
    LEAST_HARVEST,
    LEAST_MEMBERS,
    LINK_COSINE,
    LINK_Z,
    MAJORITY,
    MARGIN,
    NEAR_Z,
    OCCASION_SHARE,
    OCCASION_SIZE,
    OVER_AND_OVER,
    POOL_COSINE,
    POOL_Z,
    REPEATS,
    RESOLUTION_ALIKE,
    UNTOLD,
)

__all__ = ["FAMILY"]

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

# Of what is asked, that it was then.
_AT_ONCE = " while many of them are at work at once"
_AT_ONE_TIME = " at any one time"
_CHUNK = 16_384
# Of the example: no two of its prompts have a sentence in common, and all are of one matter.
_POOL = (
    "tank", "litre", "leak", "hour", "pipe", "valve", "pump", "gauge", "drain", "barrel", "funnel", "hose", "level",
    "inflow", "outflow", "overflow", "bucket", "tap", "sink", "basin", "gallon", "cistern", "reservoir", "float",
    "nozzle", "filter", "seal", "gasket", "faucet", "boiler", "kettle", "jug", "pint", "flow", "pressure", "depth",
    "volume", "rate", "minute", "fill", "empty", "pour", "spill", "refill", "siphon", "duct", "gutter", "well",
)  # fmt: skip


def _shortened(unit: F32) -> F32:
    """Directions in the few dimensions in which they differ, so that a pair costs less to compare."""
    values, vectors = np.linalg.eigh(unit.T @ unit)
    return np.asarray(unit @ vectors[:, np.argsort(-values)[:COMPARED_DIMENSIONS]], np.float32)


class Semantics(Family):
    """One source of questions: alike beyond the background, and interchangeable."""

    name = "semantics"
    sees = "the same source of questions"
    side = "content"
    reads = ("prompt",)
    blind_spot = (
        "Pools that give every account a topic of its own, and accounts whose traffic is mostly somebody's own."
    )
    examples = (
        Example(
            "they deal out one pool",
            {"prompt": lambda rng, account, row: f"Work out {' '.join(rng.choice(_POOL, 9))} for question {row}?"},
            seen=True,
        ),
        Example("each asks of matters of its own", {}, seen=False),
    )

    def derive(self, log: LogProfile, counted: Counted) -> tuple[F32, F64]:
        """Shortened directions (E x at most 96), and what turns their product into z (E)."""
        content = log.content
        d = max(content.dimensions, 1)
        square = np.einsum("ij,ij->i", content.means, content.means)
        signal = np.maximum(square - d / np.maximum(content.counts, 1), 0)
        return _shortened(content.unit()), np.sqrt(content.counts * signal) / d**0.25

    def pairs(self, log: LogProfile) -> tuple[I64, I64]:
        """Nearest neighbours by what they ask."""
        return log.content.neighbours.a, log.content.neighbours.b

    def pair_columns(self, log: LogProfile, a: I64, b: I64) -> Mapping[str, npt.NDArray[Any]]:
        """Cosine and z, whether either asks what everybody asks; masked where of either no prompt is known."""
        direction, strength = log.derived[self.name]
        cosine = np.empty(len(a), np.float32)
        for start in range(0, len(a), _CHUNK):
            part = slice(start, start + _CHUNK)
            cosine[part] = np.einsum("ij,ij->i", direction[a[part]], direction[b[part]])
        telling, sampled = np.any(direction != 0, axis=1), log.content.counts > 0
        pair = {
            "cosine": cosine,
            "z": cosine * strength[a] * strength[b],
            "ordinary": ~(telling[a] & telling[b]),
        }
        return {name: np.ma.MaskedArray(values, ~(sampled[a] & sampled[b])) for name, values in pair.items()}

    def levels(self, log: LogProfile) -> Sequence[Level]:
        """One source, alike, near; what everybody asks says nothing either way."""
        return (
            Level("one source", f"p.cosine > {POOL_COSINE} AND p.z > {POOL_Z}", 0.35),
            Level("alike", f"p.cosine > {LINK_COSINE} AND p.z > {LINK_Z}", 0.3),
            Level("near", f"p.z > {NEAR_Z}", 0.15),
            Level("what everybody asks", "p.ordinary", None),
        )

    def groups(self, log: LogProfile, *, least: int, seed: int) -> Iterable[I64]:
        """Communities of entities that ask alike, whatever else links them."""
        near = log.content.neighbours
        weight = np.clip(near.cosine, 0.0, 1.0)
        return communities(near.a, near.b, weight, len(log), resolution=RESOLUTION_ALIKE, least=least, seed=seed)

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """Interchangeable; and of strangers concentrated too: both must be shown then, so the larger p-value counts."""
        yield _one_source(log, members, null, icc_of(log.content, members))

    def again(self, log: LogProfile, members: I64, null: Null) -> Finding | None:
        """The same test on what the members sent in their common moments, which cover does not keep; where there is
        hardly anything of that, on more prompts of each."""
        common = icc_in_common(log, members)
        if common is not None:
            return self.found([_one_source(log, members, null, common, _AT_ONCE)])
        closer = icc_of_more(log, members)
        return None if closer is None else self.found([_one_source(log, members, null, closer)])

    def fit(self, log: LogProfile, members: I64, who: I64, *, kin: I64 | None = None) -> F64 | None:
        """Normal log-likelihood ratio of means under the group's centre against the log's."""
        return log.content.bits(members, who)

    def explain(self, log: LogProfile, members: I64, bystanders: I64) -> Iterable[Explanation]:
        """A published set that each runs for itself; content of each one's own; too little to learn from."""
        return (
            published_set(log, members, bystanders),
            _own_content(log, members, bystanders),
            _too_little(log, members),
        )


def _one_source(log: LogProfile, members: I64, null: Null, same: Icc, when: str = "") -> Observed:
    if not np.isfinite(same.icc):
        few = "Too few prompts to tell whether the accounts ask from one source."
        return Observed(1.0, "intraclass correlation", float("nan"), float("nan"), few)
    concentrated, z, own = (1.0, 0.0, "") if same.p_value > HOPELESS else _nearer(log, members, null)
    apart = f"{same.in_words()} (where people ask for themselves, 3 % and more)."
    if same.p_value > UNTOLD:
        said = f"It is not shown that what the accounts ask{when} could be swapped among them: {apart}"
    elif concentrated > UNTOLD:
        said = (
            f"What the accounts ask{when} could be swapped among them: {apart} That others ask otherwise is not shown."
        )
    else:
        said = (
            f"The accounts ask alike{own or when}, and their questions could be swapped: these prompts are {z:.0f} "
            f"standard deviations closer together than those of random accounts, and {apart} That is what one source "
            "of questions looks like."
        )
    return Observed(
        same.p_value,
        "intraclass correlation of prompts by account",
        same.icc,
        MARGIN,
        said,
        max(concentrated, same.p_value),
    )


def _nearer(log: LogProfile, members: I64, null: Null) -> tuple[float, float, str]:
    """p-value of "what the members ask is no nearer than what random accounts do", how much nearer it is, and of what
    it is told; where others ask so too, of what the members send with their own text."""
    kin = senders(log, members, min(FILLED))
    if null.of_case is not None:
        kin = np.union1d(kin, null.of_case)
    if _elsewhere(log.content, members, kin) > ASKED_ELSEWHERE:
        # Cover is what people ask: what the members send with their own text may be of no people.
        return *_carried_apart(log, members, kin, null), " in what they send with their own text"
    return *_concentrated(log.content, members, null), ""


def _carried_apart(log: LogProfile, members: I64, kin: I64, null: Null) -> tuple[float, float]:
    """p-value of "what the members send with their own text is no nearer than others' talk, or is each one's own", and
    how much nearer it is; 1 where they have no such text, or others ask so too."""
    beside = carried(log, members)
    if beside is None:
        return 1.0, 0.0
    told = np.flatnonzero(beside.counts)
    content = log.content.with_part(members, beside)
    if _elsewhere(content, told, kin) > ASKED_ELSEWHERE:
        return 1.0, 0.0
    concentrated, z = _concentrated(content, told, null)
    return max(concentrated, icc_of_most(beside, told).p_value), z


def _concentrated(content: Content, members: I64, null: Null) -> tuple[float, float]:
    """p-value of likeness beyond groups of like volume, and by how many of their standard deviations."""
    origin = content.middle_beside(members)
    mine = float(likeness(content.means, members[None, :], origin)[0])
    drawn = likeness(content.means, null.matched(members, DRAWS_ALIKE), origin)
    return tail_p(drawn, mine), mine / max(float(np.std(drawn)), 1e-9)


def _elsewhere(content: Content, members: I64, kin: I64) -> float:
    """How many other accounts ask as nearly what the members ask as three quarters of them do, for each of those.

    People are nearer to one another than to machines: a group of people is concentrated, and of no one source. Who
    sends the group's text, or was found with it (``kin``), is no stranger to it, though it was set aside.
    """
    bits = content.bits(members, np.arange(len(content.counts)))
    near = bits >= np.quantile(bits[members], 0.25)
    inside = int(near[members].sum())
    near[np.setdiff1d(kin, members)] = False
    return (int(near.sum()) - inside) / inside


def _own_content(log: LogProfile, members: I64, bystanders: I64) -> Explanation:
    apart, which = icc_of(log.content, members), ""
    if not apart.told:
        whole = icc_of(log.content, members, whole=True)
        # The common part is too small to tell, and all of it together may set the accounts apart.
        apart = whole if whole.sets_apart else apart
    common = icc_in_common(log, members) if not apart.told or apart.sets_apart else None
    if common is not None and common.p_value <= CONTRADICTS:
        # What each asks in its own time says nothing of what all of them are sent to ask.
        apart, which = common, _AT_ONCE
    turns = icc_in_stretches(log, members) if not apart.told or apart.sets_apart else None
    if turns is not None and turns.p_value <= CONTRADICTS:
        # Who is used on other days asks of other matters, where a list is worked through in its order.
        apart, which = turns, _AT_ONE_TIME
    beside = carried(log, members) if not apart.told or apart.sets_apart else None
    if beside is not None and (same := icc_of_most(beside, members)).p_value <= CONTRADICTS:
        # Customers of a framework put what is their own into it: what they send without it is no part of the answer.
        apart, which = same, " that carries their common text"
    if not apart.told:
        more = icc_of_more(log, members)
        apart, which = (apart, which) if more is None else (more, "")
    repeated = float(np.median(log.prompt_sets.repeats(members)))
    if repeated > MAJORITY:
        holds = False
        statement = (
            f"Of a typical account's prompts, {percent(repeated)} are sent by others of these accounts too: most of it "
            "is no content of its own."
        )
    elif not np.isfinite(apart.icc):
        holds, statement = None, "Too few prompts an account to tell whether each has content of its own."
    else:
        bound = z_of(UNTOLD) * apart.standard_error
        holds = apart.sets_apart if apart.told else None
        own = f"where each has content of its own, it is more than {percent(MARGIN)}."
        statement = f"W{apart.in_words(which)[1:]}; {own}"
        if holds is None:
            statement += (
                " The samples are too small to tell: it may be anything from "
                f"{percent(max(apart.icc - bound, 0.0))} to {percent(apart.icc + bound)}."
            )
            if different := _same_in_many(log, members, repeated):
                holds = False
                statement += (
                    f" But of a typical account's prompts {percent(repeated)} are sent by others of these accounts "
                    f"too, {different:,} different ones in all: that is no content of its own, nor a framework's."
                )
        if holds is not False and (gone := _come_and_gone(log, members)) >= OCCASION_SHARE:
            holds = False
            statement += f" But {percent(gone)} of them came and went together, where customers stay."
        payers = payers_of(log, members, bystanders) if holds is not False else None
        if payers is not None and payers.no_customers(apart.icc):
            holds = False
            statement += f" But {payers.in_words()}"
    return Explanation(
        "customers of one framework, each with content of their own",
        statement,
        holds,
        contradicted_by=("payload",),
        tested=True,
        likely=holds is None and apart.icc - apart.standard_error > MARGIN,
    )


def _same_in_many(log: LogProfile, members: I64, repeated: float) -> int:
    """How many different prompts several of a group send, where that is more of what each sends than strangers have in
    common, and more than a program offers to choose from; else 0."""
    if repeated <= REPEATS or repeated <= REPEATS + log.prompt_sets.usual_repeats(members):
        return 0
    same = len(log.prompt_sets.several(members, float(len(members))))
    return same if same >= LEAST_HARVEST else 0


def _too_little(log: LogProfile, members: I64) -> Explanation:
    """A few prompts over and over, such as a survey of made-up people or a test of a setting: nothing to train on."""
    sizes, _, names = log.prompt_sets.held(members)
    many = sizes.max(initial=0) >= LEAST_HARVEST
    asked = LEAST_HARVEST if many else len(np.unique(names))
    requests = int(log.exchanges[members].sum())
    return Explanation(
        "a few prompts asked over and over, such as a survey or a test",
        f"In {requests:,} requests these {len(members):,} accounts ask {'at least ' if many else ''}{asked:,} "
        f"different prompts altogether; a model is not trained on fewer than {LEAST_HARVEST} that are asked "
        f"{OVER_AND_OVER:.0f} times each and more.",
        0 < asked < LEAST_HARVEST and requests >= OVER_AND_OVER * asked,
    )


def _come_and_gone(log: LogProfile, members: I64) -> float:
    """Share of a group, too many for an occasion, that comes and goes within a quarter of what was observed."""
    if len(members) <= OCCASION_SIZE:
        return 0.0
    return within_one_stretch(log.first_seen[members], log.last_seen[members], log.watched(members) / 4)


FAMILY = Semantics()
