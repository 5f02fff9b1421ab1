"""Which formats there are: the files of ``formats/`` in name order, then other packages' entry points.

Nothing is listed anywhere else. ``load`` is the one door for both kinds, and it refuses a format
that does not describe itself.
"""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from stillwatch.core.bodies.shapes import Json
from stillwatch.core.errors import BadSetting
from stillwatch.ingest import formats as builtin
from stillwatch.ingest.base import LogFormat

__all__ = ["ENTRY_POINTS", "all_formats", "load", "majority", "recognising", "use"]

ENTRY_POINTS = "stillwatch.formats"
"""The entry-point group in which other packages name their ``FORMAT`` objects."""


_given: tuple[LogFormat, ...] = ()


def use(given: Sequence[LogFormat]) -> None:
    """Know formats that come with a scan beside those that are installed, from now on and in this process.

    A worker is told by its slice. They are asked before all others, and what they recognise is theirs.
    """
    global _given
    if _given != tuple(given):
        _given = tuple(given)
        all_formats.cache_clear()


def load(entry: EntryPoint) -> LogFormat:
    """The format an entry point names.

    Raises:
        BadSetting: it is no format, or does not say its name, description and example.
    """
    hint = "correct the package that declares it, or uninstall it"
    where = f"{ENTRY_POINTS} entry {entry.name!r} ({entry.value})"
    try:
        found = entry.load()
    except (ImportError, AttributeError) as error:
        raise BadSetting(f"the log format cannot be loaded: {error}", where=where, hint=hint) from error
    if not isinstance(found, LogFormat):
        raise BadSetting("it is not an instance of LogFormat", where=where, hint=hint)
    lacking = [name for name in ("name", "description", "example") if not getattr(found, name, None)]
    if lacking:
        raise BadSetting(f"the log format does not declare its {' and '.join(lacking)}", where=where, hint=hint)
    return found


def _entries() -> list[EntryPoint]:
    names = sorted(module.name for module in pkgutil.iter_modules(builtin.__path__))
    ours = [EntryPoint(name, f"{builtin.__name__}.{name}:FORMAT", ENTRY_POINTS) for name in names]
    return ours + sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)


@cache
def all_formats() -> Mapping[str, LogFormat]:
    """Every format by name, in the order in which they are asked.

    Raises:
        BadSetting: a declaration is bad, or two formats have one name.
    """
    found: dict[str, LogFormat] = {one.name: one for one in _given}
    for entry in _entries():
        one = load(entry)
        if one.name in found:
            raise BadSetting(
                f"two log formats are called {one.name!r}",
                where=f"{ENTRY_POINTS} entry {entry.name!r} ({entry.value})",
                hint="uninstall one of the packages that declare it",
            )
        found[one.name] = one
    return found


def recognising(record: Json) -> LogFormat | None:
    """The format of a record: one that it alone recognises, else a general one; None where none does."""
    known = [one for one in all_formats().values() if one.recognises(record)]
    if known and known[0].given:
        return known[0]
    return next((one for one in known if not one.general), known[0] if known else None)


def majority(records: Sequence[Json]) -> LogFormat | None:
    """The format of most of ``records``; of equals the first by name; None where none is recognised."""
    votes = Counter(one.name for record in records if (one := recognising(record)) is not None)
    return all_formats()[min(votes, key=lambda name: (-votes[name], name))] if votes else None
