"""What stands behind an id of a run: a campaign, an account, an exchange; as plain values for JSON and for a terminal.

Everything is read from the run's own files. To say more of one, add a key here and print it in ``behind_text``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.core import BadSetting, UnreadableInput, said_by
from stillwatch.reporting.campaign_rows import order_campaigns, quoted_text, reasons_of
from stillwatch.reporting.families import families_of_links
from stillwatch.reporting.run_files import read_table
from stillwatch.reporting.since import life_of

__all__ = ["account_behind", "campaign_behind", "campaigns_of", "exchange_behind"]

Found = dict[str, Any]

_MOST_LINKS = 12
_MOST_EXCHANGES = 5
_OF_ACCOUNT = ("account_id", "exchanges", "first_seen", "last_seen", "match_probability", "verdict")
_OF_CAMPAIGN = ("campaign_id", "accounts", "exchanges", "first_seen", "last_seen", "p_value", "q_value", "verdict")
_OF_EXCHANGE = ("exchange_id", "time", "account_id", "model", "prompt", "source_file", "source_line")
_OF_LINK = ("match_weight", "match_probability")


def campaigns_of(run: Path) -> list[Found]:
    """The run's campaigns in the order of its report, a row each.

    Raises:
        UnreadableInput: a table of the run cannot be read.
        BadTable: a table lacks a column.
    """
    return [_only(row, (*_OF_CAMPAIGN, "families", "summary")) for row in order_campaigns(read_table(run, "campaigns"))]


def campaign_behind(run: Path, campaign_id: str) -> Found:
    """A campaign: reasons with sample exchanges, what its accounts send word for word, members, explanations.

    Raises:
        BadSetting: the run has no such campaign.
        UnreadableInput: a table of the run cannot be read.
        BadTable: a table lacks a column.
    """
    rows = {row["campaign_id"]: row for row in order_campaigns(read_table(run, "campaigns"))}
    if campaign_id not in rows:
        known = f"it has {', '.join(list(rows)[:20])}" if rows else "it has none"
        raise BadSetting("the run has no such campaign", where=campaign_id, hint=_became(run, campaign_id) or known)
    row, accounts = rows[campaign_id], read_table(run, "accounts")
    reasons = [_only(one, ("family", "statement", "p_value", "exchange_ids")) for one in reasons_of(row)]
    return _only(row, (*_OF_CAMPAIGN, "families", "summary", "inferences", "explanations")) | {
        "reasons": reasons,
        "quoted": quoted_text(row, read_table(run, "templates")),
        "members": _accounts(accounts, row["account_ids"] or ()),
        "bystanders": _accounts(accounts, row["bystander_ids"] or ()),
        "history": life_of(run, campaign_id),
    }


def _became(run: Path, campaign_id: str) -> str | None:
    """What became of a campaign that the run had."""
    life = life_of(run, campaign_id)
    if life is None:
        return None
    what = f"it became part of {life['merged_into']}" if life["merged_into"] else "it was not found any more"
    return f"{what} in step {life['step']}"


def account_behind(run: Path, account_id: str) -> Found:
    """An account: its verdict and reasons, its strongest links, and some of what it sent.

    Raises:
        BadSetting: the run has no such account.
        UnreadableInput: a table of the run cannot be read.
        BadTable: a table lacks a column.
    """
    accounts = read_table(run, "accounts")
    found: list[Found] = accounts.filter(pc.equal(accounts["account_id"], account_id)).to_pylist()
    if not found:
        raise BadSetting("the run has no such account", where=account_id, hint="accounts.parquet lists them")
    sent = _exchanges(run, "account_id", account_id)
    return found[0] | {
        "links": _links(read_table(run, "links"), account_id),
        "sent": [_only(one, _OF_EXCHANGE) for one in sent[:_MOST_EXCHANGES]],
    }


def exchange_behind(run: Path, exchange_id: str) -> list[Found]:
    """The exchanges of an id, with the templates and campaigns that cite it; a log may give one id several times.

    Raises:
        BadSetting: the run has no such exchange.
        UnreadableInput: a table of the run cannot be read.
        BadTable: a table lacks a column.
    """
    rows = _exchanges(run, "exchange_id", exchange_id)
    if not rows:
        raise BadSetting("the run has no such exchange", where=exchange_id, hint="exchanges.parquet lists them")
    templates = [
        _only(one, ("template_id", "kind", "campaign_id"))
        for one in read_table(run, "templates").to_pylist()
        if exchange_id in (one["exchange_ids"] or ())
    ]
    cited = [
        {"campaign_id": row["campaign_id"]} | _only(one, ("family", "statement", "p_value"))
        for row in order_campaigns(read_table(run, "campaigns"))
        for one in row["observations"] or ()
        if exchange_id in (one["exchange_ids"] or ())
    ]
    told = [{name: value for name, value in row.items() if value is not None and name != "row_key"} for row in rows]
    return [row | {"templates": templates, "shown_for": cited} for row in told]


def _only(row: Mapping[str, Any], names: tuple[str, ...]) -> Found:
    return {name: row[name] for name in names}


def _accounts(accounts: pa.Table, names: list[str] | tuple[str, ...]) -> list[Found]:
    mine = accounts.filter(pc.is_in(accounts["account_id"], value_set=pa.array(names, pa.string())))
    return [_only(row, _OF_ACCOUNT) for row in mine.sort_by([("exchanges", "descending")]).to_pylist()]


def _links(links: pa.Table, account_id: str) -> list[Found]:
    """The account's strongest links: the other's id, weights, and the family that weighs most."""
    mine = links.filter(pc.or_(pc.equal(links["account_a"], account_id), pc.equal(links["account_b"], account_id)))
    families = families_of_links(links)
    rows = mine.sort_by([("match_weight", "descending")]).slice(0, _MOST_LINKS).to_pylist()
    found = []
    for row in rows:
        weights = {family: row[family] for family in families if row[family] is not None}
        other = row["account_b"] if row["account_a"] == account_id else row["account_a"]
        found.append({"account_id": other} | _only(row, _OF_LINK) | {"families": weights})
    return found


def _exchanges(run: Path, column: str, value: str) -> list[Found]:
    """The rows of the exchanges of which a column has this value, in the order of time."""
    path = run / "exchanges.parquet"
    try:
        # Told apart from a data set: a run's folder name must not be read as partitions.
        table = pq.read_table(path, filters=[(column, "=", value)], partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise UnreadableInput(f"cannot be read as a table: {said_by(error)}", where=str(path)) from error
    rows: list[Found] = table.sort_by([("time", "ascending")]).to_pylist()
    return rows
