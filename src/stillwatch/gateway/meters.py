"""Counts of what the gateway did and what it had to do without, as Prometheus reads them.

Every failure that changes what is done is said once a minute at most in the log, and counted every time.
"""

from __future__ import annotations

import logging
import time
from collections import Counter

__all__ = ["Meters"]

_LOG = logging.getLogger("stillwatch.gateway")
_SAID_EVERY_SECONDS = 60.0


class Meters:
    """Counters by name and label, and gauges."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._gauges: dict[str, float] = {}
        self._said: dict[str, float] = {}

    def count(self, name: str, label: str = "") -> None:
        """Add one."""
        self._counts[name, label] += 1

    def gauge(self, name: str, value: float) -> None:
        """Set a value."""
        self._gauges[name] = value

    def failed(self, what: str, why: object, then: str) -> None:
        """Something is missing: what, why, and what is done without it."""
        self.count("failures", what)
        now = time.monotonic()
        if now - self._said.get(what, -_SAID_EVERY_SECONDS) >= _SAID_EVERY_SECONDS:
            self._said[what] = now
            _LOG.error("%s: %s; %s", what, why, then)

    def value(self, name: str, label: str = "") -> float:
        """One counter's value."""
        return self._counts[name, label]

    def text(self) -> str:
        """All of it, in Prometheus' text format."""
        lines = []
        for (name, label), count in sorted(self._counts.items()):
            shown = f'{{kind="{label}"}}' if label else ""
            lines.append(f"stillwatch_gateway_{name}_total{shown} {count}")
        lines += [f"stillwatch_gateway_{name} {value}" for name, value in sorted(self._gauges.items())]
        return "\n".join(lines) + "\n"
