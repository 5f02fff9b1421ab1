"""What exchanges may have been worth: the lab's curves at a campaign's volume and interface."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.worth import Curve, interfaces_shown, worth


def curve(interface: str = "text+cot", *, spread: float = 0.3, seed: int = 0) -> Curve:
    rng = np.random.default_rng(seed)
    best = np.array([0.98, 10.0, 3.0])
    return Curve(
        "codebook", interface, "passive", best, best + spread * rng.normal(size=(40, 3)) * [0.01, 1, 0.5], 512, 4096
    )


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_more_exchanges_are_worth_no_less(few: int, many: int) -> None:
    few, many = sorted((few, many))
    (a,), (b,) = worth([curve()], ["text+cot"], few), worth([curve()], ["text+cot"], many)
    assert a["recovery"] <= b["recovery"] <= 1
    assert 0 <= a["low"] <= a["recovery"] <= a["high"]
    assert a["beyond"] == (not 512 <= few <= 4096)


def test_half_of_the_ceiling_is_reached_at_the_midpoint() -> None:
    ((recovery, low, high),) = [curve(spread=0.0).at(1024)]
    assert recovery == pytest.approx(0.49)
    assert low == pytest.approx(high)


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ({"logprobs": 0.9, "top_logprobs": 5, "reasoning": 1.0}, ("top-5",)),
        ({"logprobs": 0.1, "top_logprobs": 5, "reasoning": 0.7}, ("text+cot",)),
        ({"logprobs": 0.0, "top_logprobs": 0, "reasoning": 0.1}, ("text", "text+cot")),
        ({"logprobs": 0.0, "top_logprobs": 0, "reasoning": 0.5}, ("text+cot",)),
        ({"logprobs": 0.5, "top_logprobs": 0, "reasoning": 0.5}, ("top-1",)),
        ({"logprobs": 0.49, "top_logprobs": 9, "reasoning": 0.49}, ("text", "text+cot")),
    ],
)
def test_the_interface_is_what_most_exchanges_show(shown: dict[str, float], name: tuple[str, ...]) -> None:
    assert interfaces_shown(**shown) == name  # type: ignore[arg-type]


def test_the_nearest_k_serves_and_an_unmeasured_interface_gives_nothing() -> None:
    curves = [curve("top-5"), curve("top-20"), curve("top-5-rounded-1"), curve("text+cot")]
    assert [row["interface"] for row in worth(curves, ["top-16"], 900)] == ["top-20"]
    assert [row["interface"] for row in worth(curves, ["top-1"], 900)] == ["top-5"]
    assert worth(curves, ["text"], 900) == []
    assert worth(curves[3:], ["top-5"], 900) == []


@pytest.mark.parametrize(("ceiling", "place"), [(0.9, 2), (0.1, 1), (0.5, 0)])
def test_the_interval_takes_in_the_fit_to_all_seeds(ceiling: float, place: int) -> None:
    """The best fit is told, with the 2.5th and 97.5th of all fits and itself."""
    best = np.array([ceiling, 0.0, 50.0])
    draws = np.column_stack([np.linspace(0.4, 0.6, 399), np.zeros(399), np.full(399, 50.0)])
    recovery, low, high = Curve("codebook", "text", "passive", best, draws, 1, 10).at(2)
    assert recovery == pytest.approx(ceiling)
    assert low == pytest.approx(min(0.405, ceiling), abs=1e-3)
    assert high == pytest.approx(max(0.595, ceiling), abs=1e-3)
    assert [low < recovery < high, recovery == low, recovery == high].index(True) == place


def test_no_queries_are_worth_as_much_as_one() -> None:
    assert curve().at(0) == curve().at(1)
    assert curve().at(0)[0] < curve().at(1024)[0]


@pytest.mark.parametrize(("queries", "beyond"), [(511, True), (512, False), (4096, False), (4097, True)])
def test_what_was_not_measured_is_told(queries: int, beyond: bool) -> None:
    (row,) = worth([curve()], ["text+cot"], queries)
    assert row["beyond"] is beyond
    assert (row["task"], row["attacker"], row["interface"]) == ("codebook", "passive", "text+cot")


def test_of_two_equally_near_k_the_smaller_serves() -> None:
    rows = worth([curve("top-16"), curve("top-4")], ["top-8"], 900)
    assert [row["interface"] for row in rows] == ["top-4"]
