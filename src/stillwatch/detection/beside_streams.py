"""Accounts that share a relay's hands and send nothing but a source: a group to be tested by what the relay carries.

Their hands are excused, for a reseller's customers share them, and ten of them keep no common hours. But where the rest
of the relay, strangers whose talk is like people's at large, sends questions of that same source too, somebody deals
them out over accounts of his own and over others'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.detection.cases import Case, Examiner
from stillwatch.detection.membership import fit
from stillwatch.detection.stream_findings import TestedStream
from stillwatch.evidence import Observed, Toward
from stillwatch.evidence.p_values import cauchy_p
from stillwatch.evidence.stream_thresholds import LEAST_CARRIED, MOST_CARRYING
from stillwatch.evidence.thresholds import DRAWS_ROUGH, LEAST_MEMBERS, REPEATS

__all__ = ["BesideStream", "beside_stream", "dealt_evenly", "examined"]

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BesideStream:
    """Accounts that ask from one source, beside a stream.

    Attributes:
        members: those accounts, sorted.
        others: all others of the stream, where its hands are theirs.
        carried: whether the stream's others send that source too.
    """

    members: I64
    others: I64
    carried: Observed

    def chosen_among(self, streams: int) -> BesideStream:
        """The same, where the stream was chosen among so many for what it carries (Bonferroni)."""
        return replace(self, carried=self.carried._replace(p_value=min(1.0, streams * self.carried.p_value)))


def beside_stream(tested: TestedStream) -> BesideStream | None:
    """The group set aside of a stream, where it is one and large enough."""
    toward, members = tested.toward, tested.source
    if toward is None or len(members) < LEAST_MEMBERS:
        return None
    others = np.setdiff1d(tested.everybody, members)
    return BesideStream(members, others, _carried(tested, toward, "behind the same payments or addresses"))


def carried_by(tested: TestedStream, members: I64, toward: Toward) -> BesideStream:
    """A group that has nothing of a stream's hands, and how the stream carries what it asks.

    That others ask it too may be because many do: it is no clock and no queue, and speaks against no honest
    explanation.
    """
    carried = _carried(tested, toward, "that share payments or addresses of their own")
    return BesideStream(members, members[:0], carried._replace(p_strangers=1.0))


def _carried(tested: TestedStream, toward: Toward, which: str) -> Observed:
    """Whether a stream's accounts send what others do, evenly."""
    share = float(toward.like.mean())
    dealt = dealt_evenly(toward, tested.stream.owner[tested.rows]) >= LEAST_CARRIED
    return Observed(
        cauchy_p(toward.p_values) if dealt else 1.0,
        "share of others' requests that are like theirs",
        share,
        toward.usual,
        f"{len(tested.stream.entities):,} other accounts {which}, whose talk is like people's at large, send "
        f"{'' if dealt else 'no more of '}these accounts' questions{' too' if dealt else ' than a few of them do'}: "
        f"{percent(share)} of their requests are as near to them, of people's at large {percent(toward.usual)}.",
    )


def dealt_evenly(toward: Toward, owner: I64) -> float:
    """Of what a stream sends of a source beyond people's usual, how much is there without those few of its accounts who
    send most of it, as a share of what would be there were it dealt out to all alike.

    About 1 where every account carries its part, about 0 where a few carry all of it. People send more of a like matter
    or less, each by own interest (a beta distribution), and that is what even dealing comes on top of.

    Args:
        toward: how the stream's windows are like the source.
        owner: account of each of their prompts (windows x size).
    """
    _, place, sent = np.unique(owner, return_inverse=True, return_counts=True)
    carry = np.bincount(place.ravel(), toward.like.ravel(), minlength=len(sent))
    rng = np.random.default_rng(len(sent))
    few = round(MOST_CARRYING * len(sent))
    beyond = float(toward.like.mean()) - toward.usual
    if beyond <= 0:
        return 0.0
    usual, scatter = min(max(toward.usual, 1e-6), 1 - 1e-6), min(max(toward.by_account, 1e-6), 1 - 1e-6)
    interest = (1 - scatter) / scatter
    people = rng.beta(usual * interest, (1 - usual) * interest, (DRAWS_ROUGH, len(sent)))

    def rest(counts: npt.NDArray[Any]) -> float:
        """What is left beyond the usual of draws x accounts without those who have most of it."""
        beyond = np.sort(counts - usual * sent, axis=1)
        return float(beyond[:, : len(sent) - few].sum(axis=1).mean())

    chance = rest(rng.binomial(sent, people))
    even = rest(rng.binomial(sent, np.minimum(people + beyond, 1.0)))
    return (rest(carry[None, :]) - chance) / (even - chance) if even > chance else 0.0


def examined(examiner: Examiner, groups: Sequence[BesideStream]) -> list[Case]:
    """Each of these groups, without those of it whom their text and questions speak against, tested and explained: what
    the others of its stream send is part of the evidence. Where it is letter for letter what the group sends, as in a
    class, it speaks against no honest explanation."""
    cases = []
    for one in groups:
        fits = fit(examiner.log, examiner.families, one.members, one.members).bits >= 0
        inside, apart = one.members[fits], one.members[~fits]
        if len(inside) >= LEAST_MEMBERS:
            whole = np.union1d(inside, one.others)
            repeated = np.median(examiner.log.prompt_sets.repeats(whole)[np.isin(whole, inside)]) > REPEATS
            carried = one.carried._replace(p_strangers=1.0) if repeated else one.carried
            examiner.observe(inside, "dispatch", carried)
            cases.append(examiner.examine(inside, np.union1d(one.others, apart)))
    return cases
