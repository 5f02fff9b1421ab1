"""The alliance's page: what was shared, what came in, what would leave; partners' names and values do no harm."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import stix2
from console_world import ACCOUNT, HOSTILE, Open, Visitor, make_places, open_console
from smallrun import MEMBERS

from stillwatch.alliance.stix import Author, bundle, campaign_objects, identity_id, stable_id
from stillwatch.alliance.store import Store
from stillwatch.console import Places
from stillwatch.core import CampaignFacts, Indicator

HUB = "http://127.0.0.1:9"
"""Nobody listens there: whoever asked it would fail."""


def told(name: str, *indicators: Indicator) -> list[dict[str, object]]:
    """A member's campaign as it leaves."""
    first, last = datetime(2026, 9, 7, tzinfo=UTC), datetime(2099, 9, 13, tzinfo=UTC)
    tactics, targets = (("AML.T0040", "API access"),), ("coding",)
    facts = CampaignFacts(
        "C001", 8, 900, first, last, 1e-9, {"timing": 2}, tactics, targets, "high", tuple(MEMBERS), indicators
    )
    made = campaign_objects(facts, Author(name, b"key", "green"), stable_id("campaign", name, "one"))
    moment = "2026-11-24T12:00:00.000Z"
    return [{**one, "created": moment, "modified": moment} for one in bundle(made)["objects"]]


@pytest.fixture
def member(tmp_path: Path) -> Path:
    """A member's file with one campaign shared and one that came from a partner with a hostile name."""
    store = Store(tmp_path / "member.db")
    store.remember({"name": "acme", "hub": HUB, "token_file": str(tmp_path / "none")})
    store.approve(HUB, "green", told("acme", Indicator("agent", "ours/1.0", 5, 0)))
    hostile = told(HOSTILE, Indicator("agent", f"theirs {HOSTILE}", 5, 0))
    assert any(one["id"] == identity_id(HOSTILE) for one in hostile)
    store.keep(HUB, "green", hostile, "2026-11-24T12:00:00Z", [("indicator--x", f"no pattern {HOSTILE}")])
    return store.path


def keep_more(run: Path) -> None:
    """What a scan keeps of each account and each exchange beside what the console shows."""
    names = [ACCOUNT if name == "m7" else name for name in MEMBERS]
    profiles = pa.table({"account": range(8), "account_id": names, "email_domain": ["pool.example"] * 8})
    pq.write_table(profiles, run / "profiles.parquet")
    (run / "sketches.parquet").mkdir()
    sketches = pa.table({"account": range(8), "network": ["198.51.100.0/24"] * 8, "sentences": [[n] for n in range(8)]})
    pq.write_table(sketches, run / "sketches.parquet" / "0.parquet")


@pytest.fixture
def allied(tmp_path: Path, member: Path) -> Iterator[Open]:
    places = make_places(tmp_path, alliance=member)
    keep_more(places.runs)
    with open_console(places) as opened:
        yield opened


def analyst(opened: Open) -> Visitor:
    return opened.visitor("ana", "analyst")


def test_what_was_shared_and_what_came_in(allied: Open) -> None:
    ana = analyst(allied)
    page = ana.get("/alliance").text
    assert "acme at http://127.0.0.1:9" in page
    assert "TLP:GREEN" in page
    assert "wait to be sent" in page
    assert "1 object could not be read" in page
    assert "scanned without partners" in page
    assert HOSTILE not in page
    (row,) = ana.get("/alliance?as=json&kind=agent").json()
    assert row["value"].startswith("theirs <script>")
    assert row["tlp"] == "green"
    assert ana.get("/alliance?kind=address").text.count("No indicator with this filter") == 1
    assert 'href="/alliance"' in ana.get("/queue").text


def test_what_a_campaign_would_tell_partners_holds_no_account_and_no_prompt(allied: Open) -> None:
    ana = analyst(allied)
    assert "What it would tell partners" in ana.get("/runs/week/campaigns/C001").text
    before = len(Store(allied.console.places.alliance or Path()).waiting(HUB, 1000))
    answer = ana.get("/runs/week/campaigns/C001/leaves?tlp=green")
    assert answer.status_code == 200
    assert "Nothing was sent" in answer.text
    assert "--campaign C001 --tlp green" in answer.text
    objects = answer.text.split("Object for object")[1]
    assert "zebra" not in objects
    assert not any(f"&#34;{name}&#34;" in objects for name in [*MEMBERS, ACCOUNT])
    assert "user-account" in objects
    assert "pool.example" in objects
    assert len(Store(allied.console.places.alliance or Path()).waiting(HUB, 1000)) == before
    kept = ana.get("/runs/week/campaigns/C001/leaves?tlp=green&as=stix")
    assert kept.headers["content-disposition"] == 'attachment; filename="week-C001.stix.json"'
    assert kept.json()["type"] == "bundle"
    assert {"campaign", "indicator", "report"} <= {one["type"] for one in kept.json()["objects"]}
    assert ana.get("/runs/week/campaigns/C001/leaves?tlp=red").status_code == 422
    assert ana.get("/runs/week/campaigns/none/leaves").status_code == 404
    (allied.console.places.runs / "profiles.parquet").unlink()
    lacking = ana.get("/runs/week/campaigns/C001/leaves")
    assert lacking.status_code == 422
    assert "lacks a file" in lacking.text


def test_without_an_alliance_the_page_says_what_to_do(fresh: Open, tmp_path: Path) -> None:
    ana = analyst(fresh)
    assert "This console knows no alliance" in ana.get("/alliance").text
    assert 'href="/alliance"' not in ana.get("/queue").text
    places = Places(fresh.console.places.runs, tmp_path / "other", alliance=tmp_path / "none.db")
    with open_console(places) as opened:
        assert "Nobody is enrolled in" in analyst(opened).get("/alliance").text


def test_without_an_alliance_a_campaign_is_kept_as_stix_under_a_name_of_ones_own(fresh: Open) -> None:
    ana, vi = analyst(fresh), fresh.visitor("vi", "viewer")
    keep_more(fresh.console.places.runs)
    at = "/runs/week/campaigns/C001/leaves"
    assert f'href="{at}"' in ana.get("/runs/week/campaigns/C001").text
    page = ana.get(f"{at}?name={HOSTILE}").text
    assert "1 campaign, 1 report, " in page
    assert "accounts under pseudonyms, and " in page
    assert "Nothing was sent" in page
    assert "stillwatch alliance enrol" in page
    assert "alliance approve" not in page
    assert HOSTILE not in page
    told = ana.get(f"{at}?tlp=green&name=Acme&as=stix")
    assert told.content == ana.get(f"{at}?tlp=green&name=Acme&as=stix").content
    objects = {one["type"]: one for one in told.json()["objects"]}
    assert objects["identity"]["name"] == "Acme"
    assert {"campaign", "indicator", "report", "user-account"} <= objects.keys()
    assert not any(f'"{name}"' in told.text for name in [*MEMBERS, ACCOUNT])
    assert "zebra" not in told.text
    stix2.parse(told.json(), allow_custom=True)
    assert vi.get(at).status_code == 403
    (fresh.console.places.runs / "profiles.parquet").unlink()
    assert "lacks a file" in ana.get(at).text
