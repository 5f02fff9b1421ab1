"""Calibration through the command line: fitted to good weeks, used in small logs, refused with a reason."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from handmade import Log, Pool, around, bursts, habit
from ran_here import ran

from stillwatch.core import AuditLog
from stillwatch.policy import (
    DEFAULT_POLICY,
    approve,
    assess,
    decide,
    history,
    label_account,
    read_policy,
    read_run,
    record,
    withdraw,
)
from stillwatch.range import draw_design, simulate_design
from stillwatch.range.design import scaled
from stillwatch.scanning.calibration_file import read_calibration

HAN = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fortnight of some 280 honest accounts, and the calibration fitted to it."""
    out = tmp_path_factory.mktemp("good") / "weeks"
    simulate_design(scaled(draw_design(11, "quiet"), 0.1), out, ())
    assert calibrated(out, out / "calibration.json") == 0
    return out


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 110 accounts, 66 of them a campaign's, half of whose traffic is cover."""
    out = tmp_path_factory.mktemp("filled") / "week"
    design = draw_design(22, "cover")
    each = design.campaigns[0].exchanges / design.campaigns[0].accounts
    campaign = replace(design.campaigns[0], accounts=66, exchanges=int(66 * each))
    simulate_design(replace(design, accounts=110, exchanges=int(66 * each + 660), campaigns=(campaign,)), out, ())
    return out


def calibrated(world: Path, out: Path) -> int:
    return ran("calibrate", world / "logs", "--accounts", world / "accounts.jsonl", "--out", out, "--workers", 1)


def scanned(world: Path, out: Path, *more: Any) -> dict[str, Any]:
    status = ran("scan", world / "logs", "--accounts", world / "accounts.jsonl", "--out", out, "--workers", 1, *more)
    assert status == 0
    document: dict[str, Any] = msgspec.json.decode((out / "run.json").read_bytes())
    return document


def recall(world: Path, run: Path) -> float:
    rows = [json.loads(line) for line in (world / "truth.jsonl").read_text().splitlines()]
    hidden = {row["account_id"] for row in rows if row["campaign"]}
    told = pq.read_table(run / "accounts.parquet").to_pylist()
    found = {row["account_id"] for row in told if row["verdict"] in ("review", "act")}
    assert found <= hidden
    return len(found) / len(hidden)


