"""Who of a group has evidence of its own: whoever has none is no member of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cases import Case, Examiner
from stillwatch.detection.control import lies_in
from stillwatch.detection.membership import (
    Fit,
    acting_along,
    as_busy,
    few_licensed,
    fit,
    not_unlike,
    repeating_others,
)
from stillwatch.evidence import Family
from stillwatch.evidence.thresholds import (
    HOPELESS,
    LEAST_ALONG,
    LEAST_MEMBERS,
    LEAST_RHYTHM,
    LIKELY,
    MAJORITY,
    NEARLY_ALL,
    RECRUIT_BITS,
    UNTOLD,
)
from stillwatch.linking import Links

__all__ = ["linked_to_who_stay", "with_evidence"]

I64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def with_evidence(examiner: Examiner, links: Links, case: Case, members: I64) -> Case:
    """The case of these members, less those without evidence of their own; ``case`` itself where that is the same, and
    with nothing shown where hardly anybody has any.

    That is a link to one of those by whom the group was found, or acting along with the group beside its text, or,
    where it has none, beside questions much like its own. Of those by whom the group was found, its text or acting
    along is enough: a text that fills a group links no pair of it. Who merely asks alike runs the same benchmark.
    """
    found = fit(examiner.log, examiner.families, case.members, members, kin=_moving_along(examiner, case))
    along = _acting_along(examiner, case, members)
    marked, first = found.has_text, np.isin(members, case.members)
    # A single question that is near the group's, from a mail domain of theirs, is anybody's, however often it is put.
    asked, _, _ = examiner.log.prompt_sets.held(members)
    told = np.where(asked > 0, asked, examiner.log.exchanges[members]) >= LEAST_ALONG
    like = _like_the_rest(examiner, members, found, along) & _as_convicted(examiner, case, members, found)
    if (like & first).sum() >= LEAST_MEMBERS:
        # Who acts along with those who are unlike the group alone is one of those.
        along &= acting_along(examiner.log, examiner.families, members[like & first], members)
    # A group that has a text is joined by who has it; of many who ask little some act along by chance.
    often = examiner.log.exchanges[members] >= LEAST_RHYTHM
    close = (found.alike >= RECRUIT_BITS / 2) & (often | (found.bits >= RECRUIT_BITS))
    close &= marked[first].mean() <= MAJORITY
    by_itself = (along & (marked | (told & (close | first)))) | (first & marked)
    stays = linked_to_who_stay(links, members, like, first, by_itself)
    if stays.sum() < LEAST_MEMBERS:
        return replace(case, p_value=1.0)
    kept = members[stays]
    stays[stays] = ~(few_licensed(examiner.log, kept) | repeating_others(examiner.log, kept))
    kept = members[stays]
    if len(kept) in range(LEAST_MEMBERS, len(members)):
        # A text that few of a large group had may be what nearly all have who are left of it. What marks the whole
        # marks them too: who left is no stranger who makes it common.
        left = fit(examiner.log, examiner.families, kept, kept)
        left = replace(left, marked=np.maximum(left.marked, found.marked[stays]))
        acts = acting_along(examiner.log, examiner.families, kept, kept)
        stays[stays] = _like_the_rest(examiner, kept, left, acts)
        kept = members[linked_to_who_stay(links, members, stays, first, by_itself)]
    if len(kept) < LEAST_MEMBERS:
        return replace(case, p_value=1.0)
    if np.array_equal(kept, case.members):
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


def linked_to_who_stay(links: Links, members: I64, stays: Mask, first: Mask, by_itself: Mask) -> Mask:
    """Who of those who stay has evidence by itself, or a link to one of the first who stays too: newcomers that are
    linked to one another only came as a house of their own, and who is linked to nobody who stays has no more. Where
    nearly all are linked to one another, who is to others alone is one of those.
    """
    likely = links.probability > LIKELY
    a, b = links.a[likely], links.b[likely]
    while True:
        among = members[stays & first]
        own = np.isin(members, np.concatenate([a[np.isin(b, among)], b[np.isin(a, among)]]))
        before, stays = stays, stays & (own | by_itself)
        if np.array_equal(before, stays):
            break
    if stays.any() and own[stays].mean() >= NEARLY_ALL:
        stays = stays & (own | ~np.isin(members, np.concatenate([a, b])))
    return stays


def _acting_along(examiner: Examiner, case: Case, members: I64) -> Mask:
    """Who of a group acts along with it; with those who keep its one clock, where most do of whom it can be told: a
    family among them shares its card with itself."""
    log, families = examiner.log, examiner.families
    along = acting_along(log, families, case.members, members)
    often = log.exchanges[members] >= LEAST_RHYTHM
    for name in examiner.clocks(case):
        does = families[name].acts_along(log, case.members, members)
        if does is not None and often.any() and does[often].mean() > MAJORITY and does.sum() >= LEAST_MEMBERS:
            along &= does | acting_along(log, families, members[does], members)
    return along


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
