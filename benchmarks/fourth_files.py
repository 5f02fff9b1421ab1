"""A world's files: the log, what is known of accounts, the truth and what was drawn."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fourth_world import Account, World

__all__ = ["write_world"]


def _written(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _known(account: Account) -> dict[str, Any]:
    row = {
        "account_id": account.account_id,
        "created": f"{account.created:%Y-%m-%dT%H:%M:%SZ}",
        "payment_id": account.payment_id,
        "email_domain": account.email_domain,
        "plan": account.plan,
        "verified": account.verified,
        "licence_id": account.licence_id,
    }
    return {key: value for key, value in row.items() if value is not None}


def _true(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "kind": account.kind,
        "campaign": account.campaign,
        "role": account.role,
        "exchanges": account.sent,
        "harvested": account.harvested,
    }


def write_world(world: World, place: Path) -> list[Account]:
    """Write ``logs/log.jsonl``, ``accounts.jsonl``, ``truth.jsonl`` and ``draws.json``; accounts that sent anything."""
    (place / "logs").mkdir(parents=True, exist_ok=True)
    accounts = sorted((account for account in world.accounts if account.sent), key=lambda account: account.account_id)
    world.records.sort(key=lambda pair: (pair[0], pair[1]["exchange_id"]))
    _written(place / "logs" / "log.jsonl", (record for _, record in world.records))
    _written(place / "accounts.jsonl", map(_known, accounts))
    _written(place / "truth.jsonl", map(_true, accounts))
    text = json.dumps(world.draws, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    (place / "draws.json").write_text(text + "\n", encoding="utf-8")
    return accounts
