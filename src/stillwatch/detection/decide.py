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
    Fit,
    acting_along,
    as_busy,
    few_licensed,
    firms_apart,
    fit,
    not_unlike,
    recruited,
    repeating_apart,
    repeating_others,
    tell_apart,
)
from stillwatch.detection.nulls import Background
from stillwatch.detection.pieces import same_campaign
from stillwatch.detection.sharers import with_sharers
from stillwatch.detection.shown_by_part import without_onlookers, without_passengers
from stillwatch.evidence import Family, LogProfile, Side
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.thresholds import (
    CONTRADICTS,
    HOPELESS,
    LEAST_ALONG,
    LEAST_MEMBERS,
    LEAST_RHYTHM,
    LIKELY,
    LINK_TRIES,
    MAJORITY,
    NEAR_MISS,
    NEARLY_ALL,
    RECRUIT_BITS,
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
        whole = _with_evidence(examiner, links, case, members)
        if whole is not case and not _answers_for(whole, case, fdr):
            # The newcomers cannot be shown to act along: the group stands as it was tested.
            whole = _with_evidence(examiner, links, case, case.members)
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


def _with_evidence(examiner: Examiner, links: Links, case: Case, members: I64) -> Case:
    """The case of these members, less those without evidence of their own; ``case`` itself where that is the same.

    That is a link to one of those by whom the group was found, or acting along with the group beside its text, or,
    where it has none, beside questions much like its own. Of those by whom the group was found, its text or acting
    along is enough: a text that fills a group links no pair of it. Who merely asks alike runs the same benchmark.
    """
    # Newcomers that are linked to one another only came as a house of their own.
    likely = links.probability > LIKELY
    theirs = [(links.a, links.b), (links.b, links.a)]
    own = np.isin(members, np.concatenate([one[likely & np.isin(other, case.members)] for one, other in theirs]))
    found = fit(examiner.log, examiner.families, case.members, members, kin=_moving_along(examiner, case))
    along = acting_along(examiner.log, examiner.families, case.members, members)
    marked, first = found.has_text, np.isin(members, case.members)
    # A single question that is near the group's, from a mail domain of theirs, is anybody's, however often it is put.
    asked, _, _ = examiner.log.prompt_sets.held(members)
    told = np.where(asked > 0, asked, examiner.log.exchanges[members]) >= LEAST_ALONG
    like = _like_the_rest(examiner, members, found, along) & _as_convicted(examiner, case, members, found)
    # A group that has a text is joined by who has it; of many who ask little some act along by chance.
    often = examiner.log.exchanges[members] >= LEAST_RHYTHM
    close = (found.alike >= RECRUIT_BITS / 2) & (often | (found.bits >= RECRUIT_BITS))
    close &= marked[first].mean() <= MAJORITY
    kept = members[like & (own | (along & (marked | (told & (close | first)))) | (first & marked))]
    kept = kept[~(few_licensed(examiner.log, kept) | repeating_others(examiner.log, kept))]
    if len(kept) in range(LEAST_MEMBERS, len(members)):
        # A text that few of a large group had may be what nearly all have who are left of it. What marks the whole
        # marks them too: who left is no stranger who makes it common.
        left = fit(examiner.log, examiner.families, kept, kept)
        left = replace(left, marked=np.maximum(left.marked, found.marked[np.isin(members, kept)]))
        acts = acting_along(examiner.log, examiner.families, kept, kept)
        kept = kept[_like_the_rest(examiner, kept, left, acts)]
    if len(kept) < LEAST_MEMBERS or np.array_equal(kept, case.members):
        return case
    bystanders = np.setdiff1d(np.union1d(case.bystanders, np.setdiff1d(case.members, kept)), kept)
    whole = examiner.examine(kept, bystanders, of_case=case.together)
    most = len(kept) > MAJORITY * len(case.members) and np.isin(kept, case.members).all()
    if most and whole.may_convict and whole.p_value <= UNTOLD:
        # What many show together convicts those of them who have evidence of their own, and show it by themselves.
        return replace(whole, p_value=case.p_value)
    if lies_in(whole, case) and len(kept) >= NEARLY_ALL * len(case.members) and whole.p_value <= HOPELESS:
        # A few fewer show a little less: that takes nothing from what was shown of nearly the same.
        if case.may_convict and not whole.may_convict:
            return replace(case, members=kept, bystanders=bystanders, of_case=case.together)
        return replace(whole, p_value=case.p_value)
    return replace(whole, p_value=max(whole.p_value, case.p_value))


def _moving_along(examiner: Examiner, case: Case) -> I64 | None:
    """Who else does what shows that a group acts together: where a campaign is a third of a log, others of it make its
    text common, and how often strangers send that is told by who does not act along. None where hardly anybody is left
    to tell by."""
    others = np.setdiff1d(np.arange(len(examiner.log)), case.members)
    along = acting_along(examiner.log, examiner.showing(case), case.members, others)
    return others[along] if along.mean() <= MAJORITY else None


def _as_convicted(examiner: Examiner, case: Case, members: I64, found: Fit) -> Mask:
    """Who does what shows that the group acts together, where nearly all do of whom it can be told; of few requests it
    cannot, and whoever belongs beyond doubt otherwise stays. A newcomer that has no text of the group's does all of it:
    of many who ask of the same matter one begins when they do by chance, and another has an address of theirs.
    """
    told = [one for one in case.findings if examiner.families[one.family].side == "coordination" and one.tested]
    strongest = min(told, key=lambda one: one.p_value)
    often = examiner.log.exchanges[members] >= LEAST_RHYTHM
    first = np.isin(members, case.members)
    kept = np.ones(len(members), np.bool_)
    for one in told:
        family = examiner.families[one.family]
        does = family.acts_along(examiner.log, case.members, members) if one.p_value <= HOPELESS else None
        if does is None:
            continue
        if one is strongest and often.any() and does[often].mean() >= NEARLY_ALL:
            others = {f.family: examiner.families[f.family] for f in told if f is not one and f.p_value <= UNTOLD}
            also = acting_along(examiner.log, others, case.members, members)
            kept &= does | (found.beyond_doubt & (also | ~often))
        if does[first].mean() >= NEARLY_ALL:
            kept &= does | first | found.has_text | _with_one_another(examiner, family, members, ~first & ~does)
    return kept


def _with_one_another(examiner: Examiner, family: Family, members: I64, late: Mask) -> Mask:
    """Who of a group's latecomers acts along with it as it is now, unless those may be one house."""
    along = family.acts_along(examiner.log, members, members) if late.any() else None
    also = late if along is None else late & along
    return also & (not also.any() or not examiner.one_house(members[also]))


def _like_the_rest(examiner: Examiner, members: I64, found: Fit, along: Mask) -> Mask:
    """Who does what nearly all of a group do: whoever runs the same published prompts has its text and its questions.

    Of a few requests it cannot be told whether they follow the group's, nor whether an account was ended early; whose
    hands it is by, and that it sends ten times what a load balancer gives each, can be.
    """
    log = examiner.log
    exchanges = log.exchanges[members]
    untold = (exchanges < LEAST_RHYTHM) & found.beyond_doubt
    for family in examiner.families.values():
        shown = family.shown_by(log, members) if family.side == "coordination" else None
        if shown is not None and shown.mean() >= NEARLY_ALL:
            untold &= shown
    ended = (exchanges < np.median(exchanges)) & found.beyond_doubt
    return not_unlike(found, along, excused=untold, busy=as_busy(exchanges) | ended)
