"""From a simulated week to a snapshot: accounts that the scan never saw are known at their first request."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gateways import decided

import stillwatch
from stillwatch.core import AuditLog, StillwatchError
from stillwatch.decisions import decision_to_json
from stillwatch.gateway import Snapshot
from stillwatch.gateway.fingerprint import fingerprint
from stillwatch.range import simulate
from stillwatch.services.gateway_snapshot import snapshot_of_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A run in which every fourth member of a campaign and every fourth other account never stood, and what those sent."""
    folder = tmp_path_factory.mktemp("week")
    simulate("february", scale=0.002, seed=3, out=folder / "week")
    run = stillwatch.scan(
        folder / "week/logs", out=folder / "whole", accounts=folder / "week/accounts.jsonl", workers=1
    ).path
    campaigns = pq.read_table(run / "campaigns.parquet")
    accounts = sorted(set(pq.read_table(run / "accounts.parquet")["account_id"].to_pylist()))
    away = set(accounts[::4])
    shutil.copytree(run, folder / "run")
    kept = [[one for one in row if one not in away] for row in campaigns["account_ids"].to_pylist()]
    at = campaigns.schema.get_field_index("account_ids")
    pq.write_table(campaigns.set_column(at, "account_ids", pa.array(kept)), folder / "run/campaigns.parquet")
    exchanges = pq.read_table(run / "exchanges.parquet")
    absent = pa.compute.is_in(exchanges["account_id"], value_set=pa.array(sorted(away)))
    there = exchanges.filter(pa.compute.invert(absent))
    sketches = pq.read_table(run / "sketches.parquet")
    for name, rows in (
        ("exchanges.parquet", there),
        ("sketches.parquet", sketches.filter(pa.compute.is_in(sketches["row_key"], value_set=there["row_key"]))),
    ):
        shutil.rmtree(folder / "run" / name)
        (folder / "run" / name).mkdir()
        pq.write_table(rows, folder / "run" / name / "0.parquet")
    member = {one: row["campaign_id"] for row in campaigns.to_pylist() for one in row["account_ids"]}
    sent = exchanges.filter(absent).sort_by("time").select(["account_id", "prompt", "system"]).to_pylist()
    bystanders = {one for row in campaigns.to_pylist() for one in row["bystander_ids"] or ()}
    return folder / "run", [
        {**row, "campaign": member.get(row["account_id"])} for row in sent if row["account_id"] not in bystanders
    ]


def test_an_account_that_joins_a_campaign_is_known_and_an_honest_one_is_not(
    week: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    run, sent = week
    header = snapshot_of_run(run, log=None, out=tmp_path / "snapshot")
    assert header["rules"] == 0
    snapshot = Snapshot(tmp_path / "snapshot")
    seen: dict[str, list[bool]] = {}
    campaign: dict[str, str | None] = {}
    honest = 0
    for row in sent:
        matches = snapshot.matches(fingerprint(row["prompt"], row["system"]))
        own = any(match.campaign_id == row["campaign"] for match in matches)
        seen.setdefault(row["account_id"], []).append(own)
        campaign[row["account_id"]] = row["campaign"]
        honest += bool(matches) and row["campaign"] is None
    joiners = [account for account in seen if campaign[account]]
    others = [account for account in seen if not campaign[account]]
    assert len(joiners) >= 8
    assert len(others) >= 80
    # A campaign's account whose first prompts hold no shared text is seen with the first that does.
    assert sum(seen[account][0] for account in joiners) >= 0.6 * len(joiners)
    assert sum(any(seen[account][:10]) for account in joiners) >= 0.9 * len(joiners)
    assert honest == 0


def test_a_decision_on_a_campaign_covers_its_members_and_whoever_sends_its_texts(
    week: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    run, sent = week
    (row, *_) = pq.read_table(run / "campaigns.parquet").to_pylist()
    templates = [
        one for one in pq.read_table(run / "templates.parquet").to_pylist() if one["campaign_id"] == row["campaign_id"]
    ]
    decision = decided(
        "strip-logprobs",
        accounts=row["account_ids"],
        templates=[one["template_id"] for one in templates],
        subject=("campaign", row["campaign_id"]),
    )
    AuditLog(tmp_path / "log.jsonl").append({"kind": "decision", "decision": decision_to_json(decision)})
    header = snapshot_of_run(run, log=tmp_path / "log.jsonl", out=tmp_path / "snapshot")
    assert (header["rules"], header["accounts"]) == (1, len(row["account_ids"]))
    # An account that several decisions name is one account.
    again = decided("tag", accounts=[*row["account_ids"][:3], "one more"], decision_id="D2")
    log = tmp_path / "longer.jsonl"
    AuditLog(log).append(*[{"kind": "decision", "decision": decision_to_json(one)} for one in (decision, again)])
    header = snapshot_of_run(run, log=log, out=tmp_path / "longer")
    assert (header["rules"], header["accounts"]) == (2, len(row["account_ids"]) + 1)
    snapshot = Snapshot(tmp_path / "snapshot")
    assert [rule.decision_id for rule in snapshot.rules_of(row["account_ids"][0], None)] == ["D1"]
    joined = [one for one in sent if one["campaign"] == row["campaign_id"]]
    covered = [
        bool(snapshot.rules_of_matches(one["account_id"], snapshot.matches(fingerprint(one["prompt"], one["system"]))))
        for one in joined
    ]
    assert sum(covered) > len(covered) / 4
    assert row["account_ids"][0].encode() not in (tmp_path / "snapshot").read_bytes()


def test_what_cannot_be_read_leaves_the_snapshot_before_in_place(
    week: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    run, _ = week
    snapshot_of_run(run, log=None, out=tmp_path / "snapshot")
    before = (tmp_path / "snapshot").read_bytes()
    (tmp_path / "log.jsonl").write_text('{"n": 0}\n')
    for folder, log in ((tmp_path, None), (run, tmp_path / "none"), (run, tmp_path / "log.jsonl")):
        with pytest.raises(StillwatchError):
            snapshot_of_run(folder, log=log, out=tmp_path / "snapshot")
    assert (tmp_path / "snapshot").read_bytes() == before
