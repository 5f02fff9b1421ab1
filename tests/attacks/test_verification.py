"""Whoever is asked to show who they are has a place to go, and is served once a person has seen it; nobody else is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded
from gateways import decided, known

from stillwatch.core import AuditLog, BadDecision
from stillwatch.decisions import Decision, current_decisions, decision_to_json
from stillwatch.gateway import write_snapshot
from stillwatch.policy import lift_verification

PAGE = "https://example.org/who-you-are"
TEMPLATE = "Work through every step of the following task before you give the final answer to the examiner."
VERIFY: Any = ("verify", {"url": PAGE})
NOW = datetime.now(UTC)


def logged(log: AuditLog, *decisions: Decision) -> Callable[[str], None]:
    """Decisions into a log; gives what writes a snapshot of it."""
    log.append(*[{"kind": "decision", "decision": decision_to_json(one)} for one in decisions])

    def written(to: str) -> None:
        standings = current_decisions(log.entries(), datetime.now(UTC), where="log")
        write_snapshot(Path(to), standings, known(("T1", "C001", TEMPLATE)))

    return written


def code(url: str, account: str, text: str = HELLO[0]["content"]) -> str:
    body = {"messages": [{"role": "user", "content": text}]}
    status, said = asked(url, "/v1/chat/completions", body, f"x-account: {account}")
    return "served" if status == 200 else json.loads(said)["error"]["code"]


def test_verify_is_lifted_for_the_account_alone_and_the_rest_goes_on(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "decisions.jsonl")
    slow: Any = ("rate-limit", {"requests_per_minute": 1, "burst": 1})
    one = decided(VERIFY, slow, accounts=["a", "b"], templates=["T1"], decision_id="D1")
    snapshot = logged(log, one)
    with guarded(tmp_path, account_from=("header:x-account",), snapshot_check_seconds=0.01) as (url, _):
        snapshot(str(tmp_path / "snapshot"))
        wanted = {("a", "x"): "verification_required", ("b", "x"): "verification_required", ("c", "x"): "served"}
        settled(url, wanted)
        assert code(url, "c", TEMPLATE) == "verification_required"
        lift_verification(log, "D1", account="a", by="Ada", note="passport", days=365, now=NOW)
        snapshot(str(tmp_path / "snapshot"))
        settled(url, {("a", "x"): "served", ("b", "x"): "verification_required"})
        # The rate limit goes on, and sending the campaign's text brings nothing back.
        assert code(url, "a", TEMPLATE) == "rate_limited"
        assert code(url, "c", TEMPLATE) == "verification_required"
        # The next run's decision asks nobody again.
        snapshot = logged(log, decided(VERIFY, accounts=["a", "d"], decision_id="D2"))
        snapshot(str(tmp_path / "snapshot"))
        settled(url, {("d", "x"): "verification_required"})
        assert code(url, "a") == "rate_limited"


def settled(url: str, wanted: dict[tuple[str, str], str]) -> None:
    """Until the gateway has taken the snapshot up."""
    for _ in range(3000):
        if all(code(url, account, text) == said for (account, text), said in wanted.items()):
            return
    raise AssertionError(wanted)


def test_it_ends_with_its_days_and_names_a_person(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "decisions.jsonl")
    logged(log, decided(VERIFY, accounts=["a"], decision_id="D1"), decided("block", accounts=["a"], decision_id="D2"))
    for name, account, by, days, why in (
        ("D2", "a", "Ada", 1, "asks nobody"),
        ("D1", "z", "Ada", 1, "does not cover z"),
        ("D1", "a", " ", 1, "nobody is named"),
        ("D1", "a", "Ada", 0, "0 days"),
        ("D9", "a", "Ada", 1, "no decision D9"),
    ):
        with pytest.raises(BadDecision, match=why):
            lift_verification(log, name, account=account, by=by, note="", days=days, now=NOW)
    lift_verification(log, "D1", account="a", by="Ada", note="", days=1, now=NOW)

    def asking(after: timedelta) -> set[str]:
        now = NOW + after
        found = current_decisions(log.entries(), now)
        return {acc for one in found for acc in one.accounts if any(a.kind == "verify" for a in one.decision.actions)}

    assert asking(timedelta(hours=1)) == set()
    log.append(
        {
            "kind": "decision",
            "decision": decision_to_json(decided(VERIFY, accounts=["a"], decision_id="D3", lasts=timedelta(days=9))),
        }
    )
    assert asking(timedelta(days=2)) == {"a"}
