import json
from pathlib import Path

import pytest
from made_once import customers_week

from stillwatch.core import BadSetting, OutputExists
from stillwatch.range import split


def rows(path: Path) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return customers_week(tmp_path_factory)


def test_every_account_has_one_provider_and_no_provider_too_many_of_a_campaign(week: Path, tmp_path: Path) -> None:
    places = split(week, tmp_path / "out", providers=3, most=4, seed=1)
    truth = {row["account_id"]: row["campaign"] for row in rows(week / "truth.jsonl")}
    seen: list[str | None] = []
    for place in places:
        mine = rows(place / "truth.jsonl")
        seen += [row["account_id"] for row in mine]
        campaigns = [row["campaign"] for row in mine if row["campaign"]]
        assert {campaigns.count(c) for c in set(campaigns)} == {4}
        assert {row["account_id"] for row in rows(place / "accounts.jsonl")} == {row["account_id"] for row in mine}
        logged = {row["account_id"] for log in (place / "logs").iterdir() for row in rows(log)}
        assert logged == {row["account_id"] for row in mine}
        assert (place / "releases.jsonl").read_bytes() == (week / "releases.jsonl").read_bytes()
    assert len(seen) == len(set(seen))
    assert {a for a, campaign in truth.items() if campaign is None} <= set(seen)


def test_an_organisation_stays_whole_and_the_draw_is_seeded(week: Path, tmp_path: Path) -> None:
    first = split(week, tmp_path / "one", providers=2, most=3, seed=5)
    again = split(week, tmp_path / "two", providers=2, most=3, seed=5)
    homes: dict[str | None, set[str]] = {}
    for a, b in zip(first, again, strict=True):
        assert (a / "accounts.jsonl").read_bytes() == (b / "accounts.jsonl").read_bytes()
        for row in rows(a / "accounts.jsonl"):
            if row.get("org_id"):
                homes.setdefault(row["org_id"], set()).add(a.name)
    assert homes
    assert all(len(places) == 1 for places in homes.values())


def test_what_cannot_be(week: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSetting):
        split(week, tmp_path / "x", providers=1, most=4)
    (tmp_path / "y").mkdir()
    with pytest.raises(OutputExists):
        split(week, tmp_path / "y", providers=2, most=4)
