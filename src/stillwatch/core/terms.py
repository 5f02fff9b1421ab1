"""The field's words that are used as values, each list in the order in which reports show it."""

from __future__ import annotations

__all__ = ["CONTENT", "COORDINATION", "FAMILIES", "VERDICTS"]

FAMILIES = ("structure", "semantics", "payload", "purpose", "shape", "timing", "dispatch", "infrastructure")
"""The eight families of evidence, in the order in which reports show them."""

CONTENT = ("structure", "semantics", "payload")
"""Those that see what accounts have in common."""

COORDINATION = ("timing", "dispatch", "infrastructure")
"""Those that see accounts act together."""

VERDICTS = ("clear", "watch", "review", "act")
"""The evidence ladder, weakest first."""
