"""How Stillwatch's pages look: scales, axes, colours, charts as SVG, one page shell and its style sheet.

Knows no run, no lab and no audit: charts take plain values and give markup. Each chart is one
file. It has a frozen value, ``lay_out_...`` that makes it where there is something to work out,
and ``draw_...`` that gives the markup; ``pages`` hands the latter to templates. To add a chart,
write its file, name it here and in ``pages``, and put its classes into ``static/charts.css``.
"""

from stillwatch.drawing import wording
from stillwatch.drawing.account_graph import (
    AccountGraph,
    Links,
    draw_account_graph,
    draw_account_graph_key,
    lay_out_account_graph,
)
from stillwatch.drawing.curves import Curves, Series, draw_curves, lay_out_curves
from stillwatch.drawing.pages import make_environment
from stillwatch.drawing.palette import Palette, family_palette, order_families
from stillwatch.drawing.share_bar import draw_share_bar
from stillwatch.drawing.strips import Strip, draw_strip
from stillwatch.drawing.svg import tag
from stillwatch.drawing.timeline import Event, Hour, Timeline, draw_timeline, lay_out_timeline
from stillwatch.drawing.waterfall import Waterfall, draw_waterfall, lay_out_waterfall

__all__ = [
    "AccountGraph",
    "Curves",
    "Event",
    "Hour",
    "Links",
    "Palette",
    "Series",
    "Strip",
    "Timeline",
    "Waterfall",
    "draw_account_graph",
    "draw_account_graph_key",
    "draw_curves",
    "draw_share_bar",
    "draw_strip",
    "draw_timeline",
    "draw_waterfall",
    "family_palette",
    "lay_out_account_graph",
    "lay_out_curves",
    "lay_out_timeline",
    "lay_out_waterfall",
    "make_environment",
    "order_families",
    "tag",
    "wording",
]
