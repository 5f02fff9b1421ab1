"""Accounts that share a relay's hands and send nothing but a source: a group to be tested by what the relay carries.

Their hands are excused, for a reseller's customers share them, and ten of them keep no common hours. But where the rest
of the relay, strangers whose talk is like people's at large, sends questions of that same source too, somebody deals
them out over accounts of his own and over others'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cases import Case, Examiner
from stillwatch.detection.stream_findings import TestedStream
from stillwatch.evidence import Observed
from stillwatch.evidence.p_values import cauchy_p
from stillwatch.evidence.stream_thresholds import LEAST_CARRIED, MOST_CARRYING
from stillwatch.evidence.thresholds import DRAWS_ROUGH, LEAST_MEMBERS

__all__ = ["BesideStream", "beside_stream", "dealt_evenly", "examined"]

I64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BesideStream:
    """Accounts set aside of one stream that ask from one source.

    Attributes:
        members: those accounts, sorted.
        others: all others of the stream.
        carried: whether the others send that source too.
    """

    members: I64
    others: I64
    carried: Observed


def beside_stream(tested: TestedStream) -> BesideStream | None:
    """The group set aside of a stream, where it is one and large enough."""
    toward, members = tested.toward, tested.source
    if toward is None or len(members) < LEAST_MEMBERS:
        return None
    owner, share = tested.stream.owner[tested.rows], float(toward.like.mean())
    dealt = dealt_evenly(toward.like, owner, toward.usual) >= LEAST_CARRIED
    carried = Observed(
        cauchy_p(toward.p_values) if dealt else 1.0,
        "share of others' requests that are like theirs",
        share,
        toward.usual,
        f"{len(tested.stream.entities):,} other accounts behind the same payments or addresses, whose talk is like "
        f"people's at large, send {'' if dealt else 'no more of '}these accounts' questions"
        f"{' too' if dealt else ' than a few of them do'}: {share:.1%} of their requests are as near to them, against "
        f"{toward.usual:.1%} of people's at large.",
    )
    return BesideStream(
        members, np.union1d(tested.stream.entities, np.setdiff1d(tested.stream.aside, members)), carried
    )


def dealt_evenly(like: Mask, owner: I64, usual: float) -> float:
    """Of what a stream sends of a source beyond people's usual, how much is there without those few of its accounts who
    send most of it, as a share of what would be there were it dealt out to all alike.

    About 1 where every account carries its part, about 0 where a few carry all of it.

    Args:
        like: whether each prompt is like the source (n, any shape).
        owner: account of each (same shape).
        usual: share of such among people at large.
    """
    _, place, sent = np.unique(owner, return_inverse=True, return_counts=True)
    carry = np.bincount(place.ravel(), like.ravel(), minlength=len(sent))
    rng = np.random.default_rng(len(sent))

    few = round(MOST_CARRYING * len(sent))

    def rest(counts: npt.NDArray[Any]) -> float:
        """What is left beyond the usual of draws x accounts without those who have most of it."""
        beyond = np.sort(counts - usual * sent, axis=1)
        return float(beyond[:, : len(sent) - few].sum(axis=1).mean())

    chance = rest(rng.binomial(sent, usual, (DRAWS_ROUGH, len(sent))))
    even = rest(rng.binomial(sent, max(float(like.mean()), usual), (DRAWS_ROUGH, len(sent))))
    return (rest(carry[None, :]) - chance) / (even - chance) if even > chance else 0.0


def examined(examiner: Examiner, groups: Sequence[BesideStream]) -> list[Case]:
    """Each of these groups tested and explained, what the others of its stream send being part of the evidence."""
    for one in groups:
        examiner.observe(one.members, "dispatch", one.carried)
    return [examiner.examine(one.members, one.others) for one in groups]
