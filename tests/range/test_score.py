"""The score counts what it says it counts."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.core import BadTable, UnreadableInput
from stillwatch.range import Score, score

START = datetime(2026, 9, 7, tzinfo=UTC)


def scored(folder: Path, truth: dict[str, str | None], found: dict[str, str | None], **more: object) -> Score:
    run = folder / "run"
    (run / "exchanges.parquet").mkdir(parents=True)
    ids = sorted(truth)
    pq.write_table(
        pa.table(
            {
                "account_id": ids,
                "campaign_id": pa.array([found.get(i) for i in ids], pa.string()),
                "verdict": ["review" if found.get(i) else "clear" for i in ids],
            }
        ),
        run / "accounts.parquet",
    )
    hours = [(i, h) for i in ids for h in range(0, 96, 12)]
    pq.write_table(
        pa.table(
            {
                "account_id": [i for i, _ in hours],
                "time": pa.array([START + timedelta(hours=h) for _, h in hours], pa.timestamp("us", tz="UTC")),
            }
        ),
        run / "exchanges.parquet" / "part-000000.parquet",
    )
    path = folder / "truth.jsonl"
    path.write_text("\n".join(json.dumps({"account_id": i, "campaign": c}) for i, c in truth.items()))
    return score(run, path, **more)  # type: ignore[arg-type]


TRUTH: dict[str, str | None] = {f"a{i}": "one" if i < 10 else "two" if i < 20 else None for i in range(60)}


def test_a_perfect_run(tmp_path: Path) -> None:
    result = scored(tmp_path, TRUTH, {a: c for a, c in TRUTH.items() if c})
    assert (result.precision, result.recall, result.pairwise_f1) == (1.0, 1.0, 1.0)
    assert (result.campaigns_found, result.false_campaigns, result.above_watch) == (2, 0, 0)
    assert "2 of 2" in str(result)


def test_two_campaigns_reported_as_one_are_found_as_none(tmp_path: Path) -> None:
    joined: dict[str, str | None] = {a: "C1" if c else None for a, c in TRUTH.items()}
    result = scored(tmp_path, TRUTH, joined)
    assert (result.precision, result.recall) == (1.0, 1.0)
    assert result.campaigns_found == 0
    assert result.pairwise_f1 == pytest.approx(2 * 90 / (90 + 190))


def test_honest_accounts_in_a_campaign_cost_precision(tmp_path: Path) -> None:
    found: dict[str, str | None] = {f"a{i}": "C1" for i in range(10)}
    found.update({f"a{i}": "C2" for i in range(20, 30)})
    result = scored(tmp_path, TRUTH, found)
    assert (result.precision, result.recall) == (0.5, 0.5)
    assert (result.campaigns_found, result.false_campaigns, result.above_watch) == (1, 1, 10)
    low, high = result.precision_interval
    assert low < 0.5 < high


def test_nothing_found_where_nothing_is_hidden_is_perfect(tmp_path: Path) -> None:
    result = scored(tmp_path, dict.fromkeys(TRUTH), {})
    assert (result.precision, result.recall, result.false_campaigns) == (1.0, 1.0, 0)


def test_time_to_detection_is_the_first_scan_that_alerts(tmp_path: Path) -> None:
    def rescan(moment: datetime) -> dict[str, str]:
        return {a: "C1" for a, c in TRUTH.items() if c == "one"} if moment >= START + timedelta(hours=40) else {}

    result = scored(tmp_path, TRUTH, {}, rescan=rescan, replay_hours=24)
    one, two = result.detections
    assert (one.campaign, one.hours, one.exchanges) == ("one", 48.0, 50)
    assert (two.campaign, two.hours, two.exchanges) == ("two", None, None)
    assert "never" in str(result)


def test_wrong_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="truth"):
        score(tmp_path, tmp_path / "none.jsonl")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"account": 1}\n')
    with pytest.raises(BadTable, match="account_id"):
        score(tmp_path, bad)
    bad.write_text('{"account_id": "a", "campaign": null}\n')
    with pytest.raises(UnreadableInput, match="not a run"):
        score(tmp_path, bad)
