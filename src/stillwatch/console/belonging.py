"""To which organisations and plans accounts belong: of campaigns and cases as counts, of lists as what one may choose.

    belonging_of_campaigns(run) > {campaign: Belonging}; belonging_of(run, {case: accounts}) > {case: Belonging}

The organisation is what the scan went by; a plan is what the account file says, else the log. Where a log tells
neither, everything here is empty, and pages show nothing of it.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stillwatch.console.runs import FEW, Run
from stillwatch.core import UnreadableInput

__all__ = [
    "NOBODY",
    "Belonging",
    "belonging_of",
    "belonging_of_campaigns",
    "choices_of",
    "choices_of_all",
    "joined",
    "plans_and_organisations",
]

_MOST_CHOICES = 200
_OF_SCAN = ["account_id", "org_id"]

_WITH_PLANS = "{accounts} LEFT JOIN (SELECT account_id, plan FROM {told}) USING (account_id)"
_NAMED = f"""
SELECT account_id, org_id, plan FROM {_WITH_PLANS}
WHERE account_id IN (SELECT unnest(?)) AND (org_id IS NOT NULL OR plan IS NOT NULL)
"""
_CAMPAIGNS = f"""
SELECT campaign_id, org_id, plan, count(*) AS n FROM {_WITH_PLANS}
WHERE campaign_id IS NOT NULL GROUP BY ALL
"""
_ORGANISATIONS = """
SELECT org_id AS name, count(*) AS n FROM {accounts} WHERE org_id IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT ?
"""
_PLANS = "SELECT plan AS name, count(*) AS n FROM {told} WHERE plan IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT ?"


@dataclass(frozen=True, slots=True)
class Belonging:
    """How many accounts belong to which organisations and plans, the most first; those of none are left out."""

    organisations: Mapping[str, int]
    plans: Mapping[str, int]

    def passes(self, organisation: str | None, plan: str | None) -> bool:
        """Whether an account belongs to that organisation, and one to that plan; None or empty: to any."""
        return (not organisation or organisation in self.organisations) and (not plan or plan in self.plans)


NOBODY = Belonging({}, {})
"""Of whom nothing is known."""


def belonging_of_campaigns(run: Run) -> Mapping[str, Belonging]:
    """What every campaign's members belong to, worked out once.

    Raises:
        UnreadableInput: a file of the run is absent or is not what its name says.
    """

    def work() -> Mapping[str, Belonging]:
        counted: dict[str, tuple[Counter[str], Counter[str]]] = {}
        for row in run.rows(_CAMPAIGNS):
            _add(counted.setdefault(row["campaign_id"], (Counter(), Counter())), row, row["n"])
        return {name: _made(*one) for name, one in counted.items()}

    return run.keep("belonging of campaigns", work)


def belonging_of(run: Run, groups: Mapping[str, Sequence[str]]) -> Mapping[str, Belonging]:
    """What groups of accounts belong to, worked out once for each.

    Args:
        run: in which the accounts are.
        groups: accounts by name of the group; a name stands for the same accounts each time.

    Raises:
        UnreadableInput: a file of the run is absent or is not what its name says.
    """
    kept: dict[str, Belonging] = run.keep("belonging of groups", dict)
    missing = {name: accounts for name, accounts in groups.items() if name not in kept}
    if missing:
        told = plans_and_organisations(run, {account for accounts in missing.values() for account in accounts})
        for name, accounts in missing.items():
            counted: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
            for account in accounts:
                if account in told:
                    _add(counted, told[account], 1)
            kept[name] = _made(*counted)
    return {name: kept[name] for name in groups}


def plans_and_organisations(run: Run, accounts: Iterable[str]) -> Mapping[str, Mapping[str, str | None]]:
    """``org_id`` and ``plan`` of accounts of which either is known.

    Raises:
        UnreadableInput: a file of the run is absent or is not what its name says.
    """
    if choices_of(run) == NOBODY:
        return {}
    names = sorted(set(accounts))
    if run.has_copies and len(names) <= FEW:
        scanned = [row for name in names for row in run.of("account_rows", name, most=1).select(_OF_SCAN).to_pylist()]
        told = run.known([row["account_id"] for row in scanned])
        found = {row["account_id"]: {**row, "plan": told.get(row["account_id"], {}).get("plan")} for row in scanned}
        return {name: row for name, row in found.items() if row["org_id"] is not None or row["plan"] is not None}
    return {row["account_id"]: row for row in run.rows(_NAMED, names)}


def choices_of(run: Run) -> Belonging:
    """The largest organisations and plans of a run with how many accounts each has, worked out once.

    Raises:
        UnreadableInput: a file of the run is absent or is not what its name says.
    """

    def work(sql: str) -> Mapping[str, int]:
        return {row["name"]: row["n"] for row in run.rows(sql, _MOST_CHOICES)}

    return Belonging(run.keep("organisations", lambda: work(_ORGANISATIONS)), run.keep("plans", lambda: work(_PLANS)))


def choices_of_all(runs: Iterable[Run]) -> Belonging:
    """Those of several runs together; a run of which a file cannot be read has none here."""
    found = []
    for run in runs:
        with contextlib.suppress(UnreadableInput):
            found.append(choices_of(run))
    return joined(found)


def joined(many: Iterable[Belonging]) -> Belonging:
    """The organisations and plans to which most accounts of several belong, together."""
    organisations: Counter[str] = Counter()
    plans: Counter[str] = Counter()
    for one in many:
        organisations.update(one.organisations)
        plans.update(one.plans)
    return Belonging(dict(organisations.most_common(_MOST_CHOICES)), dict(plans.most_common(_MOST_CHOICES)))


def _add(counted: tuple[Counter[str], Counter[str]], row: Mapping[str, str | None], n: int) -> None:
    for of, name in zip(counted, ("org_id", "plan"), strict=True):
        if (value := row[name]) is not None:
            of[value] += n


def _made(organisations: Counter[str], plans: Counter[str]) -> Belonging:
    first = sorted(organisations.items(), key=lambda pair: (-pair[1], pair[0]))
    return Belonging(dict(first), dict(sorted(plans.items(), key=lambda pair: (-pair[1], pair[0]))))
