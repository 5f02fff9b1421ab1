"""A campaign's portrait: what it took, when, with what, and what it changed to, from tables made by hand."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from handmade_families import explanation

from stillwatch.detection import Case, Curve, Portraitist
from stillwatch.engines import Engine
from stillwatch.evidence import Finding
from stillwatch.linking import Links
from stillwatch.tables import CAMPAIGNS, EXCHANGES

START = datetime(2026, 9, 7, tzinfo=UTC)
MEMBERS = np.arange(10)
Row = dict[str, Any]


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def exchange(account: int, hours: float, **more: Any) -> Row:
    return {"account_id": f"a{account:02d}", "time": at(hours), "model": "apex-2", **more}


def spread(count: int = 12) -> list[Row]:
    """One exchange every 24 hours of a week from each account, an hour after the last one's."""
    return [exchange(account, 24 * day + account / 60) for day in range(7) for account in range(count)]


def finding(family: str, p: float, statistic: str = "a statistic", value: float = 0.5, **more: float) -> Finding:
    return Finding(family, statistic, value, more.get("background", 0.1), p, f"What {family} saw.")


SEEN = (finding("structure", 1e-9), finding("semantics", 0.01), finding("purpose", 0.5), finding("timing", 1e-4))


def links(pairs: Sequence[tuple[int, int, float, float]] = ()) -> Links:
    """Pairs with their weights of structure and timing."""
    a, b = (np.array([pair[place] for pair in pairs], np.int64) for place in (0, 1))
    texts, clock = (np.array([pair[place] for pair in pairs]) for place in (2, 3))
    weight = np.nan_to_num(texts) + np.nan_to_num(clock) + np.log2(1e-4 / (1 - 1e-4))
    return Links(a, b, weight, 1 / (1 + np.exp2(-weight)), {"structure": texts, "timing": clock})


Draw = Callable[..., Row]


@pytest.fixture
def draw(engine: Engine) -> Draw:
    """Draws a campaign of ten entities among the rows' accounts, each an entity of its own."""

    def drawn(
        rows: Sequence[Row],
        *,
        findings: Sequence[Finding] = SEEN,
        q: float = 0.001,
        beside: Sequence[int] = (),
        prompts: Sequence[tuple[int, int, str]] = (),
        weighed: Links | None = None,
        releases: Sequence[tuple[str, datetime]] = (),
        curves: Sequence[Curve] = (),
        members: np.ndarray = MEMBERS,
    ) -> Row:
        names = sorted({row["account_id"] for row in rows})
        told = {name: [row.get(name) for row in rows] for name in EXCHANGES.names}
        exchanges = pa.table({f.name: pa.array(told[f.name], f.type) for f in EXCHANGES})
        times = [[row["time"] for row in rows if row["account_id"] == name] for name in names]
        moment = EXCHANGES.field("time").type
        accounts = pa.table(
            {
                "account_id": names,
                "entity": [int(name[1:]) for name in names],
                "exchanges": [len(one) for one in times],
                "first_seen": pa.array([min(one) for one in times], moment),
                "last_seen": pa.array([max(one) for one in times], moment),
            }
        )
        sample = pa.table(
            {
                "entity": pa.array([entity for entity, _, _ in prompts], pa.int64()),
                "place": pa.array([place for _, place, _ in prompts], pa.int64()),
                "exchange_id": pa.array([f"x-{entity}-{place}" for entity, place, _ in prompts], pa.string()),
                "prompt": pa.array([text for _, _, text in prompts], pa.string()),
            }
        )
        calendar = [(model, int(moment.timestamp() * 1e6)) for model, moment in releases]
        portraitist = Portraitist(
            engine, engine.keep(exchanges), engine.keep(accounts), sample, weighed or links(), calendar, 0.01, curves
        )
        case = Case(members, np.array(beside, np.int64), tuple(findings), (explanation(False, "a class"),), 1e-5, q)
        row = portraitist.draw("C007", case)
        # What is drawn is a row of the table.
        return dict(pa.Table.from_pylist([row], schema=CAMPAIGNS).to_pylist()[0])

    return drawn


def test_a_campaign_is_counted_over_its_members_alone(draw: Draw) -> None:
    row = draw([*spread(12), exchange(3, 200)], beside=[11])
    assert (row["campaign_id"], row["verdict"]) == ("C007", "review")
    assert (row["accounts"], row["exchanges"]) == (10, 71)
    assert (row["first_seen"], row["last_seen"]) == (at(0), at(200))
    assert (row["p_value"], row["q_value"]) == (1e-5, 0.001)
    assert row["account_ids"] == [f"a{n:02d}" for n in range(10)]
    assert row["bystander_ids"] == ["a11"]
    assert row["explanations"] == [{"name": "a class", "statement": "What was measured of a class.", "holds": False}]
    assert row["worth"] is None


