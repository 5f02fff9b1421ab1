"""Which session each exchange of a random world is in: everybody's own, and what relays and friends do with them.

Session ids are drawn last, by a generator of their own, so that nothing else of a world hangs on them. To add a way of
a group, write its function and name it in ``_GROUPS``; to add a form of id, name it in ``_FORMS``.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from stillwatch.range.account import Account, Said
from stillwatch.range.axes import Design
from stillwatch.range.clock import HOUR

__all__ = ["give_sessions"]

_SITTING = HOUR // 2
_BOUND = HOUR
_RENEWED = HOUR // 4
_STALE = 4 * HOUR
_REMEMBERED = 64
# Who hardly asks shares nothing.
_WORTH_SHARING = 5

Form = Callable[[random.Random, int, int], str]
"""The id of an account's conversation, by its number and the time at which it begins."""


def _uuid(rng: random.Random, number: int, time: int) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _short(rng: random.Random, number: int, time: int) -> str:
    return f"s-{rng.getrandbits(48):012x}"


def _prefixed(rng: random.Random, number: int, time: int) -> str:
    return f"conv_{rng.getrandbits(96):024x}"


def _day(rng: random.Random, number: int, time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).date().isoformat()


_DRAWN: tuple[Form, ...] = (_uuid, _uuid, _short, _prefixed)
_FORMS: tuple[Form, ...] = (
    *_DRAWN,
    lambda rng, number, time: f"session-{number:05d}",
    lambda rng, number, time: str(number),
    _day,
)

_HONEST_WAYS = {"none": 3, "own": 3, "moving": 3, "masked": 1}


def give_sessions(design: Design, accounts: Sequence[Account]) -> None:
    """Give every exchange its session id, or none, in place of the marks of sittings that stand there.

    Args:
        design: whose campaigns say what becomes of sessions.
        accounts: all of the world's, in an order that hangs on the design alone.
    """
    rng = random.Random(f"sessions {design.seed} {design.kind}")
    ways = {campaign.name: campaign.sessions for campaign in design.campaigns}
    groups: dict[Hashable, list[Account]] = {}
    alone = []
    for account in accounts:
        together = account.campaign or account.gateway
        if together is None:
            alone.append(account)
        else:
            groups.setdefault(together, []).append(account)
    for name, members in groups.items():
        way = ways.get(str(name)) or rng.choices(list(_HONEST_WAYS), list(_HONEST_WAYS.values()))[0]
        _GROUPS[way](rng, members)
        _told(members, way)
    rest = _friends(rng, alone)
    for account in rest:
        marked = any("session_id" in one.written for one in account.said)
        sends = rng.random() < (0.8 if marked else 0.25)
        (_each_own if sends else _none)(rng, [account])
        _told([account], "own" if sends else "none")


def _told(accounts: Sequence[Account], way: str) -> None:
    for account in accounts:
        account.sessions = way


def _none(rng: random.Random, accounts: Sequence[Account]) -> None:
    for account in accounts:
        for one in account.said:
            one.written.pop("session_id", None)


def _each_own(rng: random.Random, accounts: Sequence[Account]) -> None:
    """Every account its own: an id a conversation, or one for as long as a client is installed."""
    for account in accounts:
        form = rng.choice(_FORMS) if account.shape.get("pathway") == "api" else _uuid
        lasting = form in _DRAWN and rng.random() < 0.15
        _write(rng, account.said, [0] * len(account.said) if lasting else _conversations(account.said), form)


def _write(rng: random.Random, said: Sequence[Said], conversations: Sequence[int], form: Form) -> None:
    ids: dict[int, str] = {}
    for one, number in zip(said, conversations, strict=True):
        if number not in ids:
            ids[number] = form(rng, number, one.time)
        one.written["session_id"] = ids[number]


def _conversations(said: Sequence[Said]) -> list[int]:
    """The conversation of each exchange, numbered as they begin.

    A conversation goes on where earlier turns are carried along, where it is marked, or within half an hour of what the
    same person asked last.
    """
    known: dict[Hashable, int] = {}
    last: dict[Hashable, tuple[int, int]] = {}
    out, begun = [], 0
    for one in said:
        time, number = last.get(one.user, (0, -1))
        marks = _marks(one)
        found = next((known[mark] for mark in marks if mark in known), None)
        if found is None and number >= 0 and time + _SITTING >= one.time:
            found = number
        if found is None:
            found, begun = begun, begun + 1
        known.update(dict.fromkeys(marks, found))
        last[one.user] = one.time, found
        out.append(found)
    return out


def _marks(one: Said) -> list[Hashable]:
    """By what an exchange is known to go on with another: its first turn, and its mark where nobody is known."""
    turns = one.written.get("messages")
    marks: list[Hashable] = [(one.user, "begins", turns[0]["content"])] if turns and len(turns) > 1 else []
    if one.user is None and one.written.get("session_id"):
        marks.append(("marked", one.written["session_id"]))
    return marks


