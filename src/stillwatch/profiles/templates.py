"""Templates: families of near-identical prompts, by MinHash bands and verified candidates.

Texts that differ only in numbers, case and punctuation are one text to begin with. Two texts meet
when a band of their sketches agrees, and stay together only if their signatures agree on half of
the shingles; unverified bands chain prompts with a long common prefix into one giant family.

Bands are sorted one at a time, and of a large log read so, that memory holds a signature a text and one band's keys.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse
from scipy.sparse import csgraph

from stillwatch.engines import Engine, Table
from stillwatch.evidence.postings import changes
from stillwatch.evidence.thresholds import COMMON_KEY, LEAST_JACCARD
from stillwatch.sketching import BANDS, SLOTS, estimate_jaccard

__all__ = ["find_templates"]

Bytes = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

_CHUNK = 8_192
_MOST_SHOWN = 200
_ROWS = 65_536
_AT_ONCE = 65_536
# So many keys are sorted before four million counts are made.
_FEW = 50_000
# A prompt of one sentence is named by the sentence's hash; its template must be another thing.
_MARK = np.uint64(0x7E3A91C5D2B84F60)


def find_templates(engine: Engine, sketches: Table) -> tuple[Table, Table, Table]:
    """Families of near-identical prompts.

    Returns:
        ``template_use`` (account, thing, uses): what accounts use of families that two accounts use.
        ``template_of`` (masked, template): the texts of the families with the most exchanges.
        ``template_named`` (masked, thing): every text of a family that two accounts use.
    """
    masked = np.asarray(_column(engine, sketches, "masked"), np.uint64)
    order = np.argsort(masked, kind="stable")
    fresh = changes(masked[order])
    first = order[fresh]
    family = _families(engine, sketches, first, len(masked))
    of_exchange = np.empty(len(masked), np.int64)
    of_exchange[order] = family[np.cumsum(fresh) - 1]
    account = np.asarray(_column(engine, sketches, "account"), np.uint64)
    use, named = _uses(of_exchange, account, masked[first], family)
    return engine.keep(use), engine.keep(_shown(of_exchange, account, masked[first], family)), engine.keep(named)


def _column(engine: Engine, sketches: Table, name: str) -> pa.ChunkedArray:
    """One column of the sketches; all columns come in one order."""
    return engine.fetch(f"SELECT {name} FROM {{sketches}}", sketches=sketches)[name]


def _bands(engine: Engine, sketches: Table, rows: int) -> Iterator[U64]:
    """Each band's keys; of so few sketches that all may be held at once, from one query."""
    every = rows <= _AT_ONCE
    held = engine.fetch(f"SELECT {', '.join(BANDS)} FROM {{sketches}}", sketches=sketches) if every else None
    for band in BANDS:
        yield np.asarray(_column(engine, sketches, band) if held is None else held[band], np.uint64)


def _signatures(engine: Engine, sketches: Table, rows: I64) -> Bytes:
    """Of the sketches in these places, in their order: the others' are never held together."""
    order = np.argsort(rows)
    wanted = rows[order]
    found = np.empty((len(rows), SLOTS), np.uint8)
    begin = 0
    for batch in engine.batches("SELECT signature FROM {sketches}", _ROWS, sketches=sketches):
        end = begin + batch.num_rows
        low, high = np.searchsorted(wanted, (begin, end))
        column = batch.column(0)
        # DuckDB hands fixed-size binary back as binary: one contiguous buffer all the same.
        held = slice(column.offset * SLOTS, (column.offset + len(column)) * SLOTS)
        values = np.frombuffer(column.buffers()[2], np.uint8)[held].reshape(-1, SLOTS)
        found[order[low:high]] = values[wanted[low:high] - begin]
        begin = end
    return found


