"""Findings against the published OCSF 1.8.0 schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from stillwatch.reporting import write_findings

MakeRun = Callable[..., Path]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.8.0")).get_class_schema("detection_finding")
    return jsonschema.Draft202012Validator(schema)


def findings(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in write_findings(run).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("info", [None, {}])
def test_findings_are_valid(
    make_run: MakeRun, validator: jsonschema.Draft202012Validator, info: dict[str, Any] | None
) -> None:
    found = findings(make_run(info=info))
    assert len(found) == 2
    for finding in found:
        assert [error.message for error in validator.iter_errors(finding)] == []


def test_the_validator_is_awake(make_run: MakeRun, validator: jsonschema.Draft202012Validator) -> None:
    finding = findings(make_run())[0]
    assert list(validator.iter_errors(finding | {"made_up": 1}))
    assert list(validator.iter_errors({key: value for key, value in finding.items() if key != "metadata"}))


def test_a_finding_carries_the_case(make_run: MakeRun) -> None:
    act, review = findings(make_run())
    assert (act["class_uid"], act["type_uid"], act["metadata"]["version"]) == (2004, 200401, "1.8.0")
    assert (act["severity"], review["severity"]) == ("High", "Medium")
    assert act["finding_info"]["attacks"][0] == {
        "technique": {"uid": "AML.T0024"},
        "sub_technique": {"uid": "AML.T0024.002", "name": "Extract AI Model"},
    }
    assert act["evidences"][0]["data"]["exchange_ids"] == ["x-000017", "x-004211"]
    assert act["anomaly_analyses"][0]["baselines"][0]["observations"] == [{"value": "0.0002"}]
    assert len(act["anomaly_analyses"]) == 4  # the fifth observation has no background
    assert act["unmapped"]["false_discovery_rate"] == 0.01
    assert "does not say that any model was trained" in act["finding_info"]["desc"]
    accounts = {o["value"] for o in act["observables"]}
    assert len(accounts) == 64
    assert {e["user"]["account"]["uid"] for e in act["evidences"] if "user" in e} == accounts


def test_bystanders_are_never_named(make_run: MakeRun) -> None:
    text = write_findings(make_run()).read_text(encoding="utf-8")
    assert "acct-8" not in text
    assert "acct-9" not in text


def test_a_large_campaign_is_cut_and_says_so(make_run: MakeRun) -> None:
    act, review = findings(make_run())
    assert len(review["observables"]) == 500
    assert review["metadata"]["is_truncated"] is True
    assert review["unmapped"]["accounts"] == 900
    assert "is_truncated" not in act["metadata"]


def test_the_same_run_gives_the_same_findings(make_run: MakeRun) -> None:
    first, second = make_run(name="a"), make_run(name="b")
    assert write_findings(first).read_bytes() == write_findings(second).read_bytes()


def test_no_campaign_no_finding(make_run: MakeRun) -> None:
    assert findings(make_run(campaigns=0)) == []


def test_what_counts_for_nothing_is_no_anomaly(make_run: MakeRun) -> None:
    run = make_run()
    table = pq.read_table(run / "campaigns.parquet")
    rows = table.to_pylist()
    rows[0]["observations"][0]["p_value"] = 1.0
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), run / "campaigns.parquet")
    finding = next(one for one in findings(run) if one["finding_info"]["uid_alt"] == rows[0]["campaign_id"])
    assert [one["data"]["counts"] for one in finding["evidences"] if "data" in one].count(False) >= 1
    assert finding["evidences"][0]["data"]["counts"] is False
    assert len(finding["anomaly_analyses"]) == 3
