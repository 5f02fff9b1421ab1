"""What a defence is: it narrows what is shown, or changes what is sampled, or both.

To add one: a class beside its kin with a ``name``, and its line in ``read_defence``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.lab.exposures import Exposure
from stillwatch.lab.sampling import Shaper

__all__ = ["Defence", "Provider"]


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider knows that defends: its key, and its stand-in for an attacker's student.

    Attributes:
        key: secret of the watermark.
        proxy: a model trained a little way on the teacher's answers; None where no defence needs it.
        held_out: prompts and right responses that antidistillation protects.
    """

    key: int
    proxy: Any = None
    held_out: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = ()
    folder: Path | None = None


class Defence:
    """The defence that does nothing; the others derive from it."""

    name = "none"

    def limit(self, exposure: Exposure) -> Exposure:
        """What is shown of what was asked for."""
        return exposure

    def shaper(self, provider: Provider) -> Shaper | None:
        """What is done to the distribution before a word is sampled."""
        return None
