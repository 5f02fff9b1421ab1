"""From links to campaigns: propose, grow, explain, decide.

    groups > members and bystanders > tests > joined and grown > tested and explained again > q-values > campaigns

A group is proposed by content, tested as it stands after its bystanders are set aside, and grown where it is promising.
What has grown is tested and explained as a whole before anything is decided: growth can cost a group its conviction and
never bring one. Whoever has no evidence of its own is no member. Nothing changes after the decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from stillwatch.detection.beside_streams import BesideStream, examined
from stillwatch.detection.candidates import Proposal, candidate_groups
from stillwatch.detection.cases import Case, Examiner, Matter
from stillwatch.detection.control import controlled, lies_in
from stillwatch.detection.houses_apart import without_houses_apart
from stillwatch.detection.membership import (
    acting_along,
    firms_apart,
    recruited,
    repeating_apart,
    tell_apart,
)
from stillwatch.detection.nulls import Background
from stillwatch.detection.own_evidence import with_evidence
from stillwatch.detection.pieces import same_campaign
from stillwatch.detection.sharers import with_sharers
from stillwatch.detection.shown_by_part import without_onlookers, without_passengers
from stillwatch.evidence import Family, LogProfile, Side
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.thresholds import (
    CONTRADICTS,
    LEAST_MEMBERS,
    LINK_TRIES,
    MAJORITY,
    NEAR_MISS,
    NEARLY_ALL,
    UNTOLD,
)
from stillwatch.linking import Linker, Links

__all__ = ["Decided", "decide"]

I64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of all groups.

    Attributes:
        campaigns: cases convicted, strongest first.
        others: cases tested that are none, strongest first.
        links: all weighed pairs, those of members found later included.
    """

    campaigns: list[Case]
    others: list[Case]
    links: Links


def decide(
    log: LogProfile,
    families: Mapping[str, Family],
    linker: Linker,
    links: Links,
    *,
    draws: int,
    fdr: float,
    seed: int,
    beside: Sequence[BesideStream] = (),
    own_matter: Matter | None = None,
) -> Decided:
    """Find campaigns among linked entities.

    Args:
        log: the whole log.
        families: of evidence, by name.
        linker: weighs pairs of members found later.
        links: weighed pairs.
        draws: groups redrawn from the log's background for each test.
        fdr: share of false campaigns to accept among those reported.
        seed: of clustering and of every draw.
        beside: groups set aside of streams.
        own_matter: holds what accounts send together against people at large.
    """
    examiner = Examiner(log, families, Background(log, draws, seed), own_matter)
    cases = _tested(examiner, candidate_groups(log, families, links, seed))
    pieces = [case for case in cases if case.p_value <= NEAR_MISS and case.one_office]
    rest = [case for case in cases if not (case.p_value <= NEAR_MISS and case.one_office)]
    joined = _join(examiner, sorted(pieces, key=_strength))
    rest += [case for case in joined if not case.may_convict]
    grown, links = _grow(examiner, linker, links, [case for case in joined if case.may_convict], fdr)
    # What excuses a whole excuses each part of it, however it was proposed.
    excused = [case for case in grown if case.explained]
    grown = [case for case in grown if case.explained or not any(lies_in(case, whole) for whole in excused)]
    for case in examined(examiner, beside):
        grown = _with_another(grown, without_passengers(examiner, links, case, fdr), fdr)
    decided = controlled(examiner, [*grown, *rest], fdr)
    decided.sort(key=lambda case: (case.q_value, *_strength(case)))
    convicted = [case for case in decided if case.q_value <= fdr]
    return Decided(convicted, [case for case in decided if case.q_value > fdr], links)


