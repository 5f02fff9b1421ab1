"""Prompts and the texts in them, sorted once: a group's are found without a pass over the whole log.

Every group that is looked at closer asks for its prompts, and many for those that carry a text of its own.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.profiles.sorted_rows import SortedRows
from stillwatch.profiles.texts import DRAWN_BY

__all__ = ["PromptsAtHand", "TextsAtHand"]

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

# By what a sample of an entity's prompts is drawn, so that one of a few needs no engine.
_PROMPTS_SQL = f"SELECT entity, prompt, row_key, {DRAWN_BY} AS drawn_by FROM {{prompts}} ORDER BY entity, prompt"
_SENTENCES_SQL = "SELECT unnest(sentences) AS text, row_key FROM {texts} ORDER BY text"
_MASKED_SQL = "SELECT masked AS text, row_key FROM {texts} WHERE masked IS NOT NULL ORDER BY text"


class PromptsAtHand:
    """The distinct prompts of entities.

    Args:
        engine: where the table lies.
        prompts: ``entity, prompt, row_key`` and others.
    """

    def __init__(self, engine: Engine, prompts: Table) -> None:
        self._engine, self._prompts = engine, prompts

    def of(self, members: I64, without: U64 | None = None) -> pa.Table:
        """Those of some entities, less some by name (sorted): ``entity, prompt, row_key, drawn_by``."""
        found = pa.table(self._held.of(np.unique(members)))
        if without is None or not len(found):
            return found
        return found.filter(pa.array(~np.isin(np.asarray(found["prompt"], np.uint64), without)))

    @cached_property
    def _held(self) -> SortedRows:
        return SortedRows.read(self._engine, _PROMPTS_SQL, prompts=self._prompts)


class TextsAtHand:
    """Which exchanges carry which sentences, and what each is less its own words.

    Args:
        engine: where the tables lie.
        texts: ``row_key, masked, sentences``.
        template_of: ``masked, template``.
    """

    def __init__(self, engine: Engine, texts: Table, template_of: Table) -> None:
        self._engine, self._texts, self._template_of = engine, texts, template_of

    def carrying(self, texts: U64) -> I64:
        """Row keys of the exchanges that carry one of some texts, sorted."""
        by_sentence, by_masked, templates, masked = self._held
        hit = np.unique(masked[np.isin(templates, texts)])
        found = by_sentence.of(np.unique(texts)), by_masked.of(hit)
        return np.unique(np.concatenate([rows["row_key"] for rows in found]))

    @cached_property
    def _held(self) -> tuple[SortedRows, SortedRows, U64, U64]:
        sentences, whole = (
            SortedRows.read(self._engine, query, texts=self._texts) for query in (_SENTENCES_SQL, _MASKED_SQL)
        )
        of = self._engine.fetch("SELECT masked, template FROM {of}", of=self._template_of)
        templates, masked = (np.asarray(of[name], np.uint64) for name in ("template", "masked"))
        return sentences, whole, templates, masked
