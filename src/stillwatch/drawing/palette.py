"""Which colour a name has: eight hues told apart by people who see two, as classes of ``static/base.css``.

The values are the tokens ``--hue-1`` to ``--hue-8`` there, one list for light and one for dark. In
each list every two hues lie at least 0.07 apart in Oklab (Ottosson 2020), to a full eye and under
simulated protanopia and deuteranopia (Machado et al. 2009), 0.055 under tritanopia, which is far
rarer. Each stands out 3 to 1 from the paper, as WCAG 2.2 asks of graphics (1.4.11). Tests hold this.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stillwatch.core.terms import FAMILIES

__all__ = ["HUES", "Palette", "family_palette", "hue_class", "order_families"]

HUES = 8
"""How many hues there are before they come round again."""


def hue_class(place: int) -> str:
    """The class of the n-th name, from 0; beyond the hues they come round, and ``again`` says so.

    >>> hue_class(0), hue_class(8)
    ('hue-1', 'hue-1 again')
    """
    return f"hue-{place % HUES + 1}" + (" again" if place >= HUES else "")


@dataclass(frozen=True, slots=True)
class Palette:
    """Names in the order in which they were given their hues."""

    names: tuple[str, ...]

    def hue(self, name: str | None) -> str:
        """The class that colours what has this name; the neutral ``hue-0`` for a name without one."""
        return hue_class(self.names.index(name)) if name in self.names else "hue-0"


def order_families(names: Iterable[str]) -> tuple[str, ...]:
    """Families once each: known ones in the order of reports, then others in order of appearance.

    >>> order_families(["rhythm", "timing", "structure", "rhythm"])
    ('structure', 'timing', 'rhythm')
    """
    given = tuple(dict.fromkeys(names))
    return (*(name for name in FAMILIES if name in given), *(name for name in given if name not in FAMILIES))


def family_palette(names: Iterable[str]) -> Palette:
    """Hues for families of evidence. A known family has its own on every page, whichever others are shown."""
    return Palette((*FAMILIES, *(name for name in order_families(names) if name not in FAMILIES)))
