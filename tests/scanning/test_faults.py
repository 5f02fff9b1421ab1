"""What real logs are like, and what it must not do to anybody: wrong clocks, ids that restart, gaps, copies, two sources.

Every fault is shown on both sides of its line: what looks alike and is honest stays out of every campaign, and what is
none of it is still found. Logs are made by hand and scanned through the public door.
"""

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade import (
    Log,
    Pool,
    Seat,
    around,
    bursts,
    campaigns,
    even,
    habit,
    instructed,
    mixed,
    own_topics,
    verdicts,
    wrapped,
)
from handmade_scripts import SCRIPTS

from stillwatch import Run, scan
from stillwatch.cli import app
from stillwatch.scanning.replay import replay

pytestmark = pytest.mark.slow

Record = dict[str, Any]

SENTENCE = "Open a section named Ledger before you answer anything else. {q}"


# Where a campaign is looked for, it is enough that strangers are there.
FEW = habit(5)


def third(seat: Seat) -> str:
    return f"card-{seat.number % 3}"


def campaign(log: Log, size: int = 10, **more: Any) -> list[str]:
    """Accounts that deal out one pool, with three cards, one sign-up day and one dispatcher."""
    told: Record = {"prompts": Pool("code").shards(), "times": bursts(40), "payment": third, "created": around(-40, 3)}
    return log.accounts(size, **{**told, **more})


def records(log: Log, folder: Path) -> list[Record]:
    return [json.loads(line) for line in log.write(folder).read_text(encoding="utf-8").splitlines()]


def written(made: list[Record], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in made), encoding="utf-8")
    return path


def scanned(made: list[Record], folder: Path, name: str = "run") -> Run:
    return scan(written(made, folder / name / "log.jsonl"), out=folder / f"{name}-out", workers=1)


def accused(run: Run) -> set[str]:
    """Accounts above ``watch``."""
    table = run.table("accounts").to_pylist()
    return {row["account_id"] for row in table if row["verdict"] not in ("clear", "watch")}


def told_of(run: Run) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {row["account_id"]: (row["verdict"], tuple(row["reasons"])) for row in run.table("accounts").to_pylist()}


# An explanation that holds for what a group has grown into.


def most(seat: Seat) -> bool:
    return seat.number >= 12


GROWN: dict[str, dict[str, Any]] = {
    "one organisation or office": {"payment": lambda seat: "card-of-the-firm" if seat.number >= 3 else third(seat)},
    "licensed distillation": {"licence": lambda seat: "lic-0a1b2c" if seat.number >= 9 else None},
}


def grown(folder: Path, **more: Any) -> tuple[Run, list[str]]:
    """Twelve busy accounts, and thirteen that ask so little that only the twelve's signature shows them."""
    log, pool = Log(seed=1), Pool("code")
    log.honest(320, times=FEW)
    fixed, free = wrapped(pool.shards(), SENTENCE), pool.shards()

    def asked(seat: Seat) -> Callable[[], Record]:
        return (mixed(fixed, free, 0.6) if most(seat) else fixed)(seat)

    def times(seat: Seat) -> list[float]:
        return (even(6) if most(seat) else bursts(40))(seat)

    told: Record = {"prompts": asked, "times": times, "payment": third, "created": around(-40, 3), **more}
    members = log.accounts(25, **told)
    return scanned(records(log, folder), folder), members


@pytest.mark.parametrize("explanation", GROWN)
def test_an_explanation_that_holds_for_the_grown_group_convicts_nobody(explanation: str, tmp_path: Path) -> None:
    run, members = grown(tmp_path, **GROWN[explanation])
    assert campaigns(run) == []
    assert {told_of(run)[account][0] for account in members} <= {"clear", "watch"}


def test_the_same_accounts_without_it_are_a_campaign(tmp_path: Path) -> None:
    run, members = grown(tmp_path)
    assert campaigns(run) == [set(members)]


def test_who_runs_a_published_set_is_not_convicted_beside_those_who_share_out_a_pool(tmp_path: Path) -> None:
    log, pool = Log(seed=1), Pool("code")
    log.honest(320)
    told: Record = {"times": bursts(30), "created": around(-40, 3), "payment": third}
    harness = log.accounts(17, prompts=wrapped(pool.published(60), SENTENCE), **told)
    members = log.accounts(8, prompts=wrapped(Pool("code", seed=1).shards(), SENTENCE), **told)
    run = scanned(records(log, tmp_path), tmp_path)
    assert verdicts(run, harness) <= {"clear", "watch"}
    assert accused(run) <= set(members)


# Clocks.


@pytest.fixture(scope="module")
def timely(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Record], Run]:
    log = Log(seed=2)
    log.honest(200)
    # Strangers who keep the same hours for a day: what a stretched log would accuse.
    log.accounts(12, prompts=instructed(own_topics(1), "Answer briefly."), times=even(30), first=100, last=130)
    folder = tmp_path_factory.mktemp("timely")
    right = records(log, folder)
    return right, scanned(right, folder)


