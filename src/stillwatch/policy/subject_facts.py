"""From a run's tables to ``Subjects``: one function a kind, each filling the facts that ``facts`` describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core.terms import CONTENT, COORDINATION
from stillwatch.policy.fact_columns import Column, Subjects
from stillwatch.policy.facts import FACTS
from stillwatch.policy.licences import Registry
from stillwatch.policy.usage import Usage

__all__ = ["Sources", "make_subjects"]

Columns = dict[tuple[str, str], Column]

_PLAIN = (
    "organisation",
    "exchanges",
    "days",
    "exchanges_per_day",
    "scan_verdict",
    "in_campaign",
    "match_probability",
    "age_days",
    "plan",
    "verified",
    "declared_use",
    "licence_id",
)
_COLLECTED = "collected as training data"
_ONE_PARTY = "one party"


@dataclass(frozen=True, slots=True)
class Sources:
    """What the subjects are made from.

    Attributes:
        info: ``run.json``.
        accounts: every account with what is known of it, in order of id.
        campaigns: rows by id.
        templates: the run's templates.
        usage: of licences, by id.
        registry: licences, or None.
        missing: columns that the log lacked.
    """

    info: Mapping[str, Any]
    accounts: pa.Table
    campaigns: Mapping[str, Mapping[str, Any]]
    templates: pa.Table
    usage: Mapping[str, Usage]
    registry: Registry | None
    missing: frozenset[str]

    @property
    def claims_known(self) -> bool:
        """Whether an account without a licence is known to have none."""
        return self.registry is not None or "licence_id" not in self.missing


def make_subjects(sources: Sources) -> dict[str, Subjects]:
    """The subjects of every kind."""
    accounts = sources.accounts["id"].to_pylist()
    licensed = _licensed(sources)
    by_account = dict(zip(accounts, licensed, strict=True))
    claimed = dict(zip(accounts, pc.is_valid(sources.accounts["licence_id"]).to_pylist(), strict=True))
    campaign = Subjects(
        "campaign",
        list(sources.campaigns),
        {
            **_columns(
                "campaign", [_campaign(row, by_account, claimed, sources) for row in sources.campaigns.values()]
            ),
            **_run(sources, len(sources.campaigns)),
        },
    )
    licence = Subjects(
        "licence",
        list(sources.usage),
        {**_columns("licence", [one.facts for one in sources.usage.values()]), **_run(sources, len(sources.usage))},
    )
    return {
        "campaign": campaign,
        "account": _accounts(sources, accounts, licensed, campaign, licence),
        "licence": licence,
        "organisation": _organisations(sources),
        "template": _templates(sources, campaign),
    }


def _columns(group: str, rows: Sequence[Mapping[str, Any]]) -> Columns:
    return {(group, name): Column.each([row.get(name) for row in rows]) for name in FACTS[group]}


def _run(sources: Sources, count: int) -> Columns:
    table = sources.accounts
    days = None
    if len(table):
        first, last = pc.min(table["first_seen"]).as_py(), pc.max(table["last_seen"]).as_py()
        days = (last - first).total_seconds() / 86400
    facts = {
        "days": days,
        "accounts": len(table),
        "exchanges": sources.info.get("counts", {}).get("exchanges"),
        "campaigns": len(sources.campaigns),
        "fdr": sources.info.get("settings", {}).get("fdr"),
        "columns_missing": sorted(sources.missing) if "columns_missing" in sources.info else None,
    }
    return {("run", name): Column.same(value, count) for name, value in facts.items()}


def _licensed(sources: Sources) -> list[bool | None]:
    """For each account whether a licence covers it; None where nobody can tell."""
    covered = {account for usage in sources.usage.values() for account in usage.covered}
    ids, licences = sources.accounts["id"].to_pylist(), sources.accounts["licence_id"].to_pylist()
    if sources.registry is not None:
        return [account in covered for account in ids]
    unclaimed = False if sources.claims_known else None
    return [unclaimed if licence is None else None for licence in licences]


def _outsiders(sources: Sources, ids: Sequence[str]) -> list[bool | None]:
    """For each account whether it names a licence that is not its own; None where nobody can tell."""
    if sources.registry is not None:
        outside = {account for usage in sources.usage.values() for account in usage.outside}
        return [account in outside for account in ids]
    unclaimed = False if sources.claims_known else None
    return [unclaimed if licence is None else None for licence in sources.accounts["licence_id"].to_pylist()]


def _campaign(
    row: Mapping[str, Any], licensed: Mapping[str, bool | None], claimed: Mapping[str, bool], sources: Sources
) -> dict[str, Any]:
    """The group ``campaign`` of one row of ``campaigns.parquet``."""
    families = row["families"] or []
    members = row["account_ids"]
    known = [licensed.get(account) for account in members]
    worth = [one["recovery"] for one in row["worth"] or ()]
    return {
        "id": row["campaign_id"],
        "accounts": row["accounts"],
        "exchanges": row["exchanges"],
        "days": (row["last_seen"] - row["first_seen"]).total_seconds() / 86400,
        "q_value": row["q_value"],
        "p_value": row["p_value"],
        "families": families,
        "content": sum(one in CONTENT for one in families),
        "coordination": sum(one in COORDINATION for one in families),
        "tactics": [one["id"] for one in row["tactics"] or ()],
        "targets": [one["name"] for one in row["targets"] or ()],
        "models": [one["name"] for one in row["models"] or ()],
        "pivots": len(row["pivots"] or ()),
        "failovers": len(row["failovers"] or ()),
        "training_confidence": _confidence(row, _COLLECTED),
        "one_party_confidence": _confidence(row, _ONE_PARTY),
        "honest_explanations": [one["name"] for one in row["explanations"] or () if one["holds"]],
        "bystanders": len(row["bystander_ids"] or ()),
        "recovery": max(worth) if worth else None,
        "claimed_licence_share": sum(claimed.get(account, False) for account in members) / max(len(members), 1)
        if sources.claims_known
        else None,
        "licensed_share": sum(bool(one) for one in known) / max(len(known), 1) if None not in known else None,
    }


def _confidence(row: Mapping[str, Any], about: str) -> str | None:
    return next((one["confidence"] for one in row["inferences"] or () if about in one["statement"]), None)


def _index(names: Sequence[str], wanted: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Place of each wanted name among ``names``, or -1."""
    found = pc.index_in(wanted, pa.array(names, pa.string())).combine_chunks()
    return np.asarray(found.fill_null(-1), np.int64)


