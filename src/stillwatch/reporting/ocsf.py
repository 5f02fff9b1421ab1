"""Writes ``findings.ocsf.jsonl``: an OCSF 1.8.0 Detection Finding (class 2004) for each campaign.

One line, one finding. Observations become ``evidences`` and, where they were measured against the
log's background, ``anomaly_analyses``; inferences and honest explanations have no place of their
own in OCSF and go to ``unmapped`` under their own names, so that observed and inferred stay apart.
The schema: https://schema.ocsf.io/1.8.0/classes/detection_finding
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.drawing import wording
from stillwatch.reporting.campaign_rows import counts, order_campaigns
from stillwatch.reporting.run_files import read_info, read_table, replace_file

__all__ = ["write_findings"]

OCSF_VERSION = "1.8.0"

_CLASS_UID, _CATEGORY_UID, _CREATE = 2004, 2, 1
_STATISTICAL = 3  # analytic.type_id
_ACCOUNT_UID = 35  # observable.type_id: Account Object: uid
_SEVERITIES = {"act": (4, "High"), "review": (3, "Medium"), "watch": (2, "Low"), "clear": (1, "Informational")}
_MOST_ACCOUNTS = 500  # a SIEM drops events of a megabyte
_UNMAPPED = ("p_value", "q_value", "verdict", "inferences", "explanations", "targets", "pivots", "failovers")
_FINDINGS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:stillwatch:campaign")
_ATLAS_PART = re.compile(r"(AML\.T\d{4})\.\d{3}")


def write_findings(run: Path) -> Path:
    """Writes ``run/findings.ocsf.jsonl`` and returns its path; an empty file where there is no campaign.

    The same run gives the same bytes, and a campaign with the same members the same ``uid``.

    Raises:
        UnreadableInput: ``campaigns.parquet`` is absent or is not Parquet.
        BadTable: it lacks a column.
        OutputUnwritable: the file cannot be written.
    """
    info = read_info(run)
    findings = [_finding(row, info) for row in order_campaigns(read_table(run, "campaigns"))]
    lines = b"".join(msgspec.json.encode(_known(finding)) + b"\n" for finding in findings)
    return replace_file(run / "findings.ocsf.jsonl", lines)


def _finding(row: Mapping[str, Any], info: Mapping[str, Any]) -> dict[str, Any]:
    severity_id, severity = _SEVERITIES.get(row["verdict"], (0, "Unknown"))
    members = row["account_ids"] or ()
    found = wording.parse_time(info.get("started")) or row["last_seen"] or datetime.fromtimestamp(0, UTC)
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY_UID,
        "category_name": "Findings",
        "class_uid": _CLASS_UID,
        "class_name": "Detection Finding",
        "type_uid": _CLASS_UID * 100 + _CREATE,
        "type_name": "Detection Finding: Create",
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "is_alert": row["verdict"] in ("review", "act"),
        "time": _milliseconds(found),
        "start_time": _milliseconds(row["first_seen"]),
        "end_time": _milliseconds(row["last_seen"]),
        "count": row["exchanges"],
        "message": row["summary"],
        "metadata": _metadata(info, truncated=len(members) > _MOST_ACCOUNTS),
        "finding_info": _finding_info(row, info),
        "evidences": _evidences(row),
        "anomaly_analyses": _anomaly_analyses(row),
        "observables": _observables(row),
        "resources": [{"name": m["name"], "type": "language model"} for m in row["models"] or ()],
        "unmapped": _unmapped(row, info),
    }


def _metadata(info: Mapping[str, Any], *, truncated: bool) -> dict[str, Any]:
    product = {"name": "Stillwatch", "vendor_name": "Stillwatch", "version": info.get("stillwatch")}
    return {"version": OCSF_VERSION, "product": product, "is_truncated": truncated or None}


def _finding_info(row: Mapping[str, Any], info: Mapping[str, Any]) -> dict[str, Any]:
    campaign, members = row["campaign_id"], sorted(row["account_ids"] or ())
    return {
        "uid": str(uuid.uuid5(_FINDINGS, "\n".join((campaign, *members)))),
        "uid_alt": campaign,
        "title": f"Accounts acting together: campaign {campaign}",
        "desc": f"{row['summary'] or ''} This does not say that any model was trained on the exchanges.".strip(),
        "types": ["Adversarial distillation campaign"],
        "analytic": {
            "name": "Campaign significance against the log's own background",
            "type_id": _STATISTICAL,
            "type": "Statistical",
            "version": info.get("stillwatch"),
        },
        "attacks": [_attack(tactic) for tactic in row["tactics"] or ()] or None,
        "first_seen_time": _milliseconds(row["first_seen"]),
        "last_seen_time": _milliseconds(row["last_seen"]),
        "traits": [{"name": family, "category": "evidence family"} for family in row["families"] or ()] or None,
    }


def _attack(tactic: Mapping[str, Any]) -> dict[str, Any]:
    """A MITRE ATLAS entry: a tactic, a technique, or a sub-technique with its technique."""
    identifier, entry = tactic["id"] or "", {"uid": tactic["id"], "name": tactic["name"]}
    if identifier.startswith("AML.TA"):
        return {"tactic": entry}
    part = _ATLAS_PART.fullmatch(identifier)
    if part is None:
        return {"technique": entry}
    return {"technique": {"uid": part.group(1)}, "sub_technique": entry}


def _evidences(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One for each observation, then one for each account, up to the bound."""
    observed = [
        {
            "uid": f"{row['campaign_id']}/{number}",
            "name": observation["family"],
            "data": {
                **{key: value for key, value in observation.items() if key != "family"},
                "counts": counts(observation, row["families"] or ()),
            },
        }
        for number, observation in enumerate(row["observations"] or (), start=1)
    ]
    accounts = (row["account_ids"] or ())[:_MOST_ACCOUNTS]
    return observed + [{"name": "member account", "user": {"account": {"uid": name}}} for name in accounts]


