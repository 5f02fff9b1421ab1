"""Records whose names are spelt as another program spells names: ``ACCOUNT_ID``, ``AccountId``, ``Account ID``.

Warehouses write names in capitals, other languages with capitals inside; a record that nobody recognises is tried with
its outermost names in lower case and underscores. Bodies below are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

__all__ = ["respelled"]

# Between a small letter or a digit and a capital, and before the last capital of several.
_SEAMS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[\s\-]+")


def respelled(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A record by its names in lower case; None where that changes none, or makes two names one."""
    names = [_respelt(str(name)) for name in record]
    if len(set(names)) < len(names) or names == [*record]:
        return None
    return dict(zip(names, record.values(), strict=True))


@lru_cache(maxsize=4096)
def _respelt(name: str) -> str:
    spaced = _BETWEEN.sub("_", name.strip())
    return (spaced if spaced.isupper() else _SEAMS.sub("_", spaced)).lower()
