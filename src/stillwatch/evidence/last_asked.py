"""The last answers about groups: several families, and a test and its explanation, ask the same of one group."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["LastAsked"]

Answer = TypeVar("Answer")

_KEPT = 4


class LastAsked:
    """Keeps the last few answers, each by what was asked."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, Any] = {}

    def answer(self, asked: Hashable, work: Callable[[], Answer]) -> Answer:
        """What was answered before, or what ``work`` gives."""
        found = self._answers.pop(asked) if asked in self._answers else work()
        # What was asked last stands last, and the first is dropped.
        self._answers[asked] = found
        if len(self._answers) > _KEPT:
            del self._answers[next(iter(self._answers))]
        return found