def test_families_are_those_at_the_level(draw: Draw) -> None:
    row = draw(spread())
    assert row["families"] == ["structure", "semantics", "timing"]
    assert row["summary"] == (
        "10 accounts that declare no organisation in common made 70 exchanges as one, for tasks of no one kind; "
        "seen by structure, semantics and timing."
    )
    assert draw(spread(), findings=[finding("timing", 0.02)])["summary"].endswith("seen by no single family.")


def test_what_was_seen_comes_with_exchanges_of_the_members(draw: Draw) -> None:
    blind = Finding("infrastructure", "none", float("nan"), float("nan"), 1.0, "No columns.")
    odd = finding("shape", 0.3, background=float("nan"))
    prompts = [(e, place, "Why?") for e in range(12) for place in (1, 2)]
    row = draw(spread(), findings=[*SEEN, odd, blind], prompts=prompts)
    assert [one["family"] for one in row["observations"]] == ["structure", "semantics", "purpose", "timing", "shape"]
    assert all(one["exchange_ids"] == [f"x-{e}-1" for e in range(5)] for one in row["observations"])
    first, last = row["observations"][0], row["observations"][-1]
    assert (first["statement"], first["value"], first["background"]) == ("What structure saw.", 0.5, 0.1)
    assert first["p_value"] == 1e-9
    assert last["background"] is None


def test_the_timeline_has_every_hour_at_work(draw: Draw) -> None:
    rows = [exchange(0, 0.2), exchange(0, 0.9), exchange(1, 0.5), exchange(1, 5.0), exchange(11, 0.3), exchange(2, 30)]
    row = draw([*rows, *(exchange(n, 40) for n in range(3, 10))])
    assert row["timeline"][:3] == [
        {"hour": at(0), "exchanges": 3, "accounts": 2},
        {"hour": at(5), "exchanges": 1, "accounts": 1},
        {"hour": at(30), "exchanges": 1, "accounts": 1},
    ]
    assert row["timeline"][3] == {"hour": at(40), "exchanges": 7, "accounts": 7}
    assert sum(hour["exchanges"] for hour in row["timeline"]) == row["exchanges"] == 12


def test_models_are_shares_of_all_exchanges_the_commonest_first(draw: Draw) -> None:
    rows = [exchange(n, n, model="apex-3" if n < 6 else "apex-2" if n < 9 else None) for n in range(10)]
    row = draw([*rows, *(exchange(11, n, model="other") for n in range(20))])
    assert row["models"] == [{"name": "apex-3", "share": 0.6}, {"name": "apex-2", "share": 0.3}]
    many = [exchange(n % 10, n, model=f"m{n}") for n in range(12)]
    assert [one["name"] for one in draw(many)["models"]] == sorted(f"m{n}" for n in range(12))[:8]


