"""What partners said: who has it, when it no longer counts, what is too broad, and how it is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.core import PartnerIndicator
from stillwatch.detection import PartnerWord, hold_against, with_partners
from stillwatch.engines import Engine
from stillwatch.evidence.thresholds import NEVER_BROAD
from stillwatch.tables import ACCOUNTS, EXCHANGES, PARTNERS

NOON = datetime(2026, 9, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def said(kind: str, value: str, **more: Any) -> PartnerIndicator:
    told: dict[str, Any] = {
        "partner": "north",
        "kind": kind,
        "value": value,
        "indicator_id": f"indicator--{kind}-{value}",
        "campaign": "campaign--1",
        "tlp": "amber",
        "confidence": 80,
        "valid_from": NOON - DAY,
        "valid_until": None,
        "appeal": None,
    }
    return PartnerIndicator(**{**told, **more})


def held(
    engine: Engine,
    indicators: list[PartnerIndicator],
    rows: list[dict[str, Any]],
    *,
    domains: dict[str, str] | None = None,
    sentences: dict[int, list[int]] | None = None,
    others: int = 0,
) -> PartnerWord:
    """Hold indicators against rows of exchanges, with so many accounts beside."""
    rows = [{"time": NOON, **row} for row in rows] + [{"time": NOON, "account_id": f"z{n:03d}"} for n in range(others)]
    exchanges = pa.table({f.name: pa.array([row.get(f.name) for row in rows], f.type) for f in EXCHANGES})
    exchanges = exchanges.append_column("row_key", pa.array(range(len(rows)), pa.int64()))
    names = sorted({row["account_id"] for row in rows})
    accounts = pa.table(
        {
            "account_id": names,
            "email_domain": pa.array([(domains or {}).get(name) for name in names], pa.string()),
            "first_seen": pa.array([NOON] * len(names), EXCHANGES.field("time").type),
        }
    )
    sketches = pa.table(
        {
            "row_key": pa.array(range(len(rows)), pa.int64()),
            "sentences": pa.array([(sentences or {}).get(n, []) for n in range(len(rows))], pa.list_(pa.uint64())),
        }
    )
    tables = {"exchanges": exchanges, "sketches": sketches, "accounts": accounts}
    return hold_against(engine, indicators, **{name: engine.keep(table) for name, table in tables.items()})


ROWS = [
    {"account_id": "a", "client_address": "203.0.113.7", "tls_fingerprint": "t13d", "user_agent": "x/1"},
    {"account_id": "b", "client_address": "203.0.113.200"},
    {"account_id": "c", "client_address": "2001:db8::5"},
    {"account_id": "d", "client_address": "not an address"},
    {"account_id": "e", "client_address": "203.0.114.7"},
]


@pytest.mark.parametrize(
    ("kind", "value", "having"),
    [
        ("address", "203.0.113.7", ["a"]),
        ("address", "203.0.113.8", []),
        ("network", "203.0.113.0/24", ["a", "b"]),
        ("network", "2001:db8::/64", ["c"]),
        ("network", "203.0.112.0/22", ["a", "b", "e"]),
        ("network", "198.51.100.0/24", []),
        ("tls", "t13d", ["a"]),
        ("agent", "x/1", ["a"]),
        ("agent", "x/2", []),
        ("domain", "shop.example", ["b"]),
        ("sentence", "00000000000000ff", ["d", "e"]),
        ("sentence", "00000000000000fe", []),
    ],
)
def test_whoever_has_what_a_partner_named_is_told(engine: Engine, kind: str, value: str, having: list[str]) -> None:
    word = held(
        engine, [said(kind, value)], ROWS, domains={"b": "Shop.Example"}, sentences={3: [255, 7], 4: [255], 0: [7]}
    )
    assert (word.held, word.broad) == (1, 0)
    assert word.table.schema.equals(PARTNERS)
    assert word.table["account_id"].to_pylist() == having
    for row in word.table.to_pylist():
        assert (row["partner"], row["kind"], row["tlp"], row["confidence"]) == ("north", kind, "amber", 80)
        assert (row["indicator_id"], row["partner_campaign"]) == (f"indicator--{kind}-{value}", "campaign--1")


def test_several_indicators_are_told_in_their_order(engine: Engine) -> None:
    asked = [said("network", "203.0.113.0/24"), said("address", "203.0.113.7"), said("network", "203.0.113.0/25")]
    word = held(engine, asked, ROWS)
    found = [(row["account_id"], row["indicator_id"][11:]) for row in word.table.to_pylist()]
    assert found == [
        ("a", "network-203.0.113.0/24"),
        ("b", "network-203.0.113.0/24"),
        ("a", "address-203.0.113.7"),
        ("a", "network-203.0.113.0/25"),
    ]
    assert word.held == 3


@pytest.mark.parametrize("kind", ["address", "network", "tls", "agent", "domain", "sentence"])
@pytest.mark.parametrize(("until", "counts"), [(NOON, True), (NOON - timedelta(seconds=1), False), (NOON + DAY, True)])
def test_an_indicator_holds_until_it_ends(engine: Engine, kind: str, until: datetime, counts: bool) -> None:
    value = {"address": "203.0.113.7", "network": "203.0.113.0/29", "tls": "t13d", "agent": "x/1"}
    value |= {"domain": "shop.example", "sentence": "ff"}
    asked = [said(kind, value[kind], valid_until=until)]
    word = held(engine, asked, ROWS, domains={"a": "shop.example"}, sentences={0: [255]})
    assert word.table["account_id"].to_pylist() == (["a"] if counts else [])


@pytest.mark.parametrize(
    ("many", "others", "broad"),
    [(NEVER_BROAD, 0, False), (NEVER_BROAD + 1, 0, True), (15, 135, False), (16, 134, True)],
)
def test_what_a_tenth_of_the_accounts_have_says_nothing(engine: Engine, many: int, others: int, broad: bool) -> None:
    rows = [{"account_id": f"m{n:02d}", "user_agent": "x/1"} for n in range(many)]
    word = held(engine, [said("agent", "x/1"), said("agent", "y/1")], rows, others=others)
    assert len(word.table) == (0 if broad else many)
    assert (word.held, word.broad) == (2, int(broad))


def test_without_indicators_nobody_is_told(engine: Engine) -> None:
    word = held(engine, [], ROWS)
    assert (len(word.table), word.held, word.broad) == (0, 0, 0)
    assert word.table.schema.equals(PARTNERS)


# How it is told.


def accounts(**verdicts: str) -> pa.Table:
    rows = [
        {"account_id": name, "verdict": verdict, "reasons": ["Seen."] if verdict != "clear" else []}
        for name, verdict in verdicts.items()
    ]
    return pa.Table.from_pylist(rows, schema=ACCOUNTS)


def words(*rows: dict[str, Any]) -> pa.Table:
    told = {"partner": "north", "kind": "address", "tlp": "green", "appeal": None}
    return pa.Table.from_pylist([{**told, **row} for row in rows], schema=PARTNERS)


def test_a_clear_account_is_watched_and_no_other_verdict_moves() -> None:
    before = accounts(a="clear", b="watch", c="review", d="clear")
    after = with_partners(before, words({"account_id": "a"}, {"account_id": "b"}, {"account_id": "c"}))
    assert after["verdict"].to_pylist() == ["watch", "watch", "review", "clear"]
    told = (
        "Partner north saw in a campaign what this account has too (1 × IP address; TLP:GREEN). "
        "A partner's word, not proof: it counts in no test."
    )
    assert after["reasons"].to_pylist() == [[told], ["Seen.", told], ["Seen.", told], []]
    assert after.schema.equals(ACCOUNTS)
    assert with_partners(before, words()).equals(before)


def test_each_partner_speaks_for_itself_and_kinds_are_counted() -> None:
    rows = [
        {"partner": "south", "kind": "sentence", "tlp": "clear"},
        {"kind": "domain", "tlp": "amber"},
        {"kind": "address", "tlp": "green"},
        {"kind": "address", "tlp": "amber+strict"},
    ]
    after = with_partners(accounts(a="clear"), words(*({"account_id": "a", **row} for row in rows)))
    north, south = after["reasons"].to_pylist()[0]
    assert "Partner north" in north
    assert "(2 × IP address, 1 × e-mail domain; TLP:AMBER+STRICT)" in north
    assert "Partner south" in south
    assert "(1 × sentence, by its fingerprint; TLP:CLEAR)" in south


@pytest.mark.parametrize(
    ("appeals", "end"),
    [
        ([None], "it counts in no test."),
        (["filed"], "Somebody appealed against it, and its publisher has not answered."),
        (["rejected", None], "An appeal against it was rejected."),
        (["rejected", "filed"], "Somebody appealed against it, and its publisher has not answered."),
    ],
)
def test_an_appeal_is_told(appeals: list[str | None], end: str) -> None:
    said_of = words(*({"account_id": "a", "appeal": appeal} for appeal in appeals))
    ((reason,),) = with_partners(accounts(a="clear"), said_of)["reasons"].to_pylist()
    assert reason.endswith(end)


def test_verdicts_of_many_accounts_stay_in_order() -> None:
    names = [f"a{n:03d}" for n in range(50)]
    chosen = np.random.default_rng(1).choice(names, 10, replace=False).tolist()
    after = with_partners(accounts(**dict.fromkeys(names, "clear")), words(*({"account_id": n} for n in chosen)))
    watched = [row["account_id"] for row in after.to_pylist() if row["verdict"] == "watch"]
    assert watched == sorted(chosen)
    assert after["account_id"].to_pylist() == names