def _accounts(
    sources: Sources, ids: list[str], licensed: list[bool | None], campaign: Subjects, licence: Subjects
) -> Subjects:
    table = sources.accounts
    columns: Columns = {("account", name): Column.of(table[name]) for name in _PLAIN}
    columns["account", "id"] = Column.each(ids)
    columns["account", "licensed"] = Column.of(pa.array(licensed, pa.bool_()))
    bystanders = {account for row in sources.campaigns.values() for account in row["bystander_ids"] or ()}
    columns["account", "bystander"] = Column.of(pc.is_in(table["id"], pa.array(sorted(bystanders), pa.string())))
    columns["account", "licence_outsider"] = Column.of(pa.array(_outsiders(sources, ids), pa.bool_()))
    for group, of in (("campaign", campaign), ("licence", licence)):
        where = _index(of.ids, table[f"{group}_id"])
        columns |= {key: column.through(where) for key, column in of.group(group).items()}
    return Subjects("account", ids, {**columns, **_run(sources, len(ids))})


def _organisations(sources: Sources) -> Subjects:
    table = sources.accounts.filter(pc.is_valid(sources.accounts["organisation"]))
    table = table.append_column("caught", table["in_campaign"].cast(pa.int64()))
    grouped = table.group_by("organisation").aggregate([("id", "count"), ("exchanges", "sum"), ("caught", "sum")])
    grouped = grouped.sort_by("organisation")
    names = {"id": "organisation", "accounts": "id_count", "exchanges": "exchanges_sum"}
    names["accounts_in_campaigns"] = "caught_sum"
    columns: Columns = {("organisation", name): Column.of(grouped[column]) for name, column in names.items()}
    ids = grouped["organisation"].to_pylist()
    return Subjects("organisation", ids, {**columns, **_run(sources, len(ids))})


def _templates(sources: Sources, campaign: Subjects) -> Subjects:
    table = sources.templates
    names = {"id": "template_id", "kind": "kind", "accounts": "accounts", "exchanges": "exchanges"}
    columns: Columns = {("template", name): Column.of(table[column]) for name, column in names.items()}
    columns["template", "in_campaign"] = Column.of(pc.is_valid(table["campaign_id"]))
    where = _index(campaign.ids, table["campaign_id"])
    columns |= {key: column.through(where) for key, column in campaign.group("campaign").items()}
    ids = table["template_id"].to_pylist()
    return Subjects("template", ids, {**columns, **_run(sources, len(ids))})
