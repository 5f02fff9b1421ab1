"""Sessions and conversations that move between accounts: one account goes on with what another began.

Software that pools accounts binds a conversation to one of them and, at a limit or an error, takes it to the next,
under the same session id. Strangers never have one id, where ids are drawn and not counted: so ids that look counted
are left out, and ids of many accounts, which name a program or a day and no conversation.

A conversation is known by its messages too: a request carries earlier turns along, and another account got that answer
to that prompt. What nobody was answered in this log, such as examples that a program puts before every question, is no
conversation, nor is an answer that whoever carries it got as well.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy
from scipy import sparse

from stillwatch.core.counted import percent
from stillwatch.evidence.base import Observed
from stillwatch.evidence.dispatch_thresholds import MOVED_AMONG
from stillwatch.evidence.log_profile import I64
from stillwatch.evidence.postings import Postings, background
from stillwatch.evidence.thresholds import MAJORITY, P_FLOOR

__all__ = ["SESSION_SQL", "carrying_on", "going_on", "moved", "moved_abroad", "moved_together", "moved_turns"]

Mask = npt.NDArray[np.bool_]

SESSION_SQL: Final = (
    "CASE WHEN length(session_id) >= 16 AND regexp_matches(session_id, '[0-9][A-Za-z].*[0-9][A-Za-z].*[0-9][A-Za-z]') "
    "THEN 'session ' || session_id END"
)
"""A session id that was drawn: digits among letters, as in a UUID; counters, dates and words are none."""


Pairs = tuple[I64, npt.NDArray[np.uint64]]
"""Entity and thing, one row a pair."""


def moved_turns(answered: Pairs, carried: Pairs, entities: int) -> Postings | None:
    """Turns that one entity was answered and another carries along, with both; None where nobody carries any.

    Args:
        answered: prompts with their answers, of those that anybody carries.
        carried: what is carried along.
        entities: E.
    """
    if not len(carried[0]):
        return None
    known = np.zeros(entities, np.bool_)
    known[carried[0]] = known[answered[0]] = True
    _, thing = np.unique(np.concatenate([answered[1], carried[1]]), return_inverse=True)
    of_answered, of_carried = np.split(thing, [len(answered[0])])
    anothers = ~np.isin(of_carried * entities + carried[0], of_answered * entities + answered[0])
    anothers &= np.isin(of_carried, of_answered)
    began = np.isin(of_answered, of_carried[anothers])
    entity = np.concatenate([answered[0][began], carried[0][anothers]])
    name = np.concatenate([answered[1][began], carried[1][anothers]])
    return Postings.build(entity, name, np.ones(len(entity)), entities, known)


def going_on(sessions: Postings | None, turns: Postings | None) -> Postings | None:
    """Sessions and turns as things of one kind, told of whoever has either; None where nobody has."""
    if sessions is None or turns is None:
        return sessions if turns is None else turns
    known = sessions.known & sessions.told[0] | turns.known
    parts = (sessions, turns)
    return Postings(
        sparse.hstack([part.matrix for part in parts], "csr"),
        np.concatenate([part.names for part in parts]),
        np.concatenate([part.holders for part in parts]),
        np.concatenate([part.classes for part in parts]),
        known,
        np.concatenate([part.kinds for part in parts]),
        known[None, :],
    )


def moved(sessions: Postings) -> I64:
    """Sessions that several accounts, and not many, have requests in."""
    return np.flatnonzero(sessions.holders <= MOVED_AMONG)


def carrying_on(sessions: Postings, members: I64, who: I64) -> Mask:
    """Which of ``who`` have a session in common with a member, other than themselves."""
    things = moved(sessions)
    within = np.asarray((sessions.matrix[members][:, things] > 0).sum(axis=0)).ravel()
    theirs = sessions.matrix[who][:, things] > 0
    own = np.isin(who, members).astype(np.int64)
    in_group = np.asarray(theirs @ within).ravel()
    of_self = own * np.asarray(theirs.sum(axis=1)).ravel()
    return np.asarray(in_group > of_self, np.bool_)


def moved_together(sessions: Postings, members: I64) -> Observed:
    """Whether most of a group, all with sessions known, share some, against such accounts drawn at random."""
    shared = carrying_on(sessions, members, members)
    p_value, chance = _more_than_chance(sessions, shared)
    return Observed(
        p_value,
        "share of accounts that go on with each other's sessions or conversations",
        float(shared.mean()),
        chance,
        f"{shared.sum()} of {len(members)} accounts go on with sessions or conversations that another of them began; "
        f"of random accounts, {percent(chance)} would.",
        # A reseller's customers and a firm's application go from account to account by nature.
        1.0,
    )


def moved_abroad(sessions: Postings, members: I64, country: npt.NDArray[np.uint64]) -> Observed:
    """The same of sessions that accounts of several countries have: what one firm or reseller runs stands in one place,
    and no two of one person's accounts are mostly used in two.

    Args:
        sessions: of the log.
        members: the group, all with sessions and a country known.
        country: that most of each one's requests are made from.
    """
    things = moved(sessions)
    theirs = sessions.matrix[members][:, things] > 0
    place = np.unique(country, return_inverse=True)[1]
    of_each = sparse.csr_array((np.ones(len(place)), (np.arange(len(place)), place)))
    countries = np.asarray((theirs.astype(np.int64).T @ of_each > 0).sum(axis=1)).ravel()
    shared = np.asarray(theirs[:, np.flatnonzero(countries > 1)].sum(axis=1)).ravel() > 0
    p_value, chance = _more_than_chance(sessions, shared)
    return Observed(
        p_value,
        "share of accounts that go on with sessions or conversations of accounts of another country",
        float(shared.mean()),
        chance,
        f"{shared.sum()} of {len(members)} accounts go on with sessions or conversations that another of them, mostly "
        f"used in another country, began; of random accounts, at most {percent(chance)} would. A firm's application "
        "and a reseller's software stand in one place.",
    )


def _more_than_chance(sessions: Postings, shared: Mask) -> tuple[float, float]:
    """P-value of "no more of a group share sessions than of such accounts drawn at random", and what share these would,
    from who of the group does."""
    holders = sessions.holders[moved(sessions)].astype(np.float64)
    total = background(sessions.told[0])
    pair = max(float(np.sum(holders * (holders - 1))) / (total * max(total - 1, 1)), 1.0 / total**2)
    chance = min(1.0, pair * (len(shared) - 1))
    told = shared.sum() > MAJORITY * len(shared)
    return float(max(scipy.stats.binom.sf(shared.sum() - 1, len(shared), chance), P_FLOOR)) if told else 1.0, chance
