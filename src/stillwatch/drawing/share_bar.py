"""A share as a bar filled so far."""

from __future__ import annotations

from markupsafe import Markup

from stillwatch.drawing.svg import tag

__all__ = ["draw_share_bar"]


def draw_share_bar(share: float | None) -> Markup:
    """A bar as wide as its place, filled from the left; empty where the share is not known.

    Args:
        share: 0 to 1.
    """
    filled = f"{100 * min(max(share or 0.0, 0.0), 1.0):.1f}%"
    return tag(
        "svg",
        tag("rect", class_="share-track", width="100%", height=8),
        tag("rect", class_="share-fill", width=filled, height=8),
        width="100%",
        height=8,
    )
