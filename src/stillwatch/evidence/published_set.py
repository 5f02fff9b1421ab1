"""Whether accounts that repeat one another each run a published set: the honest explanation of repeated prompts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Explanation
from stillwatch.evidence.dispatch_thresholds import DAY_IN_STEP, DAYS_IN_STEP, SOON_OVER_HOURS
from stillwatch.evidence.hands import houses_of, one_owners
from stillwatch.evidence.icc import z_of
from stillwatch.evidence.log_profile import HOUR, I64, LogProfile
from stillwatch.evidence.repeated_part import repeats_beside, repeats_without_own_words
from stillwatch.evidence.sharing_out import dealt_out
from stillwatch.evidence.sign_ups import EDGE_SCATTER, EVEN_VOLUMES
from stillwatch.evidence.thresholds import (
    CONTRADICTS,
    MAJORITY,
    NEARLY_ALL,
    OVERLAP,
    OVERLAP_PARTNERS,
    OVERLAP_TIMES,
    OVERLAP_UNTOLD,
    REPEATS,
    UNTOLD,
)

__all__ = ["PUBLISHED", "published_set"]

F64 = npt.NDArray[np.float64]

_OF_ONE_OCCASION = (EVEN_VOLUMES, *EDGE_SCATTER.values())
"""Statistics of timing that an occasion explains."""

PUBLISHED = "a published set that each runs for itself"


def published_set(log: LogProfile, members: I64, bystanders: I64) -> Explanation:
    """Whether each of a group runs a published set for itself, as evaluation harnesses and a class with homework do.

    Args:
        log: the whole log.
        members, bystanders: the group; what members repeat of its bystanders' counts as repeated.
    """
    group = np.concatenate([members, bystanders])
    shares = log.prompt_sets.repeats(group)[: len(members)]
    repeated = float(np.median(shares))
    usual = log.prompt_sets.usual_repeats(group)
    line = REPEATS + usual
    holds = True if repeated > line else False if _at_most(shares, line) else None
    statement = (
        f"Of a typical account's prompts, {percent(repeated)} are sent by others of these accounts too; among as many "
        f"other accounts of the log it is {percent(usual)}. Evaluation harnesses, and a class with one homework, have "
        f"more than {percent(line)} in common; accounts that share out a pool have hardly any."
    )
    if holds is not False:
        holds, parts = _in_small_parts(log, members, bystanders, holds, line)
        statement += parts
    if holds is not False and repeated <= MAJORITY:
        holds, beside = _beside_what_they_repeat(log, members, bystanders, holds)
        statement += beside
    brief = holds is not False and repeated > MAJORITY and _soon_over(log, members)
    dealt = dealt_out(log.prompt_sets, members) if holds is not False and not brief else None
    if dealt is not None:
        holds = False
        statement += (
            f" But a prompt is sent by {dealt.times:.1f} of the accounts on average, more evenly than had each chosen "
            "for itself from one set."
        )
    # A class is paid for together, by a card or two, and sits behind a door or two; it comes at once and works at one
    # hour. Who each run a small part of a set are strangers; a release may move all of them, but not to sign up too.
    # Crews that each have hands of their own are neither, and may run one set.
    alone = not brief and (holds is False or not _in_houses(log, members))
    small = alone and holds is None and repeated > line
    if brief:
        statement += " All of it is over in a few hours, as an evaluation that a script spreads over its keys is."
    in_step = holds is not False and alone and _in_parts_for_days(log, members)
    return Explanation(
        PUBLISHED,
        statement,
        holds,
        contradicted_by=() if brief else ("dispatch", *["infrastructure"] * alone, *["timing"] * in_step),
        contradicted_together=(("timing", "infrastructure"),) if small else (),
        strangers=small,
        pay_apart=small,
        natural=_OF_ONE_OCCASION if in_step else (),
    )


def _beside_what_they_repeat(
    log: LogProfile, members: I64, bystanders: I64, holds: bool | None
) -> tuple[bool | None, str]:
    """What becomes of "each runs a set" where no more than half is repeated, and what is said of it: what makes them
    one may be what they send beside that."""
    said = ""
    rest = repeats_beside(log, members, bystanders)
    if rest is not None:
        dated = 0 < _days_in_step(log, members) < DAYS_IN_STEP
        holds = False if rest.sure and not dated else None
        what = "of another kind than the rest" if rest.few is None else f"no set but {rest.few:,} prompts"
        said += (
            f" But what they repeat {'is' if rest.sure else 'may be'} {what}, and of the rest {rest.same.in_words()}: "
            "what makes them one is not what they repeat."
        )
        if rest.sure and dated:
            said += " They are in step on a day or a few only, though, as a class with one deadline is."
    worded = repeats_without_own_words(log, members, bystanders) if holds is not False else None
    if worded is not None:
        holds = False
        said += (
            " But none of what they repeat is what they put words of their own around, and of that "
            f"{worded.in_words()}: what makes them one is not what they repeat."
        )
    return holds, said


def _in_parts_for_days(log: LogProfile, members: I64) -> bool:
    """Whether a group is in step on several days, hardly anybody of it has most of what another sends, and it is no
    one owner's: who has the same homework has the same prompts, a firm's suite may run every night over its keys, and
    a release moves all who test it on a day or two, however long they go on. Who of many owners each send a part, hour
    by hour with the others, are given it."""
    if not _of_many_owners(log, members):
        return False
    if np.mean(log.prompt_sets.partners(members) > 0) > 1 - NEARLY_ALL:
        return False
    return _days_in_step(log, members) >= DAYS_IN_STEP


def _days_in_step(log: LogProfile, members: I64) -> int:
    """On how many days a group speeds up and pauses together; none where that is not shown of it."""
    rhythm = log.derived["timing"].rhythm
    beside = rhythm.beside_the_rest(members)
    # What one has of the others' rows they have of its own: half of it is one thing said twice.
    error = np.sqrt(2 / max(len(beside), 1)) * np.std(beside) if len(beside) else 0.0
    if not len(beside) or beside.mean() <= z_of(CONTRADICTS) * error:
        return 0
    by_day = rhythm.by_day(members)
    return int(np.sum(by_day > DAY_IN_STEP * by_day.max()))


def _of_many_owners(log: LogProfile, members: I64) -> bool:
    """Whether something is known of the hands of most of a group, and they are no one owner's."""
    hands = log.shared.get("infrastructure")
    return hands is not None and hands.known[members].mean() > MAJORITY and not one_owners(hands, members)


