"""The templates table: families of near-identical prompts, and the texts a campaign shares.

An example is shown with the pieces of it that stand, letter for letter, in another account's
prompt, so that a reader sees what is fixed and what varies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core.words import words_of
from stillwatch.detection.template_names import TEMPLATE_NAMES, name_templates
from stillwatch.engines import Engine, Table
from stillwatch.evidence import LogProfile
from stillwatch.evidence.signature import signature
from stillwatch.tables import TEMPLATES

__all__ = ["Templates", "shared_pieces", "template_table"]

_MOST_FAMILIES = 200
_TEXTS_A_CAMPAIGN = 4
_EXAMPLE_CHARS = 1_200
_LEAST_UNSPACED = 5

_FAMILY_SQL = f"""
WITH family AS (
    SELECT t.template, count(*) AS exchanges, count(DISTINCT s.account) AS accounts
    FROM {{sketches}} AS s JOIN {{template_of}} AS t USING (masked)
    GROUP BY t.template HAVING count(*) > 2 AND count(DISTINCT s.account) > 1
    ORDER BY exchanges DESC, t.template LIMIT {_MOST_FAMILIES}
), member AS (
    SELECT t.template, s.row_key,
           row_number() OVER (PARTITION BY t.template ORDER BY hash(s.account), s.row_key) AS place,
           row_number() OVER (PARTITION BY t.template ORDER BY hash(s.account) DESC, s.row_key) AS back
    FROM {{sketches}} AS s JOIN {{template_of}} AS t USING (masked) SEMI JOIN family AS f ON f.template = t.template
)
SELECT f.template AS number, f.exchanges, f.accounts, list(m.row_key ORDER BY m.place) FILTER (m.place <= 5) AS keys,
       any_value(m.row_key) FILTER (m.place = 1) AS first, any_value(m.row_key) FILTER (m.back = 1) AS other
FROM family AS f JOIN member AS m USING (template) WHERE m.place <= 5 OR m.back = 1
GROUP BY ALL ORDER BY f.exchanges DESC, f.template
"""

_SENTENCE_SQL = """
WITH use AS (
    SELECT thing, account, row_key
    FROM (SELECT account, row_key, unnest(sentences) AS thing FROM {sketches}) SEMI JOIN {wanted} USING (thing)
)
SELECT u.thing, count(*) AS exchanges, count(DISTINCT u.account) AS accounts,
       min_by(u.row_key, hash(u.row_key), 5) AS keys,
       arg_min(u.row_key, hash(u.row_key)) AS first,
       arg_max(u.row_key, (hash(u.account), u.row_key)) AS other
