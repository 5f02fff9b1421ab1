"""Colours: enough for any family, apart for every eye, and plain to see on paper and on black."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stillwatch.drawing
from stillwatch.core.terms import FAMILIES
from stillwatch.drawing import family_palette, order_families
from stillwatch.drawing.palette import HUES

F64 = npt.NDArray[np.float64]

CSS = (Path(stillwatch.drawing.__file__).parent / "static" / "base.css").read_text(encoding="utf-8")

# From linear RGB, severity 1: Machado, Oliveira and Fernandes 2009.
EYES = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# Linear RGB to cone responses, and their cube roots to Oklab: Ottosson 2020.
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def tokens(dark: bool) -> dict[str, str]:
    """Colours of one list, by token."""
    light, _, rest = CSS.partition("@media screen and (prefers-color-scheme: dark)")
    chosen = rest.partition("}")[0] if dark else light
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", chosen))


def linear(colours: list[str]) -> F64:
    values = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in colours])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    """WCAG's contrast ratio."""
    low, high = sorted(float(value @ [0.2126, 0.7152, 0.0722]) for value in linear([first, second]))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("dark", [False, True])
def test_any_two_hues_are_apart_for_every_eye(dark: bool, eye: str) -> None:
    own = tokens(dark)
    seen = np.clip(linear([own[f"hue-{n}"] for n in range(1, HUES + 1)]) @ EYES[eye].T, 0, 1)
    places = np.cbrt(seen @ CONES.T) @ OKLAB.T
    apart = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(places, 2)]
    assert min(apart) >= (0.055 if eye == "tritanopia" else 0.07)


@pytest.mark.parametrize("dark", [False, True])
def test_what_is_drawn_stands_out_and_what_is_written_can_be_read(dark: bool) -> None:
    own = tokens(dark)
    for n in range(HUES + 1):
        assert contrast(own[f"hue-{n}"], own["paper"]) >= 3
    for name in ("ink", "soft", "accent", "amber", "red"):
        assert contrast(own[name], own["paper"]) >= 4.5
    assert contrast(own["mark-ink"], own["mark"]) >= 4.5


def test_both_lists_name_the_same_colours() -> None:
    assert tokens(dark=False).keys() == tokens(dark=True).keys()


@given(st.lists(st.text() | st.sampled_from(FAMILIES)))
def test_any_family_has_a_colour_and_a_known_one_always_its_own(names: list[str]) -> None:
    palette = family_palette(names)
    for name in names:
        assert re.fullmatch(r"hue-[1-8]( again)?", palette.hue(name))
    assert [palette.hue(name) for name in FAMILIES] == [f"hue-{n}" for n in range(1, 9)]
    assert palette.hue(None) == "hue-0"
    unknown = [name for name in dict.fromkeys(names) if name not in FAMILIES]
    assert [palette.hue(name) for name in unknown[:3]] == ["hue-1 again", "hue-2 again", "hue-3 again"][: len(unknown)]


@given(st.lists(st.text() | st.sampled_from(FAMILIES)))
def test_known_families_come_first_and_none_is_lost(names: list[str]) -> None:
    order = order_families(names)
    assert len(order) == len(set(order))
    assert set(order) == set(names)
    known = [name for name in order if name in FAMILIES]
    assert list(order[: len(known)]) == known == [name for name in FAMILIES if name in names]
