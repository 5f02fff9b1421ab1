"""From a run's exchanges and sketches to what entities are compared by.

Everything here is SQL over columns; texts are touched only for a bounded sample of each account's
prompts. The order of statements is the order of the data's way.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.campaigns.entities import Entities
from stillwatch.campaigns.postings import Postings
from stillwatch.engines import query

__all__ = [
    "HABITS",
    "draw_sample",
    "gather_habits",
    "gather_hands",
    "gather_rhythm",
    "gather_sentences",
    "gather_texts",
    "match_accounts",
]

_HOUR_US = 3_600_000_000

_SENTENCE_SQL = """
CREATE TABLE sentence_use AS
WITH used AS (
    SELECT entity, thing, count(*) AS uses FROM (
        SELECT a.entity, unnest(list_distinct(s.sentences)) AS thing
        FROM sketches AS s JOIN account_hash AS a ON a.hash = s.account)
    GROUP BY ALL
)
SELECT entity, thing, uses FROM used
WHERE thing IN (SELECT thing FROM used GROUP BY thing HAVING count(*) >= 2)
"""

_TEXT_SQL = """
WITH template AS (
    SELECT a.entity, t.thing, sum(t.uses)::BIGINT AS uses
    FROM template_use AS t JOIN account_hash AS a ON a.hash = t.account GROUP BY ALL
), used AS (SELECT * FROM sentence_use UNION ALL SELECT * FROM template)
SELECT entity, thing, uses FROM used ORDER BY entity, thing
"""

_HAND_SQL = """
WITH address AS (
    SELECT a.entity, e.client_address AS address, count(*) AS uses
    FROM exchanges AS e JOIN account AS a USING (account_id)
    WHERE e.client_address IS NOT NULL GROUP BY ALL
), hand AS (
    SELECT entity, hash('payment', payment_id) AS thing FROM account WHERE payment_id IS NOT NULL
    UNION SELECT entity, hash('domain', lower(email_domain)) FROM account WHERE email_domain IS NOT NULL
    UNION SELECT entity, hash('address', address) FROM address
    UNION SELECT entity, hash('network', regexp_extract(address, '^(\\d+\\.\\d+\\.\\d+)\\.\\d+$', 1))
          FROM address WHERE regexp_matches(address, '^\\d+\\.\\d+\\.\\d+\\.\\d+$')
)
SELECT entity, thing FROM hand
WHERE thing IN (SELECT thing FROM hand GROUP BY thing HAVING count(*) >= 2)
"""

HABITS: tuple[tuple[str, str, str], ...] = (
    ("logprobs", "ask for log-probabilities", "logprobs OR top_logprobs > 0"),
    ("many_answers", "ask for several answers at once", "n > 1"),
    (
        "full_length",
        "have the answer run up to the length allowed",
        "output_tokens >= 0.95 * max_tokens OR stop_reason IN ('length', 'max_tokens', 'MAX_TOKENS')",
    ),
)
"""What the request asks for beside its text, where that is what training data is made with: name, words, SQL."""

_HABIT_SQL = f"""
SELECT a.entity, {", ".join(f"avg(coalesce({sql}, false)::INT) AS {name}" for name, _, sql in HABITS)}
FROM exchanges AS e JOIN account AS a USING (account_id) GROUP BY a.entity ORDER BY a.entity
"""

_SAMPLE_SQL = """
CREATE TABLE sample AS
WITH drawn AS (
    SELECT entity, min_by(exchange_id, hash(prompt, entity), {most}) AS ids FROM asked GROUP BY entity
), ranked AS (
    SELECT entity, unnest(ids) AS exchange_id, generate_subscripts(ids, 1) AS place FROM drawn
)
SELECT r.entity, r.exchange_id, r.place, e.prompt FROM ranked AS r JOIN exchanges AS e USING (exchange_id)
"""

# A log may use an id twice.
_ONE_EACH_SQL = "DELETE FROM sample WHERE rowid NOT IN (SELECT min(rowid) FROM sample GROUP BY entity, place)"


def match_accounts(
    connection: duckdb.DuckDBPyConnection, hash_strings: Callable[[pa.Array], npt.NDArray[np.uint64]]
) -> None:
    """Make the table ``account_hash`` that joins sketches to accounts."""
    table: pa.Table = query(connection, "SELECT account_id, entity FROM account")
    ids = table["account_id"].combine_chunks()
    connection.register(
        "account_hash_table", pa.table({"hash": pa.array(hash_strings(ids)), "entity": table["entity"]})
    )
    connection.execute("CREATE TABLE account_hash AS SELECT * FROM account_hash_table")
    connection.unregister("account_hash_table")


def gather_sentences(connection: duckdb.DuckDBPyConnection, *, holders: int) -> npt.NDArray[np.uint64]:
    """Make the table ``sentence_use``; sorted hashes of the sentences that so many entities use."""
    connection.execute(_SENTENCE_SQL)
    common = query(
        connection, f"SELECT thing FROM sentence_use GROUP BY thing HAVING count(*) >= {holders} ORDER BY thing"
    )
    return np.asarray(common["thing"], np.uint64)


def gather_texts(connection: duckdb.DuckDBPyConnection, entities: Entities) -> Postings:
    """Which entities use which shared sentences and templates, in what share of their exchanges.

    Args:
        connection: has ``sentence_use`` and ``template_use``.
        entities: of the log.
    """
    table: pa.Table = query(connection, _TEXT_SQL)
    entity = np.asarray(table["entity"], np.int64)
    share = np.asarray(table["uses"], np.float64) / entities.exchanges[entity]
    return Postings.build(entity, np.asarray(table["thing"], np.uint64), share, len(entities))


def gather_hands(connection: duckdb.DuckDBPyConnection, entities: Entities) -> Postings | None:
    """Which entities share payments, addresses, networks and domains; None where none is known."""
    table: pa.Table = query(connection, _HAND_SQL)
    if not len(table):
        return None
    entity = np.asarray(table["entity"], np.int64)
    return Postings.build(entity, np.asarray(table["thing"], np.uint64), np.ones(len(entity)), len(entities))


def gather_habits(connection: duckdb.DuckDBPyConnection) -> npt.NDArray[np.float32]:
    """Share of each entity's exchanges with each of ``HABITS``: E x habits, 0 where the log does not say."""
    table: pa.Table = query(connection, _HABIT_SQL)
    return np.column_stack([np.asarray(table[name], np.float32) for name, _, _ in HABITS])


