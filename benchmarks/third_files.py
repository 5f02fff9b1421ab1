"""A world as files: a log and a side file of accounts for a detector, the truth and what was drawn for us."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from third_accounts import Account
from third_world import Record, World

__all__ = ["write_world"]

# How often a banned account tries before it stays away.
_TRIES = 12


def write_world(world: World, place: Path) -> list[Account]:
    """Write ``logs/log.jsonl``, ``accounts.jsonl``, ``truth.jsonl`` and ``draws.json``; the accounts that are there.

    An account that sent nothing is not. Records are in order of time and accounts in none; ``draws.json`` says what the
    world was drawn with.
    """
    (place / "logs").mkdir(parents=True, exist_ok=True)
    records = _refused(world)
    first: dict[str, float] = {}
    for record in records:
        first.setdefault(record["account_id"], record["time"])
    _write_rows(place / "logs" / "log.jsonl", (one | {"time": _moment(world, one["time"])} for one in records))
    accounts = [account for account in world.accounts if account.account_id in first]
    world.rng.shuffle(accounts)
    _write_rows(place / "accounts.jsonl", (_side(world, one, first[one.account_id]) for one in accounts))
    _write_rows(place / "truth.jsonl", map(_truth, accounts))
    drawn = {
        "kind": world.kind,
        "seed": world.seed,
        "accounts": len(accounts),
        "exchanges": len(records),
        "days": world.clock.days,
        "mix": asdict(world.mix),
        "draws": world.draws,
        "provider": world.provider_name,
        "release_h": world.release,
    }
    (place / "draws.json").write_text(json.dumps(drawn, indent=1, ensure_ascii=False), encoding="utf-8")
    return accounts


def _refused(world: World) -> list[Record]:
    """The records in order of time; of a banned account the next are refused, and then there are none."""
    banned = {account.account_id: account for account in world.accounts if account.banned is not None}
    tries: Counter[str] = Counter()
    out = []
    for record in sorted(world.records, key=lambda one: one["time"]):
        account = banned.get(record["account_id"])
        if account is None or account.banned is None or record["time"] < account.banned:
            out.append(record)
            continue
        if record["status"] == 200:
            record |= {"status": account.ban_status, "response": None, "output_tokens": 0}
            record |= {"stop_reason": None, "latency_ms": 40}
        tries[account.account_id] += 1
        if tries[account.account_id] <= _TRIES:
            out.append(record)
    return out


def _moment(world: World, hours: float, precision: str = "milliseconds") -> str:
    moment = world.clock.begin + timedelta(hours=hours)
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def _side(world: World, account: Account, first: float) -> dict[str, Any]:
    """What a provider knows of an account; it was there before its first request."""
    return {
        "account_id": account.account_id,
        "created": _moment(world, min(account.created, first - 0.02), "seconds"),
        "payment_id": account.payment,
        "email_domain": account.mail,
        "plan": account.plan,
        "verified": account.verified,
    }


def _truth(account: Account) -> dict[str, Any]:
    known: dict[str, Any] = {"account_id": account.account_id, "campaign": account.campaign, "kind": account.kind}
    more = {"role": account.role, "harvest": account.harvest}
    return known | {name: value for name, value in more.items() if value is not None}


def _write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
