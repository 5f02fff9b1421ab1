"""The templates table: families of near-identical prompts, and the texts a campaign shares.

An example is shown with the pieces of it that stand, letter for letter, in another account's
prompt, so that a reader sees what is fixed and what varies.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.campaigns.families import signature
from stillwatch.campaigns.world import World
from stillwatch.engines import query
from stillwatch.tables import TEMPLATES

__all__ = ["shared_pieces", "template_table"]

_MOST_FAMILIES = 200
_TEXTS_A_CAMPAIGN = 4
_EXAMPLE_CHARS = 1_200

_FAMILY_SQL = f"""
WITH family AS (
    SELECT t.template, count(*) AS exchanges, count(DISTINCT s.account) AS accounts
    FROM sketches AS s JOIN template_of AS t USING (masked)
    GROUP BY t.template HAVING count(*) > 2 AND count(DISTINCT s.account) > 1
    ORDER BY exchanges DESC, t.template LIMIT {_MOST_FAMILIES}
), member AS (
    SELECT t.template, s.exchange_id,
           row_number() OVER (PARTITION BY t.template ORDER BY hash(s.account), s.exchange_id) AS place,
           row_number() OVER (PARTITION BY t.template ORDER BY hash(s.account) DESC, s.exchange_id) AS back
    FROM sketches AS s JOIN template_of AS t USING (masked) SEMI JOIN family AS f ON f.template = t.template
), shown AS (
    SELECT template, list(exchange_id ORDER BY place) FILTER (place <= 5) AS ids,
           any_value(exchange_id) FILTER (place = 1) AS first, any_value(exchange_id) FILTER (back = 1) AS other
    FROM member WHERE place <= 5 OR back = 1 GROUP BY template
), prompt AS (
    SELECT exchange_id, any_value(prompt) AS prompt FROM exchanges
    WHERE exchange_id IN (SELECT first FROM shown UNION ALL SELECT other FROM shown) GROUP BY exchange_id
)
SELECT f.exchanges, f.accounts, w.ids, a.prompt AS example, b.prompt AS other
FROM family AS f JOIN shown AS w USING (template)
JOIN prompt AS a ON a.exchange_id = w.first JOIN prompt AS b ON b.exchange_id = w.other
ORDER BY f.exchanges DESC, f.template
"""

_SENTENCE_SQL = """
WITH use AS (
    SELECT thing, account, exchange_id
    FROM (SELECT account, exchange_id, unnest(sentences) AS thing FROM sketches) SEMI JOIN wanted USING (thing)
)
SELECT u.thing, count(*) AS exchanges, count(DISTINCT u.account) AS accounts,
       min_by(u.exchange_id, hash(u.exchange_id), 5) AS ids,
       arg_min(u.exchange_id, hash(u.exchange_id)) AS first, arg_max(u.exchange_id, hash(u.account)) AS other
FROM use AS u GROUP BY u.thing
"""

_PROMPT_SQL = """
SELECT exchange_id, any_value(prompt) AS prompt FROM exchanges
WHERE exchange_id IN (SELECT exchange_id FROM wanted) GROUP BY exchange_id
"""


def shared_pieces(example: str, other: str, *, least_chars: int = 16) -> list[str]:
    """Pieces of ``example`` that stand in ``other`` too, cut at words.

    >>> shared_pieces("Answer as a strict examiner: what is rain?", "Answer as a strict examiner: why snow?")
    ['Answer as a strict examiner: ']
    """
    a, b = _words(example), _words(other)
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    pieces = ["".join(a[block.a : block.a + block.size]) for block in blocks]
    return [piece for piece in pieces if len(piece.strip()) >= least_chars]


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in text[:_EXAMPLE_CHARS].split(" "):
        words.extend((word + " ").splitlines(keepends=True))
    if words:
        words[-1] = words[-1][:-1]
    return words


def template_table(
    world: World,
    connection: duckdb.DuckDBPyConnection,
    campaigns: Mapping[str, npt.NDArray[np.int64]],
) -> pa.Table:
    """The table ``TEMPLATES``: the log's largest families, then each campaign's shared sentences.

    Args:
        world: the log as the tests see it.
        connection: has ``exchanges``, ``sketches`` and ``template_of``.
        campaigns: member entities of each campaign id.
    """
    rows: list[dict[str, Any]] = []
    for found in query(connection, _FAMILY_SQL).to_pylist():
        rows.append(_row(found, "near-duplicate", None))
    signatures = {
        campaign_id: world.traits.texts.names[signature(world, members)[0][: 4 * _TEXTS_A_CAMPAIGN]]
        for campaign_id, members in campaigns.items()
    }
    uses = _sentence_uses(connection, signatures)
    for campaign_id, members in campaigns.items():
        told = [uses[int(thing)] for thing in signatures[campaign_id] if int(thing) in uses]
        shown = [_row(found, "sentence", campaign_id) for found in told]
        shown = [row for row in shown if row["shared"]][:_TEXTS_A_CAMPAIGN]
        rows.extend(shown or _source_row(connection, campaign_id, members))
    for number, row in enumerate(rows, start=1):
        row["template_id"] = f"T{number:05d}"
    return pa.Table.from_pylist(rows, schema=TEMPLATES)


def _row(found: Mapping[str, Any], kind: str, campaign_id: str | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "exchanges": found["exchanges"],
        "accounts": found["accounts"],
        "example": found["example"][:_EXAMPLE_CHARS],
        "shared": shared_pieces(found["example"], found["other"]),
        "campaign_id": campaign_id,
        "exchange_ids": found["ids"],
    }


def _sentence_uses(
    connection: duckdb.DuckDBPyConnection, signatures: Mapping[str, npt.NDArray[np.uint64]]
) -> dict[int, dict[str, Any]]:
    """Where each campaign's shared sentences stand, in one pass over the sketches."""
    things = np.unique(np.concatenate([*signatures.values(), np.zeros(0, np.uint64)]))
    connection.register("wanted", pa.table({"thing": things}))
    found = query(connection, _SENTENCE_SQL).to_pylist()
    connection.unregister("wanted")
    ids = {row[end] for row in found for end in ("first", "other")}
    connection.register("wanted", pa.table({"exchange_id": pa.array(sorted(ids), pa.string())}))
    prompts = {row["exchange_id"]: row["prompt"] for row in query(connection, _PROMPT_SQL).to_pylist()}
    connection.unregister("wanted")
    return {row["thing"]: {**row, "example": prompts[row["first"]], "other": prompts[row["other"]]} for row in found}


def _source_row(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, members: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    """A campaign without any shared text is shown by a prompt drawn from its source."""
    connection.register("chosen", pa.table({"entity": members}))
    found = connection.execute(
        "SELECT prompt, exchange_id FROM sample SEMI JOIN chosen USING (entity) "
        "WHERE place = 1 ORDER BY hash(prompt) LIMIT 1"
    ).fetchall()
    size = connection.execute(
        "SELECT sum(exchanges)::BIGINT, count(*) FROM account SEMI JOIN chosen USING (entity)"
    ).fetchall()
    connection.unregister("chosen")
    if not found:
        return []
    ((prompt, exchange_id),), ((exchanges, accounts),) = found, size
    return [
        {
            "kind": "source",
            "exchanges": exchanges,
            "accounts": accounts,
            "example": prompt[:_EXAMPLE_CHARS],
            "shared": [],
            "campaign_id": campaign_id,
            "exchange_ids": [exchange_id],
        }
    ]
