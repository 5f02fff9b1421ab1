"""One campaign as a page of its own, to be handed to somebody who has neither the run nor the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from stillwatch.drawing import wording
from stillwatch.reporting.families import families_of_run
from stillwatch.reporting.html.campaign import CampaignView, view_campaign
from stillwatch.reporting.html.write import page_environment

__all__ = ["campaign_page"]


@dataclass(frozen=True, slots=True)
class _Alone:
    run: str
    started: datetime | None
    standing: tuple[str, ...]
    caveats: tuple[str, ...]
    campaign: CampaignView
    alone: bool = True


def campaign_page(
    row: Mapping[str, Any],
    run_tables: Mapping[str, pa.Table],
    info: Mapping[str, Any],
    *,
    run: str,
    standing: Sequence[str] = (),
    clear: bool = False,
) -> str:
    """The page as HTML: no script, no request, everything escaped.

    Args:
        row: of the campaigns table.
        run_tables: ``accounts, links, templates`` by name; rows of other campaigns may be absent.
        info: ``run.json``; any key may be absent.
        run: what the run is called.
        standing: lines that say where its cases stand.
        clear: whether the page holds prompts; else it says how long each is.
    """
    families = families_of_run(run_tables["links"], [row])
    view = view_campaign(1, row, run_tables, families)
    values = info.get("values")
    caveats = values.get("caveats") if isinstance(values, Mapping) else ()
    page = _Alone(
        run=run,
        started=wording.parse_time(info.get("started")),
        standing=tuple(standing),
        caveats=tuple(str(one) for one in caveats or ()),
        campaign=view if clear else view.without_texts(),
    )
    return page_environment(families).get_template("alone.html.j2").render(page=page)
