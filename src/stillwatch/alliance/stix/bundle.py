"""A campaign as STIX 2.1: standard objects that importers keep, in words of a fixed vocabulary.

    report ─ all of it
    indicator ─ indicates > campaign ─ uses > attack-pattern (MITRE ATLAS)
    indicator ─ based-on > observed-data > user-account (pseudonyms)

Everything is a function of the facts: the same facts give the same objects, identifier for identifier. Only
``created`` and ``modified`` come from outside, for they depend on what was published before.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from stillwatch.alliance.stix.extension import EXTENSION_ID, extended
from stillwatch.alliance.stix.identifiers import identity_id, observable_id, stable_id
from stillwatch.alliance.stix.marking import MARKINGS
from stillwatch.alliance.stix.patterns import pattern_of
from stillwatch.alliance.stix.shared import PROJECT, TECHNIQUES, attack_pattern, shared_objects
from stillwatch.core import INDICATOR_KINDS, CampaignFacts, Indicator
from stillwatch.core.counted import counted

__all__ = ["Author", "bundle", "campaign_objects", "pseudonym", "timestamp"]

Thing = dict[str, Any]

_CONFIDENCE = {"low": 15, "moderate": 50, "high": 85}  # STIX 2.1, appendix A: Low/Med/High
_VALID_DAYS = 90
_MOST_ACCOUNTS = 100


@dataclass(frozen=True, slots=True)
class Author:
    """Who publishes, and how.

    Attributes:
        name: the member's.
        key: secret from which pseudonyms are made; stays with the member.
        tlp: label of what it publishes.
        valid_days: days after the campaign's last exchange for which its indicators count.
        accounts: most accounts named, by pseudonym.
    """

    name: str
    key: bytes
    tlp: str
    valid_days: int = _VALID_DAYS
    accounts: int = _MOST_ACCOUNTS


def timestamp(moment: datetime) -> str:
    """A moment as STIX writes it: UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pseudonym(key: bytes, account_id: str) -> str:
    """An account's name outside: HMAC-SHA256 under the member's key, 128 bits of it in hex."""
    return hmac.new(key, account_id.encode(), hashlib.sha256).hexdigest()[:32]


def bundle(objects: Sequence[Thing]) -> Thing:
    """A bundle of these objects and of the shared ones they refer to."""
    wanted = {reference for one in objects for reference in _references(one)}
    # Shared objects refer to the project, and to nothing else that is shared.
    wanted |= {PROJECT} if any(one in wanted for one in (EXTENSION_ID, *map(_technique_id, TECHNIQUES))) else set()
    shared = [one for one in shared_objects() if one["id"] in wanted]
    held: dict[str, Thing] = {one["id"]: one for one in (*shared, *objects)}
    return {
        "type": "bundle",
        "id": stable_id("bundle", sorted((one["id"], one.get("modified", "")) for one in held.values())),
        "objects": list(held.values()),
    }


def _technique_id(identifier: str) -> str:
    return str(attack_pattern(identifier, TECHNIQUES[identifier])["id"])


def _references(thing: Thing) -> list[str]:
    named = [thing.get(name) for name in ("created_by_ref", "source_ref", "target_ref")]
    listed = [*thing.get("object_marking_refs", ()), *thing.get("object_refs", ()), *thing.get("extensions", ())]
    return [reference for reference in (*named, *listed) if reference]


def campaign_objects(facts: CampaignFacts, author: Author, campaign: str) -> list[Thing]:
    """What leaves for one campaign, without ``created`` and ``modified``.

    Args:
        facts: of the campaign.
        author: who publishes.
        campaign: STIX identifier of the campaign, which outlives one run.
    """
    account_things = [_account(author, account) for account in facts.account_ids[: author.accounts]]
    observed = _observed(facts, author, campaign, account_things)
    indicators = [_indicator(facts, one, author, campaign) for one in facts.indicators]
    known = [(identifier, name) for identifier, name in facts.tactics if identifier in TECHNIQUES]
    techniques = [attack_pattern(identifier, name) for identifier, name in known]
    head = _campaign(facts, author, campaign)
    links = [_link(author, "uses", campaign, one["id"]) for one in techniques]
    for one in indicators:
        links.append(_link(author, "indicates", one["id"], campaign))
        links.extend(_link(author, "based-on", one["id"], seen["id"]) for seen in observed)
    things = [_identity(author), head, *indicators, *observed, *links]
    for one in things:
        one.setdefault("object_marking_refs", [MARKINGS[author.tlp]])
        if one["type"] != "identity":
            one["created_by_ref"] = identity_id(author.name)
    told = [one["id"] for one in (*things, *account_things, *techniques)]
    return [*things, *account_things, _report(facts, author, campaign, told)]


