"""Laws of what is drawn: marked text, timeline, waterfall and account graph."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.reporting.graph import HEIGHT, WIDTH, draw_graph
from stillwatch.reporting.marks import mark_shared
from stillwatch.reporting.timeline import draw_timeline
from stillwatch.reporting.waterfall import draw_waterfall
from stillwatch.tables import FAMILIES

START = datetime(2026, 2, 2, 5, tzinfo=UTC)


@given(st.text("abc ", max_size=80), st.lists(st.text("abc ", max_size=5), max_size=4), st.integers(5, 60))
def test_marked_pieces_are_the_example(example: str, shared: list[str], longest: int) -> None:
    marked = mark_shared(example, shared, longest)
    shown = "".join(piece.text for piece in marked.pieces)
    assert shown == example[marked.before : len(example) - marked.after]
    assert len(shown) == min(longest, len(example))
    assert 0 <= marked.shared_share <= 1
    for piece in marked.elsewhere:
        assert piece not in example


def test_a_long_example_is_cut_where_the_shared_part_shows() -> None:
    marked = mark_shared("x" * 5_000 + "the injected sentence" + "y" * 5_000, ["the injected sentence"])
    assert ("the injected sentence", True) in [(piece.text, piece.shared) for piece in marked.pieces]
    assert marked.before > 4_000


@given(st.dictionaries(st.integers(0, 3_000), st.tuples(st.integers(1, 500), st.integers(1, 50)), min_size=1))
def test_folding_hours_keeps_every_exchange(hours: dict[int, tuple[int, int]]) -> None:
    rows: list[dict[str, Any]] = [
        {"hour": START + timedelta(hours=hour), "exchanges": exchanges, "accounts": accounts}
        for hour, (exchanges, accounts) in hours.items()
    ]
    timeline = draw_timeline(rows)
    assert timeline is not None
    assert sum(step.exchanges for step in timeline.bins) == sum(exchanges for exchanges, _ in hours.values())
    assert timeline.most_accounts == max(accounts for _, accounts in hours.values())
    assert len(timeline.bins) <= 169
    assert timeline.bins[0].start <= min(row["hour"] for row in rows)
    assert all(0 <= tick.left <= 95 for tick in timeline.ticks)


def test_marks_outside_the_hours_are_told_and_not_drawn() -> None:
    pivot = {"model": "sage-5", "hours_to_half": None, "share_before": None, "share_after": 0.4}
    rows = [{"hour": START + timedelta(hours=n), "exchanges": 3, "accounts": 2} for n in range(10)]
    timeline = draw_timeline(rows, [pivot | {"released": START - timedelta(days=3)}, pivot | {"released": START}])
    assert timeline is not None
    assert [(mark.letter, mark.left) for mark in timeline.marks] == [("A", None), ("B", 0.0)]
    assert "Its share was not in this log before" in timeline.marks[0].sentence
    assert draw_timeline([]) is None


weights = st.floats(-60, 60)


@given(weights, st.dictionaries(st.sampled_from(FAMILIES), st.none() | weights))
def test_the_waterfall_ends_at_the_sum(prior: float, families: dict[str, float | None]) -> None:
    rows = [{"family": "prior", "match_weight": prior}]
    rows += [{"family": family, "match_weight": weight} for family, weight in families.items()]
    fall = draw_waterfall(rows)
    assert fall is not None
    assert fall.total == pytest.approx(prior + sum(weight or 0.0 for weight in families.values()), abs=1e-9)
    assert [step.label for step in fall.steps] == ["prior", *FAMILIES, "total"]
    assert {step.label for step in fall.steps if step.kind == "silent"} == {
        family for family in FAMILIES if families.get(family) is None
    }
    for step in fall.steps:
        assert 0 <= step.left <= 100
        assert step.left + step.width <= 101
    assert 0 <= fall.probability <= 1
    assert len(fall.ticks) <= 6


def test_no_weights_no_waterfall() -> None:
    assert draw_waterfall([]) is None


def links(pairs: list[tuple[str, str, float | None]]) -> pa.Table:
    first, second, values = zip(*pairs, strict=True) if pairs else ((), (), ())
    return pa.table(
        {
            "account_a": pa.array(first, pa.string()),
            "account_b": pa.array(second, pa.string()),
            "match_weight": pa.array(values, pa.float64()),
        }
    )


@given(st.integers(0, 12), st.integers(0, 4), st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), weights)))
def test_every_account_of_a_small_campaign_is_in_the_picture(
    members: int, bystanders: int, pairs: list[tuple[int, int, float]]
) -> None:
    names = [f"m{n}" for n in range(members)]
    others = [f"b{n}" for n in range(bystanders)]
    known = [*names, *others]
    told = [(f"m{a}", f"m{b}", weight) for a, b, weight in pairs]
    graph = draw_graph(names, others, links(told))  # type: ignore[arg-type]
    if not known:
        assert graph is None
        return
    assert graph is not None
    assert [node.account_id for node in graph.nodes] == known
    assert [node.bystander for node in graph.nodes] == [False] * members + [True] * bystanders
    assert all(0 <= node.x <= WIDTH and 0 <= node.y <= HEIGHT for node in graph.nodes)
    assert graph.links == sum(a != b and a < members and b < members for a, b, _ in pairs)


def test_a_large_campaign_is_sampled_into_one_piece() -> None:
    rng = np.random.default_rng(3)
    names = [f"m{n:05d}" for n in range(4_000)]
    ends = rng.integers(0, 4_000, (30_000, 2))
    table = links([(names[a], names[b], float(w)) for (a, b), w in zip(ends, rng.normal(9, 2, 30_000), strict=True)])
    graph = draw_graph(names, [], table)
    assert graph is not None
    assert len(graph.nodes) == 400
    assert graph.links_shown <= 1_500
    assert graph.sampled
    # Each account shown holds on to another by at least one drawn link.
    drawn = {point for path in graph.edge_paths for line in path.split("M")[1:] for point in line.split("L")}
    assert len(drawn) >= 0.97 * len({f"{node.x:g} {node.y:g}" for node in graph.nodes})
    assert graph == draw_graph(names, [], table)
