"""The whole log as evidence sees it: entities by dense number, and what each of them did.

Accounts of one declared organisation are one entity, for coordination counts only between accounts that claim to
be strangers; any other account is an entity of its own. Everything from links on speaks of entities by number, and
returns to accounts at the end. ``profiles`` makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.calibration import Calibration
from stillwatch.evidence.content import Content
from stillwatch.evidence.last_asked import LastAsked
from stillwatch.evidence.moments import Moments
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.prompt_sets import PromptSets

__all__ = ["HOUR", "I64", "LogProfile", "strata"]

I64 = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]

Prompts = tuple[F32, F32, I64]

HOUR = 3_600_000_000
"""Microseconds an hour."""


def strata(columns: Iterable[npt.NDArray[Any]], entities: int) -> I64:
    """Which stratum each of so many entities is of, from 0: those with the same of all columns are of one (E)."""
    key = np.zeros(entities, np.int64)
    for values in columns:
        _, code = np.unique(values, return_inverse=True)
        _, key = np.unique(key * (int(code.max(initial=0)) + 1) + code, return_inverse=True)
    return key


@dataclass(frozen=True)
class LogProfile:
    """A log of E entities.

    Attributes:
        exchanges, accounts: how many of each (E).
        first_seen, last_seen: microseconds since 1970 (E).
        window_start, window_end: what was observed of the sources that each entity appears in (E).
        columns: by name, the families' values and usual things (E): numbers as float64, NaN where unknown; all else
            as uint64 codes, 0 where unknown.
        content: a bounded sample of prompts, compared by what they ask.
        payload: of those prompts, what stands beside words that the entity sends again and again; of entities with
            such words alone.
        prompt_sets: distinct prompts of every entity.
        shared: by family, what entities share; None where none is known.
        wording: by family, E x wordings, share of sampled prompts with each.
        derived: by family, what it worked out.
        sampled: names of the sampled prompts, as ``prompt_sets`` has them (S, in the order of ``content``). None where
            they are not known.
        sampled_payload: the same of ``payload``.
        closer: reads more of some entities' prompts, where the sample does not tell: as ``Content.raw`` and
            ``Content.whitened`` have them, and the entity of each. None where no more can be read.
        in_common: reads, as ``closer`` does, what some entities sent in their common moments; gives None where they
            have hardly any. None where that cannot be read.
        in_stretches: reads what some entities sent in the same stretches of time: as ``Content.raw`` has it, the entity
            and the stretch of each. Gives None where they were hardly at work together. None where it cannot be read.
        carrying: reads, as ``closer_payload`` does, what some entities sent with one of these texts in it (names of
            things of ``shared["structure"]``); gives None where that is hardly anything or nearly all. None where it
            cannot be read.
        closer_payload: the same of ``payload``, as one.
        moments: reads when some entities' requests were made. None where that cannot be read.
        ordinary: what other weeks of the provider show, which ``content`` is measured by. None where none are known.
        asked: what was worked out of groups last.
    """

    exchanges: I64
    accounts: I64
    first_seen: I64
    last_seen: I64
    window_start: I64
    window_end: I64
    columns: Mapping[str, npt.NDArray[Any]]
    content: Content
    payload: Content
    prompt_sets: PromptSets
    shared: Mapping[str, Postings | None]
    wording: Mapping[str, F32]
    derived: dict[str, Any] = field(default_factory=dict)
    sampled: npt.NDArray[np.uint64] | None = None
    sampled_payload: npt.NDArray[np.uint64] | None = None
    closer: Callable[[I64], Prompts] | None = None
    closer_payload: Callable[[I64], Content] | None = None
    in_common: Callable[[I64], Prompts | None] | None = None
    in_stretches: Callable[[I64], tuple[npt.NDArray[np.float32], I64, I64] | None] | None = None
    carrying: Callable[[I64, npt.NDArray[np.uint64]], Content | None] | None = None
    moments: Callable[[I64], Moments] | None = None
    ordinary: Calibration | None = None
    asked: LastAsked = field(default_factory=LastAsked, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.exchanges)

    @cached_property
    def by_country_and_plan(self) -> I64:
        """Stratum of each entity by its country and plan, as far as the log has them (E)."""
        return strata((self.columns[name] for name in ("country", "plan") if name in self.columns), len(self))

    def watched(self, members: I64) -> float:
        """Hours that were observed of a typical one of some entities."""
        return float(np.median(self.window_end[members] - self.window_start[members])) / HOUR

    def known(self, name: str) -> npt.NDArray[np.bool_]:
        """Of which entities a column is known (E)."""
        values = self.columns[name]
        return np.asarray(np.isfinite(values) if values.dtype.kind == "f" else values != 0, np.bool_)
