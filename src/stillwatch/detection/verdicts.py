"""From cases to the tables ``accounts`` and ``links``: a verdict and its reasons for every account.

A scan goes as far as ``review``; ``act`` needs a person. ``watch`` is for accounts whose cluster
came close, or would have been a campaign but for an honest explanation, and for bystanders.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.detection.cases import Case
from stillwatch.engines import Engine, Table
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.published_set import PUBLISHED
from stillwatch.evidence.thresholds import HOPELESS, LEAST_WATCHED, MAJORITY, NEAR_FDR, ONE_SOURCE
from stillwatch.linking import Links
from stillwatch.tables import ACCOUNTS, FAMILIES, LINKS

__all__ = ["account_table", "link_table"]

I64 = npt.NDArray[np.int64]


def account_table(
    engine: Engine,
    accounts: Table,
    links: Links,
    campaigns: Sequence[tuple[str, Case]],
    others: Sequence[Case],
    fdr: float,
) -> pa.Table:
    """The table ``ACCOUNTS``, in order of ``account_id``.

    Args:
        engine: where the tables lie.
        accounts: a row an account, with its entity.
        links: every weighed pair, likely or not.
        campaigns: convicted cases with their names.
        others: cases that are no campaign.
        fdr: level at which a finding is told.
    """
    base = engine.fetch(
        "SELECT account_id, org_id, exchanges, first_seen, last_seen, entity FROM {accounts} ORDER BY account_id",
        accounts=accounts,
    )
    entity = np.asarray(base["entity"], np.int64)
    count = int(entity.max()) + 1 if len(entity) else 0
    campaign = np.full(count, -1)
    q = np.full(count, np.nan)
    verdict = np.zeros(count, np.int8)
    reasons: dict[int, list[str]] = {}
    convicted = np.zeros(count, np.bool_)
    for _, case in campaigns:
        convicted[case.members] = True
    for case in others:
        text = _near_miss(case, fdr)
        # What a group shows that is mostly a campaign's accounts is shown of them, and says nothing of the rest.
        if text and convicted[case.members].mean() <= MAJORITY:
            verdict[case.members] = 1
            for e in case.members:
                reasons[int(e)] = text
    for number, (campaign_id, case) in enumerate(campaigns):
        campaign[case.members], q[case.members], verdict[case.members] = number, case.q_value, 2
        for e in case.members:
            reasons[int(e)] = [
                f"Acts as one with {len(case.members) - 1:,} other accounts (campaign {campaign_id}).",
                *_seen(case, fdr),
            ]
    names = [campaign_id for campaign_id, _ in campaigns]
    words = ("clear", "watch", "review")
    columns = {
        "campaign_id": pa.array([names[c] if c >= 0 else None for c in campaign[entity]], pa.string()),
        "match_probability": pa.array(_probability(links, campaign)[entity], from_pandas=True),
        "q_value": pa.array(q[entity], from_pandas=True),
        "verdict": pa.array([words[v] for v in verdict[entity]]),
        "reasons": pa.array([reasons.get(int(e), []) for e in entity], pa.list_(pa.string())),
    }
    for name, column in columns.items():
        base = base.append_column(name, column)
    return base.select(ACCOUNTS.names).cast(ACCOUNTS)


def _seen(case: Case, fdr: float) -> list[str]:
    """What was seen of a group, apart from what is concluded."""
    return [f.statement for f in case.findings if f.p_value <= fdr and f.tested]


def _near_miss(case: Case, fdr: float) -> list[str]:
    """Why a group that is no campaign is watched, then what was seen; empty where it is not even that, or honestly
    explained."""
    if case.explained:
        return []
    unsure = [e for e in case.explanations if e.holds is None]
    open_too = [e for e in unsure if not e.likely]
    if open_too and max(case.p_value, *(e.beside for e in unsure)) <= fdr * fdr:
        return [
            f"Acts like {len(case.members) - 1:,} other accounts, and it cannot be told whether an honest explanation "
            f"holds: {open_too[0].name}. {open_too[0].statement}",
            *_seen(case, fdr),
        ]
    if case.may_convict and (case.p_value <= fdr * fdr or case.q_value <= NEAR_FDR * fdr):
        seen = [f.family for f in case.findings if f.p_value <= fdr]
        return [
            f"Resembles {len(case.members) - 1:,} other accounts ({', '.join(seen) or 'no family alone'}); "
            f"too weak to call a campaign (p = {case.p_value:.2g}, q = {case.q_value:.2g}).",
            *_seen(case, fdr),
        ]
    source = next((f for f in case.findings if f.family == "semantics"), None)
    # One house asks from one source, so do those who each have a part of one set, and a crew of whom nothing is shown
    # beside what makes it one.
    of_nature = any(e.name in (OFFICE, PUBLISHED) or e.beside > HOPELESS for e in unsure)
    if (
        source is not None
        and case.explanations
        and not of_nature
        and len(case.members) >= LEAST_WATCHED
        and source.among_strangers <= ONE_SOURCE
    ):
        return [
            f"Asks from one source with {len(case.members) - 1:,} other accounts, and too little shows that they "
            f"act together. {source.statement}"
        ]
    return []


def _probability(links: Links, campaign: I64) -> npt.NDArray[np.float64]:
    """Each member's strongest weighed pair inside its campaign; NaN where none was weighed, and for the rest."""
    out = np.full(len(campaign), np.nan)
    inside = (campaign[links.a] >= 0) & (campaign[links.a] == campaign[links.b])
    for side in (links.a, links.b):
        np.fmax.at(out, side[inside], links.probability[inside])
    return out


def link_table(engine: Engine, accounts: Table, links: Links) -> pa.Table:
    """The table ``LINKS``; an organisation's several accounts are named by their busiest."""
    names: pa.Array = engine.fetch(
        "SELECT arg_max(account_id, exchanges) AS name FROM {accounts} GROUP BY entity ORDER BY entity",
        accounts=accounts,
    )["name"].combine_chunks()
    columns = {
        "account_a": names.take(pa.array(links.a)),
        "account_b": names.take(pa.array(links.b)),
        "match_weight": pa.array(links.weight),
        "match_probability": pa.array(links.probability),
    }
    for family in [*FAMILIES, *(name for name in links.families if name not in FAMILIES)]:
        weights = links.families.get(family, np.full(len(links.a), np.nan))
        columns[family] = pa.array(weights, pa.float64(), from_pandas=True)
    more = [pa.field(name, pa.float64()) for name in columns if name not in LINKS.names]
    return pa.table(columns).cast(pa.schema([*LINKS, *more]))
