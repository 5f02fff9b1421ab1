"""Logs are added to a run, and it says what one scan of all of them would have said."""

import json
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deliveries import FAST, Record, by, deliver, delivered, in_steps, small_world, told
from handmade import campaigns
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch import Run, StillwatchError, scan
from stillwatch.cli import app
from stillwatch.core import BadSetting, UnreadableInput
from stillwatch.engines import duckdb
from stillwatch.profiles import sorted_rows, texts_by_key


def two_days(record: Record) -> object:
    return int(record["time"][8:10]) // 2


def account(record: Record) -> object:
    return int(record["account_id"][-1], 16) % 4


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Record], set[str]]:
    return small_world(tmp_path_factory.mktemp("world"))


CUTS = ["by day, latest first", "by account", "shuffled, and twice"]


def cut(records: list[Record], how: str, folder: Path) -> list[list[Path]]:
    if how == "by day, latest first":
        return [[one] for one in delivered(by(two_days, records), folder)[::-1]]
    if how == "by account":
        return [[one] for one in delivered(by(account, records), folder)]
    shuffled = random.Random(7).sample(records, len(records))
    parts = delivered([shuffled[n::3] for n in range(3)], folder)
    (folder / "again").mkdir()
    shutil.copyfile(next(parts[0].iterdir()), folder / "again" / "another-name.jsonl")
    return [[parts[2], parts[1]], [parts[1], folder / "again"], [parts[0]]]


@pytest.mark.slow
@pytest.mark.parametrize("how", CUTS)
def test_many_steps_say_what_one_scan_of_all_says(
    world: tuple[list[Record], set[str]], how: str, tmp_path: Path
) -> None:
    records, members = world
    steps = cut(records, how, tmp_path / "logs")
    whole = scan([path for step in steps for path in step], out=tmp_path / "whole", workers=1, **FAST)
    run = in_steps(steps, tmp_path / "run", **FAST)
    assert campaigns(whole) == [members]
    one, many = told(whole), told(run)
    for name in one:
        assert many[name] == one[name], name
    kept = [path.name for path in tmp_path.iterdir()]
    assert sorted(kept) == ["logs", "run", "whole"]


