"""Which families of evidence there are: the files of ``families/``, then other packages' entry points.

Nothing is listed anywhere else. ``load`` is the one door for both kinds, and it refuses a family that does not
describe itself.
"""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import get_args

from stillwatch.core import BadSetting
from stillwatch.core.terms import FAMILIES
from stillwatch.evidence import families as builtin
from stillwatch.evidence.base import Family, Side
from stillwatch.tables import EXCHANGES

__all__ = ["ENTRY_POINTS", "RESERVED", "all_families", "load"]

ENTRY_POINTS = "stillwatch.evidence"
"""The entry-point group in which other packages name their ``FAMILY`` objects."""

RESERVED = frozenset(
    {"entity", "account", "account_id", "accounts", "exchanges", "first_seen", "last_seen", "org_id", "licensed"}
    | {"created", "payment_id", "email_domain", "plan", "verified", "declared_use", "licence_id"}
    | {"account_a", "account_b", "match_weight", "match_probability", "a", "b", "place"}
)
"""Columns that a profile or a table of links has already: no family may call anything of its own so."""

_DECLARED = ("name", "sees", "side", "blind_spot", "examples")


def load(entry: EntryPoint) -> Family:
    """The family an entry point names.

    Raises:
        BadSetting: it is no family, or does not say what it is.
    """
    hint = "correct the package that declares it, or uninstall it"
    where = f"{ENTRY_POINTS} entry {entry.name!r} ({entry.value})"
    try:
        found = entry.load()
    except Exception as error:
        # Another package's module may raise anything.
        raise BadSetting(f"the family of evidence cannot be loaded: {error}", where=where, hint=hint) from error
    if not isinstance(found, Family):
        raise BadSetting("it is not an instance of Family", where=where, hint=hint)
    if wrong := _wrong(found):
        raise BadSetting(wrong, where=where, hint=hint)
    return found


def _wrong(family: Family) -> str | None:
    """What a declaration lacks or has wrong."""
    lacking = [name for name in _DECLARED if not getattr(family, name, None)]
    if lacking:
        return f"the family does not declare its {' and '.join(lacking)}"
    called = Counter((*family.values, *family.counts))
    for name in (family.name, *called):
        if not name.isidentifier() or name != name.lower():
            return f"{name!r} is no lower-case name for a column"
        if name in RESERVED:
            return f"{name!r} is a column of every log's profile"
        if called[name] > 1:
            return f"the family calls two things {name!r}"
    if family.side not in get_args(Side):
        return f"its side {family.side!r} is none of {', '.join(get_args(Side))}"
    unknown = [name for name in (*family.reads, *family.needs) if name not in EXCHANGES.names]
    if unknown:
        return f"it reads {' and '.join(unknown)}, which no log has"
    return None


def _entries() -> list[EntryPoint]:
    names = sorted(module.name for module in pkgutil.iter_modules(builtin.__path__))
    ours = [EntryPoint(name, f"{builtin.__name__}.{name}:FAMILY", ENTRY_POINTS) for name in names]
    return ours + sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)


@cache
def all_families() -> Mapping[str, Family]:
    """Every family by name: those every report knows in their order, then others.

    Raises:
        BadSetting: a declaration is bad, or two families have one name.
    """
    found: dict[str, Family] = {}
    taken: dict[str, str] = {}
    for entry in _entries():
        one = load(entry)
        for name in (one.name, *one.values, *one.counts):
            if (name in taken and taken[name] != one.name) or (name == one.name and name in found):
                raise BadSetting(
                    f"two families of evidence call something {name!r}",
                    where=f"{ENTRY_POINTS} entry {entry.name!r} ({entry.value})",
                    hint="uninstall one of the packages that declare it",
                )
            taken[name] = one.name
        found[one.name] = one
    known = [name for name in FAMILIES if name in found]
    return {name: found[name] for name in (*known, *(name for name in found if name not in known))}
