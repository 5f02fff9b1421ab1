"""Tables and a plot over the worlds that ``error_rates`` has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from scipy import stats

from stillwatch.drawing.axes import Tick, draw_bottom_axis
from stillwatch.drawing.scales import Scale
from stillwatch.drawing.svg import tag

LEVELS = (0.001, 0.01, 0.05, 0.1)
FDRS = (0.01, 0.05, 0.1)
DRAWS = 2000
CAMPAIGN = "campaign"
CONVICTING = "campaign, explanations ruled out"

_STYLE = (
    "svg{font:12px system-ui,sans-serif;background:#fff;color:#222}.head{font-weight:600}.end{text-anchor:end}"
    ".whisker{stroke:#456;stroke-width:2}.dot{fill:#456}.said{stroke:#c33;stroke-width:2}.base{stroke:#888}"
    ".row{stroke:#eee}.tick{text-anchor:middle}"
)


@dataclass(frozen=True, slots=True)
class Group:
    """A group that was tested: its size, the campaign's p-value, whether nothing stands against it, and families'."""

    size: int
    p_value: float
    convicts: bool
    families: dict[str, float]


@dataclass(frozen=True, slots=True)
class World:
    """One world.

    Attributes:
        name, honest, exchanges, accounts: which, whether it hides nothing, and how large.
        candidates: groups that a scan tested; of honest worlds.
        drawn: groups drawn at random; of honest worlds.
        found: by ``--fdr``, of each campaign reported whether it is real.
        above: by ``--fdr``, honest entities reported, and all that are.
    """

    name: str
    honest: bool
    exchanges: int
    accounts: int
    candidates: list[Group]
    drawn: list[Group]
    found: dict[str, list[bool]]
    above: dict[str, tuple[int, int]]

    def line(self) -> str:
        """The world in a line."""
        loosest = self.found[str(FDRS[-1])]
        told = f"{loosest.count(True)} real and {loosest.count(False)} false campaigns at {FDRS[-1]}"
        size = f"{self.exchanges:,} exchanges, {self.accounts:,} accounts"
        return f"{self.name}: {size}; {len(self.candidates)} groups tested; {told}"


def p_values(worlds: Sequence[World], of: str) -> dict[str, list[float]]:
    """P-values of the groups of honest worlds, by family, the campaign's own last.

    Args:
        worlds: those with campaigns are left out.
        of: ``candidates`` or ``drawn``.
    """
    groups = [group for world in worlds if world.honest for group in getattr(world, of)]
    names = sorted({name for group in groups for name in group.families})
    found = {name: [group.families[name] for group in groups if name in group.families] for name in names}
    # As it is decided: a group that an honest explanation holds for, or may hold for, has a p-value of 1.
    decided = {CONVICTING: [group.p_value if group.convicts else 1.0 for group in groups]} if of == "candidates" else {}
    return {**found, CAMPAIGN: [group.p_value for group in groups], **decided}


def share(hits: int, of: int) -> tuple[float, float, float]:
    """A share with its exact 95 % interval (Clopper and Pearson 1934)."""
    found = stats.binomtest(hits, of).proportion_ci(method="exact")
    return hits / of, found.low, found.high


def mean(values: Sequence[float]) -> tuple[float, float, float]:
    """A mean over worlds with its 95 % bootstrap interval, worlds drawn anew."""
    rng = np.random.default_rng(0)
    means = rng.choice(np.asarray(values), (DRAWS, len(values))).mean(axis=1)
    return float(np.mean(values)), float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def report(worlds: Sequence[World]) -> None:
    """Print all tables."""
    honest = [world for world in worlds if world.honest]
    hiding = [world for world in worlds if not world.honest]
    sizes = (
        f"{sum(world.exchanges for world in worlds):,} exchanges, {sum(world.accounts for world in worlds):,} accounts"
    )
    print(f"\n{len(honest)} honest worlds, {len(hiding)} with campaigns; {sizes}")
    for of, said in (("drawn", "groups drawn at random"), ("candidates", "groups that a scan tested")):
        _print_levels(said, p_values(honest, of))
    if honest:
        print("\n| --fdr | honest worlds with a false campaign |\n| --- | --- |")
        for level in FDRS:
            hits = sum(bool(world.found[str(level)]) for world in honest)
            print(f"| {level} | {hits} of {len(honest)}: {_told(share(hits, len(honest)))} |")
    if hiding:
        _print_false(hiding)


def _print_levels(said: str, by_family: Mapping[str, Sequence[float]]) -> None:
    print(
        f"\nShare of p-values at or below each level, {said} in honest worlds "
        "(beyond: the interval lies above the level)\n"
    )
    print(f"| | tested | {' | '.join(f'{level}' for level in LEVELS)} |")
    print(f"| --- | --- |{' --- |' * len(LEVELS)}")
    for name, values in by_family.items():
        if values:
            found = [(share(sum(p <= level for p in values), len(values)), level) for level in LEVELS]
            cells = [_told(one) + (" beyond" if one[1] > level else "") for one, level in found]
            print(f"| {name} | {len(values):,} | {' | '.join(cells)} |")


def _print_false(worlds: Sequence[World]) -> None:
    print(
        f"\nFalse discoveries in {len(worlds)} worlds with campaigns, mean over worlds (95 % bootstrap)\n\n"
        "| --fdr | campaigns reported | false | false proportion a world | honest share of accounts reported |\n"
        "| --- | --- | --- | --- | --- |"
    )
    for level in FDRS:
        found = [world.found[str(level)] for world in worlds]
        every = [real for one in found for real in one]
        wrong = f"{every.count(False)}: {_told(share(every.count(False), len(every)))}" if every else "none found"
        false = [one.count(False) / max(len(one), 1) for one in found]
        above = [world.above[str(level)] for world in worlds]
        honest = [one / max(total, 1) for one, total in above]
        print(f"| {level} | {len(every)} | {wrong} | {_told(mean(false))} | {_told(mean(honest))} |")


def _told(found: tuple[float, float, float]) -> str:
    middle, low, high = (f"{value:.4f}".removeprefix("0").rstrip("0").rstrip(".") or "0" for value in found)
    return f"{middle} ({low} to {high})"


def plot(worlds: Sequence[World]) -> str:
    """Shares of p-values at or below each level, with exact intervals, beside the level: an SVG that stands alone."""
    across, line, y = Scale(-4, 0, 240, 700), 18, 30
    rows: list[Markup] = []
    for of, said in (("drawn", "drawn at random"), ("candidates", "tested by a scan")):
        for name, values in p_values(worlds, of).items():
            if not values:
                continue
            rows.append(tag("text", f"{name}, {said} ({len(values):,})", class_="head", x=20, y=y + 4))
            y += line
            for level in LEVELS:
                rows += _row(values, level, across, y)
                y += line
            y += line // 2
    ticks = [Tick(across.place(power), f"{10.0**power:g}") for power in (-4, -3, -2, -1, 0)]
    return str(
        tag(
            "svg",
            tag("title", "Share of p-values at or below a level in honest worlds; the red line is the level"),
            tag("style", _STYLE),
            *rows,
            tag("line", class_="base", x1=240, x2=700, y1=y, y2=y),
            draw_bottom_axis(ticks, y),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 760 {y + 34}",
            role="img",
        )
    )


def _row(values: Sequence[float], level: float, across: Scale, y: int) -> list[Markup]:
    found = share(sum(p <= level for p in values), len(values))
    # What is rarer than one in ten thousand stands at the left edge.
    middle, low, high = (across.place(float(np.log10(max(value, 1e-4)))) for value in found)
    at = across.place(float(np.log10(level)))
    return [
        tag("line", class_="row", x1=240, x2=700, y1=y, y2=y),
        tag("text", f"at {level:g}", class_="end", x=230, y=y + 4),
        tag("line", class_="whisker", x1=low, x2=high, y1=y, y2=y),
        tag("circle", class_="dot", cx=middle, cy=y, r=4),
        tag("line", class_="said", x1=at, x2=at, y1=y - 6, y2=y + 6),
    ]
