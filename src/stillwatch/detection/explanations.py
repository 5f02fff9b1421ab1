"""Honest explanations: what else could make these accounts look like one.

Each is a measurement of its own with a stated line: it holds, it is ruled out, or it cannot be told. Where one
holds, or one cannot be told, the accounts are not called a campaign. They are considered for every group and shown with
every campaign. Families bring those that go with what they see; a licence stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stillwatch.detection.fdr import campaign_p
from stillwatch.evidence import Explanation, Family, Finding, LogProfile
from stillwatch.evidence.thresholds import CONTRADICTS, LICENSED, NEARLY_ALL, UNTOLD

__all__ = ["explain"]

I64 = npt.NDArray[np.int64]
Families = Mapping[str, Family]


def explain(
    log: LogProfile,
    families: Families,
    members: I64,
    bystanders: I64,
    findings: Mapping[str, Finding] | None = None,
) -> tuple[Explanation, ...]:
    """Consider the honest explanations of a group.

    Args:
        log: the whole log.
        families: each may explain what it sees.
        members: the group.
        bystanders: linked to it and set aside; what members repeat of theirs counts as repeated.
        findings: what was found about the group, by family, which may contradict an explanation.
    """
    licensed = float((log.columns["licensed"][members] == 1).mean())
    return (
        *(
            _held_against(one, log, families, members, findings or {})
            for family in families.values()
            for one in family.explain(log, members, bystanders)
        ),
        Explanation(
            "licensed distillation",
            f"Of these {len(members):,} accounts, {round(licensed * len(members)) or 'none'} have a licence on record.",
            # A few are set apart; of more it may be a licensee's, some of whose accounts the record lacks.
            True if licensed > LICENSED else None if licensed > 1 - NEARLY_ALL else False,
        ),
    )


def _held_against(
    explanation: Explanation, log: LogProfile, families: Families, members: I64, findings: Mapping[str, Finding]
) -> Explanation:
    """An explanation that something contradicts is ruled out, and says by what; of one that is not, what the group
    shows beside what it accounts for."""
    if explanation.holds is False:
        return explanation
    against = [
        _said_by(found, families)
        for found in (_beyond(findings.get(name), explanation) for name in explanation.contradicted_by)
        if found is not None
        and found.tested
        and _told_by(found, families) <= CONTRADICTS
        and (found.among_strangers <= UNTOLD or not explanation.strangers)
    ]
    for together in explanation.contradicted_together:
        told = [found for found in map(findings.get, together) if found is not None]
        if len(told) == len(together) and all(found.tested and found.p_value <= CONTRADICTS for found in told):
            against += [" ".join(found.statement for found in told)]
    if explanation.pay_apart:
        against += [said for family in families.values() if (said := family.no_strangers(log, members))]
    if not against:
        return replace(explanation, beside=_beside(explanation, families, findings))
    return replace(explanation, holds=False, statement=f"{explanation.statement} Against it speaks: {against[0]}")


def _beyond(found: Finding | None, explanation: Explanation) -> Finding | None:
    """A finding without the tests of which it is no wonder what they find, if the explanation holds."""
    if found is None or not explanation.natural:
        return found
    left = [one for one in found.each if one[0] not in explanation.natural]
    _, p_value, statement = min(left, key=lambda one: one[1], default=("", 1.0, ""))
    return replace(found, p_value=p_value, p_strangers=None, statement=statement, of_strangers=None)


def _beside(explanation: Explanation, families: Families, findings: Mapping[str, Finding]) -> float:
    """A group's p-value without what an explanation accounts for. A house's questions may be interchangeable by nature,
    as a reseller's customers' are: nearness counts there."""
    if not explanation.accounts_for:
        return 0.0
    left = (f for f in findings.values() if f.family not in explanation.accounts_for)
    return campaign_p([replace(f, p_value=max(f.p_value, f.among_strangers)) for f in left], families)


def _told_by(found: Finding, families: Families) -> float:
    """The p-value by which a finding contradicts: who acts as one owner's customers do shows no clock of strangers."""
    return found.among_strangers if _is_an_act(found, families) else found.p_value


def _said_by(found: Finding, families: Families) -> str:
    """The sentence of the test whose p-value that is."""
    return found.of_strangers or found.statement if _is_an_act(found, families) else found.statement


def _is_an_act(found: Finding, families: Families) -> bool:
    return families[found.family].side == "coordination"
