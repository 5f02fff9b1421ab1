"""A case: a group, what every family found about it, and what else it could be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, get_args

import numpy as np
import numpy.typing as npt

from stillwatch.detection.explanations import explain
from stillwatch.detection.fdr import campaign_p
from stillwatch.detection.membership import fit
from stillwatch.detection.nulls import Background
from stillwatch.evidence import Explanation, Family, Finding, LogProfile, Observed, Side
from stillwatch.evidence.families.infrastructure import COHORT
from stillwatch.evidence.families.timing import PROGRAM
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.one_service import SERVICE
from stillwatch.evidence.thresholds import (
    CONTRADICTS,
    DRAWS_ROUGH,
    HOPELESS,
    MEMBER_BITS,
    PROMISING,
    RESELLER_SIZE,
    UNTOLD,
)

__all__ = ["Case", "Examiner", "Matter"]

I64 = npt.NDArray[np.int64]

_OF_ACTS = (OFFICE, COHORT, PROGRAM, SERVICE)
"""Explanations of what accounts do, none of what they ask."""


class Matter(Protocol):
    """What accounts send together, held against people at large."""

    def __call__(self, members: I64) -> Observed | None:
        """What is seen of accounts whose questions could be swapped, where they have a matter of their own."""

    def resold(self, members: I64, *, hardly: bool = False, open_too: bool = True) -> Explanation | None:
        """Whether it is what people ask for themselves, ``hardly`` any of it not; None where no people are known, and
        where it is left open unless that is to be said."""


@dataclass(frozen=True, slots=True)
class Case:
    """A group and what was found about it.

    Attributes:
        members: entities judged to act together.
        bystanders: entities linked to them and judged not to.
        findings: one a family.
        explanations: honest explanations considered.
        p_value, q_value: of the partial conjunction over families, and after FDR control.
        tests: among how many its p-value is the best: of groups that it was joined of, and of what they came to.
        proposed: members before it was grown; as many as it has where that is not said.
        of_case: the group that it is a part of, where that was shown to act together; None where it is of none.
    """

    members: I64
    bystanders: I64
    findings: tuple[Finding, ...]
    explanations: tuple[Explanation, ...]
    p_value: float
    q_value: float = 1.0
    tests: int = 1
    proposed: int | None = None
    of_case: I64 | None = None

    @property
    def weight(self) -> float:
        """How much of the rate of false finds it may use up: many can show more than few. Growth, which follows what
        was found, adds nothing to it."""
        size = len(self.members)
        return float(np.sqrt(size if self.proposed is None else min(size, self.proposed)))

    @property
    def together(self) -> I64:
        """Everybody who was shown to act together as this group, members or not any more."""
        return self.members if self.of_case is None else np.union1d(self.members, self.of_case)

    @property
    def explained(self) -> bool:
        """Whether an honest explanation holds."""
        return any(one.holds for one in self.explanations)

    @property
    def excused(self) -> bool:
        """Whether an honest explanation holds that no test of the group measures."""
        return any(one.holds and not one.tested for one in self.explanations)

    @property
    def untold(self) -> bool:
        """Whether an honest explanation cannot be ruled out, though none is shown to hold."""
        return not self.explained and any(one.holds is None for one in self.explanations)

    @property
    def one_office(self) -> bool:
        """Whether nothing but being one house's, or a program's or a service's users, stands against it, which a few
        accounts of a whole cannot decide."""
        return bool(self.explanations) and all(one.holds is False or one.name in _OF_ACTS for one in self.explanations)

    @property
    def may_convict(self) -> bool:
        """Whether every honest explanation was considered and ruled out."""
        return bool(self.explanations) and all(one.holds is False for one in self.explanations)


class Examiner:
    """Tests groups of one log on every family, as far as it can matter.

    Args:
        log: the whole log.
        families: by name.
        background: draws groups from it.
        own_matter: holds what accounts send together against people at large.
    """

    def __init__(
        self,
        log: LogProfile,
        families: Mapping[str, Family],
        background: Background,
        own_matter: Matter | None = None,
    ) -> None:
        self.log, self.families, self._background, self._own_matter = log, families, background, own_matter
        # Several sides may propose one group: no family is asked about it twice for the same answer.
        self._found: dict[tuple[str, bytes, tuple[int, bool] | None, bytes], Finding] = {}
        self._observed: dict[tuple[str, bytes], Observed] = {}
        self._sampled = replace(log, closer=None, in_common=None, in_stretches=None, carrying=None, closer_payload=None)
        self._of = {side: [name for name, family in families.items() if family.side == side] for side in get_args(Side)}

    def observe(self, members: I64, family: str, observed: Observed) -> None:
        """Count what was seen of a group elsewhere among a family's tests of it."""
        group = members.tobytes()
        self._observed[family, group] = observed
        self._found = {key: found for key, found in self._found.items() if key[:2] != (family, group)}

    def examine(
        self, members: I64, bystanders: I64, *, screened: Side | None = None, of_case: I64 | None = None
    ) -> Case:
        """Test a group and explain it.

        Args:
            members, bystanders: the group.
            screened: the side that is tested first, where a first look may leave a hopeless group: acting together
                with few draws (Besag and Clifford 1991), or content, of a group that acting together has chosen.
            of_case: of a part of a group that may be convicted, all of that, who are no strangers to one another.
        """
        if screened == "content":
            findings = self._find(self._of["content"], members, self._background)
            rough = self._background.beside(np.zeros(len(self.log), np.bool_), DRAWS_ROUGH)
            drowned = self._at_best(findings, "content") > HOPELESS
            if drowned and not self._one_clock(self._find(self._of["coordination"], members, rough)):
                return Case(members, bystanders, tuple(findings.values()), (), self._at_best(findings, "content"))
        kin = self._kin(members)
        background = self._background.beside(kin, of_case=of_case)
        findings = {}
        if screened == "coordination":
            findings = self._find(self._of["coordination"], members, self._background.beside(kin, DRAWS_ROUGH))
        if screened != "coordination" or self._at_best(findings) <= PROMISING:
            findings = self._find(self._of["coordination"], members, background)
        if self._at_best(findings) > HOPELESS:
            return Case(members, bystanders, tuple(findings.values()), (), self._at_best(findings), of_case=of_case)
        rest = [name for name in self.families if name not in findings]
        findings |= self._find(rest, members, background)
        findings |= self._closer(findings, members, background)
        findings |= self._of_their_own(findings, members, background)
        ordered = tuple(findings[name] for name in self.families)
        p_value = campaign_p(ordered, self.families)
        if screened is not None and p_value > HOPELESS:
            return Case(members, bystanders, ordered, (), p_value, of_case=of_case)
        explanations = explain(self.log, self.families, members, bystanders, findings)
        case = Case(members, bystanders, ordered, explanations, p_value, of_case=of_case)
        if not case.may_convict and not case.one_office:
            return case
        return replace(case, explanations=(*explanations, *self._resold(members, ordered)))

    def part(self, case: Case, members: I64) -> Case:
        """Some of a case's accounts, by themselves."""
        return self.examine(members, case.bystanders, of_case=case.together)

    def shown(self, case: Case) -> float:
        """The p-value of the side that shows more of a group; a side that was left before it was tested is tested."""
        found = {one.family: one for one in case.findings}
        both: tuple[Side, Side] = ("content", "coordination")
        left = [name for side in both for name in self._of[side] if name not in found]
        if left:
            found |= self._find(left, case.members, self._background.beside(self._kin(case.members)))
        return min(self._at_best(found, side) for side in both)

    def showing(self, case: Case) -> dict[str, Family]:
        """The families that find something in a group, by name."""
        return {f.family: self.families[f.family] for f in case.findings if f.tested and f.p_value <= UNTOLD}

    def clocks(self, case: Case) -> dict[str, Family]:
        """The families, by name, that see a group act together beyond doubt, as one owner's customers do not."""
        told = [one.family for one in case.findings if one.tested and one.among_strangers <= CONTRADICTS]
        acting = {name: self.families[name] for name in told}
        return {name: one for name, one in acting.items() if one.side == "coordination" and not one.owners}

    def explained(self, case: Case) -> bool:
        """Whether an honest explanation holds of a group; of one that was left before it was explained, as far as the
        sample shows."""
        if case.explanations:
            return case.explained
        return any(one.holds for one in explain(self._sampled, self.families, case.members, case.bystanders))

    def asks_as_one(self, members: I64) -> bool:
        """Whether a group asks from one source, and nothing honest would explain it but being one house's."""
        findings = self._find(self._of["content"], members, self._background)
        told = findings.get("semantics")
        if told is None or not told.tested or told.p_value > UNTOLD:
            return False
        considered = explain(self.log, self.families, members, members[:0], findings)
        return not any(one.holds or (one.holds is None and one.name not in _OF_ACTS) for one in considered)

    def acts_as_one(self, members: I64) -> bool:
        """Whether a group acts together by more than what one owner's customers do by nature."""
        found = self._find(self._of["coordination"], members, self._background.beside(self._kin(members)))
        told = [one.among_strangers for one in found.values() if one.tested]
        return bool(told) and len(told) * min(told) <= HOPELESS

    def one_house(self, members: I64) -> bool:
        """Whether accounts may be one organisation's or office's, by what they have in common alone."""
        acting = (self.families[name] for name in self._of["coordination"])
        considered = (one for family in acting for one in family.explain(self.log, members, members[:0]))
        return any(one.name == OFFICE and one.holds is not False for one in considered)

    def _kin(self, members: I64) -> npt.NDArray[np.bool_]:
        """Who of the log fits a group's signature, members or not (E)."""
        return np.asarray(fit(self.log, self.families, members, np.arange(len(self.log))).bits >= MEMBER_BITS)

    def _find(self, names: list[str], members: I64, background: Background) -> dict[str, Finding]:
        return {name: self._finding(name, members, background) for name in names}

    def _finding(self, name: str, members: I64, background: Background) -> Finding:
        """A family's finding, which the members and, where it redraws, the draws decide: who is left out of them are
        those who ask as the members do."""
        family = self.families[name]
        looked = (background.draws, background.aside is not None) if family.redraws else None
        together = b"" if background.of_case is None else background.of_case.tobytes()
        key = (name, members.tobytes(), looked, together)
        if key not in self._found:
            elsewhere = self._observed.get((name, members.tobytes()))
            tests = [*family.test(self.log, members, background), *([elsewhere] if elsewhere is not None else [])]
            self._found[key] = family.found(tests)
        return self._found[key]

    def _closer(self, findings: Mapping[str, Finding], members: I64, background: Background) -> dict[str, Finding]:
        """What a closer look finds where only content leaves open whether a group is a campaign: it is not hopeless, or
        one clock or one queue is beyond doubt and cover may drown what the members have in common."""
        content, acting = self._at_best(findings, "content"), self._at_best(findings)
        if content <= acting or (content > HOPELESS and not self._one_clock(findings)):
            return {}
        looked = {
            name: self.families[name].again(self.log, members, background)
            for name in self._of["content"]
            if (name, members.tobytes()) not in self._observed
        }
        return {name: one for name, one in looked.items() if one is not None}

    def _of_their_own(
        self, findings: Mapping[str, Finding], members: I64, background: Background
    ) -> dict[str, Finding]:
        """What semantics finds where both sides are shown and nothing but cover may hide that the members have a matter
        of their own."""
        told = findings.get("semantics")
        if self._own_matter is None or told is None or ("semantics", members.tobytes()) in self._observed:
            return {}
        known = [one for one in findings.values() if one is not told]
        of_strangers = campaign_p([*known, replace(told, p_strangers=told.p_value)], self.families)
        if of_strangers > CONTRADICTS or campaign_p(findings.values(), self.families) <= CONTRADICTS:
            return {}
        own = self._own_matter(members)
        if own is None:
            return {}
        self.observe(members, "semantics", own)
        return self._find(["semantics"], members, background)

    def _resold(self, members: I64, findings: tuple[Finding, ...]) -> tuple[Explanation, ...]:
        """Whether a group that may be convicted sends what people ask for themselves, as a reseller's customers do: he
        has a text of his own, several payments, and software that shares them out over his accounts.

        What strangers do not ask rules him out, and where it cannot be told one clock does, or more accounts than any
        reseller has.
        """
        if self._own_matter is None or campaign_p(findings, self.families) > HOPELESS:
            return ()
        of_one = [replace(f, p_strangers=1.0) if self._of_owners(f) else f for f in findings]
        more = campaign_p(of_one, self.families) <= HOPELESS
        asked = {name for name in self._of["content"] if not self.families[name].owners}
        own = any(f.family in asked and f.tested and f.among_strangers <= UNTOLD for f in findings)
        if more and own:
            return ()
        told = own or len(members) > RESELLER_SIZE or self._one_clock({f.family: f for f in findings})
        resold = self._own_matter.resold(members, hardly=more, open_too=not told)
        # Where something else speaks against it, what is left open is no answer.
        return () if resold is None or (told and resold.holds is None) else (resold,)

    def _of_owners(self, finding: Finding) -> bool:
        family = self.families[finding.family]
        return family.owners and family.side == "coordination"

    def _one_clock(self, findings: Mapping[str, Finding]) -> bool:
        """Whether acting together is beyond doubt by more than what one owner's customers have by nature."""
        return any(
            findings[name].tested and findings[name].among_strangers <= CONTRADICTS
            for name in self._of["coordination"]
            if name in findings and not self.families[name].owners
        )

    def _at_best(self, findings: Mapping[str, Finding], side: Side = "coordination") -> float:
        """The least p-value that the group can come to, were the other side beyond doubt."""
        known = [findings[name] for name in self._of[side] if name in findings and findings[name].tested]
        return min(1.0, len(known) * min(one.p_value for one in known)) if known else 1.0
