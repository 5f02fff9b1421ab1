"""Templates keep their names from look to look, however families grow, join and go out of sight."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stillwatch.detection.template_names import TEMPLATE_NAMES, name_templates
from stillwatch.engines import DuckDBEngine, Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with DuckDBEngine(tmp_path, memory_mb=256, threads=1) as made:
        yield made


def family(thing: int) -> dict[str, Any]:
    return {"kind": "near-duplicate", "campaign_id": None, "thing": thing}


def sentence(thing: int, campaign: str = "C001") -> dict[str, Any]:
    return {"kind": "sentence", "campaign_id": campaign, "thing": thing}


def named(
    engine: Engine, rows: Sequence[Mapping[str, Any]], of: Mapping[int, int], known: pa.Table | None = None
) -> tuple[list[str], pa.Table]:
    """Names of rows, where the exchange of each row key is of a family."""
    keys = pa.array(list(of), pa.int64())
    masked = pa.array([1000 + key for key in of], pa.uint64())
    return name_templates(
        engine,
        rows,
        TEMPLATE_NAMES.empty_table() if known is None else known,
        sketches=engine.keep(pa.table({"row_key": keys, "masked": masked})),
        template_of=engine.keep(pa.table({"masked": masked, "template": pa.array(list(of.values()), pa.int64())})),
    )


def test_names_follow_the_texts_and_not_their_rank(engine: Engine) -> None:
    names, known = named(engine, [family(1), family(2), sentence(7)], {1: 50, 2: 60})
    assert names == ["T00001", "T00002", "T00003"]
    # Another number in this look, another exchange that shows it, and the order turned.
    again, known = named(engine, [sentence(7), sentence(8), family(3), family(1)], {1: 4, 2: 9, 3: 9}, known)
    assert again == ["T00003", "T00004", "T00002", "T00001"]
    # Exchange 2 is forgotten: what shows the family now is what it is known by.
    last, _ = named(engine, [family(4)], {3: 9, 4: 9}, known)
    assert last == ["T00002"]


def test_of_families_that_join_the_older_name_stands_and_each_has_its_own_when_they_part(engine: Engine) -> None:
    _, known = named(engine, [family(1), family(2)], {1: 50, 2: 60})
    names, known = named(engine, [family(2)], {1: 8, 2: 8}, known)
    assert names == ["T00001"]
    names, known = named(engine, [family(1), family(2), family(5)], {1: 3, 2: 4, 5: 5}, known)
    assert names == ["T00001", "T00002", "T00003"]


def test_what_goes_out_of_sight_comes_back_under_its_name(engine: Engine) -> None:
    _, known = named(engine, [family(1), sentence(7)], {1: 50})
    names, known = named(engine, [family(2)], {2: 50}, known)
    assert names == ["T00003"]
    names, _ = named(engine, [sentence(7), family(1), sentence(7, "C002")], {1: 50, 2: 60}, known)
    assert names == ["T00002", "T00001", "T00004"]
