"""What the gateway says it did: only those are treated about whom something is done."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch.cli.app import app
from stillwatch.gateway.tally import Tally


def tally_of(*requests: tuple[str, list[str], list[str]]) -> Tally:
    tally = Tally()
    for account, actions, decisions in requests:
        tally.add(account, actions, decisions, None)
    return tally


def test_who_is_only_observed_is_not_treated() -> None:
    tally = tally_of(
        ("seen", ["observe"], ["D1"]),
        ("seen", ["observe"], ["D1"]),
        ("slow", ["observe", "rate-limit"], ["D1", "D2"]),
        ("tagged", ["tag"], ["D3"]),
        ("other", [], []),
    )
    assert tally.text(shadow=True).splitlines() == [
        "enforce would have treated 2 requests of 2 accounts, of 5 requests",
        "only observed: 2 requests of 1 account",
        "by action:",
        "  observe: 3 requests of 2 accounts",
        "  rate-limit: 1 request of 1 account",
        "  tag: 1 request of 1 account",
        "by account:",
        "  slow: 1 request",
        "  tagged: 1 request",
        "by decision:",
        "  D1: 3 requests of 2 accounts",
        "  D2: 1 request of 1 account",
        "  D3: 1 request of 1 account",
    ]


def test_a_decision_of_which_nothing_is_left_treats_nobody() -> None:
    """As of an account that has shown who it is, where that was all that was asked."""
    tally = tally_of(("shown", [], ["D1+verified"]))
    assert tally.text(shadow=False).startswith("treated were 0 requests of 0 accounts, of 1 request\n")
    assert not tally.accounts


def test_nothing_is_said_of_observing_where_nobody_is() -> None:
    assert "observed" not in tally_of(("slow", ["rate-limit"], ["D2"])).text(shadow=True)


def test_the_command_counts_as_the_gateway_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def line(account: str, *actions: str) -> str:
        return json.dumps({"account_id": account, "gateway": {"actions": actions, "decisions": ["D1"]}})

    (tmp_path / "exchanges-1.jsonl").write_text(f"{line('seen', 'observe')}\n{line('slow', 'block')}\n")
    app(["gateway", "effects", str(tmp_path), "--json"], result_action="return_value")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["requests"], found["treated"], found["observed"]) == (2, 1, 1)
    assert [one["name"] for one in found["counts"] if one["by"] == "account"] == ["slow"]
