"""Tables and a plot over the worlds that ``hard`` has scanned: pooled, by axis, by kind of honest customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup

from stillwatch.drawing.axes import Tick, draw_bottom_axis
from stillwatch.drawing.scales import Scale
from stillwatch.drawing.svg import tag
from stillwatch.range import AXES

DRAWS = 2000
Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class World:
    """One world and what a scan made of it; counts by campaign and by kind of honest customer.

    ``streams`` has, for each part of a stream that was found, the share of the accounts named that carry a campaign.
    """

    name: str
    design: dict[str, Any]
    exchanges: int
    accounts: int
    seconds: float
    campaigns: Counts
    honest: Counts
    predicted: int
    streams: tuple[float, ...] = ()

    def sums(self) -> tuple[int, int, int]:
        """Accounts of campaigns at review or above, all accounts there, all accounts of campaigns."""
        hit = sum(one["above"] for one in self.campaigns.values())
        false = sum(one["above"] for one in self.honest.values())
        return hit, hit + false, sum(one["accounts"] for one in self.campaigns.values())

    def line(self) -> str:
        """The world in a line."""
        hit, said, real = self.sums()
        names = {campaign["name"]: campaign for campaign in self.design["campaigns"]}
        hidden = "; ".join(
            f"{one['above']}/{one['accounts']} of {names[name]['text']}, {names[name]['hands']}, {names[name]['hours']}"
            for name, one in self.campaigns.items()
        )
        honest = f"{said - hit} honest above, {sum(one['watch'] for one in self.honest.values())} on watch"
        size = f"{self.exchanges:,} exchanges, {self.accounts:,} accounts, {self.seconds:.0f} s"
        told = f", parts of streams {', '.join(f'{one:.2f}' for one in self.streams)}" if self.streams else ""
        return f"{self.name}: {size}: {hit}/{real} found, {honest}{told} [{hidden or 'no campaign'}]"


@dataclass(frozen=True, slots=True)
class Case:
    """One campaign: the values of its axes, its recall, the share on watch, whether it was found as one."""

    axes: dict[str, str]
    recall: float
    watch: float
    as_one: bool


def _steps(*edges: float) -> Callable[[float], str]:
    """Names for stretches between edges."""
    names = [f"under {edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(edges))]

    def name(value: float) -> str:
        return [*names, f"{edges[-1]:g} and more"][int(np.searchsorted(edges, value, side="right"))]

    return name


_ACCOUNTS, _EACH, _SHARE = _steps(10, 30, 100, 300), _steps(3, 10, 30, 100), _steps(0.01, 0.4, 0.7)


def cases(worlds: Sequence[World]) -> Iterator[Case]:
    """Every campaign of the worlds."""
    for world in worlds:
        for campaign in world.design["campaigns"]:
            one = world.campaigns.get(campaign["name"])
            if one is None:
                continue
            each = campaign["exchanges"] / campaign["accounts"]
            axes = {axis: str(campaign[axis]) for axis in AXES} | {
                "accounts": _ACCOUNTS(one["accounts"]),
                "exchanges an account": _EACH(each),
                "pool questions an account": _EACH(each * (1 - np.mean(campaign["cover_share"]))),
                "cover share": _SHARE(float(np.mean(campaign["cover_share"]))),
                "days": _steps(7, 14, 21)(world.design["days"]),
                "neighbours": world.design["mood"],
            }
            yield Case(axes, one["above"] / one["accounts"], one["watch"] / one["accounts"], bool(one["as_one"]))


def _interval(values: Sequence[float], rng: np.random.Generator) -> tuple[float, float]:
    drawn = np.asarray(values)[rng.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def by_axis(worlds: Sequence[World]) -> dict[str, dict[str, list[Case]]]:
    """Campaigns by axis and value, axes and values in the order of the design space."""
    found: dict[str, dict[str, list[Case]]] = {}
    for case in cases(worlds):
        for axis, value in case.axes.items():
            found.setdefault(axis, {}).setdefault(value, []).append(case)
    order = {axis: {value: place for place, value in enumerate(values)} for axis, values in AXES.items()}

    def place(axis: str, value: str) -> tuple[int, float]:
        known = order.get(axis, {}).get(value, 99)
        first = value.removeprefix("under ").split(" ")[0]
        number = float(first) if first.replace(".", "").isdigit() else 0.0
        return known, number - 0.001 * value.startswith("under")

    return {axis: dict(sorted(values.items(), key=lambda item: place(axis, item[0]))) for axis, values in found.items()}


def report(worlds: Sequence[World]) -> None:
    """Print every table."""
    rng = np.random.default_rng(0)
    _pooled(worlds, rng)
    if any(world.campaigns for world in worlds):
        print(f"\nrecall by axis: mean over campaigns{'':17s} campaigns  recall (95 %)            on watch  as one")
        for axis, values in by_axis(worlds).items():
            for value, found in values.items():
                recalls = [case.recall for case in found]
                low, high = _interval(recalls, rng)
                watched, whole = np.mean([case.watch for case in found]), sum(case.as_one for case in found)
                said = f"{np.mean(recalls):.3f} ({low:.3f} to {high:.3f})"
                print(f"  {axis:26s} {value:22s} {len(found):9d}  {said:24s}    {watched:.3f}  {whole} of {len(found)}")
    parts = [share for world in worlds for share in world.streams]
    if parts:
        whose = sum(share >= 0.5 for share in parts)
        print(f"\nparts of streams found: {len(parts)}, of which {whose} name mostly accounts that carry a campaign")
    print(f"\n{'honest accounts by kind':24s} accounts  above watch  on watch")
    kinds = sorted({kind for world in worlds for kind in world.honest})
    for kind in kinds:
        made, above, watch = (
            sum(w.honest.get(kind, {}).get(c, 0) for w in worlds) for c in ("accounts", "above", "watch")
        )
        print(f"  {kind:22s} {made:8,d}  {above:11,d}  {watch:8,d}")


def _pooled(worlds: Sequence[World], rng: np.random.Generator) -> None:
    sums = np.array([world.sums() for world in worlds], np.float64)
    drawn = sums[rng.integers(0, len(sums), (DRAWS, len(sums)))].sum(axis=1)
    every = list(cases(worlds))
    print(f"\n{len(worlds)} worlds, {len(every)} campaigns, {sum(w.exchanges for w in worlds):,} exchanges")
    print("verdict review and above; 95 % bootstrap intervals over worlds (by campaign: over campaigns)")
    hit, said, real = sums.sum(axis=0)
    for name, column, whole in (("account precision", 1, said), ("account recall", 2, real)):
        if whole:
            shares = drawn[:, 0][drawn[:, column] > 0] / drawn[:, column][drawn[:, column] > 0]
            low, high = np.percentile(shares, [2.5, 97.5])
            print(f"  {name:26s} {hit / whole:.4f}  ({low:.4f} to {high:.4f})  {int(hit)} of {int(whole)}")
    if every:
        low, high = _interval([case.recall for case in every], rng)
        print(
            f"  {'recall, mean of campaigns':26s} {np.mean([c.recall for c in every]):.4f}  ({low:.4f} to {high:.4f})"
        )
        print(f"  {'campaigns found as one':26s} {sum(case.as_one for case in every)} of {len(every)}")
    honest = [
        sum(one[column] for w in worlds for one in w.honest.values()) for column in ("above", "watch", "accounts")
    ]
    print(f"  {'honest above watch':26s} {honest[0]} of {honest[2]:,}")
    print(f"  {'honest on watch':26s} {honest[1]} of {honest[2]:,}")
    dirty = sum(any(one["above"] for one in world.honest.values()) for world in worlds)
    print(f"  {'worlds with a false alarm':26s} {dirty} of {len(worlds)}")
    spent = [world.seconds for world in worlds]
    print(f"  {'seconds a scan':26s} {np.median(spent):.1f} median, {max(spent):.1f} most")


_STYLE = (
    "text{font:12px sans-serif;fill:#333}.base{stroke:#888}.row{stroke:#ddd}.whisker{stroke:#1f5fa8;stroke-width:2}"
    ".dot{fill:#1f5fa8}.end{text-anchor:end}.middle{text-anchor:middle}.head{font-weight:bold}"
)


def plot(worlds: Sequence[World]) -> str:
    """Mean recall of campaigns by axis and value, with intervals, as an SVG that stands alone."""
    rng, across, line = np.random.default_rng(0), Scale(0, 1, 260, 640), 18
    rows: list[Markup] = []
    y = 30
    for axis, values in by_axis(worlds).items():
        rows.append(tag("text", axis, class_="head", x=20, y=y + 4))
        y += line
        for value, found in values.items():
            recalls = [case.recall for case in found]
            low, high = (across.place(share) for share in _interval(recalls, rng))
            rows += [
                tag("line", class_="row", x1=260, x2=640, y1=y, y2=y),
                tag("text", value, class_="end", x=250, y=y + 4),
                tag("line", class_="whisker", x1=low, x2=high, y1=y, y2=y),
                tag("circle", class_="dot", cx=across.place(float(np.mean(recalls))), cy=y, r=4),
                tag("text", f"{len(found)} campaigns", x=652, y=y + 4),
            ]
            y += line
        y += line // 2
    ticks = [Tick(across.place(share), f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    name = "Share of a campaign's accounts at review or above, by axis"
    return str(
        tag(
            "svg",
            tag("title", name),
            tag("style", _STYLE),
            *rows,
            tag("line", class_="base", x1=260, x2=640, y1=y, y2=y),
            draw_bottom_axis(ticks, y),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 760 {y + 34}",
            role="img",
        )
    )
