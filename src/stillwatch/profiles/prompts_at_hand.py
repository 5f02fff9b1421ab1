"""Prompts and the texts in them, held in this process: a group's are found without a pass over the whole log.

Every group that is looked at closer asks for its prompts, and many for those that carry a text of its own. In an
engine each question is a pass over all of them, and there are as many questions as groups. Of a log with more than so
many rows nothing is held, and the engine is asked.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.profiles.texts import DRAWN_BY

__all__ = ["PromptsAtHand", "TextsAtHand"]

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
_Rows = tuple[U64, I64]

MOST_HELD = 8_000_000
"""Of as many rows a process holds what is asked of each: up to 200 MB."""

_MEMBERS_SQL = "SELECT p.* FROM {prompts} AS p SEMI JOIN {members} USING (entity)"

_MASKED_SQL = "SELECT masked AS text, row_key FROM {texts} WHERE masked IS NOT NULL"
_WITHOUT_SQL = "SELECT p.* FROM {theirs} AS p ANTI JOIN {named} USING (prompt)"


def _count(engine: Engine, query: str, table: Table) -> int:
    (rows,) = engine.fetch(query, table=table)["rows"].to_pylist()
    return int(rows or 0)


class PromptsAtHand:
    """The distinct prompts of entities.

    Args:
        engine: where the table lies.
        prompts: ``entity, prompt, row_key`` and others.
    """

    def __init__(self, engine: Engine, prompts: Table) -> None:
        self._engine, self._prompts = engine, prompts

    def of(self, members: I64, without: U64 | None = None) -> Table | pa.Table:
        """Those of some entities, less some by name (sorted)."""
        if (held := self._held) is None:
            theirs = self._engine.sql(_MEMBERS_SQL, prompts=self._prompts, members=pa.table({"entity": members}))
            if without is None:
                return theirs
            return self._engine.sql(_WITHOUT_SQL, theirs=theirs, named=pa.table({"prompt": without}))
        table, owner = held
        who = np.unique(members)
        first, last = np.searchsorted(owner, who), np.searchsorted(owner, who, side="right")
        pieces = [table.slice(begin, end - begin) for begin, end in zip(first.tolist(), last.tolist(), strict=True)]
        found = pa.concat_tables([table.slice(0, 0), *pieces])
        if without is None or not len(found):
            return found
        return found.filter(pa.array(~np.isin(np.asarray(found["prompt"], np.uint64), without)))

    @cached_property
    def _held(self) -> tuple[pa.Table, I64] | None:
        if _count(self._engine, "SELECT count(*) AS rows FROM {table}", self._prompts) > MOST_HELD:
            return None
        # By what a sample of an entity's prompts is drawn, so that one of a few needs no engine.
        drawn = f"SELECT *, {DRAWN_BY} AS drawn_by FROM {{prompts}} ORDER BY entity, prompt"
        table = self._engine.fetch(drawn, prompts=self._prompts)
        return table, np.asarray(table["entity"], np.int64)


class TextsAtHand:
    """Which exchanges carry which sentences, and what each is less its own words.

    Args:
        engine: where the tables lie.
        texts: ``row_key, masked, sentences``.
        template_of: ``masked, template``.
    """

    def __init__(self, engine: Engine, texts: Table, template_of: Table) -> None:
        self._engine, self._texts, self._template_of = engine, texts, template_of

    def carrying(self, texts: U64) -> I64 | None:
        """Row keys of the exchanges that carry one of some texts, sorted; None where nothing is held."""
        if (held := self._held) is None:
            return None
        by_sentence, by_masked, templates, masked = held
        hit = np.unique(masked[np.isin(templates, texts)])
        found = [_rows_of(by_sentence, np.unique(texts)), _rows_of(by_masked, hit)]
        return np.unique(np.concatenate(found))

    @cached_property
    def _held(self) -> tuple[_Rows, _Rows, U64, U64] | None:
        rows = "SELECT greatest(count(*), sum(len(sentences))) AS rows FROM {table}"
        if _count(self._engine, rows, self._texts) > MOST_HELD:
            return None
        sentences = self._engine.fetch("SELECT unnest(sentences) AS text, row_key FROM {texts}", texts=self._texts)
        whole = self._engine.fetch(_MASKED_SQL, texts=self._texts)
        of = self._engine.fetch("SELECT masked, template FROM {of}", of=self._template_of)
        templates, masked = (np.asarray(of[name], np.uint64) for name in ("template", "masked"))
        return _in_order(sentences), _in_order(whole), templates, masked


def _in_order(table: pa.Table) -> _Rows:
    """Texts in order, and the row that carries each."""
    texts, rows = np.asarray(table["text"], np.uint64), np.asarray(table["row_key"], np.int64)
    order = np.argsort(texts, kind="stable")
    return texts[order], rows[order]


def _rows_of(held: _Rows, wanted: U64) -> I64:
    """Rows that carry one of some texts (sorted)."""
    texts, rows = held
    first, last = np.searchsorted(texts, wanted), np.searchsorted(texts, wanted, side="right")
    pieces = [rows[begin:end] for begin, end in zip(first.tolist(), last.tolist(), strict=True)]
    return np.concatenate([rows[:0], *pieces])
