"""Who is in a world: accounts, their clients, addresses, payments and mail."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from third_clients import (
    CLIENTS,
    HOMES,
    HOSTING,
    PROVIDERS,
    PUBLIC_MAIL,
    THROWAWAY_MAIL,
    VPNS,
    Network,
    by_weight,
)
from third_corpora import Corpora, Texts
from third_phrases import DOMAINS
from third_talk import Mix, Talk
from third_times import DAY, Clock
from third_wrappers import Wrappers

__all__ = ["Account", "Accounts", "Address", "digest"]

Address = tuple[str, int, str]
"""An address, its network's number and country."""
_TEMPERATURES = (None, None, None, None, None, 0, 0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.7, 0.8, 1, 1)
_MOST_TOKENS = (None, None, None, None, 256, 500, 512, 1000, 1024, 1024, 2000, 2048, 4096, 4096, 8192)
_TOP_P = (None, None, None, None, None, None, None, None, 1, 0.95, 0.9)
# The parts of a client's version that go together: {v}, {d} and {t}.
_VERSIONS = ((30, 4, 38), (42, 3, 37), (55, 6, 34))
_PLANS = ("payg", "pro", "team", "enterprise")
_COMPANY_FIRST = (
    "nova", "blue", "peak", "north", "data", "green", "swift", "alto", "lumen", "core", "urban", "kite", "orbit",
    "terra", "pixel", "vertex", "harbor", "summit",
)  # fmt: skip
_COMPANY_SECOND = (
    "works", "labs", "soft", "media", "group", "logic", "tech", "partners", "health", "legal", "retail", "cargo",
    "studio",
)  # fmt: skip
_COMPANY_ENDINGS = (".com", ".com", ".io", ".de", ".co.uk", ".ai", ".in", ".fr", ".net")
_CARRIER_ADDRESSES, _VPN_ADDRESSES = 60, 30


