"""Tables read by key and by number, and names searched in one text, beside the same done plainly."""

import random
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.console import sorted_table
from stillwatch.console.account_names import AccountNames, write_names
from stillwatch.console.sorted_table import SortedTable, write_sorted


def written(path: Path, keys: list[str], batch: int) -> SortedTable:
    table = pa.table({"key": pa.array(keys, pa.string()), "n": list(range(len(keys)))})
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=batch))
    write_sorted(reader, path, "key", lambda: None)
    return SortedTable(path, "key")


@pytest.mark.parametrize("seed", range(12))
def test_rows_of_a_key_are_those_that_a_walk_finds(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr(sorted_table, "_BATCH_ROWS", dice.choice([1, 2, 3, 7, 1024]))
    names = [f"{letter}{'ä' * (n % 3)}\U0001f600"[: 1 + n % 3] + str(n % 5) for n in range(40) for letter in "aZ~ü"]
    keys = sorted((dice.choice(names) for _ in range(dice.choice([0, 1, 5, 60, 400]))), key=str.encode)
    table = written(tmp_path / "t", keys, dice.choice([1, 4, 50, 1000]))
    for key in {*names, "", "zzz", "\U0010ffff"}:
        expected = [n for n, one in enumerate(keys) if one == key]
        assert table.of(key)["n"].to_pylist() == expected, key
        first, last = table.span(key)
        assert last - first == len(expected)
    for _ in range(30):
        first, last = dice.randrange(-1, len(keys) + 3), dice.randrange(-1, len(keys) + 3)
        first = max(first, 0)
        assert table.rows(first, last, ["n"])["n"].to_pylist() == list(range(len(keys)))[first : max(last, 0)]


@pytest.mark.parametrize("seed", range(8))
def test_names_are_found_as_a_walk_finds_them(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    names = list(
        {"".join(dice.choices("abAB0é\n\xff", k=dice.randint(0, 5))) for _ in range(dice.choice([0, 30, 3000]))}
    )
    write_names(pa.chunked_array([pa.array(names[:7], pa.string()), pa.array(names[7:], pa.string())]), tmp_path / "n")
    found = AccountNames(tmp_path / "n")
    for text in ("a", "ab", "AB0", "É", "é", "\n", "\xff", "zz", "b0a", *names[:20]):
        low = text.lower()
        if not low:
            continue
        expected = sorted(
            (n for n, name in enumerate(names) if low in name.lower()),
            key=lambda n: (names[n].lower() != low, not names[n].lower().startswith(low), n),
        )
        assert found.find(text, 20) == expected[:20], text
