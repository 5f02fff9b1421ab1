"""What the sentences behind fingerprints say, read from a run's own exchanges; for who approves, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import UnreadableInput
from stillwatch.core.minhash import LIMIT_BYTES, MIN_SENTENCE_WORDS
from stillwatch.core.paths_in_sql import path_with_wildcards
from stillwatch.engines import stoppable
from stillwatch.sketching.words import Words, split_words

__all__ = ["sentence_texts"]

_FIRST_SQL = """
WITH used AS (
    SELECT row_key, unnest(sentences) AS value FROM read_parquet(?, hive_partitioning = false)
)
SELECT value, min(row_key) FROM used SEMI JOIN wanted USING (value) GROUP BY value
"""


def sentence_texts(run: Path, fingerprints: Sequence[str]) -> dict[str, str]:
    """What these sentences say, by fingerprint, as the exchange wrote them that came first.

    Args:
        run: a finished run.
        fingerprints: 16 hexadecimal digits each, as indicators of the kind ``sentence`` have them.

    Returns:
        Those that are found; a run that keeps no prompts has none.

    Raises:
        UnreadableInput: a table of the run cannot be read.
    """
    if not fingerprints:
        return {}
    wanted = pa.table({"value": pa.array([int(one, 16) for one in fingerprints], pa.uint64())})
    try:
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.register("wanted", wanted)
            files = path_with_wildcards(run / "sketches.parquet" / "*.parquet")
            rows = stoppable(connection, lambda: connection.execute(_FIRST_SQL, [files]).fetchall())
        keys = sorted({key for _, key in rows})
        # A run's folder name must not be read as partitions.
        table = pq.read_table(
            run / "exchanges.parquet",
            columns=["prompt", "system"],
            filters=[("row_key", "in", keys)] if keys else None,
            partitioning=None,
        )
    except (OSError, pa.ArrowException, duckdb.Error) as error:
        raise UnreadableInput(f"what was sent cannot be read: {error}", where=str(run)) from error
    said: dict[str, str] = {}
    sought = {value for value, _ in rows}
    for name in ("prompt", "system"):
        for batch in table.to_batches() if keys else ():
            words = split_words(batch.column(name), limit_bytes=LIMIT_BYTES)
            said = _found(words, sought) | said
    return said


def _found(words: Words, sought: set[int]) -> dict[str, str]:
    """The sought sentences that stand in these texts, from their first word to the next gap after their last."""
    hashes, _, of_word = words.sentences(MIN_SENTENCE_WORDS)
    found = {}
    for number in np.flatnonzero(np.isin(hashes, np.array(sorted(sought), np.uint64))):
        its = np.flatnonzero(of_word == number)
        text = np.searchsorted(words.byte_offsets, words.starts[its[0]], side="right")
        raw = words.raw[words.starts[its[0]] : words.byte_offsets[text]].tobytes()
        last = int(words.ends[its[-1]] - words.starts[its[0]])
        told = raw[:last] + b"".join(raw[last:].split(maxsplit=1)[:1] if raw[last : last + 1].strip() else [])
        found[f"{hashes[number]:016x}"] = " ".join(told.decode("utf-8", "replace").split())
    return found
