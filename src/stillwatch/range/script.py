"""Accounts whose every exchange is settled beforehand: when, what, and how long the answer is and takes.

``Stage`` holds what all accounts of one random world are made from. Everybody's answers come from one table.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stillwatch.range.account import Account, Known, Said
from stillwatch.range.clock import HOUR, HOURS, START
from stillwatch.range.customers import customer, of_plan
from stillwatch.range.sources import Texts

__all__ = [
    "NEW_MODEL",
    "Answer",
    "Ask",
    "Stage",
    "answer",
    "habit",
    "hosting_network",
    "moment",
    "odd_client",
    "scripted",
]

NEW_MODEL = "apex-4"
_PACE = {"apex-2": 16.0, "apex-3": 11.5, "apex-3-mini": 5.0, NEW_MODEL: 13.0}
_SITTING = HOUR // 2
_HOSTS = ((16509, (3, 18, 52)), (14061, (134, 159, 165)), (24940, (65, 88, 116)), (16276, (51, 54, 145)))
_ODD = ("httpx-relay/0.{}", "okhttp/4.{}", "got/12.{}", "undici/6.{}", "axios/1.{}", "rest-client/2.{}")


@dataclass(frozen=True, slots=True)
class Answer:
    """How long an answer was, how long it took, and why it ended."""

    output_tokens: int
    latency_ms: float
    stop_reason: str


@dataclass(slots=True)
class Ask:
    """One exchange to come: when, and its own fields (``prompt`` or ``messages``, and whatever else varies).

    ``user`` is who asks, where several people's requests go through the account.
    """

    time: int
    written: dict[str, Any]
    answer: Answer | None = None
    user: Hashable | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """What the accounts of one world are made from."""

    rng: random.Random
    numbers: np.random.Generator
    texts: Texts
    days: int
    release: float | None

    @property
    def hours(self) -> float:
        """Length of the log."""
        return self.days * 24.0

    def stranger(self, *, api: bool, volume: int) -> Known:
        """Somebody who has nothing to do with anybody, from everybody's tables."""
        origin, shape, file = customer(self.rng, api=api, volume=round(volume * 7 / self.days))
        if api and self.rng.random() < 0.45:
            asn, network = hosting_network(self.rng)
            origin = replace(origin, asn=asn, addresses=(f"{network}.{self.rng.randrange(1, 255)}",))
        if api and self.rng.random() < 0.12:
            agent, tls = odd_client(self.rng)
            origin = replace(origin, user_agent=agent, tls_fingerprint=tls)
        return self._aged((origin, shape, file))

    def subscriber(self, plan: str, *, api: bool) -> Known:
        """Somebody on a plan, otherwise unknown."""
        return self._aged(of_plan(self.rng, plan, api=api))

    def _aged(self, known: Known) -> Known:
        # ``customers`` counts ages from the end of a week.
        known[2]["created"] += int((self.hours - HOURS) * HOUR)
        return known


def hosting_network(rng: random.Random) -> tuple[int, str]:
    """A network of a hosting firm, and the three octets that its addresses begin with."""
    asn, octets = rng.choice(_HOSTS)
    return asn, f"{rng.choice(octets)}.{rng.randrange(256)}.{rng.randrange(256)}"


def odd_client(rng: random.Random) -> tuple[str, str]:
    """A client that few use, and how it greets a server."""
    return rng.choice(_ODD).format(rng.randrange(30)), f"t13d{rng.randrange(16**4):04x}"


def moment(hours: float) -> int:
    """Microseconds since 1970 of an hour of the log."""
    return START + int(hours * HOUR)


def habit(rng: random.Random) -> float:
    """The usual length of the answers that somebody gets, in tokens."""
    return rng.lognormvariate(5.3, 0.7)


