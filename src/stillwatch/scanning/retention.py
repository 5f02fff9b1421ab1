"""What texts stay in a run: all, the examples of shared ones, or none.

Once a log is sketched, its prompts are needed only to be shown and to look closer at. Where they are not to stay, a run
keeps in place of them what later steps ask of a text: its hash, whether there was one, how many columns were filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.core import BadSetting
from stillwatch.engines import Engine, Table
from stillwatch.scanning.kept import KEPT
from stillwatch.scanning.parts import rewrite
from stillwatch.tables import DEAD_LETTERS, EXCHANGES, TEMPLATES

__all__ = ["BLANK_SQL", "Retain", "Told", "check_retained", "remove_texts", "told_beside_texts", "told_by"]

Retain = Literal["full", "templates", "none"]

_STRICTER = {"full": 0, "templates": 1, "none": 2}
_TEXTS = ("system", "messages", "response", "reasoning", "stop")
# Of words that a service has for things; where a sentence stands in place of one it may quote what was asked.
_NAMED_THINGS = ("status", "stop_reason", "operation", "response_format")
_WORD = "[A-Za-z0-9_.:/-]{0,64}"
_NO_WORD = "…"
# What stands quoted in a reason is the log's word.
_SAID = re.compile(r"""['"{\[].*""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Told:
    """SQL of what the checks ask of the texts of an exchange.

    Attributes:
        texts: what two records of one exchange have in common.
        asked, answered: tell prompts and answers apart, null where there is none.
        filled: how many columns are not null.
        blank: whether there is no prompt's text.
    """

    texts: str
    asked: str
    answered: str
    filled: str
    blank: str


BLANK_SQL = "NOT regexp_matches(prompt, '[^ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]')"
"""Whether a prompt holds nothing but spaces (Unicode's Zs). ``trim`` would hold a copy of each text."""

_FILLED = " + ".join(f'("{name}" IS NOT NULL)::INT' for name in EXCHANGES.names)
_PLAIN = Told(
    f"prompt, {', '.join(_TEXTS)}",
    "CASE WHEN prompt <> '' THEN hash(prompt) END",
    "CASE WHEN response <> '' THEN hash(response) END",
    _FILLED,
    BLANK_SQL,
)
_HASHED = Told(
    f"hash({_PLAIN.texts})",
    _PLAIN.asked,
    _PLAIN.answered,
    f"({_FILLED})::INT",
    _PLAIN.blank,
)
_COLUMNS = ("prompt_hash", "text_hash", "asked_hash", "answered_hash", "filled", "blank")
_COLUMNS_SQL = f"""
SELECT hash(prompt) AS prompt_hash, {_HASHED.texts} AS text_hash, {_HASHED.asked} AS asked_hash,
       {_HASHED.answered} AS answered_hash, {_HASHED.filled} AS filled, {_HASHED.blank} AS blank
FROM {{group}}
"""


def _kept(column: str, sql: str) -> str:
    return f"CASE WHEN prompt_hash IS NULL THEN {sql} ELSE {column} END"


_LOST = Told(
    _kept("text_hash", _HASHED.texts),
    _kept("asked_hash", _HASHED.asked),
    _kept("answered_hash", _HASHED.answered),
    _kept("filled", _HASHED.filled),
    _kept("blank", _HASHED.blank),
)


def told_by(engine: Engine, exchanges: Table) -> Told:
    """What is asked of the texts of these exchanges, some of which may have lost theirs."""
    return _LOST if "prompt_hash" in engine.columns(exchanges) else _PLAIN


def told_beside_texts(engine: Engine, exchanges: Table, names: Sequence[str]) -> str:
    """SQL of columns of these exchanges other than texts, so that one that lost its texts is told like one that has
    them."""
    lost = "prompt_hash" in engine.columns(exchanges)
    return ", ".join(_word_sql(name) if lost and name in _NAMED_THINGS else f'"{name}"' for name in names)


def _word_sql(name: str) -> str:
    # In a query braces name a table.
    word = _WORD.replace("{", "{{").replace("}", "}}")
    return f"CASE WHEN NOT regexp_full_match({name}, '{word}') THEN '{_NO_WORD}' ELSE {name} END"


def check_retained(before: Retain, now: Retain) -> None:
    """Refuse to keep texts in a run that has lost them.

    Raises:
        BadSetting: it would have to.
    """
    if _STRICTER[now] < _STRICTER[before]:
        raise BadSetting(
            f"the run was made with {before}, and texts that are gone do not come back",
            where=f"--retain {now}",
            hint="leave it out, or scan the logs again, with --out",
        )


def remove_texts(engine: Engine, run: Path, retain: Retain, shown: Sequence[int]) -> None:
    """Take the texts out of a run that are not to stay.

    Args:
        engine: hashes them.
        run: under its hidden name, all its tables written but the report.
        retain: what stays.
        shown: row keys of the exchanges by which templates are shown.
    """
    if retain == "full":
        return
    stay = np.sort(np.array(shown if retain == "templates" else [], np.int64))
    for folder in (run / "exchanges.parquet", run / KEPT / "aside" / "exchanges.parquet"):
        for part in sorted(folder.glob("*.parquet")):
            if retain == "none" or "prompt_hash" not in pq.ParquetFile(part).schema_arrow.names:
                rewrite(part, _without_texts(engine, part, stay))
    for letters in (run / "dead_letters.parquet", *(run / KEPT / "dead_letters").glob("*.parquet")):
        told = pq.read_table(letters)
        half = letters.with_name(f".{letters.name}.partial")
        pq.write_table(_silenced(told), half, compression="zstd")
        half.replace(letters)
    if retain == "none":
        table = pq.read_table(run / "templates.parquet")
        empty = {"example": pa.repeat("", len(table)), "shared": pa.array([[]] * len(table), pa.list_(pa.string()))}
        columns = [empty.get(name, table[name]) for name in TEMPLATES.names]
        pq.write_table(pa.table(columns, schema=TEMPLATES), run / "templates.parquet", compression="zstd")


def _without_texts(engine: Engine, part: Path, stay: np.ndarray) -> Iterator[pa.Table]:
    source = pq.ParquetFile(part)
    for number in range(source.num_row_groups):
        group = source.read_row_group(number)
        if "prompt_hash" not in group.column_names:
            told = engine.fetch(_COLUMNS_SQL, group=group)
            for name in _COLUMNS:
                group = group.append_column(name, told[name])
        stays = pa.array(np.isin(group["row_key"].to_numpy(), stay))
        prompt = pc.if_else(stays, group["prompt"], "")
        group = group.set_column(group.schema.get_field_index("prompt"), group.schema.field("prompt"), prompt)
        for name in _TEXTS:
            place, field = group.schema.get_field_index(name), group.schema.field(name)
            group = group.set_column(place, field, pa.nulls(len(group), field.type))
        for name in _NAMED_THINGS:
            is_word = pc.match_substring_regex(group[name], rf"\A{_WORD}\z")
            place = group.schema.get_field_index(name)
            group = group.set_column(place, group.schema.field(name), pc.if_else(is_word, group[name], _NO_WORD))
        place = group.schema.get_field_index("note")
        yield group.set_column(place, group.schema.field("note"), _cut(group["note"]))


def _silenced(letters: pa.Table) -> pa.Table:
    """Dead letters without what the records said."""
    told = {"reason": _cut(letters["reason"]), "excerpt": pa.repeat("", len(letters))}
    return pa.table([told.get(name, letters[name]) for name in DEAD_LETTERS.names], schema=DEAD_LETTERS)


def _cut(sentences: pa.ChunkedArray) -> pa.Array:
    distinct = sentences.combine_chunks().dictionary_encode()
    said = pa.array([_SAID.sub("…", text) for text in distinct.dictionary.to_pylist()], pa.string())
    return said.take(distinct.indices)
