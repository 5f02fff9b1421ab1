"""Writes accounts to disk: logs in the order of time, the account file, the release calendar, and apart, the truth."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from stillwatch.range import clock
from stillwatch.range.account import Account

__all__ = ["ANSWERS", "Recorder", "identity", "opened", "write_logs", "write_side_files"]

_A_FILE = 250_000

ANSWERS = (
    "Here is what I would do first, and what to watch for after that.",
    "Short answer: it depends on which of the two you have; the details follow.",
    "The steps are below, with the one that usually fails marked.",
    "I can help with that. Start with the simplest version and measure.",
)
"""What answers begin with."""

Recorder = Callable[[random.Random, Account, int], dict[str, Any]]
"""Writes one exchange of an account, at this moment, beside who and where; fields of None are left out."""


def opened(rng: random.Random, accounts: list[Account]) -> list[Account]:
    """The accounts in random order, with opaque ids, each made before its first exchange."""
    rng.shuffle(accounts)
    for account in accounts:
        account.account_id = f"acct-{rng.randrange(16**10):010x}"
        first = int(account.times.min())
        account.file["created"] = min(account.file["created"], first - 60_000_000)
    return accounts


def write_logs(accounts: Sequence[Account], rng: random.Random, folder: Path, record: Recorder) -> int:
    """Every exchange in the order of time, a quarter of a million a file."""
    times = np.concatenate([account.times for account in accounts])
    owner = np.repeat(np.arange(len(accounts)), [len(account.times) for account in accounts])
    order = np.argsort(times, kind="stable")
    encoder = msgspec.json.Encoder()
    for start in range(0, len(order), _A_FILE):
        with (folder / f"exchanges-{start // _A_FILE:03d}.jsonl").open("wb") as target:
            buffer = bytearray()
            for place in order[start : start + _A_FILE]:
                written = record(rng, accounts[owner[place]], int(times[place]))
                buffer += encoder.encode({name: value for name, value in written.items() if value is not None})
                buffer += b"\n"
                if len(buffer) > 1 << 20:
                    target.write(buffer)
                    buffer.clear()
            target.write(buffer)
    return len(order)


def identity(rng: random.Random, account: Account, time: int) -> dict[str, Any]:
    """What every exchange's record begins with: which it is, when, and whose."""
    return {
        "exchange_id": f"x-{rng.getrandbits(56):014x}",
        "time": _iso(time),
        "provider": "apex",
        "account_id": account.account_id,
        "org_id": account.org_id,
        "operation": "chat",
    }


def _iso(time: int) -> str:
    """A moment as logs have it."""
    return datetime.fromtimestamp(time / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_side_files(accounts: Sequence[Account], folder: Path, releases: Mapping[str, float]) -> None:
    """The account file, the truth, and when models came out."""
    encode = msgspec.json.encode
    ordered = sorted(accounts, key=lambda account: account.account_id)
    with (folder / "accounts.jsonl").open("wb") as target:
        for account in ordered:
            row = {"account_id": account.account_id, "org_id": account.org_id, **account.file}
            row["created"] = _iso(row["created"])
            target.write(encode({k: v for k, v in row.items() if v is not None}) + b"\n")
    with (folder / "truth.jsonl").open("wb") as target:
        for account in ordered:
            row = {
                "account_id": account.account_id,
                "campaign": account.campaign,
                "role": account.role,
                "kind": account.kind,
                **({"sessions": account.sessions} if account.sessions else {}),
            }
            target.write(encode(row) + b"\n")
    with (folder / "releases.jsonl").open("wb") as target:
        for model, hours in releases.items():
            target.write(encode({"model": model, "time": _iso(clock.START + int(hours * clock.HOUR))}) + b"\n")
