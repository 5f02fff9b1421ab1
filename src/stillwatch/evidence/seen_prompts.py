"""Prompts of a stream through the lens, each looked at once.

A stream is tested again whenever somebody is set aside of it, against people at large who are weighed anew each time.
What a prompt is like does not change with that; only how much each likeness counts does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.composition import Cells
from stillwatch.evidence.lens import Lens, alike_in_blocks, weighed_in_blocks

__all__ = ["SeenPrompts", "SeenWindow", "look"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Features = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class SeenWindow:
    """A window through the lens.

    Attributes:
        prompts: whitened (size x d).
        across: how alike each is to people at large (size).
    """

    prompts: F32
    across: F64


@dataclass(frozen=True)
class _Look:
    """Prompts that were read at once, beside people at large; what is dear is worked out when it is first asked for.

    Attributes:
        lens: to look through.
        people: at large, whitened (R x d).
        plain: standardised features of n prompts (n x d).
    """

    lens: Lens
    people: F32
    plain: F32

    @cached_property
    def prompts(self) -> F32:
        """Whitened (n x d)."""
        return self.lens.whitened(self.plain)

    @cached_property
    def _near(self) -> F32:
        """How alike each is to each of people at large, in whole blocks."""
        return alike_in_blocks(self.prompts, self.people)

    def across(self, weights: F64) -> F64:
        """How alike each is to people at large, weighed so (n)."""
        return weighed_in_blocks(self._near, weights)[: len(self.plain)]


@dataclass(frozen=True, slots=True)
class SeenPrompts:
    """Prompts of one stream.

    Attributes:
        keys: of n prompts, as they were read.
        cell: that each falls into (n).
        looks: at them, in the same order.
    """

    keys: I64
    cell: I64
    looks: tuple[_Look, ...]

    def __len__(self) -> int:
        return len(self.keys)

    def joined(self, other: SeenPrompts) -> SeenPrompts:
        """These and others, none of them in both."""
        keys, cell = np.concatenate([self.keys, other.keys]), np.concatenate([self.cell, other.cell])
        return SeenPrompts(keys, cell, self.looks + other.looks)

    def rows(self, keys: I64) -> I64:
        """Where prompts of these keys are, all of them seen."""
        order = np.argsort(self.keys)
        return np.asarray(order[np.searchsorted(self.keys, keys, sorter=order)])

    def whitened(self, rows: I64) -> F32:
        """Prompts of these rows, whitened (... x d)."""
        return np.concatenate([look.prompts for look in self.looks])[rows]

    def windows(self, rows: I64, weights: F64) -> list[SeenWindow]:
        """Windows of these rows (windows x size), people at large weighed so."""
        prompts, across = self.whitened(rows), np.concatenate([look.across(weights) for look in self.looks])[rows]
        return [SeenWindow(*one) for one in zip(prompts, across, strict=True)]


def look(lens: Lens, cells: Cells, people: F32, keys: I64, features: Features) -> SeenPrompts:
    """Prompts by their raw features (n x d), beside people at large (R x d, whitened)."""
    plain = lens.standardised(features)
    return SeenPrompts(keys, cells.of_standardised(plain), (_Look(lens, people, plain),))