def _observables(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": "evidences[].user.account.uid", "type_id": _ACCOUNT_UID, "type": "Account Object: uid", "value": name}
        for name in (row["account_ids"] or ())[:_MOST_ACCOUNTS]
    ]


def _anomaly_analyses(row: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Observations that were measured against the log's background, and speak for the campaign."""
    analyses = []
    for observation in row["observations"] or ():
        if observation["value"] is None or observation["background"] is None:
            continue
        if not counts(observation, row["families"] or ()):
            continue
        name = observation["statistic"] or observation["family"]
        measured = _measured(name, observation["value"], observation["statement"])
        baseline = _measured(name, observation["background"], "the log's own background")
        target = {"name": row["campaign_id"], "type": "campaign"}
        analyses.append({"analysis_targets": [target], "anomalies": [measured], "baselines": [baseline]})
    return analyses or None


def _measured(name: str, value: float, pattern: str | None) -> dict[str, Any]:
    return {"observation_parameter": name, "observations": [{"value": f"{value:.6g}"}], "observed_pattern": pattern}


def _unmapped(row: Mapping[str, Any], info: Mapping[str, Any]) -> dict[str, Any]:
    """What OCSF has no attribute for; the whole of it stays in the run's own tables."""
    settings = info.get("settings")
    return {
        **{name: row[name] for name in _UNMAPPED},
        "false_discovery_rate": settings.get("fdr") if isinstance(settings, Mapping) else None,
        "accounts": row["accounts"],
        "bystanders": len(row["bystander_ids"] or ()),
    }


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1000)


def _known(value: Any) -> Any:
    """The same without keys whose value is unknown: OCSF omits what it does not know."""
    if isinstance(value, Mapping):
        return {key: _known(item) for key, item in value.items() if item is not None}
    return [_known(item) for item in value] if isinstance(value, list) else value
