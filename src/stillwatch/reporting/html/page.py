"""What the report's page shows, gathered from a run's tables: one ``Page``, with a view for each campaign.

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

from stillwatch.drawing import wording
from stillwatch.reporting.campaign_rows import order_campaigns
from stillwatch.reporting.families import families_of_run
from stillwatch.reporting.html.account_lists import NearMisses, list_near_misses
from stillwatch.reporting.html.blind_spots import BlindSpot, find_blind_spots
from stillwatch.reporting.html.campaign import CampaignView, view_campaign
from stillwatch.reporting.html.dead_letters import DeadLetterGroup, UnreadFile, group_dead_letters, unread_files
from stillwatch.reporting.html.partner_lines import PartnerView, list_partners
from stillwatch.reporting.since import since_lines
from stillwatch.reporting.stream_lines import StreamView, view_streams
from stillwatch.tables import VERDICTS

__all__ = ["Page", "build_page"]

_MOST_CAMPAIGNS = 40  # in full; a longer page would serve nobody


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page: the strongest campaigns in full, further ones by their row alone.

    ``counts`` holds null where a count is not known; ``families`` are those of evidence that the run
    has; ``info`` may lack any key;
    ``alone`` says whether a campaign has the page to itself.
    """

    headline: str
    started: datetime | None
    first_seen: datetime | None
    last_seen: datetime | None
    counts: Mapping[str, int | None]
    fdr: float | None
    families: tuple[str, ...]
    verdicts: Mapping[str, int]
    campaigns: tuple[CampaignView, ...]
    further_campaigns: tuple[Mapping[str, Any], ...]
    near_misses: NearMisses
    blind_spots: tuple[BlindSpot, ...] | None
    dead_letters: tuple[DeadLetterGroup, ...]
    dead_letters_total: int
    unread_files: tuple[UnreadFile, ...]
    unread_files_total: int
    notes: tuple[str, ...]
    caveats: tuple[str, ...]
    info: Mapping[str, Any]
    partners: PartnerView | None = None
    streams: StreamView | None = None
    since: tuple[str, ...] = ()
    alone: bool = False


def build_page(info: Mapping[str, Any], run_tables: Mapping[str, pa.Table], partners: pa.Table | None = None) -> Page:
    """Gathers the page.

    Args:
        info: ``run.json``; any key may be absent.
        run_tables: ``campaigns, accounts, links, templates, dead_letters`` by name.
        partners: what partners of an alliance said; None where the scan was not told.
    """
    accounts, dead = run_tables["accounts"], run_tables["dead_letters"]
    whole_files = dead["kind"].to_pylist().count("file")
    rows = order_campaigns(run_tables["campaigns"])
    counts = _counts(_mapping(info, "counts"), run_tables)
    missing = info.get("columns_missing")
    families = families_of_run(run_tables["links"], rows)
    shown = enumerate(rows[:_MOST_CAMPAIGNS], start=1)
    return Page(
        headline=_headline(len(rows), counts["exchanges"], info.get("untold")),
        started=wording.parse_time(info.get("started")),
        first_seen=pc.min(accounts["first_seen"]).as_py(),
        last_seen=pc.max(accounts["last_seen"]).as_py(),
        counts=counts,
        fdr=_mapping(info, "settings").get("fdr"),
        families=families,
        verdicts=_verdicts(accounts),
        campaigns=tuple(view_campaign(n, row, run_tables, families) for n, row in shown),
        further_campaigns=tuple(rows[_MOST_CAMPAIGNS:]),
        near_misses=list_near_misses(accounts),
        blind_spots=find_blind_spots(missing) if isinstance(missing, list) else None,
        dead_letters=group_dead_letters(dead),
        dead_letters_total=dead.num_rows - whole_files,
        unread_files=unread_files(dead),
        unread_files_total=whole_files,
        notes=tuple(str(note) for note in info.get("notes") or ()),
        caveats=tuple(str(caveat) for caveat in _mapping(info, "values").get("caveats") or ()),
        info=info,
        partners=None if partners is None else list_partners(partners, accounts, _mapping(info, "partners")),
        streams=view_streams(info),
        since=tuple(since_lines(info)),
    )


def _mapping(info: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = info.get(key)
    return value if isinstance(value, Mapping) else {}


def _headline(campaigns: int, exchanges: int | None, untold: object) -> str:
    if untold and not campaigns:
        within = "" if exchanges is None else f" in {wording.plural(exchanges, 'exchange')}"
        return f"Cannot tell whether there is a campaign{within}"
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
