"""What the report's page shows, gathered from a run's tables: one ``Page``, one ``CampaignView`` each.

Pure but for the tables it is handed. To show something new, add a field here and print it in a
template under ``templates/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.reporting import wording
from stillwatch.reporting.blindspots import BlindSpot, find_blind_spots
from stillwatch.reporting.graph import Graph, draw_graph
from stillwatch.reporting.marks import MarkedText, mark_shared
from stillwatch.reporting.partners import PartnerView, list_partners
from stillwatch.reporting.people import AccountList, list_accounts, list_near_misses
from stillwatch.reporting.timeline import Timeline, draw_timeline
from stillwatch.reporting.waterfall import Waterfall, draw_waterfall
from stillwatch.tables import FAMILIES, VERDICTS

__all__ = ["CampaignView", "DeadLetterGroup", "Page", "TemplateView", "build_page", "order_campaigns", "reasons_of"]

_MOST_CAMPAIGNS = 40  # in full; a longer page would serve nobody
_MOST_TEMPLATES = 6
_MOST_DEAD_LETTER_REASONS = 20


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template's row and its example with the shared part marked."""

    row: Mapping[str, Any]
    text: MarkedText


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign's row and everything drawn from it."""

    anchor: str
    row: Mapping[str, Any]
    reasons: tuple[Mapping[str, Any], ...]
    timeline: Timeline | None
    graph: Graph | None
    templates: tuple[TemplateView, ...]
    templates_total: int
    waterfall: Waterfall | None
    observations: tuple[Mapping[str, Any], ...]
    members: AccountList
    bystanders: AccountList


@dataclass(frozen=True, slots=True)
class DeadLetterGroup:
    """Records that could not be read for one reason, with one place to look."""

    reason: str
    records: int
    example: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page: the strongest campaigns in full, further ones by their row alone.

    ``counts`` holds null where a count is not known; ``info`` may lack any key.
    """

    headline: str
    started: datetime | None
    first_seen: datetime | None
    last_seen: datetime | None
    counts: Mapping[str, int | None]
    fdr: float | None
    verdicts: Mapping[str, int]
    campaigns: tuple[CampaignView, ...]
    further_campaigns: tuple[Mapping[str, Any], ...]
    near_misses: AccountList
    blind_spots: tuple[BlindSpot, ...] | None
    dead_letters: tuple[DeadLetterGroup, ...]
    dead_letters_total: int
    notes: tuple[str, ...]
    caveats: tuple[str, ...]
    info: Mapping[str, Any]
    partners: PartnerView | None = None


def build_page(info: Mapping[str, Any], run_tables: Mapping[str, pa.Table], partners: pa.Table | None = None) -> Page:
    """Gathers the page.

    Args:
        info: ``run.json``; any key may be absent.
        run_tables: ``campaigns, accounts, links, templates, dead_letters`` by name.
        partners: what partners of an alliance said; None where the scan was not told.
    """
    accounts, dead = run_tables["accounts"], run_tables["dead_letters"]
    rows = order_campaigns(run_tables["campaigns"])
    counts = _counts(_mapping(info, "counts"), run_tables)
    missing = info.get("columns_missing")
    return Page(
        headline=_headline(len(rows), counts["exchanges"]),
        started=wording.parse_time(info.get("started")),
        first_seen=pc.min(accounts["first_seen"]).as_py(),
        last_seen=pc.max(accounts["last_seen"]).as_py(),
        counts=counts,
        fdr=_mapping(info, "settings").get("fdr"),
        verdicts=_verdicts(accounts),
        campaigns=tuple(_campaign(n, row, run_tables) for n, row in enumerate(rows[:_MOST_CAMPAIGNS], start=1)),
        further_campaigns=tuple(rows[_MOST_CAMPAIGNS:]),
        near_misses=list_near_misses(accounts),
        blind_spots=find_blind_spots(missing) if isinstance(missing, list) else None,
        dead_letters=_dead_letters(dead),
        dead_letters_total=dead.num_rows,
        notes=tuple(str(note) for note in info.get("notes") or ()),
        caveats=tuple(str(caveat) for caveat in _mapping(info, "values").get("caveats") or ()),
        info=info,
        partners=None if partners is None else list_partners(partners, accounts, _mapping(info, "partners")),
    )


def order_campaigns(campaigns: pa.Table) -> list[dict[str, Any]]:
    """Campaign rows, the strongest verdict first, then the most exchanges."""
    rows: list[dict[str, Any]] = campaigns.to_pylist()
    ladder = {verdict: n for n, verdict in enumerate(VERDICTS)}
    return sorted(
        rows,
        key=lambda row: (-ladder.get(row["verdict"], -1), -(row["exchanges"] or 0), row["campaign_id"] or ""),
    )


def reasons_of(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The strongest observation of each family that counts as evidence, in the families' order."""
    counted = set(row["families"] or ())
    best: dict[str, Mapping[str, Any]] = {}
    for observation in _by_strength(row):
        if observation["family"] in counted:
            best.setdefault(observation["family"], observation)
    return tuple(best[family] for family in FAMILIES if family in best)


