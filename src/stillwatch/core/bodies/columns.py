"""Values of many records by column: what is asked of every record costs most of reading it, what is asked of a column
next to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from msgspec import UNSET

__all__ = ["Column", "Columns", "columns_of", "either", "given", "is_empty", "named", "said", "told", "within"]

Column = Sequence[Any]
"""A value a record; None, or ``UNSET``, where it has none."""

Columns = dict[str, Column]
"""Columns by name; one that is empty may be left out."""


def columns_of(rows: Sequence[Any], names: tuple[str, ...]) -> list[list[Any]]:
    """The columns of these names, of records that have them all."""
    # One by one: a tuple a record would take longer than all of them.
    return [[*map(attrgetter(name), rows)] for name in names]


def named(rows: Sequence[Any], names: tuple[str, ...]) -> dict[str, list[Any]]:
    """The same by name."""
    return dict(zip(names, columns_of(rows, names), strict=True))


def within(values: Column, lacking: Any, names: tuple[str, ...]) -> list[list[Any]]:
    """The columns of these names of the objects in a column, and of what stands for an object where there is none."""
    return columns_of([one or lacking for one in values], names)


def is_empty(values: Column) -> bool:
    """Whether no record has a value."""
    missing = values.count(None)
    return missing == len(values) or missing + values.count(UNSET) == len(values)


def either(first: Column, *others: Column) -> Column:
    """The value of the first column that has one."""
    for other in others:
        if None not in first:
            break
        if not is_empty(other):
            first = [two if one is None else one for one, two in zip(first, other, strict=True)]
    return first


def given(values: Column) -> Column:
    """Values, None where there is none."""
    return [None if one is UNSET else one for one in values] if UNSET in values else values


def told(first: Column, *others: Column) -> Column:
    """The value of the first column that has one that says something: no empty text, no zero."""
    for other in others:
        if not is_empty(other):
            first = [two if two and not one else one for one, two in zip(first, other, strict=True)]
    return first


def said(values: Column) -> Column:
    """Values, None where one says nothing: an empty text, a zero."""
    return values if is_empty(values) else [one or None for one in values]
