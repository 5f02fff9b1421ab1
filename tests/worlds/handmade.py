"""Logs made by hand, for a test that holds one thing against the line that decides it.

    log = Log(days=14, seed=1)
    log.honest(600)
    members = log.accounts(10, prompts=Pool("code").shards(), times=bursts(40), created=around(-40, 3))
    run = scan(log.write(tmp_path), out=tmp_path / "run", workers=1)
    assert campaigns(run) == [set(members)]

A group of accounts is a source of *prompts*, a source of *times* and what their *hands* share; each is a function of
the account's ``Seat``, so that a new one is a function of three lines. Hours count from the log's beginning. A value
given for a hand is shared by the whole group; nothing given means that each account has its own. What more than one
account in fifty holds counts as no rare thing: give ten members five hundred strangers or more.
"""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from handmade_texts import Pool, Prompts, Seat, instructed, mixed, one_topic, own_instructions, own_topics, wrapped

from stillwatch import Run
from stillwatch.range.account import stranger
from stillwatch.range.clock import HOUR, START

__all__ = [
    "Log",
    "Pool",
    "Seat",
    "around",
    "bursts",
    "campaigns",
    "even",
    "for_some",
    "habit",
    "instructed",
    "mixed",
    "one_topic",
    "own_instructions",
    "own_topics",
    "shared_hours",
    "verdicts",
    "wrapped",
]

Value = TypeVar("Value")


Times = Callable[[Seat], list[float]]
"""Gives each account the hours of its exchanges."""


# When it is asked.


def even(requests: int, spread: float = 0.1) -> Times:
    """About as many requests each, evenly over the account's time; ``spread`` is that of the log volume."""

    def source(seat: Seat) -> list[float]:
        return [seat.rng.uniform(seat.first, seat.last) for _ in range(_volume(seat, requests, spread))]

    return source


def bursts(requests: int, spread: float = 0.1, *, count: int = 25, hours: float = 1.5, seed: int = 0) -> Times:
    """One dispatcher's bursts and pauses, which all accounts share."""

    def source(seat: Seat) -> list[float]:
        rng = random.Random(seed)
        begins = [rng.uniform(seat.first, max(seat.first, seat.last - hours)) for _ in range(count)]
        return [seat.rng.choice(begins) + seat.rng.uniform(0, hours) for _ in range(_volume(seat, requests, spread))]

    return source


