"""A campaign's accounts as a picture of nodes and links, the same for the same links.

Members are filled circles, bystanders hollow squares. A link has the colour of the family of
evidence that weighs most in it, and is drawn the stronger the greater its match weight. A large
campaign is sampled, see ``graph_sample``; places come from ``force_layout``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from stillwatch.drawing.force_layout import spread_nodes
from stillwatch.drawing.graph_sample import pick_accounts, pick_links
from stillwatch.drawing.palette import Palette
from stillwatch.drawing.svg import tag
from stillwatch.drawing.wording import plural, weight

__all__ = [
    "HEIGHT",
    "WIDTH",
    "AccountGraph",
    "Edges",
    "Links",
    "Node",
    "draw_account_graph",
    "draw_account_graph_key",
    "lay_out_account_graph",
]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

WIDTH, HEIGHT = 900, 480
_MARGIN = 16
_CROWD = 120
_CLASSES = 4
_STRONGEST = 20


@dataclass(frozen=True, slots=True)
class Links:
    """Links among accounts.

    Attributes:
        ends: E x 2, places of two accounts in the list of members and then bystanders.
        weights: E, match weights.
        kinds: E, places in ``families`` of what weighs most in each link; -1 where nothing is known.
        families: names of families of evidence.
    """

    ends: I64
    weights: F32
    kinds: I64
    families: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """An account in the picture."""

    account_id: str
    x: float
    y: float
    bystander: bool


@dataclass(frozen=True, slots=True)
class Edges:
    """Links of one family and one class of match weight, 1 (weakest) to 4, as one SVG path."""

    family: str | None
    strength: int
    path: str


@dataclass(frozen=True, slots=True)
class AccountGraph:
    """The picture and what was left out of it.

    Attributes:
        nodes: members first, then bystanders.
        edges: the weakest first.
        families: those that weigh most in a link shown, with the number of such links.
        weakest, strongest: match weights of the links shown; None where there is no link.
        strongest_links: the strongest links shown: (account, account, match weight, family).
        members, bystanders, links: how many there are in all.
        links_shown: how many are drawn.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edges, ...]
    families: tuple[tuple[str, int], ...]
    weakest: float | None
    strongest: float | None
    strongest_links: tuple[tuple[str, str, float, str | None], ...]
    members: int
    bystanders: int
    links: int
    links_shown: int

    @property
    def sampled(self) -> bool:
        """Whether anything was left out."""
        return len(self.nodes) < self.members + self.bystanders or self.links_shown < self.links


def lay_out_account_graph(members: Sequence[str], bystanders: Sequence[str], links: Links) -> AccountGraph | None:
    """Places for the accounts and the links among them; None where there is no account.

    Args:
        members: account ids judged to be in the campaign.
        bystanders: account ids linked to it and judged not to be.
        links: among them.
    """
    names = [*members, *bystanders]
    if not names:
        return None
    chosen = pick_accounts(len(names), len(members), links.ends)
    kept = pick_links(chosen, links.ends, links.weights)
    position = np.full(len(names), -1, np.int64)
    position[chosen] = np.arange(len(chosen))
    shown = Links(position[links.ends[kept]], links.weights[kept], links.kinds[kept], links.families)
    places = spread_nodes(len(chosen), shown.ends, shown.weights, WIDTH, HEIGHT, _MARGIN)
    ids = [names[index] for index in chosen]
    return AccountGraph(
        nodes=tuple(
            Node(name, float(x), float(y), bool(index >= len(members)))
            for name, (x, y), index in zip(ids, places, chosen, strict=True)
        ),
        edges=_edges(places, shown),
        families=tuple(
            (name, count) for n, name in enumerate(shown.families) if (count := int((shown.kinds == n).sum()))
        ),
        weakest=float(shown.weights.min()) if len(kept) else None,
        strongest=float(shown.weights.max()) if len(kept) else None,
        strongest_links=tuple(
            (ids[shown.ends[i, 0]], ids[shown.ends[i, 1]], float(shown.weights[i]), _family(shown, shown.kinds[i]))
            for i in np.argsort(-shown.weights, kind="stable")[:_STRONGEST]
        ),
        members=len(members),
        bystanders=len(bystanders),
        links=len(links.ends),
        links_shown=len(kept),
    )


def draw_account_graph(graph: AccountGraph, palette: Palette, at: str, whose: str) -> Markup:
    """The picture.

    Args:
        graph: as laid out.
        palette: of families of evidence.
        at: what the ids within the page begin with.
        whose: the campaign, for who cannot see the picture.
    """
    name = f"Accounts of {whose} and the links among them; the table below holds the strongest links"
    radius = 5.0 if len(graph.nodes) <= _CROWD else 3.6
    return tag(
        "svg",
        tag("title", name, id=f"{at}-graph-name"),
        *(tag("path", class_=f"edge edge-{one.strength} {palette.hue(one.family)}", d=one.path) for one in graph.edges),
        *(_mark(node.x, node.y, radius, node.bystander, node.account_id) for node in graph.nodes),
        class_="graph",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_labelledby=f"{at}-graph-name",
    )


def draw_account_graph_key(graph: AccountGraph, palette: Palette) -> Markup:
    """What the marks and colours of the picture mean, as a line of words."""
    entries = [_entry(12, _mark(6, 6, 5, bystander=False), "member")]
    if graph.bystanders:
        entries.append(_entry(12, _mark(6, 6, 5, bystander=True), "bystander: judged not a member"))
    for family, links in graph.families:
        line = tag("path", class_=f"edge edge-key {palette.hue(family)}", d="M0 6H22")
        entries.append(_entry(22, line, f"mostly {family}, {plural(links, 'link')}"))
    if graph.weakest is not None and graph.strongest is not None:
        for strength, value in ((1, f"match weight {weight(graph.weakest)}"), (_CLASSES, weight(graph.strongest))):
            line = tag("path", class_=f"edge edge-{strength} hue-0", d="M0 6H30")
            entries.append(_entry(30, line, value))
    return tag("p", *entries, class_="legend")


def _family(links: Links, kind: int) -> str | None:
    return links.families[kind] if kind >= 0 else None


def _edges(places: F32, links: Links) -> tuple[Edges, ...]:
    if not len(links.ends):
        return ()
    bounds = np.quantile(links.weights, np.linspace(0, 1, _CLASSES + 1)[1:-1])
    classes = np.searchsorted(bounds, links.weights, side="right")
    found = []
    for wanted in range(_CLASSES):
        for kind in np.unique(links.kinds[classes == wanted]):
            path = "".join(
                f"M{places[a, 0]:g} {places[a, 1]:g}L{places[b, 0]:g} {places[b, 1]:g}"
                for a, b in links.ends[(classes == wanted) & (links.kinds == kind)]
            )
            found.append(Edges(_family(links, int(kind)), wanted + 1, path))
    return tuple(found)


def _mark(x: float, y: float, radius: float, bystander: bool, account_id: str | None = None) -> Markup:
    words = [] if account_id is None else [tag("title", f"{account_id}, bystander" if bystander else account_id)]
    if bystander:
        side = 2 * radius
        return tag("rect", *words, class_="bystander", x=x - radius, y=y - radius, width=side, height=side)
    return tag("circle", *words, class_="member", cx=x, cy=y, r=radius)


def _entry(width: int, drawn: Markup, words: str) -> Markup:
    picture = tag("svg", drawn, width=width, height=12, aria_hidden="true")
    return tag("span", picture, Markup(" "), words)
