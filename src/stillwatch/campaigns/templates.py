"""Templates: families of near-identical prompts, by MinHash bands and verified candidates.

Texts that differ only in numbers, case and punctuation are one text to begin with. Two texts meet
when a band of their sketches agrees, and stay together only if their signatures agree on half of
the shingles; unverified bands chain prompts with a long common prefix into one giant family.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse
from scipy.sparse import csgraph

from stillwatch.engines import query

__all__ = ["LEAST_JACCARD", "find_templates"]

Bytes = npt.NDArray[np.uint8]

LEAST_JACCARD = 0.5
# A key that this many texts share is a phrase of the language, not a template.
_COMMON_KEY = 5_000
_CHUNK = 8_192

_TEXT_SQL = """
CREATE TABLE text AS
SELECT masked, any_value(bands) AS bands, any_value(signature) AS signature FROM sketches GROUP BY masked
"""

_CANDIDATE_SQL = f"""
WITH keyed AS (SELECT masked, unnest(bands) AS key FROM text),
     grouped AS (SELECT key, min(masked) AS first FROM keyed
                 GROUP BY key HAVING count(*) BETWEEN 2 AND {_COMMON_KEY})
SELECT first AS a, masked AS b FROM keyed JOIN grouped USING (key) WHERE masked <> first
"""


def find_templates(
    connection: duckdb.DuckDBPyConnection,
    estimate_jaccard: Callable[[Bytes, Bytes], npt.NDArray[np.float64]],
) -> None:
    """Make the tables ``text`` and ``template_of`` (masked, template) in the connection.

    Args:
        connection: has the view ``sketches``.
        estimate_jaccard: two m x slots byte arrays to m estimates.
    """
    connection.execute(_TEXT_SQL)
    pairs: pa.Table = query(connection, _CANDIDATE_SQL)
    texts: pa.Table = query(connection, "SELECT masked, signature FROM text ORDER BY masked")
    count = len(texts)
    signatures = _signature_matrix(texts["signature"].combine_chunks(), count)
    masked = np.asarray(texts["masked"])
    a, b = np.searchsorted(masked, pairs["a"]), np.searchsorted(masked, pairs["b"])
    alike = np.zeros(len(a), np.bool_)
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        alike[part] = estimate_jaccard(signatures[a[part]], signatures[b[part]]) >= LEAST_JACCARD
    graph = sparse.coo_matrix((np.ones(int(alike.sum()), np.int8), (a[alike], b[alike])), shape=(count, count))
    _, family = csgraph.connected_components(graph, directed=False)
    table = pa.table({"masked": texts["masked"], "template": pa.array(family.astype(np.int64))})
    connection.register("template_table", table)
    connection.execute("CREATE TABLE template_of AS SELECT * FROM template_table")
    connection.unregister("template_table")


def _signature_matrix(column: pa.Array, count: int) -> npt.NDArray[np.uint8]:
    if count == 0:
        return np.zeros((0, 64), np.uint8)
    # DuckDB hands fixed-size binary back as binary: one contiguous buffer all the same.
    binary = column.cast(pa.large_binary())
    data = np.frombuffer(binary.buffers()[2], np.uint8)
    offset = np.frombuffer(binary.buffers()[1], np.int64)[binary.offset]
    width = (len(data) - offset) // count
    return data[offset : offset + count * width].reshape(count, width)
