"""Match weights between entities: how much each family says that two act as one.

Fellegi and Sunter (1969): each family is one comparison with a few levels, and a level's weight is log2(m / u). u, how
often two strangers reach the level, is measured on this log, on randomly drawn pairs, where the family does not know
it better. m, how often two members of one campaign reach it, cannot be learnt from a log that may hold none; families
set it from the public record. All levels of a family are one CASE expression over the two entities' columns: the same
expression counts the random pairs and weighs the candidates, and it is SQL that any engine runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine
from stillwatch.evidence import Family, Level, LogProfile
from stillwatch.evidence.thresholds import (
    FAINTEST,
    LEAST_REST_M,
    LEAST_REST_U,
    LEAST_U,
    LIKELY,
    MOST_U,
    PRIOR,
    RANDOM_PAIRS,
)

__all__ = ["Linker", "Links"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Links:
    """Weighed pairs of entities: ``a < b``, columns of one length.

    Attributes:
        weight: sum of the prior's and the families' weights, in bits.
        probability: of a match, from ``weight``.
        families: weight of each family in bits; NaN where the log does not say.
    """

    a: I64
    b: I64
    weight: F64
    probability: F64
    families: Mapping[str, F64]

    def without(self, families: Iterable[str]) -> F64:
        """Match probability without these families: groups are chosen by it, so that what they see is tested on what
        did not choose them."""
        return _probability(self.weight - sum(np.nan_to_num(self.families[name]) for name in families))

    def chosen(self, kept: npt.NDArray[np.bool_]) -> Links:
        """Some of the pairs."""
        families = {name: weights[kept] for name, weights in self.families.items()}
        return Links(self.a[kept], self.b[kept], self.weight[kept], self.probability[kept], families)

    def likely(self) -> Links:
        """The pairs more likely than not to match, on all evidence."""
        return self.chosen(self.probability > LIKELY)

    def joined(self, other: Links) -> Links:
        """These and others, each pair once."""
        a, b = np.concatenate([self.a, other.a]), np.concatenate([self.b, other.b])
        _, first = np.unique(np.stack([a, b]), axis=1, return_index=True)

        def both(mine: F64, theirs: F64) -> F64:
            return np.concatenate([mine, theirs])[first]

        return Links(
            a[first],
            b[first],
            both(self.weight, other.weight),
            both(self.probability, other.probability),
            {name: both(weights, other.families[name]) for name, weights in self.families.items()},
        )


def _probability(weight: F64) -> F64:
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(weight, -200, 200))))


class Linker:
    """Weighs pairs of one log's entities.

    Args:
        engine: where the weights are worked out.
        log: the whole log.
        families: by name; those without levels have no say.
        seed: of the random pairs that u-probabilities are measured on.
    """

    def __init__(self, engine: Engine, log: LogProfile, families: Mapping[str, Family], seed: int) -> None:
        self._engine, self._log, self._families = engine, log, families
        self._entities = engine.keep(_records(log))
        self._levels = {name: tuple(family.levels(log)) for name, family in families.items()}
        self._weights = self._measure(np.random.default_rng(seed))

    def weigh(self, a: I64, b: I64) -> Links:
        """Weigh candidate pairs ``a < b``, each given once; those far from matching are left out."""
        families = {name: np.full(len(a), np.nan) for name in self._families}
        if len(a):
            reached = self._reached(a, b)
            for name, weights in self._weights.items():
                families[name] = np.append(weights, np.nan)[reached[name]]
        weight = np.log2(PRIOR / (1 - PRIOR)) + sum(np.nan_to_num(w) for w in families.values())
        weight = np.asarray(weight, np.float64) * np.ones(len(a))
        found = Links(a, b, weight, _probability(weight), families)
        return found.chosen(weight >= FAINTEST)

    def _measure(self, rng: np.random.Generator) -> dict[str, F64]:
        """By family, the weight of each level and of reaching none."""
        total = len(self._log)
        one, other = rng.integers(0, total, (2, RANDOM_PAIRS))
        a, b = np.minimum(one, other), np.maximum(one, other)
        # Of a few hundred entities every pair is drawn many times over.
        pairs, drawn = _tallied((a * total + b)[a != b], total * total)
        reached = self._reached(*np.divmod(pairs, total)) if len(pairs) else {}
        nobody = np.zeros(len(pairs), np.int64)
        return {
            name: _level_weights(levels, np.bincount(reached.get(name, nobody), drawn, minlength=len(levels) + 2))
            for name, levels in self._levels.items()
            if levels
        }

    def _reached(self, a: I64, b: I64) -> dict[str, I64]:
        """By family, the number of the level each pair reaches; of none; or one beyond, where the log does not say."""
        columns: dict[str, Any] = {"a": a, "b": b, "place": np.arange(len(a))}
        for family in self._families.values():
            for name, values in family.pair_columns(self._log, a, b).items():
                unknown = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
                columns[name] = pa.array(np.ma.getdata(values), mask=unknown)
        cases = ", ".join(f"{_case(levels)} AS {name}" for name, levels in self._levels.items() if levels)
        if not cases:
            return {}
        table = self._engine.fetch(
            f"SELECT {cases} FROM {{pairs}} AS p JOIN {{entities}} AS l ON l.entity = p.a "
            "JOIN {entities} AS r ON r.entity = p.b ORDER BY p.place",
            pairs=pa.table(columns),
            entities=self._entities,
        )
        return {name: np.asarray(table[name], np.int64) for name in table.column_names}


def _tallied(numbers: I64, end: int) -> tuple[I64, I64]:
    """The numbers below ``end`` that occur, in order, and how often each does."""
    if end > RANDOM_PAIRS:
        found, often = np.unique(numbers, return_counts=True)
        return found, often
    # To count into places is faster than to sort, where there are few.
    counts = np.bincount(numbers, minlength=1)
    there = np.flatnonzero(counts)
    return there, counts[there]


def _case(levels: Sequence[Level]) -> str:
    """Number of the first level that holds; of none; one beyond where none holds and some cannot be told."""
    held = " ".join(f"WHEN {level.sql} THEN {number}" for number, level in enumerate(levels))
    unknown = " OR ".join(f"({level.sql}) IS NULL" for level in levels)
    return f"CASE {held} WHEN {unknown} THEN {len(levels) + 1} ELSE {len(levels)} END"


def _level_weights(levels: Sequence[Level], counts: I64) -> F64:
    """log2(m / u) of each level and of none.

    Args:
        levels: of one family.
        counts: how many random pairs reached each, none, and could not be told; half a pair is added. A level that some
            pairs cannot be told of is measured on those that can, and have not reached a stronger one.
    """
    u, left = np.zeros(len(levels)), 1.0
    for n, level in enumerate(levels):
        measured = (counts[n] + 0.5) / (counts[n : len(levels) + 1].sum() + 1) * left
        u[n] = np.clip(measured if level.u is None else level.u, LEAST_U, MOST_U)
        left = max(left - u[n], 0.0)
    says = np.array([level.m is not None for level in levels])
    # What is commoner among strangers than m says no more than nothing: it never speaks against.
    m = np.maximum([level.m or 0.0 for level in levels], u)
    rest_m, rest_u = max(1 - m[says].sum(), LEAST_REST_M), max(1 - u[says].sum(), LEAST_REST_U)
    return np.append(np.where(says, np.log2(m / u), 0.0), np.log2(rest_m / rest_u))


def _records(log: LogProfile) -> pa.Table:
    """What levels compare: every column of every entity, null where unknown."""
    columns: dict[str, pa.Array] = {"entity": pa.array(np.arange(len(log)))}
    for name, values in log.columns.items():
        columns[name] = pa.array(values, mask=~log.known(name))
    for name in ("exchanges", "first_seen", "last_seen"):
        columns[name] = pa.array(getattr(log, name))
    return pa.table(columns)
