"""A small finished run: one campaign, its bystanders, licensed accounts and strangers."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import tables
from stillwatch.policy import Policy, Registry, read_registry

Changed = Callable[[str, str], Policy]

START = datetime(2026, 9, 7, tzinfo=UTC)
NOW = datetime(2026, 9, 15, tzinfo=UTC)
MEMBERS = [f"m{i}" for i in range(8)]
BYSTANDERS = ["b0", "b1"]
HOLDERS = ["h0", "h1"]
CLEAR = [f"c{i}" for i in range(20)]
OBSERVATIONS = [
    {
        "family": family,
        "statement": f"{family} was seen",
        "statistic": "s",
        "value": 0.5,
        "background": 0.1,
        "p_value": 1e-6,
        "exchange_ids": ["m0-0", "m1-0"],
    }
    for family in ("structure", "timing")
]


def campaign(**more: Any) -> dict[str, Any]:
    return {
        "campaign_id": "C001",
        "accounts": len(MEMBERS),
        "exchanges": 12_000,
        "first_seen": START,
        "last_seen": START + timedelta(days=6),
        "p_value": 1e-9,
        "q_value": 1e-8,
        "verdict": "review",
        "families": ["structure", "purpose", "timing"],
        "tactics": [{"id": "AML.T0040", "name": "n"}],
        "targets": [{"name": "coding", "share": 0.9}],
        "models": [{"name": "apex-3", "share": 1.0}],
        "pivots": [],
        "failovers": [],
        "worth": None,
        "summary": "s",
        "observations": OBSERVATIONS,
        "inferences": [{"statement": "The answers are collected as training data.", "confidence": "moderate"}],
        "explanations": [{"name": "licensed distillation", "statement": "0 % have one", "holds": False}],
        "waterfall": [],
        "timeline": [],
        "account_ids": MEMBERS,
        "bystander_ids": BYSTANDERS,
        **more,
    }


def write_run(
    folder: Path,
    campaigns: list[dict[str, Any]] | None = None,
    account_file: Mapping[str, Mapping[str, Any]] | None = None,
    missing: tuple[str, ...] = (),
) -> Path:
    """A run's folder. ``account_file`` is by account; every account makes three exchanges, on three days."""
    folder.mkdir(parents=True)
    campaigns = [campaign()] if campaigns is None else campaigns
    by_member = {name: row for row in campaigns for name in row["account_ids"]}
    watched = {name for row in campaigns for name in row["bystander_ids"]} | {"c0"}
    names = sorted([*MEMBERS, *BYSTANDERS, *HOLDERS, *CLEAR])
    accounts = [
        {
            "account_id": name,
            "org_id": "org-h" if name in HOLDERS else None,
            "exchanges": 3,
            "first_seen": START,
            "last_seen": START + timedelta(days=2),
            "campaign_id": by_member[name]["campaign_id"] if name in by_member else None,
            "match_probability": 0.99 if name in by_member else None,
            "q_value": by_member[name]["q_value"] if name in by_member else None,
            "verdict": "review" if name in by_member else "watch" if name in watched else "clear",
            "reasons": [f"a reason about {name}"] if name in by_member or name in watched else [],
        }
        for name in names
    ]
    exchanges = [
        {
            "exchange_id": f"{name}-{day}",
            "time": START + timedelta(days=day),
            "account_id": name,
            "model": "apex-3" if day else "apex-2",
            "prompt": "p",
            "source_file": "f",
            "source_line": 1,
        }
        for name in names
        for day in range(3)
    ]
    template = {"kind": "sentence", "exchanges": 24, "example": "e", "shared": ["e"], "exchange_ids": ["m2-0"]}
    templates = [
        {**template, "template_id": "T1", "accounts": 8, "campaign_id": "C001"},
        {**template, "template_id": "T2", "accounts": 30, "campaign_id": "C001"},
        {**template, "template_id": "T3", "accounts": 8, "campaign_id": "C001", "kind": "source"},
        {**template, "template_id": "T4", "accounts": 9, "campaign_id": None},
    ]
    file = [{"account_id": name, **row} for name, row in (account_file or {}).items()]
    (folder / "exchanges.parquet").mkdir()
    for name, rows, schema in (
        ("accounts", accounts, tables.ACCOUNTS),
        ("campaigns", campaigns, tables.CAMPAIGNS),
        ("templates", templates if campaigns else [], tables.TEMPLATES),
        ("account_file", file, tables.ACCOUNT_FILE),
        ("exchanges.parquet/0000", exchanges, tables.EXCHANGES),
    ):
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"{name}.parquet")
    info = {"counts": {"exchanges": len(exchanges)}, "settings": {"fdr": 0.01}, "columns_missing": list(missing)}
    (folder / "run.json").write_text(json.dumps(info))
    return folder


def registry(folder: Path, text: str = "licences: []") -> Registry:
    folder.mkdir(exist_ok=True)
    path = folder / "licences.yaml"
    path.write_text(text)
    return read_registry(path)
