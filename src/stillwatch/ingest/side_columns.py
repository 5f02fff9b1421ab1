"""Which columns of a side file are read as which, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core.counted import joined
from stillwatch.ingest.column_names import EMAILS, NEAR, SPELLINGS, meant
from stillwatch.ingest.spelling import squashed
from stillwatch.tables import EXCHANGES

__all__ = ["SideColumns", "SideFile", "domains_of", "is_kind", "side_columns"]

_MOST_NAMED = 8
_EMAILS = frozenset(map(squashed, EMAILS))
_DOMAIN = r"@(?P<domain>[^@\s<>]+)>?\s*$"
# `payment` may be an id, and may be what was paid or how.
_IDS = r"^[\w:|/+=-]*(?:[A-Za-z][\w:|/+=-]*\d|\d[\w:|/+=-]*[A-Za-z]|\d{8})[\w:|/+=-]*$"
_MOSTLY = 0.75


class SideFile(NamedTuple):
    """A side file as it was read.

    Attributes:
        table: of its schema.
        unread: which of its columns are not in it, in a sentence; empty where all are.
    """

    table: pa.Table
    unread: str


@dataclass(slots=True)
class SideColumns:
    """The columns of a side file, told apart.

    Attributes:
        schema: what is read.
        given: columns of the schema to the file's names of them.
        left: the file's other names, and what there is to say of each.
        unsure: columns that several names could each be, and those names.
    """

    schema: pa.Schema
    given: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, list[str]] = field(default_factory=dict)

    def is_renamed(self, column: str) -> bool:
        """Whether the file has a column of the schema under another name."""
        return self.given.get(column, column) != column

    def is_email(self, column: str) -> bool:
        """Whether a column of domains is to be made of addresses."""
        return column == "email_domain" and squashed(self.given.get(column, "")) in _EMAILS

    def leave(self, column: str, why: str) -> None:
        """Read a column of the schema after all not under the name that it seemed to have."""
        self.left[self.given.pop(column)] = why

    def unread(self, where: str) -> str:
        """Names that were not read, in a sentence; empty where there are none.

        Args:
            where: the file.
        """
        if not self.left:
            return ""
        # What somebody may have meant stands first.
        names = sorted(self.left, key=lambda name: not self.left[name])
        told = [f"`{name[:60]}`{f' ({self.left[name]})' if self.left[name] else ''}" for name in names[:_MOST_NAMED]]
        if len(names) > _MOST_NAMED:
            told.append(f"{len(names) - _MOST_NAMED:,} more")
        known = ", ".join(f"`{name}`" for name in self.schema.names)
        return f"Not read of {where}: {joined(told)}. Its columns may be {known}."


def side_columns(names: Iterable[str], schema: pa.Schema) -> SideColumns:
    """Tell which of a file's names are columns of a schema.

    A column's own name goes before another spelling of it, and that before other names (``SPELLINGS``).
    """
    found = SideColumns(schema, left=dict.fromkeys(names, ""))
    for column in schema.names:
        groups = ((column,), *SPELLINGS.get(column, ()))
        several = [[column] if column in found.left else [], *(_spelt(group, found.left) for group in groups)]
        first = next((some for some in several if some), [])
        if len(first) == 1:
            found.given[column] = first[0]
        elif first:
            found.unsure[column] = first
    for name in found.given.values():
        del found.left[name]
    for name in found.left:
        found.left[name] = _remark(name, found)
    for column, first in found.unsure.items():
        others = {name: [f"`{one}`" for one in first if one != name] for name in first}
        found.left |= {name: f"`{column}`, or is that {joined(of)}?" for name, of in others.items()}
    return found


def _spelt(group: Sequence[str], names: Mapping[str, str]) -> list[str]:
    spellings = frozenset(map(squashed, group))
    return [name for name in names if squashed(name) in spellings]


def _remark(name: str, found: SideColumns) -> str:
    """What a name that is not read may mean; empty where that cannot be told."""
    column = _column_of(name, found.schema.names)
    if column in found.given:
        return f"`{column}` is `{found.given[column]}`" if found.is_renamed(column) else f"`{column}` is there"
    if column in found.schema.names:
        return f"`{column}`?"
    return f"`{column}` of the log?" if column in EXCHANGES.names and "account_id" in found.schema.names else ""


def _column_of(name: str, columns: Sequence[str]) -> str | None:
    given = {name: ""}
    for column in columns:
        if any(_spelt(group, given) for group in ((column,), *SPELLINGS.get(column, ()))):
            return column
    # A slip in a name that every record has is none that `meant` looks for.
    near = get_close_matches(squashed(name), map(squashed, columns), 1, NEAR)
    return next((column for column in columns if near == [squashed(column)]), None) or meant(name)


def domains_of(addresses: pa.Array) -> pa.Array | None:
    """The domains of mail addresses, in lower case; None where no value is an address."""
    texts = addresses.cast(pa.string())
    found = pc.utf8_lower(pc.struct_field(pc.extract_regex(texts, _DOMAIN), "domain"))
    return None if found.null_count == len(found) and texts.null_count < len(texts) else found


def is_kind(column: str, name: str, values: pa.Array) -> bool:
    """Whether values under a name that may be an id's are no ids: strangers who pay alike would share a payment."""
    if column != "payment_id" or squashed(name) != "payment":
        return False
    given = values.drop_null().cast(pa.string())
    return len(given) > 0 and pc.mean(pc.match_substring_regex(given, _IDS)).as_py() < _MOSTLY