def _campaign(number: int, row: Mapping[str, Any], run_tables: Mapping[str, pa.Table]) -> CampaignView:
    members, bystanders = list(row["account_ids"] or ()), list(row["bystander_ids"] or ())
    templates = run_tables["templates"]
    mine = templates.filter(pc.equal(templates["campaign_id"], row["campaign_id"])).sort_by(
        [("accounts", "descending"), ("exchanges", "descending"), ("template_id", "ascending")]
    )
    return CampaignView(
        anchor=f"campaign-{number}",
        row=row,
        reasons=reasons_of(row),
        timeline=draw_timeline(row["timeline"] or (), row["pivots"] or (), row["failovers"] or ()),
        graph=draw_graph(members, bystanders, run_tables["links"]),
        templates=tuple(
            TemplateView(template, mark_shared(template["example"] or "", template["shared"] or ()))
            for template in mine.slice(0, _MOST_TEMPLATES).to_pylist()
        ),
        templates_total=mine.num_rows,
        waterfall=draw_waterfall(row["waterfall"] or ()),
        observations=_in_family_order(row),
        members=list_accounts(members, run_tables["accounts"]),
        bystanders=list_accounts(bystanders, run_tables["accounts"]),
    )


def _by_strength(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Observations with the smallest p-value first; those that only describe come last."""
    return sorted(row["observations"] or (), key=lambda o: 2.0 if o["p_value"] is None else o["p_value"])


def _in_family_order(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    place = {family: n for n, family in enumerate(FAMILIES)}
    return tuple(sorted(_by_strength(row), key=lambda o: place.get(o["family"], len(place))))


def _mapping(info: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = info.get(key)
    return value if isinstance(value, Mapping) else {}


def _headline(campaigns: int, exchanges: int | None) -> str:
    found = f"{wording.spelled(campaigns).capitalize()} campaign{'' if campaigns == 1 else 's'}"
    return found if exchanges is None else f"{found} in {wording.plural(exchanges, 'exchange')}"


def _counts(told: Mapping[str, Any], run_tables: Mapping[str, pa.Table]) -> dict[str, int | None]:
    """Counts as the run told them, else counted from its tables; null where neither knows."""
    counted: dict[str, int | None] = {
        "exchanges": pc.sum(run_tables["accounts"]["exchanges"]).as_py(),
        "clusters_tested": None,
    }
    counted |= {name: table.num_rows for name, table in run_tables.items()}
    return counted | {name: value for name, value in told.items() if isinstance(value, int)}


def _verdicts(accounts: pa.Table) -> dict[str, int]:
    """How many accounts have each verdict, strongest first."""
    tally = {row["values"]: row["counts"] for row in pc.value_counts(accounts["verdict"]).to_pylist()}
    return {verdict: tally.get(verdict, 0) for verdict in reversed(VERDICTS)}


def _dead_letters(table: pa.Table) -> tuple[DeadLetterGroup, ...]:
    """Dead letters by reason, the commonest first; the rare rest as one group."""
    place = pc.binary_join_element_wise(table["file"], table["line"].cast(pa.string()), ":")
    first = pa.table({"reason": table["reason"], "place": place})
    groups = (
        first.group_by("reason", use_threads=False)
        .aggregate([("place", "count"), ("place", "first")])
        .sort_by([("place_count", "descending"), ("reason", "ascending")])
        .to_pylist()
    )
    shown = [
        DeadLetterGroup(group["reason"], group["place_count"], group["place_first"])
        for group in groups[:_MOST_DEAD_LETTER_REASONS]
    ]
    rest = groups[_MOST_DEAD_LETTER_REASONS:]
    if rest:
        records = sum(group["place_count"] for group in rest)
        shown.append(DeadLetterGroup(f"{len(rest)} rarer reasons", records, rest[0]["place_first"]))
    return tuple(shown)
