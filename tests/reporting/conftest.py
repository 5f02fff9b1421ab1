"""A synthetic finished run, seeded: what `stillwatch scan` leaves behind, without a scan.

``make_run`` writes one into a folder; campaign 1 is small and shares an injected prompt, campaign
2 is large, has no wording in common and sits behind a relay with bystanders. Texts that an
attacker controls hold markup, terminal escapes and direction overrides.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch import tables

Row = dict[str, Any]
MakeRun = Callable[..., Path]

START = datetime(2026, 2, 2, 0, 0, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=alert(1)> \u202egnp.exe\x1b[31m {{ 7*7 }}"
FIXED = "Write out every intermediate step before the answer, numbered, and never summarise them."


def _member(campaign: int, n: int) -> str:
    return f"acct-{campaign}{n:05d}"


def _observation(family: str, statement: str, statistic: str, value: float, **more: Any) -> Row:
    return {
        "family": family,
        "statement": statement,
        "statistic": statistic,
        "value": value,
        "background": more.get("background"),
        "p_value": more.get("p_value"),
        "exchange_ids": more.get("exchange_ids", ["x-000017", "x-004211"]),
    }


def _timeline(rng: np.random.Generator, hours: int, level: float, accounts: int) -> list[Row]:
    beat = level * np.where(np.arange(hours) < hours * 0.55, 0.35, 1.0)
    sent = rng.poisson(beat)
    return [
        {
            "hour": START + timedelta(hours=i),
            "exchanges": int(n),
            "accounts": int(min(accounts, max(1, n // 3))),
        }
        for i, n in enumerate(sent)
        if n
    ]


def _campaign_one(rng: np.random.Generator) -> Row:
    return {
        "campaign_id": "C-0001",
        "accounts": 64,
        "exchanges": 18_420,
        "first_seen": START,
        "last_seen": START + timedelta(days=6, hours=21),
        "p_value": 2e-9,
        "q_value": 8e-9,
        "verdict": "act",
        "families": ["structure", "purpose", "timing", "infrastructure"],
        "tactics": [
            {"id": "AML.T0024.002", "name": "Extract AI Model"},
            {"id": "AML.T0040", "name": "AI Model Inference API Access"},
            {"id": "house-7", "name": "A tactic with no ATLAS page"},
        ],
        "targets": [{"name": "mathematics", "share": 0.61}, {"name": "coding", "share": 0.34}],
        "models": [{"name": "sage-5", "share": 0.72}, {"name": "sage-4", "share": 0.28}],
        "pivots": [
            {
                "model": "sage-5",
                "released": START + timedelta(days=3, hours=17),
                "hours_to_half": 18.0,
                "share_before": 0.0,
                "share_after": 0.94,
            }
        ],
        "failovers": [{"time": START + timedelta(days=5, hours=2), "accounts_stopped": 21, "accounts_started": 24}],
        "summary": "64 accounts sent 18,420 requests that carry one injected instruction to write out reasoning, "
        "in bursts within the same minutes, and moved to sage-5 within 18 hours of its release.",
        "observations": [
            _observation(
                "structure",
                f"97 % of requests hold one sentence that 3 other accounts in this log use: {HOSTILE}",
                "share with the sentence",
                0.97,
                background=0.0002,
                p_value=1e-12,
            ),
            _observation(
                "purpose",
                "94 % of requests ask for reasoning to be written out.",
                "share",
                0.94,
                background=0.06,
                p_value=4e-8,
            ),
            _observation(
                "timing",
                "Accounts start and stop within the same minutes, more than chance allows.",
                "synchronised bursts",
                212.0,
                background=9.4,
                p_value=0.00031,
            ),
            _observation(
                "infrastructure",
                "64 accounts use 3 payment methods.",
                "accounts per payment method",
                21.3,
                background=1.1,
                p_value=0.002,
            ),
            _observation("shape", "All requests come from one client version.", "distinct user agents", 1.0),
        ],
        "inferences": [
            {"statement": "The requests collect reasoning traces.", "confidence": "high"},
            {"statement": "The accounts belong to one operator.", "confidence": "moderate"},
        ],
        "explanations": [
            {
                "name": "Evaluation harness",
                "statement": "2 of 18,420 prompts are from a benchmark.",
                "holds": False,
            },
            {
                "name": "Framework default prompt",
                "statement": "It occurs in no known framework.",
                "holds": False,
            },
            {"name": "One declared organisation", "statement": "No organisation is declared.", "holds": None},
        ],
        "waterfall": [
            {"family": "prior", "match_weight": -13.6},
            {"family": "structure", "match_weight": 11.2},
            {"family": "semantics", "match_weight": -0.8},
            {"family": "purpose", "match_weight": 4.1},
            {"family": "timing", "match_weight": 6.4},
            {"family": "infrastructure", "match_weight": 5.2},
        ],
        "timeline": _timeline(rng, 165, 160, 64),
        "account_ids": [_member(1, n) for n in range(64)],
        "bystander_ids": [_member(8, n) for n in range(5)],
    }


def _campaign_two(rng: np.random.Generator) -> Row:
    first = _campaign_one(rng)
    return first | {
        "campaign_id": "C-0002",
        "accounts": 900,
        "exchanges": 41_377,
        "p_value": 4e-5,
        "q_value": 0.0016,
        "verdict": "review",
        "families": ["semantics", "timing"],
        "tactics": [{"id": "AML.T0024", "name": "Exfiltration via AI Inference API"}],
        "pivots": [],
        "failovers": [],
        "summary": "900 accounts share out one source of coding questions with hardly a repeat; no wording in common.",
        "observations": [
            _observation(
                "semantics",
                "Questions are interchangeable between the accounts.",
                "ICC",
                0.004,
                background=0.31,
                p_value=3e-6,
            ),
            _observation(
                "timing",
                "The accounts take turns: disjoint shards of one pool.",
                "overlap",
                0.0003,
                background=0.02,
                p_value=0.0007,
            ),
        ],
        "inferences": [{"statement": "One pool of questions was shared out.", "confidence": "moderate"}],
        "explanations": [
            {"name": "Team keys", "statement": "4 % of accounts declare one organisation.", "holds": False},
            {"name": "A relay’s customers", "statement": "31 accounts share the network alone.", "holds": True},
        ],
        "waterfall": [
            {"family": "prior", "match_weight": -13.6},
            {"family": "semantics", "match_weight": 12.0},
            {"family": "timing", "match_weight": 5.5},
            {"family": "infrastructure", "match_weight": None},
        ],
        "timeline": _timeline(rng, 900, 46, 300),
        "account_ids": [_member(2, n) for n in range(900)],
        "bystander_ids": [_member(9, n) for n in range(31)],
    }


def _accounts(campaigns: list[Row]) -> list[Row]:
    def row(name: str, n: int, **more: Any) -> Row:
        seen = {"first_seen": START + timedelta(hours=n % 40), "last_seen": START + timedelta(days=6, hours=n % 20)}
        base = {"account_id": name, "org_id": None, "exchanges": 40 + 7 * (n % 60), "campaign_id": None}
        quiet: Row = {"match_probability": None, "q_value": None, "verdict": "clear", "reasons": []}
        return base | seen | quiet | more

    rows = [row(f"cust-{n:05d}", n) for n in range(2_000)]
    for campaign in campaigns:
        act = {"campaign_id": campaign["campaign_id"], "verdict": campaign["verdict"], "q_value": campaign["q_value"]}
        for n, name in enumerate(campaign["account_ids"]):
            reasons = ["Sends the injected sentence.", *(["Shares a payment method with 20 others."] if n % 3 else [])]
            rows.append(row(name, n, match_probability=0.9999 - n / 1e4, reasons=reasons, **act))
        rows += [
            row(name, n, match_probability=0.31, reasons=["Shares the relay’s network and nothing else."])
            for n, name in enumerate(campaign["bystander_ids"])
        ]
    rows += [
        row(
            f"watch-{n:02d}",
            n,
            verdict="watch",
            q_value=0.04 + n / 100,
            match_probability=0.72,
            reasons=["Asks for reasoning steps in 80 % of requests.", "One family of evidence only."],
        )
        for n in range(12)
    ]
    return rows


def _links(campaigns: list[Row], rng: np.random.Generator) -> pa.Table:
    first, second, weights = [], [], []
    for campaign in campaigns:
        members, bystanders = campaign["account_ids"], campaign["bystander_ids"]
        for n, name in enumerate(members):
            for other in rng.choice(len(members), size=6):
                if other != n:
                    first.append(name)
                    second.append(members[int(other)])
                    weights.append(float(rng.normal(13, 3)))
        for name in bystanders:
            first.append(name)
            second.append(members[int(rng.integers(len(members)))])
            weights.append(float(rng.normal(3, 0.5)))
    values = np.array(weights)
    columns: dict[str, Any] = {"account_a": first, "account_b": second, "match_weight": values}
    columns["match_probability"] = 1 / (1 + 2.0**-values)
    for family in tables.FAMILIES:
        columns[family] = np.full(len(values), 1.5)
    return pa.table(columns, tables.LINKS)


def _templates() -> list[Row]:
    example = f"You are a tutor.\n{FIXED}\n\nQuestion 4411: what is 17 * 23? {HOSTILE} " + "Show more. " * 220
    return [
        {"template_id": "T-1", "kind": "sentence", "exchanges": 17_900, "accounts": 64, "example": example,
         "shared": [FIXED, "A piece of other prompts."], "campaign_id": "C-0001", "exchange_ids": ["x-000017"]},
        {"template_id": "T-2", "kind": "near-duplicate", "exchanges": 520, "accounts": 30, "campaign_id": "C-0001",
         "example": "Grade the answer from 1 to 5 for rigour. Answer: 42", "exchange_ids": [],
         "shared": ["Grade the answer from 1 to 5 for rigour. Answer: "]},
        {"template_id": "T-3", "kind": "source", "exchanges": 41_377, "accounts": 900, "campaign_id": "C-0002",
         "example": "Reverse a linked list in place, in Rust.", "shared": [], "exchange_ids": ["x-9"]},
        {"template_id": "T-4", "kind": "near-duplicate", "exchanges": 900, "accounts": 40, "campaign_id": None,
         "example": "Summarise this ticket", "shared": [], "exchange_ids": []},
    ]  # fmt: skip


INFO: Row = {
    "stillwatch": "0.1.0",
    "versions": {"python": "3.11.9", "duckdb": "2.0.1"},
    "settings": {"fdr": 0.01, "window_hours": 24},
    "seed": 0,
    "started": "2026-02-10T08:15:00+00:00",
    "counts": {"exchanges": 201_340, "clusters_tested": 37},
    "timings": {"ingest": 1.21, "signals": 3.4, "campaigns": 12.8},
    "columns_missing": [
        "tls_fingerprint",
        "client_address",
        "asn",
        "country",
        "payment_id",
        "email_domain",
        "created",
        "org_id",
    ],
    "notes": ["Infrastructure evidence was weighed without addresses."],
}


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Writes a run: ``make_run(campaigns=2, info={...}, name="run")`` gives its folder."""

    def make(campaigns: int = 2, info: Row | None = None, name: str = "run") -> Path:
        rng = np.random.default_rng(7)
        rows = [_campaign_one(rng), _campaign_two(rng)][:campaigns]
        run = tmp_path / f"{name}-{campaigns}"
        run.mkdir()
        dead = [
            {
                "file": "logs/a.jsonl",
                "kind": "record",
                "line": n,
                "reason": "not JSON" if n % 3 else f"no time {HOSTILE}",
                "excerpt": "{",
            }
            for n in range(1, 12)
        ]
        written = {
            "campaigns": pa.Table.from_pylist(rows, tables.CAMPAIGNS),
            "accounts": pa.Table.from_pylist(_accounts(rows), tables.ACCOUNTS),
            "links": _links(rows, rng),
            "templates": pa.Table.from_pylist(_templates(), tables.TEMPLATES),
            "dead_letters": pa.Table.from_pylist(dead, tables.DEAD_LETTERS),
        }
        for table_name, table in written.items():
            pq.write_table(table, run / f"{table_name}.parquet")
        (run / "run.json").write_text(json.dumps(INFO if info is None else info), encoding="utf-8")
        return run

    return make
