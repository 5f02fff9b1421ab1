"""Who an unknown customer is, where what is known of somebody hangs together.

A plan goes with volume, age with plan, networks and mail with the country, a client with the day it came out and
with how long its user has been there. ``account.stranger`` draws each alone; this is for worlds in which a
comparison within a plan or a country means something. To add a country, add a line to ``_COUNTRIES``.
"""

from __future__ import annotations

import random
from dataclasses import replace

from stillwatch.range.account import Account, Known, Origin, request_shape
from stillwatch.range.clock import HOUR, HOURS, START

__all__ = ["at", "campus", "customer", "of_plan", "signed_up"]

# Country: how common, networks, first octets of their addresses, mail services beside the worldwide ones.
_COUNTRIES: dict[str, tuple[int, tuple[int, ...], tuple[int, ...], tuple[str, ...]]] = {
    "US": (30, (7922, 7018, 701, 20115, 21928), (23, 66, 73, 98, 174), ("icloud.com", "yahoo.com")),
    "IN": (14, (55836, 45609, 9829), (49, 106, 117), ("yahoo.com",)),
    "DE": (8, (3320, 3209, 6805), (79, 84, 91), ("gmx.de", "web.de")),
    "GB": (7, (2856, 5089, 5607), (81, 86, 92), ("icloud.com",)),
    "BR": (7, (28573, 27699, 18881), (177, 187, 189), ("uol.com.br",)),
    "FR": (6, (3215, 12322, 15557), (78, 82, 90), ("orange.fr",)),
    "JP": (6, (4713, 17676, 2516), (126, 133, 153), ("yahoo.co.jp",)),
    "CN": (6, (4134, 4837, 9808), (112, 117, 183), ("qq.com", "163.com")),
    "KR": (4, (4766, 9318, 3786), (112, 121, 211), ("naver.com",)),
    "NG": (3, (29465, 36873), (102, 105, 197), ("yahoo.com",)),
    "MX": (3, (8151, 28403), (187, 189, 201), ("hotmail.com",)),
    "PL": (3, (5617, 12741), (83, 89, 95), ("wp.pl", "o2.pl")),
}
_WORLDWIDE = ("gmail.com", "gmail.com", "outlook.com", "proton.me")
# Client: its name, the number of the version that is newest when the week begins, hours between two versions.
_SDKS = (
    ("openai-python/2.{}.0", 55, 170),
    ("openai-python/2.{}.0", 55, 170),
    ("anthropic-python/0.{}.1", 89, 120),
    ("openai-node/6.{}.2", 23, 240),
    ("python-requests/2.{}", 32, 4000),
    ("node-fetch/3.{}", 3, 6000),
    ("okhttp/5.{}", 1, 5000),
    ("aiohttp/3.{}", 12, 2500),
)
_BROWSER = ("Mozilla/5.0 ({}) Chrome/{{}}", 148, 672)
# Mean age in hours: free accounts are young, and whoever pays by the month has been there longest.
_AGES = {"free": 1500.0, "plus": 4000.0, "pay as you go": 4000.0, "scale": 9000.0}
_VERIFIED = {"free": 0.15, "plus": 0.5, "pay as you go": 0.6, "scale": 0.9}
# An unpaid plan's share among those of at most so many exchanges a week.
_FREE = ((10, 0.7), (40, 0.45), (150, 0.15))


def customer(rng: random.Random, *, api: bool, volume: int) -> Known:
    """Origin, shape and account file row of somebody who has nothing to do with anybody.

    Args:
        rng: of the draw.
        api: a program with an SDK; otherwise a person in a browser or an app.
        volume: exchanges in the week: few of those who make many have an unpaid plan.
    """
    free = next((share for most, share in _FREE if volume <= most), 0.0)
    paid = ("scale" if rng.random() < volume / (volume + 150) else "pay as you go") if api else "plus"
    return of_plan(rng, "free" if rng.random() < free else paid, api=api)


def of_plan(rng: random.Random, plan: str, *, api: bool) -> Known:
    """Origin, shape and account file row of somebody unknown on a plan: free, plus, pay as you go or scale."""
    age = rng.expovariate(1 / _AGES[plan])
    country = rng.choices(list(_COUNTRIES), [share for share, *_ in _COUNTRIES.values()])[0]
    models = ("apex-3-mini", "apex-3-mini", "apex-3") if plan == "free" else ("apex-3", "apex-3", "apex-3-mini")
    shape = request_shape(rng, api=api, models=(*models, "apex-2") if age > 8000 else models)
    _, _, _, mail = _COUNTRIES[country]
    own_domain = rng.random() < {"scale": 0.9, "pay as you go": 0.45}.get(plan, 0.02)
    file = {
        "created": START + int((HOURS - age) * HOUR),
        "payment_id": None if plan == "free" else f"card-{rng.randrange(16**10):010x}",
        "email_domain": f"{rng.randrange(16**6):06x}.example" if own_domain else rng.choice((*_WORLDWIDE, *mail)),
        "plan": plan,
        "verified": rng.random() < _VERIFIED[plan],
    }
    return _origin(rng, country, api=api, age=age), shape, file


def _origin(rng: random.Random, country: str, *, api: bool, age: float) -> Origin:
    """A place in a country, and a client as old as its user lets it grow."""
    _, networks, octets, _ = _COUNTRIES[country]
    # A mobile carrier puts many people behind few addresses.
    if not api and rng.random() < 0.1:
        asn, first = networks[-1], f"100.{64 + networks[-1] % 60}.{rng.randrange(8)}"
        places = tuple(f"{first}.{rng.randrange(1, 255)}" for _ in range(3))
    else:
        asn = rng.choice(networks)
        places = tuple(
            f"{rng.choice(octets)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
            for _ in range(1 if api else 1 + min(int(rng.expovariate(0.7)), 4))
        )
    if api:
        family, newest, pace = rng.choice(_SDKS)
        # A program keeps the version it was written with for some weeks, and nobody's is older than the account.
        behind = min(age, rng.expovariate(1 / 1200)) / pace
    else:
        form, newest, pace = _BROWSER
        family = form.format(rng.choices(("Windows", "Mac", "Linux", "Android"), (50, 20, 5, 25))[0])
        behind = rng.expovariate(1 / 300) / pace
    version = max(newest - int(behind), 0)
    return Origin(places, asn, country, family.format(version), f"t13d{sum(map(ord, family)) % 97:02d}f{version % 3}")


def signed_up(account: Account, hours: float) -> Account:
    """The account, made so many hours into the week (or before it, where negative)."""
    account.file["created"] = START + int(hours * HOUR)
    return account


def at(account: Account, place: Origin) -> Account:
    """The account, asking from somebody else's place with its own client."""
    own = account.origin
    account.origin = replace(place, user_agent=own.user_agent, tls_fingerprint=own.tls_fingerprint)
    return account


def campus(rng: random.Random) -> Origin:
    """A place that puts many guests behind few addresses: a university, a conference."""
    country = rng.choices(list(_COUNTRIES), [share for share, *_ in _COUNTRIES.values()])[0]
    network = f"130.{rng.randrange(20, 90)}.{rng.randrange(256)}"
    addresses = tuple(f"{network}.{host}" for host in rng.sample(range(1, 255), rng.randrange(2, 16)))
    return Origin(addresses, 64800 + rng.randrange(100), country, "", "")
