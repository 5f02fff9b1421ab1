"""Worlds that several files of tests read: made by whichever process comes first, one for all of them.

    week = customers_week(tmp_path_factory)

Nobody writes into what is shared: whoever changes a file of it copies it first.
"""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stillwatch import scan
from stillwatch.range import simulate

__all__ = ["customers_run", "customers_week", "made_once"]


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name, the same for all processes of this session of tests.

    Args:
        factory: of the process.
        name: of the folder.
        make: makes it; called in one process only, again where it failed.
    """
    own = factory.getbasetemp()
    # pytest-xdist gives every process a folder inside the session's.
    place = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made = place / name
    with (place / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            half = factory.mktemp(name) / name
            make(half)
            half.rename(made)
    return made


def customers_week(factory: pytest.TempPathFactory) -> Path:
    """A simulated February of 450 accounts that have names and mail addresses, as a provider's own file would."""

    def make(folder: Path) -> None:
        simulate("february", scale=0.001, seed=1, out=folder)
        path = folder / "accounts.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            tail = row["account_id"].removeprefix("acct-")
            row |= {"customer_name": f"Miller {tail} Ltd", "email": f"user.{tail}@{row['email_domain']}"}
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    return made_once(factory, "customers-week", make)


def customers_run(factory: pytest.TempPathFactory) -> Path:
    """What a scan of ``customers_week`` left."""
    week = customers_week(factory)

    def make(folder: Path) -> None:
        scan(week / "logs", out=folder, accounts=week / "accounts.jsonl", workers=1)

    return made_once(factory, "customers-run", make)
