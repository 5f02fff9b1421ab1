"""The verdict of every account and its reasons, and the table of links."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from handmade_families import explanation

from stillwatch.detection import Case, account_table, link_table
from stillwatch.engines import Engine
from stillwatch.evidence import Explanation, Finding
from stillwatch.evidence.thresholds import HOPELESS, LEAST_WATCHED, NEAR_FDR, ONE_SOURCE
from stillwatch.linking import Links
from stillwatch.tables import ACCOUNTS, FAMILIES, LINKS

FDR = 0.01


def accounts(count: int, orgs: dict[int, list[str]] | None = None) -> pa.Table:
    """One account an entity, named a00, a01 and so on, and further ones of some entities."""
    rows = [(f"a{e:02d}", e, 10) for e in range(count)]
    rows += [(name, e, 50 + place) for e, names in (orgs or {}).items() for place, name in enumerate(names)]
    time = pa.array([0] * len(rows), ACCOUNTS.field("first_seen").type)
    return pa.table(
        {
            "account_id": [name for name, _, _ in rows][::-1],
            "org_id": pa.nulls(len(rows), pa.string()),
            "exchanges": [many for _, _, many in rows][::-1],
            "first_seen": time,
            "last_seen": time,
            "entity": [e for _, e, _ in rows][::-1],
        }
    )


def links(*pairs: tuple[int, int, float]) -> Links:
    """Pairs with a probability each, weighed by timing alone."""
    a, b, p = (np.array(column) for column in zip(*pairs, strict=True)) if pairs else (np.zeros(0, np.int64),) * 3
    weight = np.asarray(p, np.float64) * 10
    return Links(a.astype(np.int64), b.astype(np.int64), weight, np.asarray(p, np.float64), {"timing": weight})


def finding(family: str, p: float, statement: str = "What was seen.") -> Finding:
    return Finding(family, "a statistic", 1.0, 0.0, p, statement)


def case(
    members: Sequence[int],
    *,
    p: float = 1e-6,
    q: float = 1.0,
    beside: Sequence[int] = (),
    findings: Sequence[Finding] = (),
    reasons: Sequence[Explanation] = (),
) -> Case:
    return Case(np.array(members), np.array(beside, np.int64), tuple(findings), tuple(reasons), p, q)


def told(
    engine: Engine,
    campaigns: Sequence[tuple[str, Case]] = (),
    others: Sequence[Case] = (),
    *,
    count: int = 20,
    weighed: Links | None = None,
    orgs: dict[int, list[str]] | None = None,
) -> dict[str, dict[str, Any]]:
    table = account_table(engine, engine.keep(accounts(count, orgs)), weighed or links(), campaigns, others, FDR)
    assert table.schema.equals(ACCOUNTS)
    names = table["account_id"].to_pylist()
    assert names == sorted(names)
    return {row["account_id"]: row for row in table.to_pylist()}


def test_an_account_of_no_group_is_clear(engine: Engine) -> None:
    rows = told(engine)
    assert len(rows) == 20
    for row in rows.values():
        assert (row["verdict"], row["reasons"], row["exchanges"]) == ("clear", [], 10)
        assert row["campaign_id"] is row["match_probability"] is row["q_value"] is None


def test_a_member_is_for_review_and_told_what_was_seen(engine: Engine) -> None:
    seen = [
        finding("structure", 1e-9, "They send one sentence."),
        finding("timing", FDR, "They act by one clock."),
        finding("shape", FDR + 1e-9, "They use one client."),
        Finding("infrastructure", "none", 0.0, 0.0, 1e-9, "The log has no columns."),
    ]
    rows = told(engine, [("C001", case(range(6), q=0.002, findings=seen)), ("C002", case(range(10, 15), q=0.004))])
    assert rows["a03"]["reasons"] == [
        "Acts as one with 5 other accounts (campaign C001).",
        "They send one sentence.",
        "They act by one clock.",
    ]
    assert {(row["verdict"], row["campaign_id"], row["q_value"]) for name, row in rows.items() if name <= "a05"} == {
        ("review", "C001", 0.002)
    }
    assert (rows["a12"]["campaign_id"], rows["a12"]["q_value"], rows["a12"]["reasons"]) == (
        "C002", 0.004, ["Acts as one with 4 other accounts (campaign C002)."],
    )  # fmt: skip
    assert rows["a06"]["verdict"] == "clear"


def test_a_bystander_is_not_watched(engine: Engine) -> None:
    rows = told(engine, [("C001", case(range(6), beside=[6, 7])), ("C002", case(range(7, 12), beside=[0]))])
    assert (rows["a06"]["verdict"], rows["a06"]["campaign_id"], rows["a06"]["reasons"]) == ("clear", None, [])
    # A member of another campaign is its member.
    assert (rows["a07"]["verdict"], rows["a07"]["campaign_id"]) == ("review", "C002")
    assert (rows["a00"]["verdict"], rows["a00"]["campaign_id"]) == ("review", "C001")


def test_an_explained_group_is_not_watched(engine: Engine) -> None:
    reasons = [explanation(None, "a doubt"), explanation(True, "a class"), explanation(False, "an office")]
    row = told(engine, others=[case(range(6), p=1e-9, reasons=reasons)])["a02"]
    assert (row["verdict"], row["reasons"], row["q_value"]) == ("clear", [], None)


@pytest.mark.parametrize(("p", "watched"), [(FDR * FDR, True), (FDR * FDR * 1.01, False)])
def test_an_untold_group_is_watched_and_told_what_cannot_be_told(engine: Engine, p: float, watched: bool) -> None:
    reasons = [explanation(False, "a class"), explanation(None, "a doubt")]
    row = told(engine, others=[case(range(6), p=p, reasons=reasons)])["a02"]
    assert row["verdict"] == ("watch" if watched else "clear")
    said = [
        "Acts like 5 other accounts, and it cannot be told whether an honest explanation holds: a doubt. "
        "What was measured of a doubt."
    ]
    assert row["reasons"] == (said if watched else [])


def test_nobody_is_watched_for_an_explanation_that_rather_holds(engine: Engine) -> None:
    likely = replace(explanation(None, "content of their own"), likely=True)
    row = told(engine, others=[case(range(6), reasons=[likely])])["a02"]
    assert (row["verdict"], row["reasons"]) == ("clear", [])
    row = told(engine, others=[case(range(6), reasons=[likely, explanation(None, "a doubt")])])["a02"]
    assert row["verdict"] == "watch"
    assert "whether an honest explanation holds: a doubt." in row["reasons"][0]


@pytest.mark.parametrize(
    ("p", "q", "watched"),
    [
        (FDR * FDR, 1.0, True),
        (FDR * FDR + 1e-6, 1.0, False),
        (FDR / 2, NEAR_FDR * FDR, True),
        (FDR / 2, NEAR_FDR * FDR + 1e-6, False),
    ],
)
def test_a_near_miss_is_watched_and_told_what_came_close(engine: Engine, p: float, q: float, watched: bool) -> None:
    seen = [finding("structure", FDR), finding("timing", 0.05)]
    row = told(engine, others=[case(range(6), p=p, q=q, findings=seen, reasons=[explanation(False)])])["a02"]
    assert row["verdict"] == ("watch" if watched else "clear")
    if watched:
        first, *seen_of_it = row["reasons"]
        assert first.startswith(
            f"Resembles 5 other accounts (structure); too weak to call a campaign (p = {p:.2g}, q = "
        )
        assert seen_of_it == [seen[0].statement]


def test_a_near_miss_without_a_strong_family_says_so(engine: Engine) -> None:
    near = case(range(6), p=FDR * FDR, findings=[finding("timing", 0.02)], reasons=[explanation(False)])
    assert told(engine, others=[near])["a02"]["reasons"][0].startswith("Resembles 5 other accounts (no family alone)")


@pytest.mark.parametrize(
    ("size", "p", "holds", "watched"),
    [
        (LEAST_WATCHED, ONE_SOURCE, False, True),
        (LEAST_WATCHED - 1, ONE_SOURCE, False, False),
        (LEAST_WATCHED, 2 * ONE_SOURCE, False, False),
        (LEAST_WATCHED, ONE_SOURCE, True, False),
        (LEAST_WATCHED, ONE_SOURCE, None, True),
    ],
)
def test_who_asks_from_one_source_and_hardly_acts_together_is_watched(
    engine: Engine, size: int, p: float, holds: bool | None, watched: bool
) -> None:
    seen = [finding("semantics", p, "They ask from one source."), finding("timing", 0.04)]
    reason = replace(explanation(holds), beside=HOPELESS)
    row = told(engine, others=[case(range(size), p=0.04, findings=seen, reasons=[reason])])["a02"]
    said = [
        f"Asks from one source with {size - 1} other accounts, and too little shows that they act together. "
        "They ask from one source."
    ]
    assert row["reasons"] == (said if watched else [])
    assert row["verdict"] == ("watch" if watched else "clear")
    other = finding("structure", 1e-12)
    assert told(engine, others=[case(range(size), p=0.5, findings=[other])])["a02"]["verdict"] == "clear"


def test_who_asks_from_one_source_and_is_not_shown_to_act_together_is_not(engine: Engine) -> None:
    """Of a group that was left before it was explained nothing is known, and of a crew nothing but what makes it one."""
    seen = [finding("semantics", ONE_SOURCE, "They ask from one source."), finding("timing", 0.5)]
    assert told(engine, others=[case(range(LEAST_WATCHED), p=0.5, findings=seen)])["a02"]["verdict"] == "clear"
    crew = replace(explanation(None), beside=2 * HOPELESS)
    left = case(range(LEAST_WATCHED), p=0.04, findings=seen, reasons=[crew])
    assert told(engine, others=[left])["a02"]["verdict"] == "clear"


def test_a_member_who_was_also_in_a_near_miss_is_for_review(engine: Engine) -> None:
    near = case(range(4, 10), p=FDR * FDR, reasons=[explanation(False)])
    rows = told(engine, [("C001", case(range(6), beside=[8]))], [near])
    assert rows["a05"]["verdict"] == "review"
    assert rows["a05"]["reasons"] == ["Acts as one with 5 other accounts (campaign C001)."]
    assert rows["a09"]["reasons"][0].startswith("Resembles 5 other accounts")


def test_the_match_probability_is_that_of_the_strongest_pair_inside(engine: Engine) -> None:
    weighed = links((0, 1, 0.7), (1, 2, 0.4), (0, 2, 0.2), (2, 10, 0.99), (11, 12, 0.9))
    rows = told(engine, [("C001", case(range(4))), ("C002", case([10, 14, 15, 16, 17]))], weighed=weighed)
    assert [rows[f"a0{e}"]["match_probability"] for e in range(5)] == [0.7, 0.7, 0.4, None, None]
    assert rows["a10"]["match_probability"] is None
    assert rows["a11"]["match_probability"] is None


def test_accounts_of_one_organisation_share_its_verdict(engine: Engine) -> None:
    rows = told(engine, [("C001", case(range(6)))], orgs={3: ["org-b", "org-a"], 12: ["org-c"]})
    assert rows["org-a"]["campaign_id"] == rows["org-b"]["campaign_id"] == rows["a03"]["campaign_id"] == "C001"
    assert rows["org-a"]["reasons"] == rows["a03"]["reasons"]
    assert rows["org-c"]["verdict"] == "clear"


def test_a_log_without_accounts_has_no_verdicts(engine: Engine) -> None:
    assert told(engine, count=0) == {}


def test_links_are_named_by_the_busiest_account_of_an_organisation(engine: Engine) -> None:
    table = engine.keep(accounts(4, {1: ["org-idle", "org-busy"]}))
    found = link_table(engine, table, links((0, 1, 0.9), (2, 3, 0.6)))
    assert found.column_names == LINKS.names
    first, second = found.to_pylist()
    assert (first["account_a"], first["account_b"]) == ("a00", "org-busy")
    assert (second["account_a"], second["account_b"]) == ("a02", "a03")
    assert (first["match_weight"], first["match_probability"]) == (9.0, 0.9)
    assert {name: first[name] for name in FAMILIES} == dict.fromkeys(FAMILIES) | {"timing": 9.0}


def test_links_have_a_column_for_a_family_from_elsewhere(engine: Engine) -> None:
    known = links((0, 1, 0.9))
    weights = {**known.families, "music": np.array([np.nan])}
    found = link_table(
        engine, engine.keep(accounts(2)), Links(known.a, known.b, known.weight, known.probability, weights)
    )
    assert found.column_names == [*LINKS.names, "music"]
    assert found["music"].to_pylist() == [None]