def _soon_over(log: LogProfile, members: I64) -> bool:
    """Whether a group is at work in a few hours only, where a queue that takes several answers to each prompt runs on
    for days, and may be one owner's, for a script has the keys of whoever runs it, or a class, most of which have what
    another has."""
    if log.moments is None or (
        _of_many_owners(log, members) and np.mean(log.prompt_sets.partners(members) > 0) <= MAJORITY
    ):
        return False
    return len(np.unique(log.moments(members).begin // HOUR)) < SOON_OVER_HOURS


def _in_houses(log: LogProfile, members: I64) -> bool:
    """Whether a group falls into crews, offices or firms with hands of their own, however many they are."""
    hands = log.shared.get("infrastructure")
    if hands is None:
        return False
    return houses_of(hands, members, least=2, most=len(members), doors=True) is not None


def _in_small_parts(
    log: LogProfile, members: I64, bystanders: I64, holds: bool | None, line: float
) -> tuple[bool | None, str]:
    """What becomes of "each runs a set" where one account has little in common with another, and what is said of it.
    Who runs another set beside them, or none, says nothing of that."""
    beside = bystanders[log.prompt_sets.sent_of(members, bystanders) > REPEATS]
    group = np.concatenate([members, beside])
    partners = log.prompt_sets.partners(group)
    # A class has several who all run its homework; of a pool of which many are dealt a few prompts each, some get the
    # same few.
    classmates = np.sum(partners > 1)
    if classmates >= max(OVERLAP_PARTNERS, (1 - NEARLY_ALL) * len(group)) or np.mean(partners > 0) > MAJORITY:
        return holds, ""
    overlaps, times = log.prompt_sets.overlaps(group)
    mine = overlaps[: len(members)]
    tiny = _at_most(mine, OVERLAP)
    small = tiny or (times <= OVERLAP_TIMES and _at_most(mine, OVERLAP_UNTOLD))
    if holds and small and _by_themselves(log, members, beside, line):
        # Each has a small part: of a published set that nobody beside them runs, or of a pool that one hand deals.
        holds = None
    if holds is None and tiny:
        return False, (
            f" But two of these accounts have on average {percent(float(overlaps.mean()))} of their prompts in common: "
            "none of them runs the set."
        )
    return holds, ""


def _by_themselves(log: LogProfile, members: I64, bystanders: I64, line: float) -> bool:
    """Whether members repeat one another, or nobody beside them has much of what they send."""
    repeated = np.median(log.prompt_sets.repeats(members)) > line
    return bool(repeated or log.prompt_sets.had_by(members, bystanders).max(initial=0.0) <= OVERLAP_UNTOLD)


def _at_most(shares: F64, line: float) -> bool:
    """Whether a mean is shown to be at most this: on its upper bound, so that a few prompts an account do not pass for
    none."""
    error = float(np.std(shares, ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else float("inf")
    return float(shares.mean()) + z_of(UNTOLD) * error <= line