def _tested(examiner: Examiner, groups: Sequence[Proposal]) -> list[Case]:
    """Cases of what is tested of these groups, the largest first.

    Several proposals may come to the same members: a group is one hypothesis. A small part of one that stands beyond
    doubt adds nothing to it, nor does any part where that is so twice over: by itself it would show no more.
    """
    parts: dict[bytes, tuple[I64, I64, Side]] = {}
    for group in groups:
        screened: Side = "coordination" if group.by == "content" else "content"
        for inside, outside in _parts(examiner.log, examiner.families, group):
            if len(inside) >= LEAST_MEMBERS:
                parts.setdefault(inside.tobytes(), (inside, outside, screened))
    cases: list[Case] = []
    sure: list[tuple[Mask, float]] = []
    for inside, outside, screened in sorted(parts.values(), key=lambda part: -len(part[0])):
        if not any(len(inside) < share * whole.sum() and whole[inside].all() for whole, share in sure):
            case = examiner.examine(inside, outside, screened=screened)
            cases.append(case)
            if case.may_convict and case.p_value <= CONTRADICTS:
                whole = np.isin(np.arange(len(examiner.log)), case.members)
                sure.append((whole, 1.0 if case.p_value <= CONTRADICTS**2 else MAJORITY))
    return cases


def _parts(log: LogProfile, families: Mapping[str, Family], group: Proposal) -> Iterator[tuple[I64, I64]]:
    """What is tested of a group, each with the rest of it: those who repeat one another apart, and firms and a few with
    a licence, without who does not fit. What acting together chose is tested as it is, too, where most fit: cover makes
    accounts unlike. Of who came at once strangers are a part.
    """
    for whole, apart in repeating_apart(log, group.members):
        for part, firms in firms_apart(log, whole):
            beside = np.union1d(firms, apart)
            if group.whole:
                yield part, beside
                continue
            inside, outside = tell_apart(log, families, part)
            yield inside, np.union1d(outside, beside)
            if group.by == "coordination" and not group.mixed and len(inside) > MAJORITY * len(part):
                yield part, beside


def _strength(case: Case) -> tuple[float, int, int]:
    return case.p_value, -len(case.members), int(case.members[0])


def _join(examiner: Examiner, cases: Sequence[Case]) -> list[Case]:
    """Join pieces of one campaign, for as long as any two are.

    Pieces may work at different times, one in place of another: what convicts the whole is the best of their tests and
    of its own, times their number for the choice (Bonferroni). It is explained as a whole. A piece that one office
    would explain convicts nothing by its own test: a whole with such a piece stands its own.
    """
    joined: list[Case] = []
    for case in cases:
        for place, other in enumerate(joined):
            if _says_no_more(case, other):
                break
            if same_campaign(examiner, case, other):
                whole = _whole(examiner, case, other)
                told = case.may_convict or other.may_convict
                if whole.may_convict or (whole.one_office and not told):
                    tests = case.tests + other.tests + 1
                    its = whole.p_value if whole.may_convict else 1.0
                    best = tests * min(case.p_value / case.tests, other.p_value / other.tests, its)
                    own = 0.0 if case.may_convict and other.may_convict else whole.p_value
                    joined[place] = replace(whole, p_value=min(1.0, max(best, own)), tests=tests)
                    break
        else:
            joined.append(case)
    return joined if len(joined) == len(cases) else _join(examiner, joined)


def _says_no_more(case: Case, other: Case) -> bool:
    """Whether a piece is a part of another that shows as much; not where nearly all of that are this piece, and only
    the few more leave an honest explanation open. What is beyond doubt twice over is as much as can be shown."""
    as_much = other.p_value <= max(case.p_value, CONTRADICTS**2)
    if not as_much or not np.isin(case.members, other.members).all():
        return False
    nearly_all = len(case.members) >= NEARLY_ALL * len(other.members)
    return not (nearly_all and case.may_convict and not other.may_convict)


def _whole(examiner: Examiner, case: Case, other: Case) -> Case:
    """Two pieces together; where they are much the same accounts and the whole shows less than one of them does by
    itself, whoever is only in the other must act along with it: they made the evidence weaker. What a piece pays for
    its own pieces is no weakness, nor is less of what is beyond doubt."""

    def tested(members: I64) -> Case:
        return examiner.examine(members, np.setdiff1d(np.union1d(case.bystanders, other.bystanders), members))

    def weakness(one: Case, tests: int) -> tuple[float, int]:
        return max(one.p_value / tests, CONTRADICTS), -_families_shown(examiner, one)

    whole = tested(np.union1d(case.members, other.members))
    strong, weak = sorted(
        (case, other), key=lambda one: (*weakness(one, one.tests), -len(one.members), int(one.members[0]))
    )
    both = np.intersect1d(strong.members, weak.members)
    same = len(both) > MAJORITY * min(len(strong.members), len(weak.members))
    if not same or all(w <= s for w, s in zip(weakness(whole, 1), weakness(strong, strong.tests), strict=True)):
        return whole
    extra = np.setdiff1d(weak.members, strong.members)
    along = acting_along(examiner.log, examiner.families, strong.members, extra)
    return whole if along.all() else tested(np.union1d(strong.members, extra[along]))


