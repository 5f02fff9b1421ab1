"""What a teacher is to an attacker: something that answers prompts through an interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stillwatch.lab.exposures import Exposure, Responses
from stillwatch.lab.tasks import Words

__all__ = ["Teacher"]


class Teacher(Protocol):
    """Answers prompts."""

    def shows(self, exposure: Exposure) -> Exposure:
        """What a caller who asks for an exposure is shown."""
        ...

    def query(self, prompts: Sequence[Words], exposure: Exposure, seed: int = 0) -> Responses:
        """Ask, and get what the interface shows; every prompt is a query of the budget."""
        ...