def spoiled(path: Path) -> Iterator[tuple[str, bytes, str]]:
    """Ways in which a calibration can be wrong: name, content, what the error says."""
    whole = path.read_bytes()
    body = json.loads(whole)
    yield "cut off", whole[: len(whole) // 2], "cut off"
    yield "another thing", b"[1, 2]", "not a calibration"
    yield "another version", json.dumps({**body, "format": "stillwatch-calibration/9"}).encode(), "calibration/9"
    yield "edited", json.dumps({**body, "entities": 5}).encode(), "checksum"
    yield "no text", b"\xff\xfe", "not a calibration"


def test_a_log_that_a_campaign_fills_shows_it_beside_good_weeks(
    good: Path, filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scanned(filled, tmp_path / "alone")
    document = scanned(filled, tmp_path / "beside", "--calibration", good / "calibration.json")
    assert recall(filled, tmp_path / "alone") < recall(filled, tmp_path / "beside")
    assert recall(filled, tmp_path / "beside") > 0.8
    assert document["calibration"]["weeks"] == pytest.approx(2, abs=0.1)
    assert document["calibration"]["unlike"] is None
    assert len(document["calibration"]["sha256"]) == 64
    assert any("2 weeks known to be good" in note for note in document["notes"])
    assert "2 weeks known to be good" in (tmp_path / "beside" / "report.html").read_text()
    assert "2 weeks known" in " ".join(capsys.readouterr().out.split())
    # A run is detected again with the calibration that it was made with.
    assert (tmp_path / "beside" / "calibration.json").read_bytes() == (good / "calibration.json").read_bytes()


def test_other_honest_weeks_are_not_accused_by_it(good: Path, tmp_path: Path) -> None:
    for number, kind in enumerate(("quiet", "lookalikes")):
        world = tmp_path / kind
        simulate_design(scaled(draw_design(40 + number, kind), 0.05), world, ())
        document = scanned(world, tmp_path / f"{kind}-run", "--calibration", good / "calibration.json")
        assert document["untold"] is None
        assert document["counts"]["campaigns"] == 0


def test_a_log_of_another_product_is_measured_by_itself(good: Path, tmp_path: Path) -> None:
    """Chinese beside weeks of English."""
    world = tmp_path / "other"
    (world / "logs").mkdir(parents=True)
    rng = random.Random(1)
    lines = [
        {
            "account_id": f"a{account}",
            "time": f"2026-10-0{1 + row % 7}T{(account + 3 * row) % 24:02d}:{row:02d}:00Z",
            "prompt": "".join(rng.choices(HAN, k=40)) + "。",
        }
        for account in range(60)
        for row in range(12)
    ]
    (world / "logs" / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (world / "accounts.jsonl").write_text("\n".join(json.dumps({"account_id": f"a{n}"}) for n in range(60)))
    document = scanned(world, tmp_path / "run", "--calibration", good / "calibration.json")
    assert document["calibration"]["unlike"]
    assert any("was not used" in note for note in document["notes"])
    assert "too few" in document["untold"]
    assert document["counts"]["campaigns"] == 0


def test_a_small_log_that_shows_nothing_cannot_tell(
    tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = tmp_path / "small"
    simulate_design(scaled(draw_design(42, "quiet"), 0.03), world, ())
    document = scanned(world, tmp_path / "run")
    assert "--calibration" in document["untold"]
    printed = " ".join(capsys.readouterr().out.split())
    assert "Cannot tell" in printed
    assert "No campaign found" not in printed
    assert "Cannot tell whether there is a campaign" in (tmp_path / "run" / "report.html").read_text()
    assert scanned(world, tmp_path / "beside", "--calibration", good / "calibration.json")["untold"] is None
    assert "No campaign found" in capsys.readouterr().out


def test_it_holds_no_prompt_and_no_account(good: Path) -> None:
    text = (good / "calibration.json").read_text()
    accounts = [json.loads(line)["account_id"] for line in (good / "truth.jsonl").read_text().splitlines()]
    assert not any(account in text for account in accounts)
    lines = [json.loads(line) for line in next((good / "logs").iterdir()).read_text().splitlines()]
    prompts = [line["prompt"] for line in lines if line.get("prompt")]
    assert len(prompts) > 1000
    assert not any(prompt[:20] in text for prompt in prompts)
    assert len(text) < 300_000


def test_the_same_weeks_give_the_same_calibration(good: Path, tmp_path: Path) -> None:
    assert calibrated(good, tmp_path / "again.json") == 0
    assert (tmp_path / "again.json").read_bytes() == (good / "calibration.json").read_bytes()


def refused(capsys: pytest.CaptureFixture[str], *words: Any) -> str:
    assert ran(*words) == 2
    return " ".join(capsys.readouterr().err.split())


def test_weeks_that_hold_a_campaign_are_refused(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made" / "calibration.json"
    said = refused(
        capsys, "calibrate", filled / "logs", "--accounts", filled / "accounts.jsonl", "--out", out, "--workers", 1
    )
    assert "a scan of these weeks reports" in said
    assert "next:" in said
    assert not out.parent.exists()


@pytest.mark.slow
def test_a_campaign_that_persons_decided_about_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Confirmed, its accounts are left out; cleared, they are ordinary; of undecided ones there is no calibration."""
    world, log = tmp_path / "week", AuditLog(tmp_path / "decisions.jsonl")
    (world / "logs").mkdir(parents=True)
    made = Log(seed=1)
    whose = made.honest(320, times=habit(5))
    whose += made.accounts(10, prompts=Pool("code").shards(), times=bursts(40), created=around(-40, 3))
    made.write(world / "logs")
    (world / "accounts.jsonl").write_text("".join(json.dumps({"account_id": one}) + "\n" for one in whose))
    run = tmp_path / "run"
    scanned(world, run, "--fdr", "0.05")
    policy, facts, now = read_policy(DEFAULT_POLICY), read_run(run), datetime.now(UTC)
    record(log, decide(policy, facts, now), policy, facts, now)
    decisions = [one.decision for one in history(log, now) if one.decision.subject.kind == "campaign"]
    members = sum(len(one.accounts) for one in decisions)
    assert members == 10
    words = ["calibrate", world / "logs", "--accounts", world / "accounts.jsonl", "--workers", 1, "--log", log.path]
    assert "decide and give the decision log" in refused(capsys, *words, "--out", tmp_path / "early.json")

    for one in decisions:
        assess(log, one.decision_id, by="Ada", reason="one hand", now=now)
        if one.proposed:
            approve(log, one.decision_id, by="Ben", note="seen too", now=now, second=True)
    assert ran(*words, "--out", tmp_path / "confirmed.json") == 0
    confirmed = read_calibration(tmp_path / "confirmed.json")
    assert confirmed.left_out >= members
    assert "confirmed by a person left out" in " ".join(capsys.readouterr().out.split())

    for one in decisions:
        withdraw(log, one.decision_id, by="Cyd", reason="an office of ours", now=now)
    # Of two labels on honest accounts one has ended: it is not read.
    begun, day = now - timedelta(days=2), timedelta(days=1)
    for account, days in ((whose[0], 1), (whose[1], 9)):
        label_account(log, account, "confirmed", by="Cyd", reason="sold on", now=begun, until=begun + days * day)
    assert ran(*words, "--out", tmp_path / "cleared.json") == 0
    cleared = read_calibration(tmp_path / "cleared.json")
    assert cleared.left_out == confirmed.left_out - members + 1
    assert cleared.accounts == confirmed.accounts + members - 1
    assert "1 label has ended and counted for nothing" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", ""),
        (
            "\n".join(
                json.dumps(
                    {"account_id": "one", "time": "2026-10-01T00:00:00Z", "prompt": f"question number {n} of one"}
                )
                for n in range(2000)
            ),
            "too few to say what is ordinary",
        ),
        ('{"account_id": "a"}\n{"broken', "no format recognises"),
    ],
    ids=["empty", "one account", "broken"],
)
def test_weeks_that_say_too_little_are_refused(
    content: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(content)
    said = refused(capsys, "calibrate", log, "--out", tmp_path / "calibration.json", "--workers", 1)
    assert "log.jsonl" in said
    assert "next:" in said
    assert says in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl"]


def test_nothing_is_overwritten(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "calibration.json"
    out.write_text("mine")
    assert "nothing is ever overwritten" in refused(capsys, "calibrate", good / "logs", "--out", out)
    assert out.read_text() == "mine"


def test_a_spoiled_calibration_is_refused_before_the_log_is_read(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content, says in spoiled(good / "calibration.json"):
        path = tmp_path / f"{name.replace(' ', '-')}.json"
        path.write_bytes(content)
        said = refused(capsys, "scan", good / "logs", "--calibration", path, "--out", tmp_path / "run")
        assert says in said, name
        assert path.name in said.replace(" ", "")
        assert "next: fit it again" in said
        assert not (tmp_path / "run").exists()
    assert "cannot be read" in refused(
        capsys, "scan", good / "logs", "--calibration", tmp_path / "none.json", "--out", tmp_path / "run"
    )


def test_columns_that_are_not_read_are_said(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [json.loads(line) for line in (good / "accounts.jsonl").read_text().splitlines()]
    for row in rows:
        row |= {"signup_date": row.pop("created"), "card": "visa"}
    side, out = tmp_path / "customers.jsonl", tmp_path / "calibration.json"
    side.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert ran("calibrate", good / "logs", "--accounts", side, "--out", out, "--workers", 1) == 0
    assert "Not read of customers.jsonl: `card` (`payment_id` is there)." in " ".join(capsys.readouterr().out.split())
    assert out.read_bytes() == (good / "calibration.json").read_bytes()