def _families(engine: Engine, sketches: Table, first: I64, rows: int) -> I64:
    """Of so many sketches, the family of each distinct text: connected components of pairs found alike."""
    count, signatures = len(first), _signatures(engine, sketches, first)
    found_a: list[I64] = []
    found_b: list[I64] = []
    for keys in _bands(engine, sketches, rows):
        a, b = _meetings(keys[first])
        alike = np.zeros(len(a), np.bool_)
        for start in range(0, len(a), _CHUNK):
            part = slice(start, start + _CHUNK)
            alike[part] = estimate_jaccard(signatures[a[part]], signatures[b[part]]) >= LEAST_JACCARD
        found_a.append(a[alike])
        found_b.append(b[alike])
    a, b = np.concatenate(found_a), np.concatenate(found_b)
    graph = sparse.coo_matrix((np.ones(len(a), np.int8), (a, b)), shape=(count, count))
    _, family = csgraph.connected_components(graph, directed=False)
    return np.asarray(family, np.int64)


def _meetings(keys: U64) -> tuple[I64, I64]:
    """Pairs of texts with one key of 32 bits: each beside the first that has it."""
    candidates = np.arange(len(keys), dtype=np.uint64)
    if len(keys) > _FEW:
        # Most keys stand alone, and a count of their upper bits shows most of those.
        coarse = (keys >> np.uint64(10)).astype(np.int64)
        candidates = np.flatnonzero(np.bincount(coarse)[coarse] > 1).astype(np.uint64)
    packed = np.sort((keys[candidates] << np.uint64(32)) | candidates)
    begins = np.flatnonzero(changes(packed >> np.uint64(32)))
    size = np.diff(np.append(begins, len(packed)))
    shared = (size > 1) & (size <= COMMON_KEY)
    begins, size = begins[shared], size[shared]
    text = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    others = size - 1
    # Run after run, the places begin + 1 ... begin + others.
    place = np.arange(others.sum()) - np.repeat(np.cumsum(others) - others, others) + np.repeat(begins + 1, others)
    return np.repeat(text[begins], others), text[place]


def _uses(of_exchange: I64, account: U64, masked: U64, family: I64) -> tuple[pa.Table, pa.Table]:
    """Exchanges of each account in each family, and the family of each text; families of one account are left out."""
    accounts, number = np.unique(account, return_inverse=True)
    pairs = np.sort(of_exchange * max(len(accounts), 1) + number)
    begins = np.flatnonzero(changes(pairs))
    uses = np.diff(np.append(begins, len(pairs)))
    of_use, by = np.divmod(pairs[begins], max(len(accounts), 1))
    shared = np.bincount(of_use, minlength=len(masked)) > 1
    several = shared[of_use]
    name = np.zeros(len(masked), np.uint64)
    # The smallest of its texts' hashes names a family in every run.
    name[family[::-1]] = masked[::-1]
    kept = shared[family] if len(family) else np.zeros(0, np.bool_)
    return (
        pa.table({"account": accounts[by[several]], "thing": name[of_use[several]] ^ _MARK, "uses": uses[several]}),
        pa.table({"masked": masked[kept], "thing": name[family[kept]] ^ _MARK}),
    )


def _shown(of_exchange: I64, account: U64, masked: U64, family: I64) -> pa.Table:
    """Texts of the families with the most exchanges, of those that two accounts use."""
    exchanges = np.bincount(of_exchange, minlength=len(masked))
    low, high = np.full(len(masked), 2**64 - 1, np.uint64), np.zeros(len(masked), np.uint64)
    np.minimum.at(low, of_exchange, account)
    np.maximum.at(high, of_exchange, account)
    exchanges[(exchanges <= 2) | (low == high)] = 0
    largest = np.argsort(-exchanges, kind="stable")[:_MOST_SHOWN]
    chosen = np.zeros(len(masked), np.bool_)
    chosen[largest[exchanges[largest] > 0]] = True
    kept = chosen[family] if len(family) else np.zeros(0, np.bool_)
    return pa.table({"masked": masked[kept], "template": family[kept]})
