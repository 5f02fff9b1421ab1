"""What a prompt is named by, so that it is the same prompt however it was typed.

A class copies one homework with other commas, other typing errors and a greeting in front; letter for letter no two of
its prompts are one. So a prompt that is nearly identical to others', and most of whose sentences others send too, is
named by its family of near-identical texts and by its numbers, for with others it is another sum. What an account
wraps around its requests, or a form that it fills in, such as a task's worked examples before each of its questions,
makes no question of them: it comes again in that account's own prompts, whatever they ask, where a question comes once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import PromptSets
from stillwatch.evidence.thresholds import CARRIED, FILLED_IN, MAJORITY, SAME_PROMPT, SHARED_BY, WRAPPED
from stillwatch.profiles.texts_by_key import READ_SQL

__all__ = ["named_prompts"]

# What is wrapped around requests comes again and again with many of those who send it.
_WRAPS = f"""avg((
    (s.uses >= 2 AND s.uses > {MAJORITY} * e.exchanges)
    OR (s.uses >= {CARRIED[0]} AND s.uses >= {CARRIED[1]} * e.exchanges)
)::INT) >= {WRAPPED} OR median(s.uses) >= {CARRIED[0]}"""

# Of one sentence alone, numbers and a few words beside it may be all that is asked.
_TYPED_SQL = f"""
WITH texts AS (
    SELECT s.thing, {_WRAPS} AS wraps
    FROM {{sentences}} AS s JOIN {{entities}} AS e USING (entity) GROUP BY s.thing HAVING count(*) > 1
), asked AS (
    SELECT s.thing FROM {{templates}} AS s JOIN {{entities}} AS e USING (entity) GROUP BY s.thing HAVING NOT ({_WRAPS})
), near AS (
    SELECT p.entity, p.prompt, p.row_key, k.sentences, t.thing AS name
    FROM {{prompts}} AS p JOIN {{sketches}} AS k USING (row_key)
    JOIN {{template_named}} AS t USING (masked) SEMI JOIN asked USING (thing)
    WHERE p.answered
), said AS (
    SELECT * EXCLUDE (sentences), unnest(list_distinct(sentences)) AS thing FROM near
), typed AS (
    SELECT said.entity, said.prompt, said.row_key, said.name,
        count(*) FILTER (texts.wraps IS DISTINCT FROM true) AS own, count(*) FILTER (NOT texts.wraps) AS common
    FROM said LEFT JOIN texts USING (thing) GROUP BY ALL HAVING common > 1 AND common >= {SAME_PROMPT} * own
)
SELECT entity, prompt, row_key, name FROM typed
"""

# Asked by itself: how many there are is known then, and they are what a join holds, not the log's texts.
_NAMED_SQL = f"""
WITH alike AS (
    SELECT t.entity, t.prompt, hash(t.name, list_sort(regexp_extract_all(e.prompt, '[0-9]+'))) AS name
    FROM {{typed}} AS t JOIN (SELECT row_key, {READ_SQL} AS prompt FROM {{exchanges}}) AS e USING (row_key)
), named AS (
    SELECT * FROM alike SEMI JOIN (
        SELECT name FROM (SELECT name, count(DISTINCT prompt) AS texts FROM alike GROUP BY entity, name)
        GROUP BY name HAVING avg((texts > 1)::INT) <= {FILLED_IN}
    ) AS questions USING (name)
)
SELECT p.entity, p.prompt, coalesce(n.name, p.prompt) AS name
FROM {{prompts}} AS p LEFT JOIN named AS n USING (entity, prompt) WHERE p.answered
"""

# Prompts without a sentence, under a system prompt without any either, that more send than make a sentence common.
_SHORT_SQL = f"""
SELECT p.prompt, count(*) AS holders
FROM {{prompts}} AS p SEMI JOIN (SELECT row_key FROM {{sketches}} WHERE len(sentences) = 0) AS s USING (row_key)
WHERE p.answered GROUP BY p.prompt HAVING count(*) > {SHARED_BY} ORDER BY p.prompt
"""


def named_prompts(
    engine: Engine, sample: pa.Table, entities: pa.Table, *, exchanges: Table, **tables: Table
) -> tuple[PromptSets, npt.NDArray[np.uint64]]:
    """Who sends the same prompts, and the name of each sampled prompt.

    Prompts that were answered count: what one account is refused a queue asks again by another, and nobody runs a set
    that way. A sampled one that was not answered is named by its own hash.

    Args:
        engine: where the tables lie.
        sample: ``entity, place, name`` of each sampled prompt, by its own hash.
        entities: with their ``exchanges``.
        exchanges: of the run.
        tables: its ``sketches``; ``prompts``, as ``prompt_table`` has them; ``template_named``, as ``find_templates``
            has it; ``sentences`` of several entities and ``templates``: ``entity, thing, uses``.
    """
    typed = engine.sql(_TYPED_SQL, entities=entities.select(["entity", "exchanges"]), **tables)
    named = engine.sql(_NAMED_SQL, typed=typed, prompts=tables["prompts"], exchanges=exchanges)
    sampled = engine.fetch(
        "SELECT coalesce(n.name, s.name) AS name FROM {sample} AS s LEFT JOIN {named} AS n "
        "ON s.entity = n.entity AND s.name = n.prompt ORDER BY s.entity, s.place",
        sample=sample.select(["entity", "place", "name"]),
        named=named,
    )
    return (
        _sets(
            engine.fetch("SELECT DISTINCT entity, name FROM {named} ORDER BY entity, name", named=named),
            engine.fetch(_SHORT_SQL, prompts=tables["prompts"], sketches=tables["sketches"]),
            len(entities),
        ),
        np.asarray(sampled["name"], np.uint64),
    )


def _sets(held: pa.Table, short: pa.Table, entities: int) -> PromptSets:
    offsets = np.searchsorted(np.asarray(held["entity"], np.int64), np.arange(entities + 1))
    return PromptSets(
        np.asarray(held["name"], np.uint64),
        offsets,
        np.asarray(short["prompt"], np.uint64),
        np.asarray(short["holders"], np.int64),
    )
