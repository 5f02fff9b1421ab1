"""One world: its calendar, accounts and exchanges, and everything that was drawn for it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fourth_answers import answered, coded, refused
from fourth_clients import Catalogue, Parameters
from fourth_corpora import Corpora
from fourth_networks import Link, Networks
from fourth_times import Calendar, Rhythm
from fourth_tongues import said_in

__all__ = ["Account", "Exchange", "World"]

_COUNTRIES = ["us", "gb", "de", "fr", "es", "br", "in", "jp", "cn", "pl", "au", "ca", "mx", "kr", "vn", "ng"]

_ERRORS = {400: "too_long", 403: "account_disabled", 429: "rate_limit", 500: "server_error", 529: "overloaded"}


@dataclass
class Account:
    """One account, what is known of it and how it calls."""

    account_id: str
    kind: str
    created: datetime
    country: str
    link: Link
    agent: str
    model: str
    asks: Parameters
    rhythm: Rhythm
    payment_id: str | None = None
    email_domain: str | None = None
    plan: str = "free"
    verified: bool | None = None
    licence_id: str | None = None
    campaign: str | None = None
    role: str | None = None
    adopts: float | None = None
    """Hours from a release until this account asks for the new model; never where none."""
    barred: datetime | None = None
    sent: int = 0
    harvested: int = 0


@dataclass
class Exchange:
    """What is sent besides the text of the question."""

    prompt: str
    answer: str | None = None
    system: str | None = None
    history: list[tuple[str, str]] = field(default_factory=list)
    session: str | None = None
    length: float | None = None
    """Characters of the answer that is made where none is given."""
    form: str = "prose"
    """``prose``, ``steps``, ``code`` or ``refusal``."""
    asks: Parameters | None = None
    model: str | None = None
    harvest: bool = False
    tongue: str = "en"


class World:
    """A log in the making: the same of the same kind, seed and corpora.

    Args:
        kind: what is hidden in it.
        seed: draws everything.
        corpora: real prompts.
    """

    def __init__(self, kind: str, seed: int, corpora: Corpora) -> None:
        rng = self.rng = random.Random(f"fourth {kind} {seed}")
        self.kind, self.seed, self.corpora = kind, seed, corpora
        self.small = kind.startswith("small-")
        days = rng.randint(3, 6) if self.small else 14
        start = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=rng.randrange(330))
        resting = frozenset(rng.sample(_COUNTRIES, rng.randint(1, 5)))
        self.calendar = Calendar(start, days, rng.randrange(days), resting)
        self.catalogue = Catalogue.drawn(rng, start, days, sure=kind in ("free3", "failover"))
        self.networks = Networks(rng)
        self.countries = {name: rng.gammavariate(0.8, 1) + 0.05 for name in _COUNTRIES}
        self.countries["us"] += rng.uniform(1, 4)
        self.accounts: list[Account] = []
        self.records: list[tuple[datetime, dict[str, Any]]] = []
        self._ids = rng.choice(("acct_", "user-", "org-", "u_", ""))
        self.logged = {
            "sessions": rng.random() < 0.7,
            "payment_share": rng.choice((0, 0, 0.3, 1)),
            "asn": rng.random() < 0.85,
            "system_apart": rng.random() < 0.4,
            "fallible": rng.uniform(0.001, 0.006),
        }
        self.draws: dict[str, Any] = {
            "kind": kind,
            "seed": seed,
            "start": start.isoformat(),
            "days": days,
            "holiday": self.calendar.holiday,
            "resting": sorted(resting),
            "models": [*self.catalogue.names, self.catalogue.newest],
            "release": self.catalogue.release and self.catalogue.release.isoformat(),
            "countries": self.countries,
            "logged": self.logged,
        }

    def name(self, head: str, size: int = 12) -> str:
        """A new identifier."""
        return f"{head}{self.rng.getrandbits(size * 4):0{size}x}"

    def account_id(self) -> str:
        """A new account's identifier."""
        return self.name(self._ids, 14)

    def country(self) -> str:
        """Where somebody is."""
        return self.rng.choices(list(self.countries), list(self.countries.values()))[0]

    def model_at(self, account: Account, when: datetime) -> str:
        """Which model the account asks for by then."""
        release = self.catalogue.release
        if release and account.adopts is not None and when > release + timedelta(hours=account.adopts):
            return self.catalogue.newest
        return account.model

    def send(self, account: Account, when: datetime, what: Exchange) -> str | None:
        """Log one exchange, now and then with an error before it; the answer, or nothing where it failed or is outside.

        Errors are retried by whoever asked, as clients do.
        """
        rng = self.rng
        if not self.calendar.start <= when < self.calendar.end:
            return None
        if account.created > when:
            account.created = when - timedelta(minutes=rng.uniform(2, 600))
        if account.barred and when >= account.barred:
            self._log(account, when, what, None, 403)
            return None
        if rng.random() < float(self.logged["fallible"]) * (2 if what.asks else 1):
            self._log(account, when, what, None, rng.choices((429, 500, 529, 400), (6, 2, 2, 1))[0])
            when += timedelta(seconds=rng.expovariate(0.15) + 1)
        answer = what.answer if what.answer is not None else self._made(what)
        limit = (what.asks or account.asks).max_tokens
        if limit and len(answer) > limit * 4:
            answer = answer[: limit * 4]
        self._log(account, when, what, answer, 200)
        return answer

    def _made(self, what: Exchange) -> str:
        rng = self.rng
        length = what.length if what.length is not None else rng.lognormvariate(6.0, 0.8)
        length = int(min(length, 5000))
        if what.form == "refusal":
            return refused(rng, what.prompt)
        if what.tongue != "en" and what.form != "code":
            return said_in(rng, what.tongue, int(length * (0.4 if what.tongue in ("zh", "ja") else 1)))
        if what.form == "code":
            return coded(rng, what.prompt, length)
        return answered(rng, what.prompt, length, what.form == "steps")

    def _log(self, account: Account, when: datetime, what: Exchange, answer: str | None, status: int) -> None:
        rng, asks, model = self.rng, what.asks or account.asks, what.model or self.model_at(account, when)
        address, asn = account.link.place(rng, when.timestamp())
        said = [{"role": role, "content": text} for role, text in what.history]
        said.append({"role": "user", "content": what.prompt})
        size_in = sum(len(turn["content"]) for turn in said) + len(what.system or "")
        tokens = round(len(answer or "") / rng.uniform(3.7, 4.5)) + (1 if answer else 0)
        spent = tokens * self.catalogue.pace[model] * rng.lognormvariate(0, 0.25)
        record: dict[str, Any] = {
            "exchange_id": self.name("ex_", 10),
            "time": f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z",
            "account_id": account.account_id,
            "session_id": what.session if self.logged["sessions"] else None,
            "model": model,
        }
        if self.logged["system_apart"]:
            record["system"] = what.system
            record |= {"messages": said} if what.history else {"prompt": what.prompt}
        else:
            record["messages"] = [{"role": "system", "content": what.system}, *said] if what.system else said
        record |= {
            "response": answer,
            "temperature": asks.temperature,
            "max_tokens": asks.max_tokens,
            "status": str(status),
            "error": _ERRORS.get(status),
            "latency_ms": round(rng.uniform(150, 900) + spent),
            "input_tokens": round(size_in / 4) + 4,
            "output_tokens": tokens,
            "client_address": address,
            "asn": asn if self.logged["asn"] else None,
            "user_agent": account.agent,
            "payment_id": account.payment_id if rng.random() < float(self.logged["payment_share"]) else None,
            "licence_id": account.licence_id,
        }
        self.records.append((when, {key: value for key, value in record.items() if value is not None}))
        account.sent += 1
        account.harvested += what.harvest
