"""Which formats there are: the files of ``formats/`` in name order, then other packages' entry points.

Nothing is listed anywhere else. ``load`` is the one door for both kinds, and it refuses a format
that does not describe itself.
"""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, entry_points

from stillwatch.core.bodies.optional_parts import UNFORESEEN
from stillwatch.core.bodies.shapes import Json
from stillwatch.core.errors import BadSetting
from stillwatch.ingest import formats as builtin
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.watched_record import WatchedRecord

__all__ = [
    "ENTRY_POINTS",
    "all_formats",
    "ask_first",
    "asked_first",
    "certain",
    "format_named",
    "load",
    "majority",
    "recognises",
    "recognising",
]

ENTRY_POINTS = "stillwatch.formats"
"""The entry-point group in which other packages name their ``FORMAT`` objects."""


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
    found: dict[str, LogFormat] = {}
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


_first: list[LogFormat] = []


def ask_first(one: LogFormat | None) -> None:
    """Ask this format, which a person described, before every other, in this process from now on; None: no longer."""
    _first[:] = [] if one is None else [one]


def asked_first() -> LogFormat | None:
    """The format that is asked before every other, where there is one."""
    return _first[0] if _first else None


def format_named(name: str) -> LogFormat:
    """A format by its name."""
    return _first[0] if _first and _first[0].name == name else all_formats()[name]


def recognises(one: LogFormat, record: Json) -> bool:
    """Whether a format knows a record; of a shape that it did not foresee (a list where it looks for a name) it does
    not."""
    try:
        return one.recognises(record)
    except UNFORESEEN:
        return False


@cache
def _in_turn() -> tuple[LogFormat, ...]:
    """Every format, the general ones last and asked only where they are needed: they open a record's bodies to tell."""
    return tuple(sorted(all_formats().values(), key=lambda one: one.general))


@lru_cache(maxsize=4096)
def _who_may(names: tuple[str, ...]) -> tuple[LogFormat, ...]:
    """The formats that may recognise a record with these names, in turn; others its names tell apart."""
    found = []
    for one in _in_turn():
        record = WatchedRecord(names)
        if recognises(one, record) or record.watched:
            found.append(one)
            if not record.watched:
                break
    return tuple(found)


def certain(names: tuple[str, ...]) -> LogFormat | None:
    """The format of every record that has these names, whatever stands under them; None where it depends on that."""
    may = _who_may(names)
    record = WatchedRecord(names)
    return may[0] if len(may) == 1 and recognises(may[0], record) and not record.watched else None


def recognising(record: Json) -> LogFormat | None:
    """The format of a record: the one asked first, or one that it alone recognises, else a general one; or None."""
    if _first and recognises(_first[0], record):
        return _first[0]
    try:
        may = _who_may(tuple(record))
    except TypeError:
        # Names that no JSON has.
        may = _in_turn()
    for one in may:
        # As `recognises` has it.
        try:
            if one.recognises(record):
                return one
        except UNFORESEEN:
            continue
    return None


def majority(records: Sequence[Json]) -> LogFormat | None:
    """The format of most of ``records``; of equals the first by name; None where none is recognised."""
    votes = Counter(one.name for record in records if (one := recognising(record)) is not None)
    return format_named(min(votes, key=lambda name: (-votes[name], name))) if votes else None
