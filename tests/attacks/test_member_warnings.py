"""What many strangers share is no indicator, whoever says so: it neither leaves by mistake nor works as a weapon."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alliance_served import alliance, indicator

from stillwatch.alliance.member import draft, publish, pull, read_draft, write_draft
from stillwatch.alliance.stix import pattern_of
from stillwatch.alliance.store import partner_indicators
from stillwatch.core import BadTable, CampaignFacts, Indicator
from stillwatch.core.warning_lists import read_warning_list, shipped_warnings

SHARED = [
    ("domain", "gmail.com"),
    ("domain", "GMail.com."),
    ("domain", "\uff47mail.com"),
    ("domain", "eu.outlook.com"),
    ("domain", "co.uk"),
    ("domain", "com"),
    ("address", "8.8.8.8"),
    ("address", "::ffff:8.8.8.8"),
    ("address", "2001:4860:4860:0:0:0:0:8888"),
    ("network", "8.8.8.0/24"),
    ("network", "104.16.7.0/24"),
    ("network", "10.1.0.0/16"),
    ("network", "0.0.0.0/0"),
    ("network", "anything"),
    ("agent", "python-httpx/0.28.1"),
    ("agent", "OpenAI/Python 1.109.1"),
    ("agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/145.0"),
]
OWN = [
    ("domain", "mail.example"),
    ("domain", "example.co.uk"),
    ("address", "203.0.113.7"),
    ("network", "2001:db8::/48"),
    ("agent", "collector/0.3"),
]


def _facts(*shared: tuple[str, str]) -> CampaignFacts:
    when = datetime(2026, 11, 1, tzinfo=UTC)
    told = tuple(Indicator(kind, value, 9, 0) for kind, value in shared)
    return CampaignFacts("C001", 9, 99, when, when, 0.001, {"timing": 1}, (), (), "high", ("a", "b"), told)


@pytest.mark.parametrize(("kind", "value"), SHARED)
def test_what_strangers_share_stays_behind(tmp_path: Path, kind: str, value: str) -> None:
    with alliance(tmp_path, "alpha", "gamma") as met:
        made, sent = publish(met.members["alpha"], _facts((kind, value), *OWN))
        assert sent.refused == {}
        assert len(made.left_out) == 1
        assert made.left_out[0].startswith(f"{kind} {value}, for it is ")
        assert f"LEFT OUT: {kind} {value}" in str(made)
        pull(met.members["gamma"])
        held = partner_indicators(met.members["gamma"].state)
        assert {(one.kind, one.value) for one in held} == set(OWN)


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        *((pattern_of(kind, value), 0) for kind, value in SHARED if value != "anything"),
        ("[domain-name:value = 'Gmail.COM']", 0),
        ("[ipv4-addr:value = '8.8.8.8/32']", 0),
        *((pattern_of(kind, value), 1) for kind, value in OWN),
    ],
)
def test_a_partner_has_nobody_suspected_for_what_strangers_share(tmp_path: Path, pattern: str, held: int) -> None:
    with alliance(tmp_path, "beta", "gamma") as met:
        assert met.post("beta", "amber", [indicator("beta", 1, pattern=pattern)]).json()["success_count"] == 1
        pull(met.members["gamma"])
        assert len(partner_indicators(met.members["gamma"].state)) == held


def test_a_list_of_ones_own_adds_to_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[list]]\nreason = "our own office"\nnetworks = ["203.0.113.0/24"]\nagents = ["ours/*"]\ntls = ["t13d"]\n'
    )
    warnings = read_warning_list(own)
    facts = _facts(*OWN, ("domain", "gmail.com"), ("agent", "ours/1.2"), ("agent", "theirs/1"), ("tls", "t13d"))
    with alliance(tmp_path, "alpha") as met:
        made = draft(met.members["alpha"], facts, warnings=warnings)
        told = {one["pattern"] for one in made.objects if one["type"] == "indicator"}
        assert told == {pattern_of(*one) for one in (OWN[0], OWN[1], *OWN[3:], ("agent", "theirs/1"))}
        assert "our own office" in str(made)
        write_draft(made, tmp_path / "draft.json")
        assert read_draft(tmp_path / "draft.json") == made
        assert dataclasses.replace(made, left_out=()).sha256 == made.sha256


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "list = 7",
        '[[list]]\ndomains = ["a.b"]',
        '[[list]]\nreason = "x"\nnetworks = ["x"]',
        '[[list]]\nreason = "x"\nurls = []',
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(BadTable, match="list"):
        read_warning_list(tmp_path / "own.toml")


def test_every_shipped_value_is_on_the_list_as_it_is_written() -> None:
    shipped = shipped_warnings()
    for domain in (*shipped.domains, *shipped.exactly):
        assert shipped.reason("domain", domain.upper())
    for network in shipped.networks:
        assert shipped.reason("network", str(network))
        assert shipped.reason("address", str(network.network_address))