def _identity(author: Author) -> Thing:
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": identity_id(author.name),
        "name": author.name,
        "identity_class": "organization",
        "object_marking_refs": [MARKINGS["clear"]],
    }


def _campaign(facts: CampaignFacts, author: Author, identifier: str) -> Thing:
    return {
        "type": "campaign",
        "spec_version": "2.1",
        "id": identifier,
        "name": f"Adversarial distillation seen by {author.name}, {facts.first_seen:%d %B %Y}",
        "description": _describe(facts),
        "first_seen": timestamp(facts.first_seen),
        "last_seen": timestamp(facts.last_seen),
        "confidence": _CONFIDENCE[facts.confidence],
        "labels": ["adversarial-distillation"],
        "extensions": extended(
            accounts=facts.accounts,
            exchanges=facts.exchanges,
            observations=dict(facts.observations),
            q_value=facts.q_value,
        ),
    }


def _describe(facts: CampaignFacts) -> str:
    seen = ", ".join(f"{family} ({count})" for family, count in facts.observations.items()) or "no single family"
    asked = ", ".join(facts.targets) or "mixed tasks"
    shared: dict[str, int] = {}
    for one in facts.indicators:
        shared[one.kind] = shared.get(one.kind, 0) + 1
    values = ", ".join(f"{kind} ({count})" for kind, count in shared.items()) or "none"
    several = facts.accounts != 1
    who = counted(facts.accounts, "account") + (" that claim to be strangers" if several else "")
    as_one = " as one" if several else ""
    return (
        f"{who} made {counted(facts.exchanges, 'exchange')}{as_one} between "
        f"{facts.first_seen:%d %b %Y} and {facts.last_seen:%d %b %Y}. Asked for: {asked}. Families of evidence, with "
        f"their observations: {seen}. Confidence that one party runs them: {facts.confidence}; expected share of "
        f"false campaigns among those as strong: {facts.q_value:.2g}. Indicators: {values}. This does not say that "
        "any model was trained on the exchanges."
    )


def _indicator(facts: CampaignFacts, one: Indicator, author: Author, campaign: str) -> Thing:
    until = facts.last_seen + timedelta(days=author.valid_days)
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": stable_id("indicator", campaign, one.kind, one.value),
        "name": f"{INDICATOR_KINDS[one.kind]} of an adversarial distillation campaign",
        "description": (
            f"{one.accounts:,} of the campaign's {counted(facts.accounts, 'account')} "
            f"{'has' if one.accounts == 1 else 'have'} this, and {counted(one.others, 'account')} "
            "outside it. A clue, not proof: judge accounts by what they do."
        ),
        "indicator_types": ["malicious-activity"],
        "pattern": pattern_of(one.kind, one.value),
        "pattern_type": "stix",
        "valid_from": timestamp(facts.first_seen),
        "valid_until": timestamp(until),
        "confidence": one.confidence,
        "extensions": extended(indicator_kind=one.kind, accounts=one.accounts, other_accounts=one.others),
    }


def _account(author: Author, account_id: str) -> Thing:
    told = {"user_id": pseudonym(author.key, account_id)}
    return {
        "type": "user-account",
        "spec_version": "2.1",
        "id": observable_id("user-account", told),
        **told,
        "object_marking_refs": [MARKINGS[author.tlp]],
    }


def _observed(facts: CampaignFacts, author: Author, campaign: str, accounts: Sequence[Thing]) -> list[Thing]:
    if not accounts:
        return []
    return [
        {
            "type": "observed-data",
            "spec_version": "2.1",
            "id": stable_id("observed-data", campaign),
            "first_observed": timestamp(facts.first_seen),
            "last_observed": timestamp(facts.last_seen),
            "number_observed": max(1, min(facts.exchanges, 999_999_999)),
            "object_refs": [one["id"] for one in accounts],
        }
    ]


def _link(author: Author, kind: str, source: str, target: str) -> Thing:
    return {
        "type": "relationship",
        "spec_version": "2.1",
        "id": stable_id("relationship", author.name, kind, source, target),
        "relationship_type": kind,
        "source_ref": source,
        "target_ref": target,
    }


def _report(facts: CampaignFacts, author: Author, campaign: str, told: Sequence[str]) -> Thing:
    return {
        "type": "report",
        "spec_version": "2.1",
        "id": stable_id("report", campaign),
        "created_by_ref": identity_id(author.name),
        "name": f"Adversarial distillation seen by {author.name}, {facts.first_seen:%d %B %Y}",
        "description": _describe(facts),
        "report_types": ["campaign"],
        "published": timestamp(facts.last_seen),
        "object_refs": list(told),
        "labels": ["adversarial-distillation"],
        "object_marking_refs": [MARKINGS[author.tlp]],
    }
