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

from stillwatch.campaigns.families import World, signature
from stillwatch.core.tables import TEMPLATES
from stillwatch.engines import query

__all__ = ["shared_pieces", "template_table"]

_MOST_FAMILIES = 1_000
_TEXTS_A_CAMPAIGN = 4
_EXAMPLE_CHARS = 1_500

_FAMILY_SQL = f"""
WITH family AS (
    SELECT t.template, count(*) AS exchanges, count(DISTINCT s.account) AS accounts,
           min(s.exchange_id) AS first, max(s.exchange_id) AS other,
           list(s.exchange_id ORDER BY s.exchange_id)[:5] AS ids
    FROM sketches AS s JOIN template_of AS t USING (masked)
    GROUP BY t.template HAVING count(*) > 2 AND count(DISTINCT s.account) > 1
    ORDER BY exchanges DESC, first LIMIT {_MOST_FAMILIES}
)
SELECT f.exchanges, f.accounts, f.ids, a.prompt AS example, b.prompt AS other
FROM family AS f JOIN exchanges AS a ON a.exchange_id = f.first JOIN exchanges AS b ON b.exchange_id = f.other
ORDER BY f.exchanges DESC, f.first
"""

_SENTENCE_SQL = """
SELECT count(*) AS exchanges, count(DISTINCT s.account) AS accounts,
       list(s.exchange_id ORDER BY hash(s.exchange_id))[:5] AS ids,
       arg_min(s.exchange_id, hash(s.exchange_id)) AS first, arg_max(s.exchange_id, hash(s.account)) AS other
FROM sketches AS s WHERE list_contains(s.sentences, {thing}::UBIGINT)
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
    for campaign_id, members in campaigns.items():
        rows.extend(_campaign_rows(world, connection, campaign_id, members))
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


def _campaign_rows(
    world: World, connection: duckdb.DuckDBPyConnection, campaign_id: str, members: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    number, _, _ = signature(world, members)
    rows: list[dict[str, Any]] = []
    for thing in world.traits.texts.names[number[: 4 * _TEXTS_A_CAMPAIGN]]:
        (found,) = query(connection, _SENTENCE_SQL.format(thing=int(thing))).to_pylist()
        if not found["exchanges"] or len(rows) == _TEXTS_A_CAMPAIGN:
            continue
        texts = dict(
            connection.execute(
                "SELECT exchange_id, coalesce(prompt, '') FROM exchanges WHERE exchange_id IN (?, ?)",
                [found["first"], found["other"]],
            ).fetchall()
        )
        found["example"], found["other"] = texts[found["first"]], texts[found["other"]]
        row = _row(found, "sentence", campaign_id)
        if row["shared"]:
            rows.append(row)
    if not rows:
        rows.extend(_source_row(connection, campaign_id, members))
    return rows


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
