"""Which kinds of honest customers there are, and how common each is in which times.

To add a kind, write its function (``honest``, ``crowds``, ``allowances``), name it in ``KINDS`` and give it a share
of a population that no scenario has been published with: shares decide every draw that comes after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from stillwatch.range import allowances, crowds, honest
from stillwatch.range.account import Account, Stranger, stranger
from stillwatch.range.customers import customer
from stillwatch.range.maker import Maker

__all__ = ["BURSTS", "KINDS", "LOOKALIKES", "QUIET", "Population"]

KINDS: dict[str, Callable[[Maker, int], Iterator[Account]]] = {
    "people": honest.people,
    "applications": honest.applications,
    "retrieval": honest.retrieval,
    "agents": honest.agents,
    "harnesses": honest.harnesses,
    "batches": honest.batches,
    "students": honest.students,
    "teams": honest.teams,
    "offices": honest.offices,
    "resellers": honest.resellers,
    "judges": honest.judges,
    "licensed": honest.licensed,
    "sign-ups": crowds.sign_ups,
    "launches": crowds.launches,
    "coursework": crowds.coursework,
    "workshops": crowds.workshops,
    "capped": allowances.capped,
    "own keys": allowances.own_keys,
}


@dataclass(frozen=True, slots=True)
class Population:
    """Honest customers of one week.

    Attributes:
        shares: share of the accounts by kind, in the order in which they are made. A kind with share 0 makes
            no account and may still draw.
        who: makes an unknown customer.
    """

    shares: Mapping[str, float]
    who: Stranger = stranger


LOOKALIKES = Population(
    {
        "people": 0.60,
        "applications": 0.12,
        "retrieval": 0.035,
        "agents": 0.035,
        "harnesses": 0.015,
        "batches": 0.04,
        "students": 0.05,
        "teams": 0.02,
        "offices": 0.06,
        "resellers": 0.005,
        "judges": 0.015,
        "licensed": 0.005,
    }
)
"""Ordinary customers beside many who look like a campaign, by text, by hands or by licence."""

QUIET = Population({"people": 0.86, "applications": 0.11, "harnesses": 0.0, "batches": 0.02, "teams": 0.01})
"""Ordinary use."""

BURSTS = Population(
    {
        "people": 0.41,
        "applications": 0.07,
        "retrieval": 0.02,
        "agents": 0.02,
        "harnesses": 0.01,
        "batches": 0.02,
        "teams": 0.01,
        "offices": 0.02,
        "sign-ups": 0.11,
        "launches": 0.08,
        "coursework": 0.07,
        "workshops": 0.07,
        "capped": 0.03,
        "own keys": 0.06,
    },
    customer,
)
"""Crowds: strangers who share a day, a plan, an allowance, a subject or an app."""