@pytest.mark.slow
def test_a_log_that_memory_does_not_hold_says_the_same(
    world: tuple[list[Record], set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, members = world
    steps = cut(records, "by account", tmp_path / "logs")
    whole = scan([path for step in steps for path in step], out=tmp_path / "whole", workers=1, **FAST)
    for place, name in ((sorted_rows, "MOST_HELD"), (duckdb, "_AT_HAND_PART"), (duckdb, "_HELD_BYTES")):
        monkeypatch.setattr(place, name, 0)
    monkeypatch.setattr(duckdb, "_HELD_PART", 0)
    copied = watched(monkeypatch)
    run = in_steps(steps, tmp_path / "run", **FAST)
    assert copied
    assert campaigns(whole) == [members]
    one, many = told(whole), told(run)
    for name in one:
        assert many[name] == one[name], name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "run", "whole"]


def watched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts are asked of a copy, each time."""
    asked: list[int] = []
    chosen = texts_by_key._chosen

    def counted(copy: Any, keys: Any) -> Any:
        asked.append(len(keys))
        return chosen(copy, keys)

    monkeypatch.setattr(texts_by_key, "_chosen", counted)
    return asked


START = datetime(2026, 9, 7, tzinfo=UTC)


@st.composite
def small_logs(draw: st.DrawFn) -> list[list[Record]]:
    """Deliveries of a few accounts: records delivered twice, in two layouts, of a wrong clock, and unreadable ones."""
    count = draw(st.integers(8, 40))
    records: list[Record] = []
    for number in range(count):
        late = draw(st.sampled_from([0] * 12 + [365 * 60]))
        time = START + timedelta(days=late, hours=draw(st.integers(0, 100)), milliseconds=draw(st.sampled_from([0, 5])))
        record: Record = {
            "time": time.isoformat(),
            "account_id": f"a{draw(st.integers(0, 5))}",
            "prompt": draw(st.sampled_from(["", "same words for everybody here", f"Question {number} of mine?"])),
        }
        if draw(st.booleans()):
            record["exchange_id"] = f"r{draw(st.integers(0, 6))}"
        records.append(record if draw(st.integers(0, 9)) else {"time": "never"})
        if not draw(st.integers(0, 4)):
            records.append(dict(record))
        if not draw(st.integers(0, 5)):
            records.append({**record, "response": "An answer."})
    edges = sorted(draw(st.lists(st.integers(1, len(records) - 1), min_size=1, max_size=3, unique=True)))
    return [records[a:b] for a, b in zip([0, *edges], [*edges, len(records)], strict=True)]


@pytest.mark.slow
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(small_logs())
def test_what_is_checked_of_a_log_is_checked_of_all_of_it(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[Record]]
) -> None:
    """A record that is a second delivery, or of a wrong clock, in the light of one day may be neither in that of two."""
    folder = tmp_path_factory.mktemp("small")
    paths = delivered([[*part, GOOD] for part in parts], folder / "logs")
    whole = scan(paths, out=folder / "whole", workers=1)
    run = in_steps([[path] for path in paths], folder / "run")
    one, many = told(whole), told(run)
    for name in one:
        assert many[name] == one[name], name


GOOD: Record = {"time": "2026-09-08T00:00:00.000001+00:00", "account_id": "good", "prompt": "Is it on at noon?"}


def plain(folder: Path, first: int, *, count: int = 6, name: str = "log.jsonl") -> Path:
    records = [
        {"time": (START + timedelta(hours=n)).isoformat(), "account_id": f"a{n % 3}", "prompt": f"p{n}"}
        for n in range(first, first + count)
    ]
    return deliver(records, folder / f"{first}", name)


def document(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.path / "run.json").read_text())
    return found


def test_the_same_file_is_not_read_twice_and_that_is_told(tmp_path: Path) -> None:
    logs = plain(tmp_path, 0)
    scan(logs, out=tmp_path / "run")
    run = scan([logs, plain(tmp_path, 6, name="next.jsonl")], into=tmp_path / "run")
    assert run.exchanges == 12
    assert document(run)["notes"] == [
        "1 file was not read, for the run had read the same bytes under the same name before (such as log.jsonl)."
    ]


def test_what_a_run_was_told_still_holds_and_what_is_told_anew_goes_before(tmp_path: Path) -> None:
    (tmp_path / "accounts.jsonl").write_text(
        '{"account_id": "a0", "plan": "free"}\n{"account_id": "a1", "plan": "x"}\n'
    )
    (tmp_path / "later.jsonl").write_text('{"account_id": "a1", "plan": "team"}\n')
    scan(plain(tmp_path, 0), out=tmp_path / "run", accounts=tmp_path / "accounts.jsonl", fdr=0.2, seed=3)
    run = scan(plain(tmp_path, 6), into=tmp_path / "run", accounts=tmp_path / "later.jsonl", seed=4)
    plans = {row["account_id"]: row["plan"] for row in run.table("profiles").to_pylist()}
    assert plans == {"a0": "free", "a1": "team", "a2": None}
    assert (document(run)["settings"]["fdr"], document(run)["seed"], document(run)["step"]) == (0.2, 4, 2)


def test_what_somebody_put_into_a_runs_folder_stays_there(tmp_path: Path) -> None:
    run = scan(plain(tmp_path, 0), out=tmp_path / "run")
    (run.path / "decisions.jsonl").write_text("mine")
    (run.path / "snapshot").mkdir()
    (run.path / "snapshot" / "one").write_text("two")
    scan(plain(tmp_path, 6), into=run.path)
    assert (run.path / "decisions.jsonl").read_text() == "mine"
    assert (run.path / "snapshot" / "one").read_text() == "two"


def test_a_run_behind_a_link_is_added_to_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = scan(plain(tmp_path, 0), out=tmp_path / "runs" / "one")
    run.path.chmod(0o750)
    (tmp_path / "current").symlink_to(run.path)
    more = plain(tmp_path, 6)
    assert scan(more, into=tmp_path / "current").exchanges == 12
    assert (tmp_path / "current").is_symlink()
    assert run.path.stat().st_mode & 0o777 == 0o750
    last = plain(tmp_path, 12)
    monkeypatch.chdir(run.path)
    assert scan(last, into=".").path == run.path
    assert Run.open(tmp_path / "current").exchanges == 18
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["one"]


def test_a_step_that_fails_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    run = scan(plain(tmp_path, 0), out=tmp_path / "run")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    (tmp_path / "bad.jsonl").write_text('{"account_id": "a1", "verified": "perhaps"}\n')
    with pytest.raises(Exception, match="verified"):
        scan(plain(tmp_path, 6), into=run.path, accounts=tmp_path / "bad.jsonl")
    with pytest.raises(UnreadableInput, match="no such file"):
        scan(tmp_path / "nothing", into=run.path)
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before
    assert not list(tmp_path.glob(".*"))


def test_there_must_be_a_run_and_one_place_to_write_to(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no finished run"):
        scan(plain(tmp_path, 0), into=tmp_path / "run")
    with pytest.raises(BadSetting, match="a new run or into one"):
        scan(plain(tmp_path, 0))


@pytest.mark.slow
def test_a_campaign_that_is_found_again_is_the_same_campaign(
    world: tuple[list[Record], set[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records, members = world
    later = set(sorted(members)[:2])
    first = deliver([one for one in records if one["account_id"] not in later], tmp_path / "first", "first.jsonl")
    second = deliver([one for one in records if one["account_id"] in later], tmp_path / "second", "second.jsonl")
    run = scan(first, out=tmp_path / "run", workers=1, **FAST)
    assert campaigns(run) == [members - later]
    (began,) = run.table("campaign_history").to_pylist()
    assert (began["campaign_id"], began["state"], began["step"]) == ("C001", "new", 1)
    assert "Since the last step" not in run.report.read_text()
    before = run.table("templates").to_pylist()
    run = scan(second, into=run.path, workers=1, **FAST)
    (campaign,) = run.table("campaigns").to_pylist()
    assert (campaign["campaign_id"], set(campaign["account_ids"])) == ("C001", members)
    *_, now = run.table("campaign_history").to_pylist()
    assert (now["state"], now["step"], now["accounts"]) == ("known", 2, len(members))
    assert now["first_reported"] == began["first_reported"] < now["time"]
    assert set(now["new_account_ids"]) == later
    assert now["lost_account_ids"] == []
    assert set(now["texts"]) & set(began["texts"])
    ids = {row["example"]: row["template_id"] for row in before if row["campaign_id"]}
    kept = [row for row in run.table("templates").to_pylist() if row["example"] in ids]
    assert kept
    assert all(ids[row["example"]] == row["template_id"] for row in kept)
    (since,) = document(run)["since"]
    assert (since["campaign_id"], since["state"], since["new_accounts"], since["lost_accounts"]) == (
        "C001",
        "known",
        len(later),
        0,
    )
    told_of = f"C001 goes on: {len(members)} accounts, {len(later)} of them new."
    assert told_of in run.report.read_text()
    app(["show", str(run.path)])
    shown = capsys.readouterr().out
    assert "Since step 1:" in shown
    assert "C001 goes on" in shown
    app(["show", str(run.path), "C001"])
    assert f"New members: {', '.join(sorted(later))}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_window_says_what_a_scan_of_the_window_alone_says(
    world: tuple[list[Record], set[str]], shuffled: bool, tmp_path: Path
) -> None:
    records, _ = world
    newest = max(datetime.fromisoformat(record["time"]) for record in records)
    inside = [one for one in records if datetime.fromisoformat(one["time"]) >= newest - timedelta(days=4)]
    days = by(two_days, records)
    assert len(days) > 3
    if shuffled:
        days = [days[2], days[0], *days[:2:-1], days[1]]
    run = in_steps([[one] for one in delivered(days, tmp_path / "logs")], tmp_path / "run", window="4d", **FAST)
    kept = {(one["account_id"], one["time"]) for one in inside}
    alone = [[one for one in part if (one["account_id"], one["time"]) in kept] for part in days]
    files = delivered(alone, tmp_path / "inside")
    window = scan([path for path, part in zip(files, alone, strict=True) if part], out=tmp_path / "alone", **FAST)
    assert 0 < window.exchanges < len(records)
    # A record is known by its line in the file that it came in.
    one, many = told(window), told(run)
    assert document(run)["counts"]["forgotten"] == len(records) - window.exchanges
    for name in ("accounts", "profiles", "counts", "links", "campaigns", "templates", "texts"):
        assert many[name] == one[name], name


@pytest.mark.parametrize("written", ["30", "d", "0d", "-1d", "1.5d", "30 days"])
def test_a_window_is_a_whole_number_of_hours_days_or_weeks(written: str, tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match="window"):
        scan(plain(tmp_path, 0), out=tmp_path / "run", window=written)