def shared_hours(requests: int, spread: float = 0.1, *, hour: float = 9, length: float = 3) -> Times:
    """The same hours of every day, for all accounts."""

    def source(seat: Seat) -> list[float]:
        days = range(int(seat.first // 24), max(int(seat.last // 24), int(seat.first // 24) + 1))
        begins = [24 * day + hour for day in days]
        return [seat.rng.choice(begins) + seat.rng.uniform(0, length) for _ in range(_volume(seat, requests, spread))]

    return source


def habit(requests: int = 12, spread: float = 1.1) -> Times:
    """Each account's own hours and days, and volumes as different as people's."""

    def source(seat: Seat) -> list[float]:
        length = seat.last - seat.first
        hour, volume = seat.rng.gauss(14, 4), _volume(seat, requests, spread)
        sittings = [seat.rng.randrange(max(1, int(length // 24))) for _ in range(max(1, volume // 5))]
        hours = [24 * seat.rng.choice(sittings) + hour + seat.rng.gauss(0, 1.5) for _ in range(volume)]
        return [seat.first + h % length for h in hours]

    return source


def _volume(seat: Seat, requests: int, spread: float) -> int:
    return max(1, min(2000, round(requests * seat.rng.lognormvariate(0, spread))))


# Whose hands it is.

ByAccount = Callable[[Seat], Value | None]
"""A value for each account; None where it has its own."""


def for_some(share: float, value: Value) -> ByAccount[Value]:
    """The value for the first share of a group's accounts; the others have their own."""
    return lambda seat: value if seat.number < round(share * seat.of) else None


def around(hour: float, spread: float = 2.0) -> Callable[[Seat], float]:
    """An hour for each account, about the same for all."""
    return lambda seat: seat.rng.gauss(hour, spread)


def _of(hand: Any, seat: Seat) -> Any:
    return hand(seat) if callable(hand) else hand


class Log:
    """A log that is put together group by group and then written."""

    def __init__(self, days: int = 14, seed: int = 0) -> None:
        self.hours = days * 24.0
        self._rng = random.Random(seed)
        self._records: list[tuple[float, dict[str, Any]]] = []

    def honest(self, count: int, **more: Any) -> list[str]:
        """Strangers with three topics each and hours of their own; takes what ``accounts`` takes."""
        return self.accounts(count, **{"prompts": own_topics(3), "times": habit(), "api": False, **more})

    def accounts(
        self,
        count: int,
        *,
        prompts: Prompts,
        times: Times,
        first: float = 0.0,
        last: float | None = None,
        banned: float | None = None,
        api: bool = True,
        address: str | tuple[str, ...] | ByAccount[str | tuple[str, ...]] | None = None,
        payment: str | ByAccount[str] | None = None,
        mail: str | ByAccount[str] | None = None,
        created: float | ByAccount[float] | None = None,
        org: str | ByAccount[str] | None = None,
        licence: str | ByAccount[str] | None = None,
        **fields: Any,
    ) -> list[str]:
        """Add a group, and give the ids of its accounts.

        Args:
            count: how many.
            prompts, times: what they ask, and when.
            first, last: hours between which they are at work; by default the whole log.
            banned: hour from which all their requests are refused.
            api: programs with an SDK; otherwise people.
            address: one, or several of which one is drawn a request.
            payment, mail, created, org, licence: of the account; ``created`` in hours. One value for all of the group,
                or a value for each account.
            fields: further fields of the requests, such as ``user_agent`` or ``temperature``.
        """
        return [
            self._account(
                Seat(random.Random(self._rng.random()), number, count, first, self.hours if last is None else last),
                prompts,
                times,
                banned,
                api,
                {"address": address, "payment_id": payment, "email_domain": mail, "created": created}
                | {"org_id": org, "licence_id": licence},
                fields,
            )
            for number in range(count)
        ]

    def handed_over(self, count: int, *, at: float, pause: float = 4.0, **more: Any) -> list[str]:
        """A group whose first half is banned at an hour and whose second half takes over after a pause."""
        before = self.accounts(count - count // 2, last=at + 1, banned=at, **more)
        return before + self.accounts(count // 2, first=at + pause, **more)

    def _account(
        self,
        seat: Seat,
        prompts: Prompts,
        times: Times,
        banned: float | None,
        api: bool,
        hands: dict[str, Any],
        fields: dict[str, Any],
    ) -> str:
        origin, shape, file = stranger(seat.rng, api=api)
        given = {name: _of(hand, seat) for name, hand in hands.items()}
        addresses = given.pop("address") or origin.addresses
        addresses = (addresses,) if isinstance(addresses, str) else addresses
        if given["created"] is not None:
            given["created"] = START + int(given["created"] * HOUR)
        known = file | {name: value for name, value in given.items() if value is not None}
        account = {
            "account_id": f"acct-{seat.rng.randrange(16**10):010x}",
            "asn": origin.asn,
            "country": origin.country,
        }
        account |= {"user_agent": origin.user_agent, "tls_fingerprint": origin.tls_fingerprint}
        account |= shape | known | {"created": _iso(known["created"])} | fields
        write = prompts(seat)
        for hour in sorted(min(max(h, 0.0), self.hours - 1e-3) for h in times(seat)):
            refused = banned is not None and hour > banned
            record = account | write() | {"client_address": seat.rng.choice(addresses)}
            answer = record.pop("response", "Here is what I would do first.")
            record |= {"status": "403"} if refused else {"status": "200", "response": answer}
            self._records.append((hour, {name: value for name, value in record.items() if value is not None}))
        return str(account["account_id"])

    def write(self, folder: Path) -> Path:
        """One file of canonical records in the order of time."""
        path = folder / "log.jsonl"
        ordered = sorted(self._records, key=lambda record: record[0])
        with path.open("w", encoding="utf-8") as target:
            for number, (hour, record) in enumerate(ordered):
                row = {"exchange_id": f"x-{number}", "time": _iso(START + int(hour * HOUR)), **record}
                target.write(json.dumps(row, ensure_ascii=False) + "\n")
        return path


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1e6, UTC).isoformat(timespec="milliseconds")


# What a scan said of it.


def campaigns(run: Run) -> list[set[str]]:
    """The accounts of each campaign that a scan reports, the largest first."""
    return sorted((set(ids) for ids in run.table("campaigns")["account_ids"].to_pylist()), key=len, reverse=True)


def verdicts(run: Run, accounts: list[str]) -> set[str]:
    """The verdicts that these accounts got."""
    table = run.table("accounts").to_pylist()
    return {row["verdict"] for row in table if row["account_id"] in set(accounts)}
