"""Subjects of one kind with their facts by column: distinct values, and for each subject the number of its own.

A clause is evaluated once for each distinct combination of the facts that it names, not once a subject, so that a
hundred thousand accounts cost what their few hundred different facts cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.policy.expressions import Expression

__all__ = ["Column", "Subjects", "truth_of"]

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of every subject: subject ``i`` has ``values[codes[i]]``; -1 is a missing fact."""

    codes: I64
    values: Sequence[Any]

    @classmethod
    def of(cls, values: pa.Array | pa.ChunkedArray) -> Column:
        """From an Arrow column of plain values; null and NaN are missing."""
        whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        encoded = whole.dictionary_encode()
        distinct = encoded.dictionary.to_pylist()
        codes = np.asarray(encoded.indices.fill_null(-1), np.int64)
        nan = np.array([isinstance(one, float) and one != one for one in [*distinct, None]])
        return cls(np.where(nan[codes], -1, codes), distinct)

    @classmethod
    def each(cls, values: Sequence[Any]) -> Column:
        """From one value a subject; None and NaN are missing."""
        known = np.array([one is not None and one == one for one in values], np.bool_)
        return cls(np.where(known, np.arange(len(values)), -1), values)

    @classmethod
    def same(cls, value: Any, count: int) -> Column:
        """One value for all."""
        return cls(np.full(count, -1 if value is None else 0), [value])

    def through(self, index: I64) -> Column:
        """The column as seen by others: subject ``i`` has what number ``index[i]`` has here; -1 is nothing."""
        if not len(self.codes):
            return Column(np.full(len(index), -1), [])
        return Column(np.where(index >= 0, self.codes[index], -1), self.values)

    def value(self, subject: int) -> Any:
        """One subject's value, or None."""
        code = int(self.codes[subject])
        return None if code < 0 else self.values[code]


@dataclass(frozen=True, slots=True)
class Subjects:
    """All subjects of one kind.

    Attributes:
        kind: ``campaign``, ``account``, ...
        ids: their ids.
        columns: facts by (group, field); one that no subject has is left out.
        places: number of each by id.
    """

    kind: str
    ids: Sequence[str]
    columns: Mapping[tuple[str, str], Column]
    places: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", {name: number for number, name in enumerate(self.ids)})

    def __len__(self) -> int:
        return len(self.ids)

    def group(self, name: str) -> dict[tuple[str, str], Column]:
        """The columns of one group."""
        return {key: column for key, column in self.columns.items() if key[0] == name}

    def value(self, group: str, name: str, subject: int) -> Any:
        """One fact of one subject, or None."""
        column = self.columns.get((group, name))
        return None if column is None else column.value(subject)


def truth_of(expression: Expression, subjects: Subjects) -> npt.NDArray[np.int8]:
    """An expression's value for every subject (n): FALSE, UNKNOWN or TRUE."""
    count = len(subjects)
    columns = [subjects.columns.get(fact) or Column.same(None, count) for fact in expression.facts]
    key = np.zeros(count, np.int64)
    for column in columns:
        key = key * (len(column.values) + 1) + column.codes + 1
        if len(columns) > 1:
            # Dense again after each fact, or a few facts with many values would overflow.
            key = np.unique(key, return_inverse=True)[1]
    _, first, back = np.unique(key, return_index=True, return_inverse=True)
    values = [expression.evaluate([column.value(int(i)) for column in columns]) for i in first]
    return np.array(values, np.int8)[back]
