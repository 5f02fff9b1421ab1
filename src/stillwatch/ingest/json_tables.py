"""Tables within one JSON value: names of columns in one place, rows in another, as query services reply.

| who writes it | names, rows |
| --- | --- |
| Log Analytics, Kusto; Elasticsearch's SQL, Trino; data frames (``split``) | ``columns``, ``rows`` or ``data`` |
| ClickHouse's ``JSONCompact`` | ``meta``, ``data`` |
| BigQuery's REST API | ``schema.fields``, ``rows`` of ``{"f": [{"v": ...}]}`` |
| Snowflake's SQL API | ``resultSetMetaData.rowType``, ``data`` |
| Databricks' statements | ``manifest.schema.columns``, ``result.data_array`` |
| Athena | ``ResultSet.ResultSetMetadata.ColumnInfo``, ``ResultSet.Rows`` |
| Splunk (``json_rows``, ``json_cols``) | ``fields``, ``rows`` or ``columns`` |
| data frames (``list``, ``columns``), Elasticsearch's ``fields`` | a list, or an object, a column |
| CloudWatch Logs Insights | a list of ``{"field", "value"}`` a row |

To read another, add the place of its names to ``_NAMES`` and that of its rows to ``_ROWS``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["by_columns", "pairs_of", "rows_of"]

_NAMES = (
    ("columns",), ("meta",), ("fields",), ("header",), ("schema", "fields"), ("resultSetMetaData", "rowType"),
    ("manifest", "schema", "columns"), ("ResultSet", "ResultSetMetadata", "ColumnInfo"),
)  # fmt: skip
_ROWS = (("rows",), ("data",), ("values",), ("result", "data_array"), ("ResultSet", "Rows"))
_LEAST_COLUMNS = 3


def rows_of(record: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of a table as objects; None where a record is no table."""
    for place in _NAMES:
        names = _names(_at(record, place))
        if names is None:
            continue
        for where in _ROWS:
            rows = _at(record, where)
            if isinstance(rows, list) and rows and (found := _with_names(names, map(_cells, rows))) is not None:
                return found
        columns = record.get("columns")
        if place != ("columns",) and isinstance(columns, list) and all(isinstance(one, list) for one in columns):
            return _with_names(names, [[*row] for row in zip(*columns, strict=False)])
    return None


def by_columns(record: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of an object that holds a list a column, or an object; None where it is none."""
    columns = list(record.values())
    if len(columns) < _LEAST_COLUMNS:
        return None
    if all(type(one) is list for one in columns):
        if not columns[0] or len({len(one) for one in columns}) > 1:
            return None
        return [dict(zip(record, row, strict=True)) for row in zip(*columns, strict=True)]
    if all(type(one) is dict for one in columns):
        places = [*columns[0]]
        if not places or any([*one] != places for one in columns) or not all(map(str.isdecimal, places)):
            return None
        return [{name: one[place] for name, one in record.items()} for place in places]
    return None


def pairs_of(items: Sequence[Any]) -> dict[str, Any] | None:
    """A row that is a list of names and values; None where a list is none."""
    if not items or not all(isinstance(one, dict) and one.keys() == {"field", "value"} for one in items):
        return None
    names = [one["field"] for one in items]
    if len({*map(str, names)}) < len(names):
        return None
    return {str(one["field"]): one["value"] for one in items}


def _at(value: Any, place: Sequence[str]) -> Any:
    for name in place:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _names(value: Any) -> list[str] | None:
    """The names of columns, bare or of objects that describe them; None where they are none."""
    if not isinstance(value, list) or not value:
        return None
    described = [
        next((one[key] for key in ("name", "Name", "ColumnName") if key in one), None) if isinstance(one, dict) else one
        for one in value
    ]
    names = [name for name in described if isinstance(name, str)]
    return names if len({*names}) == len(value) else None


def _cells(row: Any) -> Any:
    """A row's cells, out of what BigQuery and Athena write around each."""
    if isinstance(row, dict) and len(row) == 1:
        ((name, cells),) = row.items()
        inner = {"f": "v", "Data": "VarCharValue"}.get(name)
        if inner and isinstance(cells, list) and all(isinstance(one, dict) for one in cells):
            return [one.get(inner) for one in cells]
    return row


def _with_names(names: Sequence[str], rows: Iterator[Any] | Sequence[Any]) -> list[dict[str, Any]] | None:
    found = []
    for row in rows:
        if not isinstance(row, list) or len(row) != len(names):
            return None
        # Athena repeats the header as a row.
        if row != names:
            found.append(dict(zip(names, row, strict=True)))
    return found
