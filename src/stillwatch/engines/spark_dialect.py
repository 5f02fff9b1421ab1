"""What Spark calls what our SQL says: queries are written for DuckDB, and here alone stands how Spark's differ.

sqlglot knows the grammar of both; ``_NAMES`` and ``_rewritten`` are what it does not know. To add a difference: a line
there, and a query that needs it in the suite of ``tests/engines``. What has another value on Spark or cannot be said
there at all is refused, never guessed.
"""

# ruff: noqa: PLC0415 - an extra brings sqlglot

from __future__ import annotations

from typing import Any

from stillwatch.core import MissingDependency

__all__ = ["to_spark"]

_NAMES = {"EPOCH_US": "UNIX_MICROS"}
"""Functions of one meaning and two names that sqlglot leaves as they are, in upper case."""

_REFUSED = {
    "HASH": "Spark's hash is another number",
    "MD5_NUMBER_LOWER": "Spark has no whole numbers of 64 bits without a sign",
}
"""Functions, and why their like on Spark would not do."""

_UNSIGNED = ("UBIGINT", "UINT", "USMALLINT", "UTINYINT", "UINT128")


def to_spark(query: str) -> str:
    """A query in DuckDB's words, in Spark's.

    >>> to_spark("SELECT epoch_us(time) // 60 AS minute FROM log ORDER BY minute")
    'SELECT UNIX_MICROS(time) DIV 60 AS minute FROM log ORDER BY minute NULLS LAST'
    >>> to_spark("SELECT range AS n FROM range(9)")
    'SELECT range AS n FROM (SELECT id AS range FROM RANGE(9))'

    Raises:
        NotImplementedError: a function or type of it has no like on Spark.
        MissingDependency: sqlglot is not installed.
    """
    with MissingDependency.explained("the Spark engine", "spark"):
        import sqlglot
    tree = sqlglot.parse_one(query, read="duckdb")
    return str(tree.transform(_rewritten).sql(dialect="spark"))


def _rewritten(node: Any) -> Any:
    """One node of a parsed query as Spark has it."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        if name in _REFUSED:
            raise NotImplementedError(f"{name.lower()}() in a query for Spark: {_REFUSED[name]}")
        node.set("this", _NAMES.get(name, node.this))
    if isinstance(node, exp.DataType) and node.is_type(*_UNSIGNED):
        raise NotImplementedError(f"{node.sql('duckdb')} in a query for Spark: {_REFUSED['MD5_NUMBER_LOWER']}")
    if isinstance(node, exp.Table) and isinstance(node.this, exp.GenerateSeries):
        return _numbers(node)
    return node


def _numbers(table: Any) -> Any:
    """``range(9)`` with or without an alias, whose column DuckDB calls ``range`` and Spark calls ``id``."""
    from sqlglot import exp

    end = table.this.args["end"]
    alias = table.args.get("alias")
    columns = alias.args.get("columns") if alias is not None else None
    column = columns[0].name if columns else "range"
    numbers = exp.select(exp.column("id").as_(column)).from_(exp.func("RANGE", end))
    return numbers.subquery(alias.name if alias is not None and alias.name else None)
