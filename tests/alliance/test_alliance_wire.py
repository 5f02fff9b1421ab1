"""Every byte of publishing, pulling, appealing and retracting, and all that the hub keeps of it: nobody's customer is there."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_once import customers_run, customers_week
from searched import first_found, kept, spellings
from wiretap import tapped

from stillwatch.alliance.hub import Hub, admit, create_collections, journal_entries, serving
from stillwatch.alliance.member import Credentials, Membership, appeal, publish, pull, retract
from stillwatch.alliance.stix import pseudonym
from stillwatch.core import CampaignFacts
from stillwatch.services.facts import campaign_facts


@dataclass(frozen=True)
class Customers:
    """What a log and its accounts say that must not leave: values by what they are."""

    accounts: set[str]
    names: set[str]
    mail: set[str]
    payments: set[str]
    texts: set[str]
    addresses: set[str]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Customers]:
    """A run over accounts that have names and mail addresses, and all that must not leave."""
    out, run = customers_week(tmp_path_factory), customers_run(tmp_path_factory)
    rows = [json.loads(line) for line in (out / "accounts.jsonl").read_text().splitlines()]
    asked = [json.loads(line) for log in (out / "logs").iterdir() for line in log.read_text().splitlines()]
    texts = {str(one[name]) for one in asked for name in ("system", "prompt", "response") if one.get(name)}
    customers = Customers(
        {row["account_id"] for row in rows} | {one["account_id"] for one in asked},
        {row["customer_name"] for row in rows},
        {row["email"] for row in rows},
        {row["payment_id"] for row in rows if row.get("payment_id")},
        # Words anybody may say by chance are no secret; any twenty characters of a text would be.
        {text[start : start + 20] for text in texts for start in range(0, len(text) - 19, 20)},
        {one["client_address"] for one in asked if one.get("client_address")},
    )
    assert len(customers.accounts) > 100
    assert len(customers.texts) > 1_000
    return run, customers


@dataclass(frozen=True)
class Recorded:
    """What went over the wire, what the hub has on disk, and what was meant to be shared."""

    wire: bytes
    disk: bytes
    journal: str
    facts: CampaignFacts
    keys: list[bytes]
    tokens: list[str]


@pytest.fixture(scope="module")
def recorded(week: tuple[Path, Customers], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """A campaign is published, pulled, appealed against about an account, the appeal upheld, the campaign taken back."""
    folder = tmp_path_factory.mktemp("recorded")
    hub = Hub.open(folder / "hub.db")
    create_collections(hub)
    tokens = {name: admit(hub, name) for name in ("acme", "bolt")}
    facts = campaign_facts(week[0], "C001")
    with serving(hub) as running, tapped(running.url) as tap:
        acme, bolt = (
            Membership(name, tap.url, folder / f"{name}.db", Credentials(token)) for name, token in tokens.items()
        )
        made, sent = publish(acme, facts)
        assert sent.refused == {}
        assert made.campaign is not None
        assert pull(bolt).indicators == len(facts.indicators)
        note, _ = appeal(bolt, made.campaign, account=sorted(week[1].accounts)[0])
        case = next(one["extensions"] for one in note.objects if one["type"] == "note")
        (told,) = [value["appeal"]["case"] for value in case.values()]
        assert pull(acme).appeals
        appeal(acme, made.campaign, status="upheld", case=told, account=facts.account_ids[0])
        retract(acme, made.campaign, reason="appeal upheld")
        assert pull(bolt).retracted
        keys = [member.store.key() for member in (acme, bolt)]
    journal = "\n".join(json.dumps(dict(entry.body)) for entry in journal_entries(hub))
    disk = kept(hub, folder / "hub.db")
    yield Recorded(tap.everything(), disk, journal, facts, keys, list(tokens.values()))
    hub.close()


def everywhere(recorded: Recorded) -> dict[str, bytes]:
    return {
        "the wire": recorded.wire,
        "the hub's disk": recorded.disk,
        "its log": recorded.journal.encode(),
    }


def spelt(texts: set[str]) -> set[bytes]:
    return {one for text in texts for one in spellings(text.encode())}


def assert_nowhere(recorded: Recorded, values: set[bytes]) -> None:
    for place, body in everywhere(recorded).items():
        assert len(body) > 5_000
        assert first_found(body, values) is None, place


def test_a_shared_indicator_is_on_the_wire_so_that_looking_finds_what_is_there(recorded: Recorded) -> None:
    for one in recorded.facts.indicators:
        value = one.value.split("/")[0].encode()
        assert value in recorded.wire
        assert value in recorded.disk


def test_no_account_name_mail_address_or_payment_is_anywhere(recorded: Recorded, week: tuple[Path, Customers]) -> None:
    of = week[1]
    named = of.accounts | of.names | of.mail | of.payments
    assert_nowhere(recorded, spelt(named))


def test_no_text_is_anywhere(recorded: Recorded, week: tuple[Path, Customers]) -> None:
    pieces = week[1].texts
    assert_nowhere(
        recorded, {piece.encode() for piece in pieces} | {json.dumps(piece)[1:-1].encode() for piece in pieces}
    )


def test_no_address_is_anywhere_that_is_no_shared_indicator(recorded: Recorded, week: tuple[Path, Customers]) -> None:
    shared = {one.value for one in recorded.facts.indicators if one.kind == "address"}
    private = week[1].addresses - shared
    assert len(private) > 100
    assert_nowhere(recorded, spelt(private))


def test_keys_are_nowhere_and_tokens_are_not_kept(recorded: Recorded) -> None:
    for key in recorded.keys:
        assert_nowhere(recorded, {key, key.hex().encode(), base64.b64encode(key)})
    for token in recorded.tokens:
        assert token.encode() in recorded.wire
        assert token.encode() not in recorded.disk + recorded.journal.encode()


def test_the_log_has_no_content(recorded: Recorded) -> None:
    """Who read and wrote which objects: not one shared value, no pattern, no description, no address."""
    for one in recorded.facts.indicators:
        assert one.value not in recorded.journal
    for word in ('"pattern"', "ipv4-addr", "description", "user_id", "127.0.0.1"):
        assert word not in recorded.journal
    assert {"read", "write"} <= {json.loads(line)["action"] for line in recorded.journal.splitlines()}


def test_accounts_are_under_pseudonyms_that_need_the_members_key(
    recorded: Recorded, week: tuple[Path, Customers]
) -> None:
    own, other = recorded.keys
    for account in recorded.facts.account_ids:
        assert pseudonym(own, account).encode() in recorded.wire
    guesses = {pseudonym(key, account).encode() for key in (other, b"", b"stillwatch") for account in week[1].accounts}
    said_by_bolt = {pseudonym(other, sorted(week[1].accounts)[0]).encode()}
    assert_nowhere(recorded, guesses - said_by_bolt)
