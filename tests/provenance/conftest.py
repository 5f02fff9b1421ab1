"""Answers of independent makers, made once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from audit_makers import Maker, answers

from stillwatch.provenance import Answers


@pytest.fixture(scope="session")
def said() -> Callable[[int], Answers]:
    """Answers of the independent maker of a seed."""
    kept: dict[int, Answers] = {}

    def of(seed: int) -> Answers:
        return kept.setdefault(seed, answers(Maker(seed), f"maker-{seed}"))

    return of