def digest(*parts: object) -> str:
    """A name that is the same for the same parts."""
    return hashlib.md5("|".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


@dataclass
class Account:
    """An account, what it is made of and how it sends. Times are hours of the log."""

    account_id: str
    kind: str
    client_class: str
    network: Network
    agent: str
    bare: bool
    stream: bool
    fingerprint: str
    model: str
    pivots: bool
    pivot_delay: float
    temperature: float | None
    most_tokens: int | None
    top_p: float | None
    payment: str | None
    mail: str
    plan: str
    verified: bool
    created: float
    sloppiness: float
    zone: float
    domains: list[str]
    sessions: bool
    works: bool
    campaign: str | None = None
    role: str | None = None
    harvest: int | None = None
    """Of a relay's account: how many of its requests are the campaign's."""
    system: str | None = None
    home: str | None = None
    addresses: list[Address] = field(default_factory=list)
    proxies: str | None = None
    """Each session from another home of the ``world``, or of ``one`` network."""
    banned: float | None = None
    ban_status: int = 403


class Accounts:
    """The accounts of one world, and the habits of its day that all draw on.

    Args:
        kind: of the world; with the seed it decides everything.
        seed: of the world.
        corpora: where texts are from.
    """

    def __init__(self, kind: str, seed: int, corpora: Corpora) -> None:
        self.kind, self.seed = kind, seed
        self.rng = rng = random.Random(f"{kind}/{seed}")
        self.small = kind.startswith("small")
        self.texts = Texts(rng, f"{kind}/{seed}", corpora)
        self.talk, self.wrappers = Talk(rng, self.texts), Wrappers(rng)
        days = rng.uniform(2, 4.5) if self.small else 14
        self.clock = Clock(rng, days, datetime(2026, rng.randint(1, 10), rng.randint(1, 28), tzinfo=UTC))
        self.provider_name = rng.choice(list(PROVIDERS))
        self.provider = PROVIDERS[self.provider_name]
        self._model_weights = [rng.paretovariate(1) for _ in self.provider.models]
        self.release = rng.uniform(0.2, 0.7) * days * DAY
        self._pivot_share = rng.uniform(0.1, 0.4)
        self.mix = Mix(
            small=rng.uniform(0.04, 0.16),
            popular=rng.uniform(0.02, 0.08),
            documents=rng.uniform(0.25, 0.5),
            pasted=rng.uniform(0.05, 0.15),
            foreign=rng.uniform(0.05, 0.22),
            follow_ups=rng.uniform(0.25, 0.5),
            developer_documents=rng.uniform(0.1, 0.3),
        )
        self.error_share = rng.uniform(0.005, 0.03)
        self._vpn_share = rng.uniform(0.04, 0.12)
        self._throwaway_share = rng.uniform(0.015, 0.06)
        self._gift_share = rng.uniform(0.02, 0.07)
        self._free_share = rng.uniform(0.15, 0.4)
        self._cloud_share = rng.uniform(0.03, 0.08)
        self.sentence_share = rng.uniform(0.02, 0.07)
        self.accounts: list[Account] = []
        self.draws: dict[str, Any] = {}
        """What was drawn for the world; nothing a detector may see."""
        self._prefixes: dict[int, list[str]] = {}
        self._shared_addresses: dict[int, list[str]] = {}

    def volume(self, median: float, sigma: float, most: int = 4000) -> int:
        """How much one account sends: log-normal, at least 1."""
        return max(1, min(most, int(self.rng.lognormvariate(math.log(median), sigma))))

    def card(self) -> str:
        """A card that nobody else has."""
        return "card_" + digest(self.rng.random())[:12]

    def a_model(self) -> str:
        """One of the models of today."""
        return self.rng.choices(self.provider.models, self._model_weights)[0]

    def company(self) -> str:
        """The mail domain of a firm."""
        rng = self.rng
        name = rng.choice(_COMPANY_FIRST) + rng.choice(_COMPANY_SECOND)
        number = str(rng.randint(2, 99)) if rng.random() < 0.2 else ""
        return name + number + rng.choice(_COMPANY_ENDINGS)

    def account(self, kind: str, client_class: str | None = None, *, created: float | None = None) -> Account:
        """A new account of a stranger.

        Args:
            kind: what it is, for the truth.
            client_class: ``sdk``, ``ui`` or ``ide``, or any.
            created: the hour, or any; an account made within the log by chance is there two hours before its end.
        """
        rng = self.rng
        key = digest(self.kind, self.seed, len(self.accounts), rng.random())
        client_class = client_class or rng.choices(["ui", "sdk", "ide"], [0.45, 0.45, 0.1])[0]
        network = self._network(client_class)
        client = by_weight(rng, CLIENTS[client_class])
        version = rng.choice((0, 0, 0, 1, 2))
        agent = _versioned(client.agent, version)
        payment, mail = self._payment(key), self._mail(client_class)
        ages = (rng.expovariate(1 / 200), rng.uniform(0, 600), rng.uniform(-self.clock.days * 0.8, 30))
        age = rng.choice(ages)
        # Keyword arguments are drawn in this order.
        made = Account(
            account_id="acct_" + key[:14],
            kind=kind,
            client_class=client_class,
            network=network,
            agent=agent,
            bare=client.bare,
            stream=rng.random() < client.stream_share,
            fingerprint=digest("ja3", agent.split("/")[0], version) if rng.random() < 0.93 else digest(key),
            model=self.a_model(),
            pivots=rng.random() < self._pivot_share,
            pivot_delay=rng.expovariate(1 / 60),
            temperature=rng.choice(_TEMPERATURES),
            most_tokens=rng.choice(_MOST_TOKENS),
            top_p=rng.choice(_TOP_P),
            payment=payment,
            mail=mail,
            plan="free" if payment is None else rng.choices(_PLANS, [0.7, 0.2, 0.08, 0.02])[0],
            verified=rng.random() < (0.55 if payment is None else 0.85),
            created=-age * DAY + rng.uniform(-12, 12),
            sloppiness=rng.betavariate(1, 2),
            zone=network.utc_offset_hours + rng.choice((0, 0, 0, 0, 0, 0, -3, 3)),
            domains=rng.sample(DOMAINS, rng.randint(1, 4)),
            sessions=rng.random() < (0.35 if client_class == "sdk" else 0.85),
            works=rng.random() < 0.3,
        )
        if created is not None:
            made.created = created
        elif made.created > 0:
            made.created = min(made.created, self.clock.days * 22)
        self.accounts.append(made)
        return made

    def _network(self, client_class: str) -> Network:
        """Somebody's home; some come from it through a VPN or a cloud, programs more often."""
        rng = self.rng
        home = by_weight(rng, HOMES)
        if rng.random() < self._vpn_share:
            door = by_weight(rng, VPNS)
        elif (client_class == "sdk" and rng.random() < self._cloud_share * 5) or rng.random() < self._cloud_share:
            door = by_weight(rng, HOSTING)
        else:
            return home
        return door._replace(utc_offset_hours=home.utc_offset_hours)

    def _payment(self, key: str) -> str | None:
        which = self.rng.random()
        if which < self._free_share:
            return None
        return "gift_" + key[:10] if which < self._free_share + self._gift_share else "card_" + key[:12]

    def _mail(self, client_class: str) -> str:
        which = self.rng.random()
        if which < self._throwaway_share:
            return self.rng.choice(THROWAWAY_MAIL)
        if which < self._throwaway_share + (0.22 if client_class == "sdk" else 0.06):
            return self.company()
        return by_weight(self.rng, PUBLIC_MAIL).domain

    def group(
        self,
        count: int,
        kind: str,
        classes: str | Sequence[str],
        *,
        one_door: bool = True,
        card: str | None = None,
        mail: str | None = None,
        spread_days: float = 300,
        created: float | None = None,
        network: Network | None = None,
        works: bool = False,
    ) -> list[Account]:
        """Accounts of one house, on one network.

        Args:
            count: how many.
            kind: for the truth.
            classes: of client, one or any of these.
            one_door: most come from the house's one or two addresses.
            card: that all pay by, or each as it will.
            mail: the domain that most of them have.
            spread_days: over which they signed up, from the first.
            created: the hour of the first, or up to 400 days ago.
            network: theirs, or any home's.
            works: in office hours; else some do.
        """
        rng = self.rng
        network = network or by_weight(rng, HOMES)
        begin = -rng.uniform(1, 400) * DAY if created is None else created
        doors = [self.address_in(network) for _ in range(rng.randint(1, 2))] if one_door else []
        out = []
        for _ in range(count):
            client_class = classes if isinstance(classes, str) else rng.choice(classes)
            there = min(self.clock.days * 15, begin + rng.uniform(0, spread_days * DAY))
            account = self.account(kind, client_class, created=there)
            account.network, account.zone, account.works = network, network.utc_offset_hours, account.works or works
            if doors and rng.random() < 0.9:
                account.addresses = doors + ([self.address_in(network)] if rng.random() < 0.3 else [])
            if card:
                account.payment, account.plan = card, "team"
            if mail:
                account.mail = mail if rng.random() < 0.9 else by_weight(rng, PUBLIC_MAIL).domain
            out.append(account)
        return out

    def address_in(self, network: Network, shared: int = 0) -> Address:
        """An address of a network, its own or one of so many that are shared; of its own every sixteenth is IPv6."""
        return self._number(network.number, shared), network.number, network.country

    def _number(self, network: int, shared: int) -> str:
        rng = self.rng
        # Drawn at every call, needed at the first: so the seeds' worlds were, and so they stay.
        drawn = [f"{self._first_byte()}.{rng.randint(0, 255)}" for _ in range(rng.randint(2, 6))]
        prefixes = self._prefixes.setdefault(network, drawn)
        if shared:
            several = [_in_prefix(rng, prefixes) for _ in range(shared)]
            return rng.choice(self._shared_addresses.setdefault(network, several))
        if rng.random() < 0.06:
            middle = ":".join(f"{rng.randint(1, 65535):x}" for _ in range(2))
            return f"2a0{network % 10}:{network % 65535:x}:{middle}::{rng.randint(1, 255):x}"
        return _in_prefix(rng, prefixes)

    def _first_byte(self) -> int:
        rng = self.rng
        ranges = ((11, 99), (101, 126), (128, 171), (173, 191), (193, 223))
        return rng.choice([rng.randint(low, high) for low, high in ranges])

    def address(self, account: Account) -> Address:
        """Where one session of an account comes from."""
        rng, network = self.rng, account.network
        if account.addresses:
            return rng.choice(account.addresses)
        if account.proxies:
            return self.address_in(by_weight(rng, HOMES) if account.proxies == "world" else network)
        if network.kind == "mobile":
            return self.address_in(network, _CARRIER_ADDRESSES)
        if network.kind == "vpn":
            return self.address_in(network, _VPN_ADDRESSES)
        if account.home is None:
            account.home = self.address_in(network)[0]
        if network.kind == "home" and rng.random() < 0.12 and account.client_class != "sdk":
            phones = [one for one in HOMES if one.country == network.country and one.kind == "mobile"]
            if phones:
                return self.address_in(phones[0], _CARRIER_ADDRESSES)
        if rng.random() < 0.04:
            account.home = self.address_in(network)[0]
        return account.home, network.number, network.country


def _versioned(agent: str, version: int) -> str:
    for slot, number in zip(("{v}", "{d}", "{t}"), _VERSIONS[version], strict=True):
        agent = agent.replace(slot, str(number))
    return agent


def _in_prefix(rng: random.Random, prefixes: Sequence[str]) -> str:
    return f"{rng.choice(prefixes)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"
