"""What the page shows of one campaign: its row, and everything drawn or listed from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.drawing import (
    AccountGraph,
    Hour,
    Links,
    Timeline,
    Waterfall,
    lay_out_account_graph,
    lay_out_timeline,
    lay_out_waterfall,
)
from stillwatch.reporting.campaign_rows import counts, merge_templates, observations_of, quoted_text, reasons_of
from stillwatch.reporting.html.account_lists import AccountList, list_accounts
from stillwatch.reporting.html.events import events_of
from stillwatch.reporting.html.link_rows import links_among
from stillwatch.reporting.html.marked_text import MarkedText, mark_shared

__all__ = ["CampaignView", "TemplateView", "view_campaign"]

_MOST_TEMPLATES = 6


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template's row and its example with the shared part marked."""

    row: Mapping[str, Any]
    text: MarkedText

    def masked(self) -> TemplateView:
        """The same without its words: how long its example is, and how much of that is shared, is kept."""
        length = len(self.row["example"] or "")
        bare = MarkedText((), 0, length, (), self.text.shared_share)
        return TemplateView({**self.row, "example": None, "shared": ()}, bare)


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign's row and everything drawn from it."""

    anchor: str
    row: Mapping[str, Any]
    reasons: tuple[Mapping[str, Any], ...]
    quoted: Mapping[str, Any] | None
    timeline: Timeline | None
    graph: AccountGraph | None
    templates: tuple[TemplateView, ...]
    templates_total: int
    waterfall: Waterfall | None
    observations: tuple[Mapping[str, Any], ...]
    uncounted: tuple[Mapping[str, Any], ...]
    members: AccountList
    bystanders: AccountList
    bystanders_linked: int
    masked: bool = False

    def without_texts(self) -> CampaignView:
        """The same without any prompt's words."""
        quoted = self.quoted and {**self.quoted, "text": "▒" * len(self.quoted["text"])}
        templates = tuple(one.masked() for one in self.templates)
        return replace(self, quoted=quoted, templates=templates, masked=True)


def view_campaign(
    number: int, row: Mapping[str, Any], run_tables: Mapping[str, pa.Table], families: Sequence[str]
) -> CampaignView:
    """The n-th campaign of the page, from 1.

    Args:
        number: its place on the page.
        row: of the campaigns table.
        run_tables: ``accounts, links, templates`` by name.
        families: of evidence, that the run has.
    """
    members, bystanders = list(row["account_ids"] or ()), list(row["bystander_ids"] or ())
    hours = [Hour(one["hour"], one["exchanges"] or 0, one["accounts"] or 0) for one in row["timeline"] or ()]
    links = links_among([*members, *bystanders], run_tables["links"])
    seen = observations_of(row)
    templates, total = _templates(row, run_tables["templates"])
    return CampaignView(
        anchor=f"campaign-{number}",
        row=row,
        reasons=reasons_of(row),
        quoted=quoted_text(row, run_tables["templates"]),
        timeline=lay_out_timeline(hours, events_of(row)),
        graph=lay_out_account_graph(members, bystanders, links),
        templates=templates,
        templates_total=total,
        waterfall=lay_out_waterfall({w["family"]: w["match_weight"] for w in row["waterfall"] or ()}, families),
        observations=tuple(one for one in seen if counts(one, row["families"] or ())),
        uncounted=tuple(one for one in seen if not counts(one, row["families"] or ())),
        members=list_accounts(members, run_tables["accounts"]),
        bystanders=list_accounts(bystanders, run_tables["accounts"]),
        bystanders_linked=_linked(len(members), links),
    )


def _linked(members: int, links: Links) -> int:
    """How many of those after the members have a link to one of them."""
    across = (links.ends < members).any(axis=1) & (links.ends >= members).any(axis=1)
    return len(np.unique(links.ends[across].max(axis=1)))


def _templates(row: Mapping[str, Any], templates: pa.Table) -> tuple[tuple[TemplateView, ...], int]:
    """The campaign's templates that most accounts sent, and how many it has in all."""
    mine = templates.filter(pc.equal(templates["campaign_id"], row["campaign_id"])).sort_by(
        [("accounts", "descending"), ("exchanges", "descending"), ("template_id", "ascending")]
    )
    merged = merge_templates(mine.to_pylist())
    shown = merged[:_MOST_TEMPLATES]
    views = (TemplateView(one, mark_shared(one["example"] or "", one["shared"] or ())) for one in shown)
    return tuple(views), len(merged)
