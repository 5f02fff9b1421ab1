"""The requests of a few entities, from what a process holds of the log, from a file, and asked of the engine: the same."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from made_exchanges import START, opened

from stillwatch.engines import DuckDBEngine
from stillwatch.evidence import Moments
from stillwatch.profiles import moments, sorted_rows
from stillwatch.tables import RUN_EXCHANGES

FIELDS = ("owner", "begin", "end", "lasted", "refused", "prompt")
ACCOUNTS = 40


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    with opened() as made:
        yield made


def exchanges(rows: int) -> pa.Table:
    """Requests of many accounts, of which several come at one moment and some say nothing of how long they took."""
    rng = np.random.default_rng(7)
    told = [
        {
            "exchange_id": f"x-{n}", "time": START + int(rng.integers(50)), "account_id": f"a-{rng.integers(ACCOUNTS)}",
            "prompt": f"question {rng.integers(9)}", "latency_ms": None if rng.random() < 0.3 else float(rng.integers(5)),
            "status": ["200", "429"][int(rng.random() < 0.2)], "source_file": "made.jsonl", "source_line": n, "row_key": n,
        }
        for n in range(rows)
    ]  # fmt: skip
    return pa.Table.from_pylist(told, schema=RUN_EXCHANGES)


def read(engine: DuckDBEngine, log: pa.Table, members: list[list[int]]) -> list[Moments]:
    accounts = pa.table({"account_id": [f"a-{n}" for n in range(ACCOUNTS)], "entity": np.arange(ACCOUNTS) // 2})
    reader = moments.moments_reader(engine, exchanges=engine.keep(log), accounts=engine.keep(accounts))
    return [reader(np.array(one, np.int64)) for one in members]


def asked(engine: DuckDBEngine, log: pa.Table, members: list[int]) -> Moments:
    """The requests of some entities as a query has them."""
    rows = engine.fetch(
        "SELECT substr(account_id, 3)::BIGINT // 2 AS owner, epoch_us(time) AS begin, latency_ms AS latency, "
        "status <> '200' AS refused, hash(prompt) AS prompt FROM {log} WHERE owner IN (FROM {members}) "
        "ORDER BY begin, owner, prompt, latency, refused",
        log=log,
        members=pa.table({"member": pa.array(members, pa.int64())}),
    )
    owner, begin, prompt = (np.asarray(rows[name]) for name in ("owner", "begin", "prompt"))
    latency = np.asarray(rows["latency"].fill_null(0.0))
    lasted = np.asarray(rows["latency"].is_valid())
    return Moments(owner, begin, begin + (latency * 1000).astype(np.int64), lasted, np.asarray(rows["refused"]), prompt)


@pytest.mark.parametrize("rows", [0, 1, 500])
@pytest.mark.parametrize("most", [-1, 100, 500])
def test_they_are_read_as_a_query_has_them(
    engine: DuckDBEngine, rows: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_rows, "MOST_HELD", most)
    log, members = exchanges(rows), [[0, 3, 7], [19, 2, 2], [*range(20)], [], [99]]
    found = read(engine, log, members)
    for one, of in zip(found, members, strict=True):
        other = asked(engine, log, of)
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert len(found[2]) == rows
    assert len(found[3]) == len(found[4]) == 0