def answer(rng: random.Random, shape: dict[str, Any], length: float) -> Answer:
    """One answer to somebody who sends these fields and usually gets answers of this length."""
    tokens, limit, ended = max(1, int(rng.lognormvariate(np.log(length), 0.6))), shape.get("max_tokens"), "stop"
    if limit and tokens >= limit:
        tokens, ended = limit, "length"
    pace = _PACE.get(str(shape.get("model")), 11.0) * rng.uniform(0.85, 1.2)
    return Answer(tokens, round(180 + rng.expovariate(1 / 160) + tokens * pace, 1), ended)


def scripted(
    stage: Stage,
    kind: str,
    asks: Iterable[Ask],
    known: Known,
    *,
    length: float | None = None,
    moves: float | None = None,
    **truth: Any,
) -> Account:
    """An account that makes these exchanges.

    Args:
        stage: of the world.
        kind: what it is; truth only.
        asks: its exchanges, in any order; their order changes.
        known: where it comes from, its fields, its row of the account file.
        length: of its usual answers; drawn when not given.
        moves: hour at which it moves to the new model; drawn when not given, for a few.
        truth: further fields of ``Account``.
    """
    rng, (origin, shape, file) = stage.rng, known
    ordered = sorted(asks, key=lambda ask: ask.time)
    length = length or habit(rng)
    if moves is None and stage.release is not None and rng.random() < 0.3:
        moves = stage.release + rng.expovariate(1 / 60)
    if moves is not None:
        for ask in ordered:
            if ask.time >= moment(moves):
                ask.written.setdefault("model", NEW_MODEL)
    if rng.random() < 0.2:
        ordered = _asked_again(rng, ordered)
    if rng.random() < 0.02:
        _shut_out(rng, ordered)
    if shape.get("pathway") != "api" or rng.random() < 0.15:
        _sit(rng, ordered)
    said = [Said(ask.time, _finished(rng, ask, shape, length), ask.user) for ask in ordered]
    place = iter(said)
    times = np.array([ask.time for ask in ordered], np.int64)
    return Account(kind, times, lambda _: next(place).written, origin, shape, file, said=said, **truth)


def _finished(rng: random.Random, ask: Ask, shape: dict[str, Any], length: float) -> dict[str, Any]:
    """What one exchange says beside its account's own fields."""
    if ask.written.get("status", "200") != "200":
        return dict(ask.written)
    given = ask.answer or answer(rng, {**shape, **ask.written}, length)
    return {
        "status": "200",
        "output_tokens": given.output_tokens,
        "latency_ms": given.latency_ms,
        "stop_reason": given.stop_reason,
        **ask.written,
    }


def _asked_again(rng: random.Random, asks: Sequence[Ask]) -> list[Ask]:
    """Now and then somebody is told to wait, or to ask something else, and asks the same again within seconds."""
    out, share = [], rng.uniform(0.002, 0.04)
    for ask in asks:
        if ask.answer is None and "status" not in ask.written and rng.random() < share:
            out.append(Ask(ask.time, {**ask.written, "status": rng.choice(("429", "429", "403"))}, user=ask.user))
            out.append(Ask(ask.time + int(rng.uniform(1, 40) * 1e6), ask.written, user=ask.user))
        else:
            out.append(ask)
    return sorted(out, key=lambda ask: ask.time)


def _shut_out(rng: random.Random, asks: Sequence[Ask]) -> None:
    """A card that ran out, a mistake of the provider: some requests in a row are refused."""
    first = rng.randrange(len(asks))
    for ask in asks[first : first + rng.randint(1, 12)]:
        ask.written, ask.answer = {**ask.written, "status": "403"}, None


def _sit(rng: random.Random, asks: Sequence[Ask]) -> None:
    """Mark exchanges within half an hour of the last as one sitting; what id that has, ``conversations`` decides."""
    last, session = 0, ""
    for ask in asks:
        if ask.time - last > _SITTING:
            session = f"s-{rng.getrandbits(48):012x}"
        last = ask.time
        ask.written.setdefault("session_id", session)