def gather_rhythm(connection: duckdb.DuckDBPyConnection, entities: Entities) -> npt.NDArray[np.float32]:
    """Hourly activity of each entity beyond its own daily habit: E x hours, unit rows.

    An entity's habit is its own hours of the day times its own days: Pearson residuals of its table of
    days by hours, so that a time zone, a working week or a nightly job leaves nothing. Entities with
    fewer than 20 exchanges have zero rows.
    """
    table: pa.Table = query(
        connection,
        f"""SELECT a.entity, epoch_us(e.time) // {_HOUR_US} AS hour, count(*) AS uses
            FROM exchanges AS e JOIN account AS a USING (account_id) GROUP BY ALL""",
    )
    entity, hour = np.asarray(table["entity"], np.int64), np.asarray(table["hour"], np.int64)
    # Beyond eight weeks the latest hours speak for the rest; the table stays small.
    first = max(int(hour.min()), int(hour.max()) - 24 * 56 + 1)
    first -= first % 24
    hours = -(-(int(hour.max()) - first + 1) // 24) * 24
    activity = np.zeros((len(entities), hours), np.float32)
    kept = hour >= first
    activity[entity[kept], hour[kept] - first] = np.asarray(table["uses"], np.float32)[kept]
    days = activity.reshape(len(entities), -1, 24)
    if days.shape[1] < 3:
        return np.zeros((len(entities), 1), np.float32)
    by_hour, by_day = days.sum(axis=1, keepdims=True), days.sum(axis=2, keepdims=True)
    expected = by_hour * by_day / np.maximum(by_day.sum(axis=1, keepdims=True), 1)
    flat = ((days - expected) / np.sqrt(expected + 0.5)).reshape(len(entities), hours)
    size = np.linalg.norm(flat, axis=1, keepdims=True)
    told = (entities.exchanges >= 20)[:, None] & (size > 0)
    return np.asarray(np.where(told, flat / np.maximum(size, 1e-9), 0.0), np.float32)


def draw_sample(connection: duckdb.DuckDBPyConnection, most: int) -> pa.Table:
    """A bounded random sample of each entity's distinct prompts (table ``asked``), as ``sample``.

    Returns:
        entity, prompt; sorted by entity, at most ``most`` rows each.
    """
    connection.execute(_SAMPLE_SQL.format(most=most))
    connection.execute(_ONE_EACH_SQL)
    table: pa.Table = query(connection, "SELECT entity, prompt FROM sample ORDER BY entity, place")
    return table