def _in_time(accounts: Sequence[Account]) -> list[tuple[int, Said]]:
    """What all of them say in the order of time, each with its account's place."""
    everything = [(place, one) for place, account in enumerate(accounts) for one in account.said]
    return sorted(everything, key=lambda pair: (pair[1].time, pair[0]))


def _moving(rng: random.Random, accounts: Sequence[Account]) -> None:
    """A session is the end user's and goes on under another account after an hour, at a limit or an error."""
    form = rng.choice(_DRAWN)
    everything = _in_time(accounts)
    theirs = [one for _, one in everything if one.user is not None or len(one.written.get("messages", ())) > 1]
    _write(rng, theirs, _conversations(theirs), form)
    named = {id(one) for one in theirs}
    work = [(place, one) for place, one in everything if id(one) not in named]
    for (_, one), session in zip(work, _handed_on(rng, work, form), strict=True):
        one.written["session_id"] = session


@dataclass(slots=True)
class _Bound:
    """A session of the work, on an account for now."""

    session: str
    account: int
    begun: int
    last: int
    moves: int


def _handed_on(rng: random.Random, work: Sequence[tuple[int, Said]], form: Form) -> Iterator[str]:
    """Sessions of work that belongs to nobody: on one account for an hour, then on another that has come to it."""
    on: dict[int, _Bound] = {}
    bound: list[_Bound] = []
    for place, one in work:
        mine = on.get(place)
        if mine is None or mine.account != place or one.time > mine.begun + _BOUND:
            free = [
                other
                for other in bound[-_REMEMBERED:]
                if other.account != place and other.moves and other.begun + _BOUND < one.time < other.last + _STALE
            ]
            if free and rng.random() < 0.7:
                mine = free[0]
                mine.account, mine.begun, mine.moves = place, one.time, mine.moves - 1
            else:
                mine = _Bound(form(rng, len(bound), one.time), place, one.time, one.time, rng.randint(0, 5))
                bound.append(mine)
            on[place] = mine
        mine.last = one.time
        if one.written.get("status", "200") != "200":
            mine.begun -= _BOUND
        yield mine.session


def _masked(rng: random.Random, accounts: Sequence[Account]) -> None:
    """Whoever asks: one id an account, another one every quarter of an hour."""
    form = rng.choice(_DRAWN)
    for account in accounts:
        session, until = "", 0
        for one in account.said:
            if one.time >= until:
                session, until = form(rng, 0, one.time), one.time + _RENEWED
            one.written["session_id"] = session


def _friends(rng: random.Random, accounts: Sequence[Account]) -> list[Account]:
    """Some of the people share what they pay for, as one account or as several whose sessions cross; who is left?"""
    people = [account for account in accounts if account.kind == "person" and len(account.said) >= _WORTH_SHARING]
    rng.shuffle(people)
    left = round(rng.uniform(0, 0.2) * len(people))
    taken: set[int] = set()
    while left > 1 and len(people) > 5:
        size = rng.randint(2, 5)
        left -= size
        party = [people.pop() for _ in range(size)]
        if rng.random() < 0.5:
            _crossing(rng, party)
            _told(party, "friends")
        else:
            party = [account for account in party if len(account.origin.addresses) > 1]
            _shared(rng, party)
            _told(party, "shared")
        taken.update(map(id, party))
    return [account for account in accounts if id(account) not in taken]


def _crossing(rng: random.Random, party: Sequence[Account]) -> None:
    """Each has sessions of its own, and now and then goes on with one that a friend began."""
    share = rng.uniform(0.1, 0.5)
    for account in party:
        _write(rng, account.said, _conversations(account.said), _uuid)
    instead: dict[str, str] = {}
    lately: dict[int, str] = {}
    for place, one in _in_time(party):
        own = one.written["session_id"]
        others = [session for friend, session in lately.items() if friend != place]
        if own not in instead:
            instead[own] = rng.choice(others) if others and rng.random() < share else own
        one.written["session_id"] = lately[place] = instead[own]


def _shared(rng: random.Random, accounts: Sequence[Account]) -> None:
    """A few people on one account: conversations that have nothing to do with one another, side by side."""
    for account in accounts:
        size, whose, said = rng.randint(2, 5), dict[str, int](), []
        for one in account.said:
            turns = one.written.get("messages")
            begins = turns[0]["content"] if turns else one.written["prompt"]
            said.append(replace(one, user=whose.setdefault(begins, rng.randrange(size))))
        _write(rng, said, _conversations(said), _uuid)


_GROUPS: dict[str, Callable[[random.Random, Sequence[Account]], None]] = {
    "none": _none,
    "own": _each_own,
    "moving": _moving,
    "masked": _masked,
}
