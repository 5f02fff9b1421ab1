"""Entities: who can act as one, and what each of them did.

Accounts of one declared organisation are one entity, for coordination counts only between
accounts that claim to be strangers; any other account is an entity of its own. Everything after
this file speaks of entities by dense number, and returns to accounts at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import query

__all__ = ["Entities", "load_entities"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

_ACCOUNT_SQL = """
CREATE TABLE account AS
WITH seen AS (
    SELECT account_id,
           count(*) AS exchanges, min(time) AS first_seen, max(time) AS last_seen,
           any_value(org_id) AS org_id,
           mode(hash(temperature, top_p, top_k, n, max_tokens, stream, logprobs, top_logprobs,
                     response_format)) AS parameters,
           mode(user_agent) AS user_agent, mode(tls_fingerprint) AS tls_fingerprint,
           mode(model) AS model,
           any_value(created) AS created, any_value(payment_id) AS payment_id,
           any_value(email_domain) AS email_domain, any_value(licence_id) AS licence_id,
           any_value(declared_use) AS declared_use
    FROM exchanges GROUP BY account_id
)
SELECT seen.* EXCLUDE (org_id, created, payment_id, email_domain, licence_id, declared_use),
       coalesce(file.org_id, seen.org_id) AS org_id,
       coalesce(file.created, seen.created) AS created,
       coalesce(file.payment_id, seen.payment_id) AS payment_id,
       coalesce(file.email_domain, seen.email_domain) AS email_domain,
       coalesce(file.licence_id, seen.licence_id) AS licence_id,
       coalesce(file.declared_use, seen.declared_use) AS declared_use,
       dense_rank() OVER (ORDER BY CASE WHEN coalesce(file.org_id, seen.org_id) IS NULL
                                        THEN 'account ' || account_id
                                        ELSE 'org ' || coalesce(file.org_id, seen.org_id) END) - 1 AS entity
FROM seen LEFT JOIN account_file AS file USING (account_id)
"""

_ENTITY_SQL = """
SELECT entity, sum(exchanges)::BIGINT AS exchanges, count(*) AS accounts,
       epoch_us(min(first_seen)) AS first_seen, epoch_us(max(last_seen)) AS last_seen,
       epoch_us(min(created)) AS created,
       hash(arg_max(parameters, exchanges)) AS parameters,
       arg_max(hash(user_agent), exchanges) FILTER (user_agent IS NOT NULL) AS agent,
       arg_max(hash(tls_fingerprint), exchanges) FILTER (tls_fingerprint IS NOT NULL) AS tls,
       bool_or(licence_id IS NOT NULL) AS licensed,
       arg_max(account_id, exchanges) AS name
FROM account GROUP BY entity ORDER BY entity
"""


@dataclass(frozen=True, slots=True)
class Entities:
    """The log's entities, columns of length E in entity order.

    Attributes:
        exchanges, accounts: how many of each.
        first_seen, last_seen: microseconds since 1970.
        created: microseconds since 1970, NaN where the log does not say.
        parameters, agent, tls: hashes of the usual sampling parameters, user agent and TLS
            fingerprint; 0 where the log does not say.
        licensed: whether a licence is on record.
    """

    exchanges: I64
    accounts: I64
    first_seen: I64
    last_seen: I64
    created: F64
    parameters: npt.NDArray[np.uint64]
    agent: npt.NDArray[np.uint64]
    tls: npt.NDArray[np.uint64]
    licensed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.exchanges)


def load_entities(connection: duckdb.DuckDBPyConnection) -> Entities:
    """Make the table ``account`` in the connection and read its entities.

    Args:
        connection: has the views ``exchanges`` and ``account_file``.
    """
    connection.execute(_ACCOUNT_SQL)
    table: pa.Table = query(connection, _ENTITY_SQL)

    def whole(name: str) -> I64:
        return np.asarray(table[name], np.int64)

    def hashed(name: str) -> npt.NDArray[np.uint64]:
        return np.asarray(table[name].fill_null(0), np.uint64)

    created = table["created"].cast(pa.float64()).fill_null(float("nan"))
    return Entities(
        whole("exchanges"),
        whole("accounts"),
        whole("first_seen"),
        whole("last_seen"),
        np.asarray(created, np.float64),
        hashed("parameters"),
        hashed("agent"),
        hashed("tls"),
        np.asarray(table["licensed"], np.bool_),
    )
