"""Every table of a run survives the disk with its names, types and nulls."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch import tables

SCHEMAS = {name: value for name, value in vars(tables).items() if isinstance(value, pa.Schema)}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_survives_parquet(name: str, tmp_path: Path) -> None:
    schema = SCHEMAS[name]
    columns = [
        pa.array([None], field.type) if field.nullable else pa.array([0], pa.int64()).cast(field.type)
        for field in schema
    ]
    written = pa.Table.from_arrays(columns, schema=schema)
    pq.write_table(written, tmp_path / "table.parquet")
    read = pq.read_table(tmp_path / "table.parquet")
    assert read.schema.equals(schema)
    assert read.equals(written)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_column_names_are_said_once(name: str) -> None:
    assert len(SCHEMAS[name].names) == len(set(SCHEMAS[name].names))


def test_links_carry_a_weight_for_each_family() -> None:
    assert [name for name in tables.LINKS.names if name in tables.FAMILIES] == list(tables.FAMILIES)


def test_every_table_is_declared_public() -> None:
    assert set(SCHEMAS) <= set(tables.__all__)
