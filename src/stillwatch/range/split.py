"""Splits a simulated week over several providers, so that each sees a slice of every campaign.

Accounts fall to providers by a seeded draw, a declared organisation as one. A campaign that spreads itself shows
each provider a few accounts only: ``most`` says how many; what it has beyond that stays at home. Each slice is a
week of its own (logs, account file, releases, truth), and the truth names campaigns as the whole week does.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.core import BadSetting
from stillwatch.core.whole_files import whole_folder

__all__ = ["split"]

_decode = msgspec.json.decode


def split(week: Path, out: Path, *, providers: int, most: int, seed: int = 0) -> list[Path]:
    """Write one folder a provider, each with what ``simulate`` writes.

    Args:
        week: a simulated week.
        out: gets ``provider-a``, ``provider-b`` and so on; must not exist.
        providers: how many, 2 to 26.
        most: accounts of one campaign that one provider sees.
        seed: of the draw.

    Raises:
        BadSetting: a number is out of range.
        OutputExists: ``out`` is taken.
    """
    if not 2 <= providers <= 26 or most < 1:
        raise BadSetting(f"{providers} providers with {most} accounts of a campaign each cannot be")
    names = [f"provider-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"[:providers]]
    home = _homes(_rows(week / "truth.jsonl"), _rows(week / "accounts.jsonl"), providers, most, random.Random(seed))
    with whole_folder(out) as partial:
        for name in names:
            (partial / name / "logs").mkdir(parents=True)
            shutil.copy(week / "releases.jsonl", partial / name)
        for source in (*sorted((week / "logs").iterdir()), week / "accounts.jsonl", week / "truth.jsonl"):
            _deal(source, [partial / name / source.relative_to(week) for name in names], home)
    return [out / name for name in names]


def _rows(path: Path) -> list[dict[str, Any]]:
    return [_decode(line) for line in path.read_bytes().splitlines()]


def _homes(
    truth: list[dict[str, Any]], accounts: list[dict[str, Any]], providers: int, most: int, rng: random.Random
) -> dict[str, int]:
    """The provider of each account; accounts that stay at home have none."""
    org = {row["account_id"]: row.get("org_id") for row in accounts}
    of_org: dict[str, int] = {}
    campaigns: dict[str, list[str]] = {}
    home: dict[str, int] = {}
    for row in truth:
        account, owner = row["account_id"], org[row["account_id"]]
        if row["campaign"]:
            campaigns.setdefault(row["campaign"], []).append(account)
        elif owner:
            home[account] = of_org.setdefault(owner, rng.randrange(providers))
        else:
            home[account] = rng.randrange(providers)
    for members in campaigns.values():
        rng.shuffle(members)
        for place, account in enumerate(members[: most * providers]):
            home[account] = place % providers
    return home


def _deal(source: Path, targets: list[Path], home: dict[str, int]) -> None:
    """Give each line of a file to its account's provider, in order."""
    files = [target.open("wb") for target in targets]
    try:
        with source.open("rb") as lines:
            for line in lines:
                place = home.get(_decode(line)["account_id"])
                if place is not None:
                    files[place].write(line)
    finally:
        for file in files:
            file.close()
