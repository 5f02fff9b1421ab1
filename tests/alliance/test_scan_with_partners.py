"""From one member's run over a real hub into another member's scan, and out of it again."""

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stillwatch import scan
from stillwatch.alliance.member import Membership, appeal, publish, pull, retract
from stillwatch.core import BadSetting, CampaignFacts, Indicator, UnreadableInput
from stillwatch.scanning.run import Run
from stillwatch.services.facts import campaign_facts

Members = dict[str, Membership]
_START = datetime(2026, 9, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def facts_found(acme_run: Run) -> CampaignFacts:
    return campaign_facts(acme_run.path, "C001")


@pytest.fixture
def scan_bolt(tmp_path: Path, facts_found: CampaignFacts) -> Callable[..., Run]:
    """Scans bolt's log: thirty customers, three of whom come from where acme's campaign came from."""
    network = next(one.value for one in facts_found.indicators if one.kind == "network").rsplit(".", 1)[0]
    lines = []
    for account in range(30):
        address = f"{network}.{account}" if account < 3 else f"192.0.{account}.9"
        for number in range(4):
            lines.append(
                {
                    "time": (_START + timedelta(hours=number, minutes=account)).isoformat(),
                    "account_id": f"customer-{account}",
                    "prompt": f"Question {number} of customer {account} about {_TOPICS[(account + number) % 7]}?",
                    "client_address": address,
                }
            )
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def run(name: str, indicators: Path | None) -> Run:
        return scan(log, out=tmp_path / name, indicators=indicators, workers=1)

    return run


_TOPICS = ("rivers", "sonnets", "tax law", "bread", "chess openings", "tyre pressure", "the moons of Jupiter")


def told(run: Run) -> dict[str, tuple[str, str]]:
    table = run.table("accounts")
    rows = zip(*(table[name].to_pylist() for name in ("account_id", "verdict", "reasons")), strict=True)
    return {account: (verdict, " ".join(reasons)) for account, verdict, reasons in rows}


def test_facts_are_counts_and_values_that_only_the_campaign_has(acme_run: Run, facts_found: CampaignFacts) -> None:
    row = next(row for row in acme_run.table("campaigns").to_pylist() if row["campaign_id"] == "C001")
    assert (facts_found.accounts, facts_found.exchanges) == (row["accounts"], row["exchanges"])
    assert {one.kind for one in facts_found.indicators} >= {"network", "sentence"}
    for one in facts_found.indicators:
        assert one.accounts >= 3
        assert one.accounts >= 0.8 * (one.accounts + one.others)
    few = campaign_facts(acme_run.path, "C001", kinds=["network"], least=4)
    assert {(one.kind, one.accounts >= 4) for one in few.indicators} == {("network", True)}
    for wrong in ({"least": 1}, {"kinds": ["price"]}):
        with pytest.raises(BadSetting):
            campaign_facts(acme_run.path, "C001", **wrong)
    with pytest.raises(BadSetting, match="C001"):
        campaign_facts(acme_run.path, "C999")
    with pytest.raises(UnreadableInput):
        campaign_facts(acme_run.path / "nothing", "C001")


def test_nothing_of_the_log_leaves_but_the_indicators(
    acme_run: Run, facts_found: CampaignFacts, members: Members
) -> None:
    made, _ = publish(members["acme"], facts_found)
    text = json.dumps(made.objects)
    exchanges = pa.concat_tables([acme_run.table("exchanges")])
    shared = {one.value for one in facts_found.indicators}
    columns = ("account_id", "exchange_id", "prompt", "response", "client_address", "user_agent", "model", "system")
    known = {value for name in columns for value in exchanges[name].unique().to_pylist() if value and len(value) > 3}
    accounts = pa.table(Run.table(acme_run, "account_file"))
    known |= {
        value for name in ("payment_id", "email_domain") for value in accounts[name].unique().to_pylist() if value
    }
    assert len(known) > 10_000
    assert [value for value in known - shared if json.dumps(value)[1:-1] in text] == []


def test_a_partners_word_is_a_clue_that_watches_and_goes_when_it_is_taken_back(
    facts_found: CampaignFacts, members: Members, scan_bolt: Callable[..., Run]
) -> None:
    bolt = members["bolt"]
    assert {verdict for verdict, _ in told(scan_bolt("before", None)).values()} == {"clear"}
    made, _ = publish(members["acme"], facts_found)
    assert made.campaign
    pull(bolt)
    with_word = scan_bolt("with", bolt.state)
    seen = told(with_word)
    watched = {account for account, (verdict, _) in seen.items() if verdict == "watch"}
    assert watched == {"customer-0", "customer-1", "customer-2"}
    assert {verdict for verdict, _ in seen.values()} == {"watch", "clear"}
    assert with_word.campaigns == 0
    assert "Partner acme saw" in seen["customer-0"][1]
    assert "not proof" in seen["customer-0"][1]
    rows = with_word.table("partners").to_pylist()
    assert {(row["account_id"], row["kind"], row["partner_campaign"]) for row in rows} == {
        (account, "network", made.campaign) for account in watched
    }
    page = with_word.report.read_text()
    assert "What partners said" in page
    assert made.campaign in page
    appeal(members["cora"], _pulled_campaign(members["cora"]))
    pull(bolt)
    appealed = told(scan_bolt("appealed", bolt.state))["customer-0"]
    assert appealed[0] == "watch"
    assert "Somebody appealed" in appealed[1]
    retract(members["acme"], made.campaign)
    pull(bolt)
    after = scan_bolt("after", bolt.state)
    assert {verdict for verdict, _ in told(after).values()} == {"clear"}
    assert not any(reasons for _, reasons in told(after).values())
    assert after.table("partners").num_rows == 0


def _pulled_campaign(member: Membership) -> str:
    pull(member)
    (campaign,) = member.store.pulled("campaign")
    return str(campaign["id"])


def test_an_indicator_that_everybody_has_says_nothing(
    facts: CampaignFacts, members: Members, scan_bolt: Callable[..., Run]
) -> None:
    """A lying member names the network of all of bolt's customers."""
    lie = dataclasses.replace(facts, indicators=(Indicator("network", "192.0.0.0/16", 45, 0),))
    publish(members["acme"], lie)
    pull(members["bolt"])
    run = scan_bolt("lied", members["bolt"].state)
    assert {verdict for verdict, _ in told(run).values()} == {"clear"}
    assert json.loads((run.path / "run.json").read_text())["partners"] == {
        "indicators": 1,
        "too_broad": 1,
        "matches": 0,
    }
    assert "said nothing" in run.report.read_text()


def test_an_indicator_counts_up_to_its_end(
    facts: CampaignFacts, facts_found: CampaignFacts, members: Members, scan_bolt: Callable[..., Run]
) -> None:
    old = dataclasses.replace(
        facts_found, first_seen=_START - timedelta(days=200), last_seen=_START - timedelta(days=100)
    )
    publish(members["acme"], old, valid_days=90)
    pull(members["bolt"])
    assert {verdict for verdict, _ in told(scan_bolt("late", members["bolt"].state)).values()} == {"clear"}


def test_a_file_that_is_no_members_file_is_said_before_the_log_is_read(
    scan_bolt: Callable[..., Run], tmp_path: Path
) -> None:
    for name, content in (("none.db", None), ("text.db", b"hello" * 300), ("empty.db", b"")):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UnreadableInput):
            scan_bolt(f"bad-{name}", path)


def test_a_scan_without_partners_has_no_such_table(scan_bolt: Callable[..., Run]) -> None:
    run = scan_bolt("plain", None)
    assert not (run.path / "partners.parquet").exists()
    assert "What partners said" not in run.report.read_text()
    info: dict[str, Any] = json.loads((run.path / "run.json").read_text())
    assert "partners" not in info
