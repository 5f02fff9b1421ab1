"""The requests of a few entities, from what a process holds of the log or by a pass over it: the same."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from made_exchanges import START, opened

from stillwatch.engines import DuckDBEngine
from stillwatch.evidence import Moments
from stillwatch.profiles import moments
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


@pytest.mark.parametrize("rows", [0, 1, 500])
def test_both_ways_read_the_same(engine: DuckDBEngine, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [[0, 3, 7], [19, 2, 2], [*range(20)], [], [99]]
    held = read(engine, exchanges(rows), members)
    monkeypatch.setattr(moments, "_MOST_HELD", -1)
    passed = read(engine, exchanges(rows), members)
    for one, other in zip(held, passed, strict=True):
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert len(held[2]) == rows
    assert len(held[3]) == len(held[4]) == 0
    assert np.all(np.diff(held[2].begin) >= 0)