def _families_shown(examiner: Examiner, case: Case) -> int:
    """How many families find something: where all are beyond doubt together, p-values tell no more apart."""
    return sum(
        one.tested and one.p_value <= UNTOLD and examiner.families[one.family].side != "context"
        for one in case.findings
    )


def _grow(
    examiner: Examiner, linker: Linker, links: Links, cases: Sequence[Case], fdr: float
) -> tuple[list[Case], Links]:
    """Each case with everyone in the log who belongs to it, strongest first: nobody belongs to two."""
    taken = np.zeros(len(examiner.log), np.bool_)
    for case in cases:
        taken[case.members] = True
    grown: list[Case] = []
    for case in cases:
        members = recruited(examiner.log, examiner.families, case.members, taken)
        links = _linked(linker, links, members, np.setdiff1d(members, case.members), examiner)
        whole = with_evidence(examiner, links, case, members)
        if whole is not case and not _answers_for(whole, case, fdr):
            # The newcomers cannot be shown to act along: the group stands as it was tested.
            whole = with_evidence(examiner, links, case, case.members)
        whole = without_houses_apart(examiner, without_passengers(examiner, links, whole, fdr))
        whole = without_onlookers(examiner, whole, fdr)
        beside = taken.copy()
        beside[case.members] = False
        whole = with_sharers(examiner, whole, beside, fdr)
        # A wider group may come down to one that was found already, or nearly, and then the stronger stands.
        if not any(_is_found(whole, other) for other in grown):
            taken[whole.members] = True
            grown.append(replace(whole, proposed=len(case.members)))
    return grown, links


def _answers_for(whole: Case, case: Case, fdr: float) -> bool:
    """Whether what a group has grown to says what it is: explained, or acting together and told apart from all that is
    honest; or what may be one house, of which the group is most."""
    house = any(one.name == OFFICE and one.holds is None for one in whole.explanations)
    most = len(case.members) > MAJORITY * len(whole.members)
    return whole.explained or (whole.p_value <= fdr and (not whole.untold or (house and most)))


def _is_found(case: Case, other: Case) -> bool:
    return bool(np.isin(case.members, other.members).all() or (lies_in(case, other) and other.p_value <= case.p_value))


def _with_another(grown: Sequence[Case], case: Case, fdr: float) -> list[Case]:
    """Cases with one that was found another way, in place of weaker ones that lie in it; without it where it is one of
    them, or part of it is in a stronger one. It is not grown: its web named whoever could belong to it."""
    met = [other for other in grown if other.may_convict and np.isin(case.members, other.members).any()]
    lie_in = [other for other in met if lies_in(other, case)]
    wider = [other for other in met if not lies_in(other, case)]
    if any(other.p_value <= case.p_value for other in lie_in) or any(other.p_value <= fdr for other in wider):
        return list(grown)
    return [*(other for other in grown if not any(other is one for one in lie_in)), case]


def _linked(linker: Linker, links: Links, members: I64, newcomers: I64, examiner: Examiner) -> Links:
    """Links with those between newcomers and the members who ask most like each."""
    if not len(newcomers):
        return links
    means = examiner.log.content.means
    nearness = means[newcomers] @ means[members].T
    nearness[newcomers[:, None] == members[None, :]] = -np.inf
    tries = min(LINK_TRIES, len(members) - 1)
    closest = members[np.argpartition(-nearness, tries - 1, axis=1)[:, :tries]]
    pairs = np.unique(np.sort(np.stack([np.repeat(newcomers, tries), closest.ravel()]), axis=0), axis=1)
    return links.joined(linker.weigh(pairs[0], pairs[1]))
