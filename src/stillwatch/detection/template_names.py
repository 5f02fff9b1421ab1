"""Lasting names of templates: what a decision says of ``T00012`` holds for the same texts after the next look.

A family of near-identical prompts is known again by the exchange that showed it first, or, where that is forgotten, by
the one that showed it last; a sentence by hash and campaign; what shows a campaign without a text by the campaign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from stillwatch.engines import Engine, Table

__all__ = ["TEMPLATE_NAMES", "name_templates"]

TEMPLATE_NAMES = pa.schema(
    [
        ("template_id", pa.string()),
        ("kind", pa.string()),
        ("campaign_id", pa.string()),
        ("thing", pa.uint64()),  # of a family, row key of an exchange of it; of a sentence, its hash
    ]
)
"""Every name that was ever given, and what it stands for: what showed it first, then, where that is another, what
showed it last."""

Key = tuple[str, str | None, int]


def name_templates(
    engine: Engine, rows: Sequence[Mapping[str, Any]], known: pa.Table, *, sketches: Table, template_of: Table
) -> tuple[list[str], pa.Table]:
    """The name of each template, and all names with them.

    Args:
        engine: where the tables lie.
        rows: ``kind``, ``campaign_id`` and ``thing`` of each, as in ``TEMPLATE_NAMES``.
        known: names given before.
        sketches: of the run.
        template_of: texts of the largest families.
    """
    before = known.to_pylist()
    families = _families(engine, [*rows, *before], sketches, template_of)
    told: dict[str, list[Mapping[str, Any]]] = {}
    for row in before:
        told.setdefault(row["template_id"], []).append(row)
    taken: dict[Key, str] = {}
    for shown in (0, -1):
        for name, some in told.items():
            key = _key(some[shown], families)
            if key is not None:
                # Of families that have become one the older name stands.
                taken.setdefault(key, name)
    number = max((int(name[1:]) for name in told), default=0)
    names: list[str] = []
    for row in rows:
        name = taken.get(_key(row, families) or ("", None, 0), "")
        if not name or name in names:
            number += 1
            name = f"T{number:05d}"
        names.append(name)
        now = {"template_id": name, **{column: row[column] for column in ("kind", "campaign_id", "thing")}}
        first = told.get(name, [now])[0]
        told[name] = [first] if first == now else [first, now]
    ordered = sorted(told.items(), key=lambda item: int(item[0][1:]))
    return names, pa.Table.from_pylist([row for _, some in ordered for row in some], schema=TEMPLATE_NAMES)


def _key(row: Mapping[str, Any], families: Mapping[int, int]) -> Key | None:
    """What tells a template from all others in this look; None of a family that is not among the largest."""
    if row["kind"] != "near-duplicate":
        return row["kind"], row["campaign_id"], row["thing"]
    return ("near-duplicate", None, families[row["thing"]]) if row["thing"] in families else None


def _families(engine: Engine, rows: Sequence[Mapping[str, Any]], sketches: Table, template_of: Table) -> dict[int, int]:
    """The family that each of the exchanges is of that show one."""
    shown = sorted({row["thing"] for row in rows if row["kind"] == "near-duplicate"})
    found = engine.fetch(
        "SELECT s.row_key, t.template FROM {sketches} AS s JOIN {template_of} AS t USING (masked) "
        "SEMI JOIN {shown} AS w ON w.row_key = s.row_key",
        sketches=sketches,
        template_of=template_of,
        shown=pa.table({"row_key": pa.array(shown, pa.int64())}),
    )
    return dict(zip(found["row_key"].to_pylist(), found["template"].to_pylist(), strict=True))