@pytest.mark.parametrize("year", [2000, 2099])
def test_one_record_of_a_wrong_clock_changes_nothing_but_a_dead_letter(
    year: int, timely: tuple[list[Record], Run], tmp_path: Path
) -> None:
    right, before = timely
    wrong = {**right[50], "exchange_id": "wrong", "time": f"{year}-01-01T00:03:00.000+00:00"}
    after = scanned([*right, wrong], tmp_path)
    assert after.table("accounts").equals(before.table("accounts"))
    assert after.table("campaigns").num_rows == 0
    (letter,) = after.table("dead_letters").to_pylist()
    assert (letter["line"], letter["file"]) == (len(right) + 1, "log.jsonl")
    assert letter["reason"].startswith(f"`time`: {year}-01-01T00:03:00Z lies ")
    assert letter["reason"].endswith(": a wrong clock")
    assert before.dead_letters == 0


# Ids.


@pytest.fixture(scope="module")
def unique(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Record], list[str], Run]:
    """A log with a campaign whose ids are all different, the campaign's accounts, and the log's run."""
    folder = tmp_path_factory.mktemp("unique")
    log = Log(seed=1)
    log.honest(240, times=FEW)
    members = campaign(log, prompts=wrapped(Pool("code").shards(), SENTENCE))
    made = records(log, folder)
    return made, members, scanned(made, folder)


def test_ids_that_restart_with_every_account_mix_nobody_up(
    unique: tuple[list[Record], list[str], Run], tmp_path: Path
) -> None:
    made, members, first = unique
    so_far: dict[str, int] = {}
    restarted = []
    for one in made:
        so_far[one["account_id"]] = so_far.get(one["account_id"], 0) + 1
        restarted.append({**one, "exchange_id": f"req-{so_far[one['account_id']]}"})
    second = scanned(restarted, tmp_path)
    assert campaigns(second) == [set(members)]
    assert second.table("accounts").equals(first.table("accounts"))
    renamed = {one["exchange_id"]: other["exchange_id"] for one, other in zip(made, restarted, strict=True)}
    (one,), (other,) = (run.table("campaigns").to_pylist() for run in (first, second))
    seen = [row["exchange_ids"] for row in one["observations"]]
    assert all(seen)
    for row in one["observations"]:
        row["exchange_ids"] = [renamed[shown] for shown in row["exchange_ids"]]
    assert other == one
    rows = first.table("templates").to_pylist()
    assert second.table("templates").to_pylist() == [
        {**row, "exchange_ids": [renamed[shown] for shown in row["exchange_ids"]]} for row in rows
    ]
    own = {record["exchange_id"]: record for record in made if record["account_id"] in members}
    shown = [row for row in rows if row["campaign_id"]]
    assert shown
    for row in shown:
        assert set(row["exchange_ids"]) <= set(own)
        assert row["example"] in {record["prompt"][:1200] for record in own.values()}
    assert {shown for row in seen for shown in row} <= set(own)


# Occasions.


def workshop(seat: Seat) -> list[float]:
    return [130 + seat.rng.uniform(0, 5) for _ in range(seat.rng.randint(2, 8))]


@pytest.mark.parametrize("seed", range(2))
def test_sixty_strangers_of_one_workshop_are_at_most_watched(seed: int, tmp_path: Path) -> None:
    log = Log(seed=seed)
    log.honest(200)
    log.accounts(60, prompts=wrapped(own_topics(3), SENTENCE), times=workshop)
    run = scanned(records(log, tmp_path), tmp_path)
    assert campaigns(run) == []
    assert accused(run) == set()


def test_the_same_crowd_that_deals_out_one_pool_for_two_weeks_from_shared_hands_is_a_campaign(tmp_path: Path) -> None:
    log = Log(seed=0)
    log.honest(240, times=FEW)
    members = log.accounts(
        60,
        prompts=wrapped(Pool("code").shards(), SENTENCE),
        times=even(12),
        payment=lambda seat: f"card-{seat.number % 15}",
    )
    assert campaigns(scanned(records(log, tmp_path), tmp_path)) == [set(members)]


# Gaps.

COLUMNS = ("created", "payment_id", "client_address", "user_agent", "plan", "country")


def with_gaps(made: list[Record], column: str, share: float) -> list[Record]:
    """The records without a column for a share of the accounts, drawn at random."""
    accounts = sorted({one["account_id"] for one in made})
    lacking = set(random.Random(f"{column} {share}").sample(accounts, round(share * len(accounts))))
    return [
        {name: value for name, value in one.items() if name != column or one["account_id"] not in lacking}
        for one in made
    ]


@pytest.fixture(scope="module")
def gapless(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Record], list[str]]:
    log = Log(seed=4)
    log.honest(140, times=FEW)
    members = campaign(log)
    return records(log, tmp_path_factory.mktemp("gapless")), members


