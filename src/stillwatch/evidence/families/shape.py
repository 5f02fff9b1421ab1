"""Shape: the same client, by sampling parameters, user agent and TLS fingerprint.

Often carried by the framework that structure saw, which would count it twice: it weighs in links and portraits, and
convicts nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import joined, percent
from stillwatch.evidence.base import Count, Example, Family, Level, Null, Observed
from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.p_values import log10_sharing_tail
from stillwatch.evidence.thresholds import LEAST_MEMBERS, MAJORITY, P_FLOOR

__all__ = ["FAMILY"]

_CLIENT = "l.agent = r.agent AND l.parameters = r.parameters"
_SAID = {"agent": "user agent", "tls": "TLS fingerprint"}
_PARAMETERS = (
    "temperature",
    "top_p",
    "top_k",
    "n",
    "max_tokens",
    "stream",
    "logprobs",
    "top_logprobs",
    "response_format",
)


class Shape(Family):
    """The same client and sampling parameters."""

    name = "shape"
    sees = "the same client"
    side = "context"
    reads = (*_PARAMETERS, "user_agent", "tls_fingerprint")
    needs = reads
    redraws = False
    blind_spot = "Clients that everybody uses with their default parameters."
    counts: ClassVar[Mapping[str, Count]] = {
        "parameters": Count(
            f"concat_ws('|', {', '.join(f'coalesce({p}::VARCHAR, $$$$)' for p in _PARAMETERS)})",
            usual=True,
        ),
        "agent": Count("user_agent", usual=True),
        "tls": Count("tls_fingerprint", usual=True),
    }
    examples = (
        Example(
            "one rare client with odd parameters",
            {
                "user_agent": lambda rng, account, row: "collector/0.3",
                "temperature": lambda rng, account, row: 0.93,
                "max_tokens": lambda rng, account, row: 777,
                "stream": lambda rng, account, row: True,
                "logprobs": lambda rng, account, row: True,
                "top_logprobs": lambda rng, account, row: 3,
                "n": lambda rng, account, row: 1,
            },
            seen=True,
        ),
        Example("clients as everybody's", {}, seen=False),
    )

    def levels(self, log: LogProfile) -> Sequence[Level]:
        """Same client, same agent and parameters, same parameters."""
        return (
            Level("same client", f"{_CLIENT} AND l.tls = r.tls", 0.35),
            Level("same agent and parameters", _CLIENT, 0.2),
            Level("same parameters", "l.parameters = r.parameters", 0.2),
        )

    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """The commonest client among blindly drawn entities, over whatever most members say of theirs."""
        client = _commonest(log, members)
        return [
            Observed(
                client.p_value,
                "share of accounts with the commonest client",
                client.share,
                client.elsewhere,
                _sentence(client, members),
            )
        ]

    def shown_by(self, log: LogProfile, members: I64) -> npt.NDArray[np.bool_] | None:
        """Who uses the commonest client."""
        return _commonest(log, members).used[members]


class _Client(NamedTuple):
    """The client that most marks a group: of E entities who uses it and of whom it is known, the share in the group and
    in the log, and what was told of it."""

    p_value: float
    share: float
    elsewhere: float
    used: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    marks: tuple[str, ...]


def _commonest(log: LogProfile, members: I64) -> _Client:
    key = log.columns["parameters"].copy()
    known = np.ones(len(log), np.bool_)
    marks = ["sampling parameters"]
    for number, name in enumerate(("agent", "tls"), start=1):
        told = log.known(name)
        # A client of which the log says nothing is no client of its own.
        if told[members].mean() > MAJORITY:
            key = key * np.uint64(3) + log.columns[name] * np.uint64(2 * number + 3)
            known &= told
            marks.insert(number - 1, _SAID[name])
    members = members[known[members]]
    values, inverse, holders = np.unique(key[known], return_inverse=True, return_counts=True)
    place = np.cumsum(known) - 1
    within = np.bincount(inverse[place[members]], minlength=len(values))
    log_p = log10_sharing_tail(within, len(members), holders, int(known.sum()))
    log_p += np.log10(len(values))
    best = int(np.argmin(np.where(within > 0, log_p, 0.0)))
    return _Client(
        float(np.clip(10.0 ** log_p[best], P_FLOOR, 1.0)),
        float(within[best] / len(members)),
        float(holders[best] / known.sum()),
        known & (key == values[best]),
        known,
        tuple(marks),
    )


def _sentence(client: _Client, members: I64) -> str:
    """What most of their requests come from, of those of whom it is known; of nothing in common, that."""
    using, told = int(client.used[members].sum()), int(client.known[members].sum())
    if using < 2:
        return "No client stands out among these accounts."
    return (
        f"{using:,} of {told:,} accounts mostly send with one and the same {joined(client.marks)}; of all accounts, "
        f"{percent(client.elsewhere)} do."
    )


FAMILY = Shape()
