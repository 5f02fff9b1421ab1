"""Records whose names are spelt as another program spells names: ``ACCOUNT_ID``, ``AccountId``, ``USERID``.

Warehouses write names in capitals (and some in small letters), other languages with capitals inside; a record that
nobody recognises is tried with its outermost names in lower case and underscores, and with the names by which each
format reads, capitals and underscores left aside. Bodies below are left as they are.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from stillwatch.ingest.base import BatchFormat, LogFormat, PartsFormat
from stillwatch.ingest.record import COLUMNS
from stillwatch.ingest.registry import all_formats, recognises, recognising

__all__ = ["in_camel_case", "in_lower_case", "names_without_units", "nested", "respelled", "squashed", "without_units"]

# Between a small letter or a digit and a capital, and before the last capital of several.
_SEAMS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[\s\-]+")
# `created_at (UTC)`, `latency (ms)`: what leaves a value as it is; another zone would not.
# From the first of several blanks alone: looked for from each of them, a million would take hours.
_UNIT = re.compile(r"(?<!\s)\s*[(\[](utc|gmt|ms|tokens?)[)\]]$", re.IGNORECASE)
_NAMED = re.compile(r"``([A-Za-z_]\w*)``")


def squashed(name: str) -> str:
    """A name less what spellings differ in: ``user_id``, ``userId`` and ``User ID`` are ``userid``."""
    return _without_unit(name).replace("_", "").replace(" ", "").replace("-", "").lower()


def _without_unit(name: str) -> str:
    """A name without the unit behind it that its column has in any case; milliseconds are said by names here."""
    return name if name[-1:] not in ")]" else _UNIT.sub(lambda found: "_ms" if found[1].lower() == "ms" else "", name)


def without_units(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record with its names less the units behind them; itself where none has one, or two names would meet."""
    names = tuple(record)
    bare = names_without_units(names)
    return record if bare == names else dict(zip(bare, record.values(), strict=True))


@lru_cache(maxsize=1024)
def names_without_units(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names less the units behind them; as they are where two would meet."""
    bare = tuple(_without_unit(name) for name in names)
    return bare if len({*bare}) == len(bare) else names


def in_camel_case(name: str) -> str:
    """``user_id`` as ``userId``."""
    begin, *rest = name.split("_")
    return begin + "".join(map(str.title, rest))


def nested(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A record whose objects were laid flat (``request.model``) as it was; None where none was, or two names meet."""
    if not any("." in name for name in record if isinstance(name, str)):
        return None
    found: dict[str, Any] = {}
    for name, value in record.items():
        *above, last = name.split(".") if isinstance(name, str) else [name]
        held: Any = found
        for step in above:
            held = held.setdefault(step, {}) if isinstance(held, dict) else None
        if not isinstance(held, dict) or last in held:
            return None
        held[last] = value
    return found


def respelled(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A record under other names, each time such that a format recognises it; nothing where two names become one."""
    for names, meant in _spellings(tuple(map(str, record))):
        one = dict(zip(names, record.values(), strict=True))
        if recognising(one) is not None if meant is None else recognises(meant, one):
            yield one


@lru_cache(maxsize=1024)
def _spellings(names: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], LogFormat | None], ...]:
    """Other spellings of a record's names: as each format spells them, with that format, then all in lower case."""
    plain = tuple(map(in_lower_case, names))
    found: list[tuple[tuple[str, ...], LogFormat | None]] = []
    for one in sorted(all_formats().values(), key=lambda one: one.general):
        known = _names_of(one)
        found.append((tuple(known.get(squashed(name), lower) for name, lower in zip(names, plain, strict=True)), one))
    found.append((plain, None))
    return tuple((spelt, one) for spelt, one in found if spelt != names and len(set(spelt)) == len(spelt))


@cache
def _names_of(one: LogFormat) -> Mapping[str, str]:
    """The names by which a format reads, as its example and its own words spell them, by what spellings share."""
    examples = [one.example]
    examples += one.more_examples if isinstance(one, PartsFormat) else []
    examples += [one.example_result] if isinstance(one, BatchFormat) else []
    words = sys.modules[type(one).__module__].__doc__ or ""
    given = [*(str(name) for example in examples for name in example), *_NAMED.findall(words), *COLUMNS]
    return {squashed(name): name for name in reversed(given)}


def in_lower_case(name: str) -> str:
    """``UserId``, ``User ID`` and ``USER_ID`` as ``user_id``."""
    spaced = _BETWEEN.sub("_", _without_unit(name).strip())
    return (spaced if spaced.isupper() else _SEAMS.sub("_", spaced)).lower()
