"""Finds adversarial distillation of language models in request logs, with evidence.

``stillwatch.scan(paths, out=...)`` reads logs and writes a run; see ``stillwatch.api``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stillwatch.api import Run, ScanSettings, StillwatchError, rescan, scan

__all__ = ["Run", "ScanSettings", "StillwatchError", "rescan", "scan"]


def __getattr__(name: str) -> Any:
    # Late, because every worker process imports this package and needs none of these.
    if name in __all__:
        from stillwatch import api  # noqa: PLC0415

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