@pytest.mark.parametrize(
    "columns", [(one,) for one in COLUMNS] + [COLUMNS[:2], COLUMNS[2:4], COLUMNS[4:]], ids=" ".join
)
def test_what_is_missing_at_random_accuses_nobody(
    columns: tuple[str, ...], gapless: tuple[list[Record], list[str]], tmp_path: Path
) -> None:
    """One column for half of the accounts, or two that tell of one thing for all of them."""
    made, members = gapless
    for column in columns:
        assert any(column in one for one in made)
        made = with_gaps(made, column, 0.5 if len(columns) == 1 else 1.0)
    assert accused(scanned(made, tmp_path)) <= set(members)


def test_what_is_missing_of_a_tenth_hides_no_campaign(gapless: tuple[list[Record], list[str]], tmp_path: Path) -> None:
    """Of another tenth for each column."""
    made, members = gapless
    for column in COLUMNS:
        made = with_gaps(made, column, 0.1)
    run = scanned(made, tmp_path)
    assert accused(run) <= set(members)
    assert campaigns(run) == [set(members)]


# Scripts.


@pytest.mark.parametrize("script", SCRIPTS)
def test_two_sentences_that_stand_in_a_campaigns_prompts_are_seen_in_any_script(script: str, tmp_path: Path) -> None:
    before, after, words, gap, stop = SCRIPTS[script]
    known = words.split()

    def asked(seat: Seat) -> Callable[[], Record]:
        def write() -> Record:
            question = gap.join(seat.rng.choice(known) for _ in range(14))
            return {"prompt": f"{before}{gap}{question}{seat.rng.randrange(10**6)}{stop}{gap}{after}"}

        return write

    def plain(seat: Seat) -> Callable[[], Record]:
        return lambda: {"prompt": gap.join(seat.rng.choice(known) for _ in range(20)) + stop}

    log = Log(seed=5)
    log.honest(200, times=FEW)
    log.accounts(30, prompts=plain, times=FEW)
    members = campaign(log, prompts=asked)
    run = scanned(records(log, tmp_path), tmp_path)
    assert campaigns(run) == [set(members)]
    (row,) = run.table("campaigns").to_pylist()
    assert "structure" in row["families"]
    shown = [one for one in run.table("templates").to_pylist() if one["campaign_id"]]
    assert {one["kind"] for one in shown} == {"sentence"}
    pieces = [piece for one in shown for piece in one["shared"]]
    assert any(before.rstrip(stop) in piece for piece in pieces)
    assert any(after.rstrip(stop) in piece for piece in pieces)


# Copies.


def test_a_log_that_was_delivered_twice_is_told_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(seed=6)
    log.honest(30)
    made = records(log, tmp_path)
    path = written(made, tmp_path / "in" / "log.jsonl")

    def summary(out: Path) -> tuple[str, Record]:
        app(["scan", str(tmp_path / "in"), "--out", str(out), "--workers", "1"])
        told = capsys.readouterr()
        return " ".join((told.out + told.err).split()), json.loads((out / "run.json").read_text())

    said, document = summary(tmp_path / "once")
    assert "repeat another" not in said
    assert document["repeats"] == {"copies": 0, "copied": 0, "shared_ids": 0}
    (tmp_path / "in" / "log.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    said, document = summary(tmp_path / "twice")
    assert (
        f"{len(made):,} records were delivered a second time (such as log.jsonl.gz:1): each exchange counts once"
        in said
    )
    assert document["counts"]["second_deliveries"] == len(made)
    assert document["counts"]["exchanges"] == len(made)
    assert document["repeats"] == {"copies": 0, "copied": 0, "shared_ids": 0}


# Sources.


def test_nobody_began_on_the_day_that_their_gateways_log_does(tmp_path: Path) -> None:
    north, south = Log(days=14, seed=7), Log(days=14, seed=8)
    north.honest(200, last=168)
    south.honest(200, first=168)
    strangers = south.accounts(20, prompts=Pool("code").shards(), times=habit(30, 0.9), first=168)
    for name, log in (("north", north), ("south", south)):
        written(records(log, tmp_path), tmp_path / "in" / f"{name}.jsonl")
    run = scan(tmp_path / "in", out=tmp_path / "run", workers=1)
    assert accused(run) == set()
    assert verdicts(run, strangers) <= {"clear", "watch"}


def test_who_begins_together_in_the_middle_of_a_gateways_log_is_seen(tmp_path: Path) -> None:
    north, south = Log(days=14, seed=7), Log(days=28, seed=8)
    north.honest(200, times=FEW)
    south.honest(200, first=168, times=FEW)
    members = south.accounts(20, prompts=Pool("code").shards(), times=even(30, 0.6), first=400, last=600)
    for name, log in (("north", north), ("south", south)):
        written(records(log, tmp_path), tmp_path / "in" / f"{name}.jsonl")
    assert campaigns(scan(tmp_path / "in", out=tmp_path / "run", workers=1)) == [set(members)]


# Earlier moments.


def test_a_replay_up_to_the_end_says_what_the_scan_said(unique: tuple[list[Record], list[str], Run]) -> None:
    _, members, run = unique
    accounts = run.table("accounts").to_pylist()
    until = replay(run.path)
    assert until(max(one["last_seen"] for one in accounts)) == dict.fromkeys(members, "C001")
    assert until(min(one["first_seen"] for one in accounts)) == {}
