"""What leaves: valid for stix2 and stix2-validator, kept by MISP's importer, and nothing that may not leave."""

import dataclasses
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import stix2

from stillwatch.alliance.stix import (
    EXTENSION_ID,
    LABELS,
    MARKINGS,
    bundle,
    extension_definition,
    label_of,
    marking_definition,
    pattern_of,
    properties,
    read_pattern,
    shared_objects,
)
from stillwatch.core import INDICATOR_KINDS, CampaignFacts, Indicator

Thing = dict[str, Any]
PEER = Path(__file__).parents[3] / ".venv" / "peers" / "sharing" / "bin"


@pytest.fixture
def made(facts: CampaignFacts, stamped: Callable[..., list[Thing]]) -> Thing:
    return bundle(stamped(facts, "acme", "amber"))


@pytest.fixture
def file(made: Thing, tmp_path: Path) -> Path:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(made))
    return path


def test_stix2_reads_it_without_custom_content(made: Thing) -> None:
    assert len(stix2.parse(made, allow_custom=False).objects) == len(made["objects"])


def test_stix2_validator_finds_it_valid_and_warns_of_next_to_nothing(file: Path) -> None:
    done = subprocess.run([PEER / "stix2_validator", "--version", "2.1", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "[+] STIX JSON: Valid" in done.stdout
    # 103: UUIDv5 where v4 is usual; 302: a link to ATLAS has no hash.
    warnings = [line for line in done.stdout.splitlines() if "Warning" in line]
    assert all("{103}" in line or "{302}" in line for line in warnings), warnings


_MISP = """
import json, sys, stix2
from misp_stix_converter import ExternalSTIX2toMISPParser
parser = ExternalSTIX2toMISPParser()
parser.load_stix_bundle(stix2.parse(open(sys.argv[1]).read(), allow_custom=True))
parser.parse_stix_bundle(single_event=True)
event = json.loads(parser.misp_event.to_json())
clusters = [c["value"] for g in event.get("Galaxy", []) for c in g["GalaxyCluster"]]
linked = {c["value"] for o in event["Object"] for a in o["Attribute"] for g in a.get("Galaxy", []) for c in g["GalaxyCluster"]}
values = [a["value"] for a in event.get("Attribute", [])] + [a["value"] for o in event["Object"] for a in o["Attribute"]]
print(json.dumps({"info": event["info"], "tags": [t["name"] for t in event["Tag"]], "clusters": clusters,
    "linked": sorted(linked), "objects": [o["name"] for o in event["Object"]], "values": values, "errors": parser.errors}))
"""


@pytest.mark.slow
def test_misp_keeps_the_campaign_its_indicators_accounts_and_label(
    file: Path, made: Thing, facts: CampaignFacts
) -> None:
    done = subprocess.run([PEER / "python", "-c", _MISP, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    event = json.loads(done.stdout.splitlines()[-1])
    assert event["errors"] == {}
    assert "Adversarial distillation seen by acme" in event["info"]
    assert {"tlp:amber", "adversarial-distillation"} <= set(event["tags"])
    assert {"Extract AI Model", "AI Model Inference API Access"} <= set(event["clusters"])
    assert any("Adversarial distillation seen by acme" in name for name in event["linked"])
    assert event["objects"].count("user-account") == len(facts.account_ids)
    kept = json.dumps(event["values"])
    for one in facts.indicators:
        assert json.dumps(one.value)[1:-1] in kept or json.dumps(pattern_of(one.kind, one.value))[1:-1] in kept


def test_the_same_facts_give_the_same_bytes(
    facts: CampaignFacts, stamped: Callable[..., list[Thing]], made: Thing
) -> None:
    assert json.dumps(bundle(stamped(facts, "acme", "amber"))) == json.dumps(made)


def test_no_account_leaves_by_its_name_and_the_facts_have_no_field_for_a_customer(
    made: Thing, facts: CampaignFacts
) -> None:
    text = json.dumps(made)
    assert not any(account in text for account in facts.account_ids)
    words = {field.name for kind in (CampaignFacts, Indicator) for field in dataclasses.fields(kind)}
    words |= {key for one in made["objects"] for key in properties(one)}
    forbidden = ("price", "plan", "customer", "org", "payment", "prompt", "cost", "email", "name")
    assert not [word for word in words if any(part in word for part in forbidden)]


def test_every_object_is_marked_and_refers_to_what_is_there(made: Thing) -> None:
    held = {one["id"] for one in made["objects"]}
    for one in made["objects"]:
        if one["type"] != "marking-definition":
            assert label_of(one["object_marking_refs"]) in ("clear", "amber")
        for name in ("created_by_ref", "source_ref", "target_ref"):
            assert one.get(name, one["id"]) in held
        assert set(one.get("object_refs", ())) <= held


def test_a_schema_of_the_extension_holds_what_is_sent(made: Thing) -> None:
    schema = json.loads(extension_definition("identity--x")["schema"])
    told = [properties(one) for one in made["objects"] if EXTENSION_ID in one.get("extensions", {})]
    assert len(told) == 7
    for one in told:
        jsonschema.validate(one, schema)


@pytest.mark.parametrize("label", LABELS)
def test_markings_are_those_that_stix2_knows(label: str) -> None:
    made = stix2.parse(marking_definition(label), allow_custom=False)
    assert (made.id, made.name) == (MARKINGS[label], f"TLP:{label.upper()}")
    assert len({one["id"] for one in shared_objects()}) == len(shared_objects())


VALUES = {
    "address": "2001:db8::1",
    "network": "198.51.100.0/24",
    "domain": "mail.example",
    "tls": "t13d1516h2_8daaf6152771",
    "agent": "it's a \\ 'quoted' agent",
    "sentence": "0123456789abcdef",
}


@pytest.mark.parametrize("kind", INDICATOR_KINDS)
def test_a_pattern_is_read_back_as_it_was_written(kind: str) -> None:
    pattern = pattern_of(kind, VALUES[kind])
    assert read_pattern(pattern) == (kind, VALUES[kind])
    stix2.Indicator(pattern=pattern, pattern_type="stix", valid_from="2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "[",
        "[ipv4-addr:value ISSUBSET '0.0.0.0/0']",
        "[ipv4-addr:value ISSUBSET '10.0.0.0/8']",
        "[ipv6-addr:value ISSUBSET '2000::/3']",
        "[ipv4-addr:value = 'nonsense']",
        "[email-addr:value LIKE '%']",
        "[email-addr:value LIKE '%@%']",
        "[email-addr:value LIKE '%@mail_.example']",
        "[artifact:hashes.'x-stillwatch-sentence-1' = 'zz']",
        "[ipv4-addr:value = '192.0.2.1'] OR [ipv4-addr:value = '192.0.2.2']",
        "[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.2']",
        "[network-traffic:x_ja4 = '" + "x" * 3000 + "']",
    ],
)
def test_what_is_too_wide_or_of_another_form_is_held_against_nothing(pattern: str) -> None:
    assert read_pattern(pattern) is None


def test_what_is_one_is_said_as_one(facts: CampaignFacts, stamped: Callable[..., list[Thing]]) -> None:
    shared = [dataclasses.replace(one, accounts=1, others=1) for one in facts.indicators]
    single = dataclasses.replace(
        facts, accounts=1, exchanges=1, account_ids=facts.account_ids[:1], indicators=tuple(shared)
    )
    said = {thing["type"]: thing.get("description", "") for thing in stamped(single, "acme", "amber")}
    assert said["campaign"].startswith("1 account made 1 exchange between ")
    assert said["indicator"].startswith("1 of the campaign's 1 account has this, and 1 account outside it.")
    said = {thing["type"]: thing.get("description", "") for thing in stamped(facts, "acme", "amber")}
    assert "accounts that claim to be strangers made" in said["campaign"]
    assert " accounts have this, and " in said["indicator"]
