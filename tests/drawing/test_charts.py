"""Laws of what is drawn, chart by chart."""

from __future__ import annotations

import itertools
import math
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.core.terms import FAMILIES
from stillwatch.drawing import (
    Event,
    Hour,
    Links,
    Series,
    Strip,
    draw_account_graph,
    draw_account_graph_key,
    draw_curves,
    draw_share_bar,
    draw_strip,
    draw_timeline,
    draw_waterfall,
    family_palette,
    lay_out_account_graph,
    lay_out_curves,
    lay_out_timeline,
    lay_out_waterfall,
)
from stillwatch.drawing.account_graph import HEIGHT, WIDTH

START = datetime(2026, 2, 2, 5, tzinfo=UTC)


@given(st.dictionaries(st.integers(0, 3_000), st.tuples(st.integers(1, 500), st.integers(1, 50)), min_size=1))
def test_folding_hours_keeps_every_exchange(hours: dict[int, tuple[int, int]]) -> None:
    rows = [Hour(START + timedelta(hours=hour), *numbers) for hour, numbers in hours.items()]
    timeline = lay_out_timeline(rows)
    assert timeline is not None
    assert sum(step.exchanges for step in timeline.bins) == sum(exchanges for exchanges, _ in hours.values())
    assert max(step.accounts for step in timeline.bins) == max(accounts for _, accounts in hours.values())
    assert len(timeline.bins) <= 169
    assert timeline.bins[0].start <= min(row.start for row in rows)
    assert all(0 <= tick.at <= 95 for tick in timeline.ticks)


def test_marks_outside_the_hours_are_told_and_not_drawn() -> None:
    hours = [Hour(START + timedelta(hours=n), 3, 2) for n in range(10)]
    events = [Event(START, "release", "now"), Event(START - timedelta(days=3), "failover", "before")]
    timeline = lay_out_timeline(hours, events)
    assert timeline is not None
    assert [(mark.letter, mark.left, mark.event.sentence) for mark in timeline.marks] == [
        ("A", None, "before"),
        ("B", 0.0, "now"),
    ]
    drawn = draw_timeline(timeline, "c1", "C-1")
    assert "mark-release" in drawn
    assert "mark-failover" not in drawn
    assert lay_out_timeline([]) is None


weights = st.floats(-60, 60)


@given(weights, st.dictionaries(st.sampled_from(FAMILIES), st.none() | weights))
def test_the_waterfall_ends_at_the_sum(prior: float, families: dict[str, float | None]) -> None:
    fall = lay_out_waterfall({"prior": prior, **families}, FAMILIES)
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
    assert lay_out_waterfall({}, FAMILIES) is None


def test_a_family_that_is_not_known_has_its_row_and_its_colour() -> None:
    weights: dict[str, float | None] = {"prior": -9.0, "rhythm": 7.0, "timing": -2.0}
    fall = lay_out_waterfall(weights, ["timing", "rhythm", "shape"])
    assert fall is not None
    assert [step.label for step in fall.steps] == ["prior", "shape", "timing", "rhythm", "total"]
    drawn = draw_waterfall(fall, family_palette(["rhythm"]))
    assert 'class="bar-for hue-1 again"' in drawn
    assert 'class="bar-against hue-6"' in drawn
    assert drawn.count("nothing to compare in this log") == 1


def links(pairs: list[tuple[int, int, float]], kinds: list[int] | None = None) -> Links:
    ends = np.array([pair[:2] for pair in pairs], np.int64).reshape(-1, 2)
    chosen = np.array(kinds or [-1] * len(pairs), np.int64)
    return Links(ends, np.array([pair[2] for pair in pairs], np.float32), chosen, ("timing", "rhythm"))


@given(st.integers(0, 12), st.integers(0, 4), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), weights)))
def test_every_account_of_a_small_campaign_is_in_the_picture(
    members: int, bystanders: int, pairs: list[tuple[int, int, float]]
) -> None:
    names = [f"m{n}" for n in range(members)]
    others = [f"b{n}" for n in range(bystanders)]
    known = [*names, *others]
    told = [pair for pair in pairs if pair[0] != pair[1] and max(pair[:2]) < members]
    graph = lay_out_account_graph(names, others, links(told))
    if not known:
        assert graph is None
        return
    assert graph is not None
    assert [node.account_id for node in graph.nodes] == known
    assert [node.bystander for node in graph.nodes] == [False] * members + [True] * bystanders
    assert all(0 <= node.x <= WIDTH and 0 <= node.y <= HEIGHT for node in graph.nodes)
    assert graph.links == graph.links_shown == len(told)
    drawn = draw_account_graph(graph, family_palette([]), "c1", "C-1")
    assert drawn.count('class="member"') == members
    assert drawn.count('class="bystander"') == bystanders


