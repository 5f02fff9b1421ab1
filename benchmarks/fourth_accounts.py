"""Accounts: people, programs and houses, with what a provider knows of them."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from fourth_clients import app_agent, chat_agent, parameters, script_agent
from fourth_networks import Link
from fourth_times import Rhythm
from fourth_words import WORDS
from fourth_world import Account, World

__all__ = ["domain", "house_domain", "opened"]

_MAIL = {
    "gmail.com": 52,
    "outlook.com": 13,
    "hotmail.com": 6,
    "yahoo.com": 6,
    "icloud.com": 7,
    "proton.me": 4,
    "qq.com": 3,
    "163.com": 3,
    "gmx.de": 2,
    "web.de": 2,
    "mail.ru": 1,
    "naver.com": 2,
    "live.com": 1,
    "orange.fr": 1,
    "uol.com.br": 1,
}
_THROWN = (
    "mailnesia.example",
    "tempinbox.example",
    "inboxkit.example",
    "dropmail.example",
    "fastmailbox.example",
    "mohmal.example",
)
_AGES = (0.10, 0.55)
"""Of honest accounts, the shares that are newer than the log's start and than half a year."""


def domain(rng: random.Random, thrown: float = 0.01) -> str:
    """A person's mail domain, now and then a throw-away one."""
    if rng.random() < thrown:
        return rng.choice(_THROWN)
    return rng.choices(list(_MAIL), list(_MAIL.values()))[0]


def house_domain(rng: random.Random) -> str:
    """A house's own mail domain."""
    last = rng.choice(WORDS["last"]).lower().encode("ascii", "ignore").decode()
    trade = rng.choice(WORDS["trade"]).split()[-1].replace("-", "")
    end = rng.choice(("com", "io", "de", "co", "net", "ai", "org"))
    return f"{last}-{trade}{rng.choice(('', '', rng.randint(2, 99)))}.{end}"


def _plan(rng: random.Random, program: bool) -> str:
    weights = (8, 60, 14, 14, 4) if program else (38, 26, 32, 3, 1)
    return rng.choices(("free", "pay-as-you-go", "pro", "team", "enterprise"), weights)[0]


def _link(world: World, country: str, program: bool) -> Link:
    draw = world.rng.random()
    if program:
        if draw < 0.45:
            return world.networks.cloud(world.rng.choice((1, 1, 1, 2, 4, 9)))
        if draw < 0.6:
            return world.networks.platform()
        return world.networks.office() if draw < 0.7 else world.networks.household(country)
    if draw < 0.82:
        return world.networks.household(country)
    return world.networks.vpn() if draw < 0.9 else world.networks.office()


def opened(world: World, kind: str, *, program: bool = False, app: bool = False, **known: Any) -> Account:
    """A new account of the world.

    Args:
        world: that it belongs to.
        kind: what it is, told in the truth only.
        program: whether a program calls, not somebody who talks.
        app: whether the program is an application for others.
        known: what is not to be drawn.
    """
    rng = world.rng
    country = known.get("country") or world.country()
    plan = known.get("plan") or _plan(rng, program)
    draw, start = rng.random(), world.calendar.start
    if draw < _AGES[0]:
        created = world.calendar.moment(rng)
    elif draw < _AGES[1]:
        created = start - timedelta(days=rng.uniform(0, 180))
    else:
        created = start - timedelta(days=rng.uniform(180, 1100))
    agent = (app_agent if app else script_agent if program else chat_agent)(rng)
    fields: dict[str, Any] = {
        "country": country,
        "plan": plan,
        "created": created,
        "link": known.get("link") or _link(world, country, program),
        "agent": agent,
        "model": world.catalogue.one(rng),
        "asks": parameters(rng, program),
        "rhythm": known.get("rhythm") or Rhythm.drawn(rng, world.calendar, country, known.pop("shape", None)),
        "payment_id": None if plan == "free" else world.name(rng.choice(("pm_", "card_")), 10),
        "email_domain": domain(rng) if not app or rng.random() < 0.3 else house_domain(rng),
        "verified": rng.random() < (0.45 if plan == "free" else 0.75),
        "adopts": rng.lognormvariate(4.2, 1.3) if rng.random() < 0.55 else None,
    }
    known.pop("shape", None)
    account = Account(account_id=world.account_id(), kind=kind, **(fields | known))
    world.accounts.append(account)
    return account