def test_targets_are_what_a_twentieth_of_the_prompts_draw_on(draw: Draw) -> None:
    texts = ["Write a Python function."] * 12 + ["Translate this to German."] * 7 + ["How many apples are left?"]
    row = draw(spread(), prompts=[(n % 10, n // 10 + 1, text) for n, text in enumerate(texts)])
    assert [(one["name"], round(one["share"], 3)) for one in row["targets"]] == [
        ("coding", 0.6), ("translation", 0.35), ("reasoning and mathematics", 0.05),
    ]  # fmt: skip
    assert "most often for coding (60 %) and translation (35 %);" in row["summary"]
    texts.append("Tell me of foxes.")
    row = draw(spread(), prompts=[(n % 10, n // 10 + 1, text) for n, text in enumerate(texts)])
    assert [one["name"] for one in row["targets"]] == ["coding", "translation"]


def test_targets_are_of_the_members_prompts(draw: Draw) -> None:
    prompts = [(0, 1, "Write a Python function."), (11, 1, "Translate this to German.")]
    assert [one["name"] for one in draw(spread(), prompts=prompts)["targets"]] == ["coding"]
    assert draw(spread())["targets"] == []


# Releases.


def switching(old: int, new: int, *, before_new: int = 0, before: int = 20, since: float = 100) -> list[Row]:
    """Members before a release and, half an hour and more after it, so many on the old and the new model."""
    rows = [exchange(n % 10, since - 1 - n) for n in range(before)]
    rows += [exchange(n % 10, since - 0.5, model="apex-4") for n in range(before_new)]
    rows += [exchange(n % 10, since + 0.5 + n, model="apex-2") for n in range(old)]
    return rows + [exchange(n % 10, since + 0.5 + n, model="apex-4") for n in range(new)]


def pivots(draw: Draw, rows: Sequence[Row], since: float = 100, model: str = "apex-4") -> list[Row]:
    return list(draw(rows, releases=[(model, at(since))])["pivots"])


def test_a_switch_to_a_new_model_on_the_day_of_its_release_is_a_pivot(draw: Draw) -> None:
    (pivot,) = pivots(draw, switching(5, 15))
    assert (pivot["model"], pivot["released"]) == ("apex-4", at(100))
    assert (pivot["share_before"], pivot["share_after"]) == (0.0, 0.75)
    assert pivot["hours_to_half"] == 1.0
    row = draw(switching(5, 15), releases=[("apex-4", at(100))])
    assert "75 % of its traffic was on apex-4 within 24 hours of release." in row["summary"]


@pytest.mark.parametrize(("old", "new", "seen"), [(15, 5, True), (16, 5, False)])
def test_a_pivot_is_a_quarter_of_the_traffic(draw: Draw, old: int, new: int, seen: bool) -> None:
    assert bool(pivots(draw, switching(old, new))) is seen


@pytest.mark.parametrize(("before_new", "seen"), [(1, True), (2, False)])
def test_who_used_the_model_before_its_release_made_no_switch(draw: Draw, before_new: int, seen: bool) -> None:
    rows = switching(5, 15, before_new=before_new, before=20 - before_new)
    assert bool(pivots(draw, rows)) is seen


def test_the_hour_of_release_counts_as_after_it_and_each_hour_once(draw: Draw) -> None:
    rows = [exchange(n % 10, 95 - n) for n in range(20)]
    rows += [exchange(0, 100, model="apex-4"), *(exchange(n, 100.5) for n in range(4))]
    rows += [exchange(n, 101, model="apex-4") for n in range(9)]
    (pivot,) = pivots(draw, rows)
    assert (pivot["share_before"], pivot["share_after"]) == (0.0, 10 / 14)
    assert pivot["hours_to_half"] == 2.0


def test_the_day_after_a_release_ends_with_its_last_hour(draw: Draw) -> None:
    rows = [exchange(n % 10, 95 - n) for n in range(20)] + [exchange(n, 123.9, model="apex-4") for n in range(3)]
    late = [exchange(n, 124) for n in range(10)]
    (pivot,) = pivots(draw, rows + late)
    assert (pivot["share_after"], pivot["hours_to_half"]) == (1.0, 24.0)


@pytest.mark.parametrize(("hours", "seen"), [(-48, True), (-48.1, False)])
def test_two_days_before_a_release_are_looked_at(draw: Draw, hours: float, seen: bool) -> None:
    rows = [exchange(n, 100 + hours) for n in range(10)] + [exchange(n, 100.5, model="apex-4") for n in range(10)]
    assert bool(pivots(draw, rows)) is seen


def test_half_of_the_traffic_may_come_on_the_second_day(draw: Draw) -> None:
    rows = [exchange(n % 10, 95 - n) for n in range(20)]
    rows += [exchange(n % 10, 100.5 + n / 100, model="apex-4" if n < 8 else "apex-2") for n in range(20)]
    (pivot,) = pivots(draw, [*rows, exchange(0, 147.5, model="apex-4")])
    assert pivot["hours_to_half"] == 48.0
    (pivot,) = pivots(draw, [*rows, exchange(0, 140.5, model="apex-4"), exchange(1, 140.6)])
    assert pivot["hours_to_half"] == 41.0


def test_a_switch_that_is_a_day_off_is_none(draw: Draw) -> None:
    rows = [*switching(5, 15), *(exchange(n, 70) for n in range(10))]
    assert pivots(draw, rows, since=99)[0]["share_after"] == 15 / 21
    # A day earlier, all traffic of the first 24 hours is on the old model; a day later, the new one was used before.
    assert pivots(draw, rows, since=76) == []
    assert pivots(draw, rows, since=124) == []
    assert pivots(draw, rows, since=300) == []
    assert pivots(draw, rows, model="apex-9") == []


def test_without_traffic_on_both_sides_there_is_no_pivot(draw: Draw) -> None:
    assert pivots(draw, switching(5, 15, before=0)) == []
    assert pivots(draw, switching(0, 0)) == []


def test_half_of_the_traffic_may_come_late_or_never(draw: Draw) -> None:
    rows = [exchange(n % 10, 95 - n) for n in range(20)]
    rows += [exchange(n % 10, 100.5 + n, model="apex-4" if n in (3, 20) else "apex-2") for n in range(4)]
    (pivot,) = pivots(draw, rows)
    assert pivot["hours_to_half"] == 4.0
    slow = rows + [exchange(n, 103.6) for n in range(2)]
    late = [exchange(n, 110.5, model="apex-4") for n in range(3)] + [exchange(4, 110.5) for _ in range(4)]
    (pivot,) = pivots(draw, slow + late)
    assert pivot["hours_to_half"] is None


def test_a_models_name_is_a_name_whatever_stands_in_it(draw: Draw) -> None:
    odd = "it's {new}"
    rows = switching(5, 15)
    for row in rows:
        row["model"] = odd if row["model"] == "apex-4" else row["model"]
    assert pivots(draw, rows, model=odd)[0]["model"] == odd


# Handing over.


def handing_over(
    stopped: int, started: int, *, at_hour: float = 80, after: float = 5, length: float = 160
) -> list[Row]:
    """So many accounts stop at an hour and so many begin after it; the rest of ten work all the time."""
    rows = []
    for account in range(10):
        begin, end = 0.0, length
        if account < stopped:
            end = at_hour
        elif account < stopped + started:
            begin = at_hour + after
        rows += [exchange(account, begin), exchange(account, (begin + end) / 2), exchange(account, end)]
    return rows


@pytest.mark.parametrize(
    ("stopped", "started", "seen"), [(4, 4, True), (3, 6, False), (6, 3, False), (5, 5, True), (0, 0, False)]
)
def test_a_failover_is_many_who_stop_and_many_who_begin(draw: Draw, stopped: int, started: int, seen: bool) -> None:
    found = draw(handing_over(stopped, started))["failovers"]
    if seen:
        (one,) = found
        assert (one["accounts_stopped"], one["accounts_started"]) == (stopped, started)
        assert at(80) <= one["time"] < at(86)
    else:
        assert found == []


@pytest.mark.parametrize(
    ("after", "seen"), [(-6, False), (-5.5, True), (0, True), (48, True), (53, True), (53.5, False)]
)
def test_others_take_over_within_two_days(draw: Draw, after: float, seen: bool) -> None:
    assert bool(draw(handing_over(5, 5, after=after))["failovers"]) is seen


def test_those_who_stop_within_six_hours_stop_together(draw: Draw) -> None:
    def stopping(hours: Sequence[float]) -> list[Row]:
        old = [exchange(n, hour) for n, last in enumerate(hours) for hour in (0, last)]
        return old + [exchange(n, hour) for n in range(5, 10) for hour in (90, 160)]

    (one,) = draw(stopping([80, 81, 82, 83, 85.5]))["failovers"]
    assert (one["time"], one["accounts_stopped"]) == (at(83), 4)
    (one,) = draw(stopping([80.5, 81, 82, 83, 85.5]))["failovers"]
    assert (one["time"], one["accounts_stopped"]) == (at(86), 5)
    assert draw(stopping([70, 74, 78, 82, 86]))["failovers"] == []


def test_the_first_of_equal_moments_is_the_failovers(draw: Draw) -> None:
    (one,) = draw(handing_over(5, 5))["failovers"]
    assert one["time"] == at(80)


def test_a_failover_is_told(draw: Draw) -> None:
    summary = draw(handing_over(5, 5))["summary"]
    assert summary.endswith("5 accounts fell silent around 10 Sep 08:00 UTC and 5 others took over.")


def test_a_fifth_of_many_must_stop(draw: Draw) -> None:
    rows = [exchange(n, hour) for n in range(30) for hour in (0, 160)]
    few = [*(exchange(n, hour) for n in range(30, 35) for hour in (0, 80))]
    new = [*(exchange(n, hour) for n in range(35, 40) for hour in (85, 160))]
    assert draw([*rows, *few, *new], members=np.arange(40))["failovers"] == []
    assert len(draw([*rows[:20], *few, *new], members=np.arange(40))["failovers"]) == 1


def test_who_stops_near_the_edge_hands_nothing_over(draw: Draw) -> None:
    assert draw(handing_over(5, 5, at_hour=152))["failovers"] == []
    assert draw(handing_over(5, 5, at_hour=4))["failovers"] == []


# Weights, tactics, inferences.


def test_the_waterfall_sums_to_the_mean_weight_of_the_links_inside(draw: Draw) -> None:
    weighed = links([(0, 1, 10.0, 8.0), (1, 2, 12.0, np.nan), (2, 11, 50.0, 50.0), (10, 11, 9.0, 9.0)])
    bars = draw(spread(), weighed=weighed)["waterfall"]
    assert [bar["family"] for bar in bars] == ["prior", "structure", "timing"]
    assert [bar["match_weight"] for bar in bars] == pytest.approx([np.log2(1e-4 / (1 - 1e-4)), 11.0, 4.0])
    assert sum(bar["match_weight"] for bar in bars) == pytest.approx(weighed.weight[:2].mean())


def test_without_links_inside_there_is_only_the_prior(draw: Draw) -> None:
    assert [bar["family"] for bar in draw(spread(), weighed=links([(1, 11, 9.0, 9.0)]))["waterfall"]] == ["prior"]


@pytest.mark.parametrize(
    ("hands", "proxies"),
    [
        (finding("infrastructure", 0.01, "share of accounts that share a payment"), True),
        (finding("infrastructure", 0.011, "share of accounts that share a payment"), False),
        (finding("infrastructure", 1e-9, "scatter of sign-up, hours"), False),
        (finding("timing", 1e-9, "share of something"), False),
    ],
)
def test_proxies_are_a_tactic_where_hands_are_shared(draw: Draw, hands: Finding, proxies: bool) -> None:
    ids = [one["id"] for one in draw(spread(), findings=[hands])["tactics"]]
    assert ids == ["AML.T0024.002", "AML.T0040", *(["AML.T0008.005"] if proxies else [])]


@pytest.mark.parametrize(
    ("q", "families", "confidence"),
    [(1e-4, 3, "high"), (1.1e-4, 3, "moderate"), (1e-4, 2, "moderate")],
)
def test_confidence_is_high_where_three_families_see_it_beyond_doubt(
    draw: Draw, q: float, families: int, confidence: str
) -> None:
    seen = [finding(name, 1e-5) for name in ("structure", "timing", "infrastructure")[:families]]
    first, second = draw(spread(), findings=seen, q=q)["inferences"]
    assert first["confidence"] == confidence
    assert (second["statement"], second["confidence"]) == (
        "The answers may be collected as training data for another model; the requests' wording does not tell.",
        "low",
    )


@pytest.mark.parametrize(
    ("p", "value", "confidence"), [(0.01, 0.1, "moderate"), (0.011, 0.1, "low"), (0.01, 0.09, "low")]
)
def test_wording_of_training_data_makes_it_likelier(draw: Draw, p: float, value: float, confidence: str) -> None:
    second = draw(spread(), findings=[finding("purpose", p, value=value)])["inferences"][1]
    assert second["confidence"] == confidence
    assert ("may be collected as training data" in second["statement"]) is (confidence == "low")


# Worth.


def curve(interface: str) -> Curve:
    best = np.array([0.98, 10.0, 3.0])
    return Curve("codebook", interface, "passive", best, best[None, :], 10, 4096)


CURVES = [curve("text"), curve("text+cot"), curve("top-5"), curve("top-20")]


@pytest.mark.parametrize(
    ("more", "prompt", "shown"),
    [
        ({}, "Why?", ["text", "text+cot"]),
        ({"reasoning": "First."}, "Why?", ["text+cot"]),
        ({}, "Show your full reasoning before the answer.", ["text+cot"]),
        ({"logprobs": True, "top_logprobs": 5}, "Why?", ["top-5"]),
        ({"top_logprobs": 20}, "Why?", ["top-20"]),
        ({"top_logprobs": 0}, "Why?", ["text", "text+cot"]),
    ],
)
def test_worth_is_told_at_what_the_exchanges_show(draw: Draw, more: Row, prompt: str, shown: list[str]) -> None:
    rows = [{**row, **more} for row in spread(10)] + [exchange(11, 3, logprobs=True, top_logprobs=7)] * 100
    found = draw(rows, curves=CURVES, prompts=[(n, 1, prompt) for n in range(10)])["worth"]
    assert [one["interface"] for one in found] == shown
    assert all(not one["beyond"] for one in found)
    assert {one["recovery"] for one in found} == {curve("text").at(70)[0]}