def test_a_large_campaign_is_sampled_into_one_piece() -> None:
    rng = np.random.default_rng(3)
    names = [f"m{n:05d}" for n in range(4_000)]
    ends = rng.integers(0, 4_000, (30_000, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    size = len(ends)
    many = Links(ends, rng.normal(9, 2, size).astype(np.float32), np.full(size, -1, np.int64))
    graph = lay_out_account_graph(names, [], many)
    assert graph is not None
    assert len(graph.nodes) == 400
    assert graph.links_shown <= 1_500
    assert graph.sampled
    # Each account shown holds on to another by at least one drawn link.
    drawn = {point for edges in graph.edges for line in edges.path.split("M")[1:] for point in line.split("L")}
    assert len(drawn) >= 0.97 * len({f"{node.x:g} {node.y:g}" for node in graph.nodes})
    assert graph == lay_out_account_graph(names, [], many)


def test_a_link_has_the_colour_of_what_weighs_most_in_it() -> None:
    graph = lay_out_account_graph(["a", "b", "<c>"], [], links([(0, 1, 9.0), (1, 2, 4.0), (0, 2, 1.0)], [1, 0, -1]))
    assert graph is not None
    assert graph.families == (("timing", 1), ("rhythm", 1))
    assert graph.strongest_links[0] == ("a", "b", 9.0, "rhythm")
    assert graph.strongest_links[-1] == ("a", "<c>", 1.0, None)
    palette = family_palette(["timing", "rhythm"])
    drawn = draw_account_graph(graph, palette, "c1", "C-1")
    assert [re.findall("hue-[0-9]", line) for line in re.findall('<path class="([^"]*)"', drawn)] == [
        ["hue-0"],
        ["hue-6"],
        ["hue-1"],
    ]
    assert "<title>&lt;c&gt;</title>" in drawn
    assert "mostly rhythm, 1 link" in draw_account_graph_key(graph, palette)


shares = st.floats(0, 1)


@given(st.lists(st.lists(st.tuples(st.integers(1, 10**6), shares), min_size=1, max_size=4), min_size=1, max_size=12))
def test_every_curve_is_drawn_and_no_name_covers_another(drawn: list[list[tuple[int, float]]]) -> None:
    series = [Series(f"line {n}", [(x, y, y, y) for x, y in points]) for n, points in enumerate(drawn)]
    chart = lay_out_curves("t", series, x_label="x", y_label="y", x_ticks=(1, 1_000), bend=math.log2)
    markup = draw_curves(chart, "c")
    for n, one in enumerate(series):
        assert f">line {n}</text>" in markup
        assert chart.lines[n].name == one.name
    heights = sorted(line.label_y for line in chart.lines)
    assert all(lower - upper >= 14.9 for upper, lower in itertools.pairwise(heights))
    assert all(46 <= x <= 550 and 14 <= y <= 320 for line in chart.lines for x, y in line.trace)
    assert markup.count("series hue-1 again") == (1 if len(series) > 8 else 0)


@given(st.dictionaries(st.text("ab<&", max_size=3), st.floats(-3, 3), max_size=6), st.floats(-3, 3))
def test_a_strip_holds_every_value(others: dict[str, float], own: float) -> None:
    markup = draw_strip(Strip("Rate", others, "suspect", own, (own - 1, own, own + 1)), "s")
    places = [float(x) for x in re.findall('class="dot" cx="([^"]+)"', markup)]
    assert len(places) == len(others)
    assert all(14 <= x <= 626 for x in places)
    assert ElementTree.fromstring(markup).tag == "svg"
    assert 1 <= markup.count("<text") <= 6


@pytest.mark.parametrize(("share", "width"), [(None, "0.0%"), (0.25, "25.0%"), (1.7, "100.0%"), (-1.0, "0.0%")])
def test_a_bar_is_filled_as_far_as_its_share(share: float | None, width: str) -> None:
    assert f'class="share-fill" width="{width}"' in draw_share_bar(share)
