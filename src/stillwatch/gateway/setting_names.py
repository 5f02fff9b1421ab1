"""What a request sets, in whatever spelling servers read, and in whichever object of its own they keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stillwatch.core.remembered import remembers_short

__all__ = ["NESTED", "NO_SETTINGS", "plain_name", "settings_in"]

NESTED = 3
"""So deep servers keep settings: in ``parameters``, ``generationConfig``, ``sampling_params``, ``extra_body``."""
NO_SETTINGS = frozenset(("messages", "tools", "functions", "responseformat", "text", "metadata", "input", "system"))
"""Objects, and lists of them, that hold what is said, and none."""


@remembers_short(1024)
def plain_name(name: str) -> str:
    """A name in small letters, without ``_`` and ``-``."""
    return name.casefold().replace("_", "").replace("-", "")


def settings_in(body: Mapping[Any, Any], deep: int = NESTED) -> Iterator[tuple[str, Any]]:
    """Names, plainly spelt, and values of what a request sets, also in objects of their own and in lists of such."""
    for name, value in body.items():
        plain = plain_name(name)
        inner = value if isinstance(value, list) else [value]
        held = [one for one in inner if isinstance(one, Mapping)]
        if not held or isinstance(value, list):
            yield plain, value
        if deep and plain not in NO_SETTINGS:
            for one in held:
                yield from settings_in(one, deep - 1)
