"""What partners said, held against the log: a family of its own, a clue and never proof.

It makes no campaign, takes part in no test and moves no weight. An account that has what a partner named is put on
``watch`` where it was clear, and its reasons say whose word that is. An indicator that a good part of the log's
accounts have says nothing about any of them, and is left out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from stillwatch.core import INDICATOR_KINDS, PartnerIndicator
from stillwatch.engines import Engine, Table
from stillwatch.evidence.thresholds import NEVER_BROAD, TOO_BROAD
from stillwatch.tables import ACCOUNTS, PARTNERS

__all__ = ["PartnerWord", "hold_against", "with_partners"]

_MATCH_SQL = """
WITH said AS (
    SELECT DISTINCT e.account_id, w.n FROM {exchanges} AS e JOIN {wanted} AS w
    ON w.kind = 'address' AND e.client_address = w.value WHERE w.until IS NULL OR e.time <= w.until
    UNION SELECT DISTINCT e.account_id, w.n FROM {exchanges} AS e JOIN {wanted} AS w
    ON w.kind = 'tls' AND e.tls_fingerprint = w.value WHERE w.until IS NULL OR e.time <= w.until
    UNION SELECT DISTINCT e.account_id, w.n FROM {exchanges} AS e JOIN {wanted} AS w
    ON w.kind = 'agent' AND e.user_agent = w.value WHERE w.until IS NULL OR e.time <= w.until
    UNION SELECT DISTINCT a.account_id, w.n FROM {accounts} AS a JOIN {wanted} AS w
    ON w.kind = 'domain' AND lower(a.email_domain) = w.value WHERE w.until IS NULL OR a.first_seen <= w.until
    UNION SELECT DISTINCT e.account_id, w.n
    FROM (SELECT row_key, unnest(sentences) AS thing FROM {sketches}) AS s
    JOIN {wanted} AS w ON w.kind = 'sentence' AND s.thing = w.thing
    JOIN {exchanges} AS e USING (row_key) WHERE w.until IS NULL OR e.time <= w.until
)
SELECT account_id, n FROM said ORDER BY n, account_id
"""


@dataclass(frozen=True, slots=True)
class PartnerWord:
    """What came of partners' indicators.

    Attributes:
        table: schema ``PARTNERS``, a row for each account and each indicator it has.
        held: indicators that were held against the log.
        broad: those left out because too many accounts have them.
    """

    table: pa.Table
    held: int
    broad: int


def hold_against(
    engine: Engine, indicators: Sequence[PartnerIndicator], *, exchanges: Table, sketches: Table, accounts: Table
) -> PartnerWord:
    """Which accounts have what partners named.

    Args:
        engine: where the tables lie.
        indicators: live ones.
        exchanges, sketches: of the run.
        accounts: a row an account.
    """
    if not indicators:
        return PartnerWord(PARTNERS.empty_table(), 0, 0)
    wanted = _wanted(engine, exchanges, indicators)
    found = engine.fetch(_MATCH_SQL, exchanges=exchanges, sketches=sketches, accounts=accounts, wanted=wanted)
    total = engine.fetch("SELECT count(*) AS n FROM {accounts}", accounts=accounts)["n"][0].as_py()
    having: dict[int, list[str]] = {}
    for account, n in zip(found["account_id"].to_pylist(), found["n"].to_pylist(), strict=True):
        having.setdefault(n, []).append(account)
    most = max(NEVER_BROAD, TOO_BROAD * total)
    rows = [
        _row(account, indicators[n]) for n, those in sorted(having.items()) if len(those) <= most for account in those
    ]
    broad = sum(len(those) > most for those in having.values())
    return PartnerWord(pa.Table.from_pylist(rows, schema=PARTNERS), len(indicators), broad)


def _wanted(engine: Engine, exchanges: Table, indicators: Sequence[PartnerIndicator]) -> pa.Table:
    """What to join with: a network becomes the log's own addresses within it."""
    rows = []
    networks = {n: ipaddress.ip_network(one.value) for n, one in enumerate(indicators) if one.kind == "network"}
    for n, one in enumerate(indicators):
        if one.kind != "network":
            thing = int(one.value, 16) if one.kind == "sentence" else None
            rows.append({"n": n, "kind": one.kind, "value": one.value, "thing": thing, "until": one.valid_until})
    for n, address in _within(engine, exchanges, networks):
        until = indicators[n].valid_until
        rows.append({"n": n, "kind": "address", "value": address, "thing": None, "until": until})
    schema = pa.schema(
        [
            ("n", pa.int64()),
            ("kind", pa.string()),
            ("value", pa.string()),
            ("thing", pa.uint64()),
            ("until", pa.timestamp("us", tz="UTC")),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _within(engine: Engine, exchanges: Table, networks: Mapping[int, Network]) -> Iterable[tuple[int, str]]:
    """Which of the log's addresses lie in which network."""
    if not networks:
        return
    by_size: dict[tuple[int, int], dict[int, list[int]]] = {}
    for n, one in networks.items():
        shift = one.max_prefixlen - one.prefixlen
        by_size.setdefault((one.version, shift), {}).setdefault(int(one.network_address) >> shift, []).append(n)
    addresses = engine.fetch(
        "SELECT DISTINCT client_address AS text FROM {exchanges} WHERE client_address IS NOT NULL", exchanges=exchanges
    )
    for text in addresses["text"].to_pylist():
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        for (version, shift), starts in by_size.items():
            if version == address.version:
                for n in starts.get(int(address) >> shift, ()):
                    yield n, text


def _row(account: str, one: PartnerIndicator) -> dict[str, object]:
    return {
        "account_id": account,
        "partner": one.partner,
        "kind": one.kind,
        "indicator_id": one.indicator_id,
        "partner_campaign": one.campaign,
        "tlp": one.tlp,
        "confidence": one.confidence,
        "valid_until": one.valid_until,
        "appeal": one.appeal,
    }


def with_partners(accounts: pa.Table, said: pa.Table) -> pa.Table:
    """The table of accounts with what partners said among the reasons; a clear account is watched for it.

    Args:
        accounts: schema ``ACCOUNTS``.
        said: schema ``PARTNERS``.
    """
    by_account: dict[str, dict[str, list[dict[str, str]]]] = {}
    for row in said.to_pylist():
        by_account.setdefault(row["account_id"], {}).setdefault(row["partner"], []).append(row)
    if not by_account:
        return accounts
    verdicts, reasons = accounts["verdict"].to_pylist(), accounts["reasons"].to_pylist()
    for place, account in enumerate(accounts["account_id"].to_pylist()):
        for partner, rows in sorted(by_account.get(account, {}).items()):
            if verdicts[place] == "clear":
                verdicts[place] = "watch"
            reasons[place] = [*(reasons[place] or ()), _reason(partner, rows)]
    told = {"verdict": pa.array(verdicts), "reasons": pa.array(reasons, ACCOUNTS.field("reasons").type)}
    for name, column in told.items():
        accounts = accounts.set_column(accounts.column_names.index(name), name, column)
    return accounts.cast(ACCOUNTS)


def _reason(partner: str, rows: Sequence[Mapping[str, str]]) -> str:
    kinds = [kind for kind in INDICATOR_KINDS if any(row["kind"] == kind for row in rows)]
    named = ", ".join(
        f"{sum(row['kind'] == kind for row in rows)} × {INDICATOR_KINDS[kind].split(' ', 1)[1]}" for kind in kinds
    )
    label = max((row["tlp"] for row in rows), key=_LABELS.index)
    text = (
        f"Partner {partner} saw in a campaign what this account has too ({named}; TLP:{label.upper()}). "
        "A partner's word, not proof: it counts in no test."
    )
    appeals = {row["appeal"] for row in rows}
    if "filed" in appeals:
        text += " Somebody appealed against it, and its publisher has not answered."
    elif "rejected" in appeals:
        text += " An appeal against it was rejected."
    return text


_LABELS = ("clear", "green", "amber", "amber+strict", "red")