FROM use AS u GROUP BY u.thing
"""


class Templates(NamedTuple):
    """The table ``TEMPLATES``, every name that templates were ever given, and row keys of exchanges that show them."""

    table: pa.Table
    names: pa.Table
    shown: tuple[int, ...]


def shared_pieces(example: str, other: str, *, least_chars: int = 16) -> list[str]:
    """Pieces of ``example`` that stand in ``other`` too, cut at words.

    A piece has at least ``least_chars`` characters, or five words in scripts that put no spaces between words, where a
    word is a character: as many as a sentence that is compared at all.

    >>> shared_pieces("Answer as a strict examiner: what is rain?", "Answer as a strict examiner: why snow?")
    ['Answer as a strict examiner: ']
    """
    a, b = _words(example), _words(other)
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    pieces = [a[block.a : block.a + block.size] for block in blocks]
    return ["".join(piece) for piece in pieces if _long_enough(piece, least_chars)]


def _long_enough(piece: Sequence[str], least_chars: int) -> bool:
    unspaced = sum(len(word) == 1 and not word.isascii() for word in piece)
    return unspaced >= _LEAST_UNSPACED or len("".join(piece).strip()) >= least_chars


def _words(text: str) -> list[str]:
    """Words with the space after each; in scripts without spaces, characters."""
    words: list[str] = []
    for word in text[:_EXAMPLE_CHARS].split(" "):
        for part in (word + " ").splitlines(keepends=True):
            words.extend(_unspaced_words(part))
    if words:
        words[-1] = words[-1][:-1]
    return words


def _unspaced_words(word: str) -> list[str]:
    """What stands between two spaces, cut where a word begins if any follows another without a gap."""
    if word.isascii():
        return [word]
    raw = word.encode()
    found = words_of(np.frombuffer(raw, np.uint8), np.array([0, len(raw)]))
    if not np.any(found.starts[1:] == found.ends[:-1]):
        return [word]
    return [raw[first:last].decode() for first, last in pairwise([0, *found.starts[1:].tolist(), len(raw)])]


def template_table(
    engine: Engine,
    log: LogProfile,
    campaigns: Mapping[str, npt.NDArray[np.int64]],
    *,
    exchanges: Table,
    sketches: Table,
    template_of: Table,
    sample: pa.Table,
    known: pa.Table | None = None,
) -> Templates:
    """The table ``TEMPLATES``: the log's largest families, then each campaign's shared sentences.

    Args:
        engine: where the tables lie.
        log: the whole log.
        campaigns: member entities of each campaign id.
        exchanges, sketches: of the run.
        template_of: texts of the largest families.
        sample: prompts drawn from each entity.
        known: names that templates were given before, as ``TEMPLATE_NAMES``.
    """
    texts = log.shared["structure"]
    signatures = {
        campaign_id: texts.names[signature(log, members)[0][: 4 * _TEXTS_A_CAMPAIGN]]
        for campaign_id, members in campaigns.items()
        if texts is not None
    }
    wanted = np.unique(np.concatenate([*signatures.values(), np.zeros(0, np.uint64)]))
    families = engine.fetch(_FAMILY_SQL, sketches=sketches, template_of=template_of).to_pylist()
    sentences = engine.fetch(_SENTENCE_SQL, sketches=sketches, wanted=pa.table({"thing": wanted})).to_pylist()
    prompts = _prompts(engine, exchanges, [*families, *sentences])
    uses = {row["thing"]: row for row in sentences}
    rows = [_row(found, prompts, "near-duplicate", None) for found in families]
    for campaign_id, members in campaigns.items():
        told = [uses[int(thing)] for thing in signatures.get(campaign_id, ()) if int(thing) in uses]
        shown = [_row(found, prompts, "sentence", campaign_id) for found in told]
        # Where the run kept no text, nothing is seen to be shared.
        shown = _once(row for row in shown if row["shared"] or not row["example"])[:_TEXTS_A_CAMPAIGN]
        rows.extend(shown or _source_row(log, sample, campaign_id, members))
    before = TEMPLATE_NAMES.empty_table() if known is None else known
    names, all_names = name_templates(engine, rows, before, sketches=sketches, template_of=template_of)
    for name, row in zip(names, rows, strict=True):
        row["template_id"] = name
    shown_by = sorted({key for row in [*families, *sentences] for key in (row["first"], row["other"])})
    return Templates(pa.Table.from_pylist(rows, schema=TEMPLATES), all_names, tuple(shown_by))


def _once(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without those that show what another does: the sentences of one wrapper come together, in the same
    exchanges, and are one template. The least of their hashes names it, whichever comes first in a look."""
    said: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        same = (row["example"], tuple(row["exchange_ids"]), row["accounts"], row["exchanges"])
        if row["thing"] <= said.setdefault(same, row)["thing"]:
            said[same] = row
    return list(said.values())


def _prompts(engine: Engine, exchanges: Table, rows: Sequence[Mapping[str, Any]]) -> dict[int, tuple[str, str]]:
    """Exchange id and prompt of every row key that is shown."""
    keys = sorted({key for row in rows for key in (row["first"], row["other"], *row["keys"])})
    found = engine.fetch(
        "SELECT row_key, exchange_id, prompt FROM {exchanges} SEMI JOIN {wanted} USING (row_key)",
        exchanges=exchanges,
        wanted=pa.table({"row_key": pa.array(keys, pa.int64())}),
    )
    return {row["row_key"]: (row["exchange_id"], row["prompt"]) for row in found.to_pylist()}


def _row(
    found: Mapping[str, Any], prompts: Mapping[int, tuple[str, str]], kind: str, campaign_id: str | None
) -> dict[str, Any]:
    example, other = prompts[found["first"]][1], prompts[found["other"]][1]
    return {
        "kind": kind,
        "thing": found["first"] if kind == "near-duplicate" else found["thing"],
        "exchanges": found["exchanges"],
        "accounts": found["accounts"],
        "example": example[:_EXAMPLE_CHARS],
        "shared": shared_pieces(example, other),
        "campaign_id": campaign_id,
        "exchange_ids": [prompts[key][0] for key in found["keys"]],
    }


def _source_row(
    log: LogProfile, sample: pa.Table, campaign_id: str, members: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    """A campaign without any shared text is shown by a prompt drawn from its source."""
    first = sample.filter(pc.and_(pc.equal(sample["place"], 1), pc.is_in(sample["entity"], pa.array(members))))
    if not len(first):
        return []
    shown = first.slice(0, 1).to_pylist()[0]
    return [
        {
            "kind": "source",
            "thing": 0,
            "exchanges": int(log.exchanges[members].sum()),
            "accounts": int(log.accounts[members].sum()),
            "example": shown["prompt"][:_EXAMPLE_CHARS],
            "shared": [],
            "campaign_id": campaign_id,
            "exchange_ids": [shown["exchange_id"]],
        }
    ]
