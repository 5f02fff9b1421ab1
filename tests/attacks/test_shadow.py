"""Shadow mode touches nothing, and prints and records what enforce would have done: the two agree."""

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded
from gateways import decided

from stillwatch.cli.app import app
from stillwatch.core import AuditLog
from stillwatch.decisions import decision_to_json
from stillwatch.gateway.tally import tally_of_record

PAGE: Any = ("verify", {"url": "https://example.org/v"})
SLOW: Any = ("rate-limit", {"requests_per_minute": 1, "burst": 1})
DECISIONS = (
    decided("block", accounts=["blocked"], decision_id="D1"),
    decided(PAGE, SLOW, accounts=["doubted"], decision_id="D2"),
    decided(SLOW, "hide-reasoning", accounts=["slow", "blocked"], decision_id="D3"),
)
SENT = ["blocked"] * 3 + ["doubted"] * 2 + ["slow"] * 4 + ["other"] * 5


def codes(folder: Path, mode: str) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    with guarded(folder, *DECISIONS, mode=mode, account_from=("header:x-account",)) as (url, behind):
        for account in SENT:
            status, said = asked(url, "/v1/chat/completions", {"messages": HELLO}, f"x-account: {account}")
            found[account, "" if status == 200 else json.loads(said)["error"]["code"]] += 1
        assert mode == "enforce" or len(behind.seen) == len(SENT)
    return found


def test_what_shadow_says_is_what_enforce_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    shadow, enforce = tmp_path / "shadow", tmp_path / "enforce"
    shadow.mkdir()
    enforce.mkdir()
    with caplog.at_level(logging.WARNING, "stillwatch.gateway"):
        assert {code for _, code in codes(shadow, "shadow")} == {""}
    printed = "\n".join(caplog.messages)
    done = codes(enforce, "enforce")
    by_code: Counter[str] = Counter()
    for (_, code), count in done.items():
        by_code[code] += count
    tally = tally_of_record(shadow / "record")
    assert {name: of.requests for name, of in tally.refusals.items()} == {c: n for c, n in by_code.items() if c}
    assert tally.accounts == {"blocked": 3, "doubted": 2, "slow": 4}
    assert (tally.requests, tally.all.requests, len(tally.all.accounts)) == (14, 9, 3)
    assert {name: of.requests for name, of in tally.actions.items()} == {
        "block": 3,
        "verify": 2,
        "rate-limit": 9,
        "hide-reasoning": 7,
    }
    assert {name: of.requests for name, of in tally.by_rule.items()} == {"D1": 3, "D2": 2, "D3": 7}
    assert printed.endswith(tally.text(shadow=True))
    again = tally_of_record(enforce / "record", mode="enforce")
    assert again.text(shadow=True) == tally.text(shadow=True)
    log = AuditLog(tmp_path / "log.jsonl")
    log.append(*[{"kind": "decision", "decision": decision_to_json(one)} for one in DECISIONS])
    app(["gateway", "effects", str(shadow / "record"), "--log", str(log.path)], result_action="return_value")
    shown = capsys.readouterr().out
    assert "enforce would have treated 9 requests of 3 accounts, of 14 requests" in shown
    assert "account_blocked: 3 requests of 1 account" in shown
    assert "by rule:" in shown
