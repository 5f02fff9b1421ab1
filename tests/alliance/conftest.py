"""A hub that really serves on loopback, and things to send to it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from founded import founded
from made_once import customers_run

from stillwatch.alliance.hub import Hub, Serving, admit, serving
from stillwatch.alliance.member import Credentials, Membership
from stillwatch.alliance.stix import MARKINGS, Author, campaign_objects, identity_id, stable_id
from stillwatch.core import CampaignFacts, Indicator
from stillwatch.scanning.run import Run

Thing = dict[str, Any]


@pytest.fixture(scope="session")
def acme_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What acme found in its own week."""
    return Run.open(customers_run(tmp_path_factory))


@pytest.fixture
def sqlite_hub(tmp_path: Path) -> Iterator[Hub]:
    opened = founded(tmp_path / "hub.db")
    yield opened
    opened.close()


@pytest.fixture
def hub(sqlite_hub: Hub) -> Hub:
    return sqlite_hub


@pytest.fixture
def served(hub: Hub) -> Iterator[Serving]:
    with serving(hub) as running:
        yield running


@pytest.fixture
def facts() -> CampaignFacts:
    return CampaignFacts(
        "C001",
        45,
        39_291,
        datetime(2026, 9, 7, tzinfo=UTC),
        datetime(2026, 9, 13, 23, 59, 51, 628_000, tzinfo=UTC),
        7.8e-11,
        {"structure": 1, "timing": 2},
        (("AML.T0024.002", "Extract AI Model"), ("AML.T0040", "AI Model Inference API Access")),
        ("coding",),
        "high",
        tuple(f"acct-{n}" for n in range(45)),
        (
            Indicator("address", "203.0.113.7", 4, 0),
            Indicator("network", "198.51.100.0/24", 13, 1),
            Indicator("domain", "mail.example", 16, 0),
            Indicator("tls", "t13d1516h2_8daaf6152771", 5, 0),
            Indicator("agent", "it's\\mine/1.0", 6, 0),
            Indicator("sentence", "00ff00ff00ff00ff", 45, 0),
        ),
    )


@pytest.fixture
def stamped() -> Callable[[CampaignFacts, str, str], list[Thing]]:
    def make(facts: CampaignFacts, name: str, tlp: str) -> list[Thing]:
        made = campaign_objects(facts, Author(name, b"key", tlp), stable_id("campaign", name, "one"))
        for one in made:
            if one["type"] != "user-account":
                one["created"] = one["modified"] = "2026-11-24T12:00:00.000Z"
        return made

    return make


@pytest.fixture
def note() -> Callable[..., Thing]:
    def make(name: str, number: int, tlp: str = "amber", **more: Any) -> Thing:
        thing = {
            "type": "note",
            "spec_version": "2.1",
            "id": stable_id("note", name, number),
            "created_by_ref": identity_id(name),
            "created": "2026-11-24T12:00:00.000Z",
            "modified": "2026-11-24T12:00:00.000Z",
            "content": f"note {number}",
            "object_refs": [identity_id(name)],
            "object_marking_refs": [MARKINGS[tlp]],
        }
        return thing | more

    return make


@pytest.fixture
def members(served: Serving, tmp_path: Path) -> dict[str, Membership]:
    """Three members of the hub that serves, each with a file of its own."""
    return {
        name: Membership(name, served.url, tmp_path / f"{name}.db", Credentials(admit(served.hub, name)))
        for name in ("acme", "bolt", "cora")
    }
