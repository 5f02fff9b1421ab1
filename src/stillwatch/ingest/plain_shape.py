"""The plain shape of a format's records: typed, decoded a block at once, and sure to be read as the format reads them.

A shape decides nothing. What its type refuses, or what it makes no exchange of, is read by the format. So a shape may
always hold less; it may never hold a record that the format reads otherwise, which a test holds against the format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from stillwatch.ingest.record import Exchange

__all__ = ["PlainShape", "PlainShapes"]


@dataclass(frozen=True, eq=False)
class PlainShape:
    """A plain shape.

    Attributes:
        record: names and types of all that the format reads of such a record; ``UnsetType`` is the type of a name that
            must not be there, for the format would read the record otherwise. Names by which a record says whose it is
            or when it was made, and which stand nowhere here, must not be there either. Those that stand here and may
            be absent are best ``UNSET`` then: whether one stands twice is seen at once only where null is not absent.
        exchanges: what decoded records are, with ids as they are written; None for each that its format is to read.
            For records that are exchanges, none.
        once: names that a record may give but once, where they are not all such names.
        deeper: how often names of these stand deeper in records, as far as their type knows.
        texts: whether the shape decodes texts of records that are JSON too.
        settle: of records that are exchanges, with further fields behind those: puts in place what decoded ones say
            there.
    """

    record: type[msgspec.Struct]
    exchanges: Callable[[Sequence[Any]], Sequence[Exchange | None]] | None = None
    once: tuple[str, ...] | None = None
    deeper: Mapping[str, Callable[[Sequence[Any]], int]] = field(default_factory=dict)
    texts: bool = False
    settle: Callable[[Sequence[Any]], None] | None = None


@dataclass(frozen=True)
class PlainShapes:
    """Plain shapes of a format that reads a record by whichever names it has.

    Attributes:
        of: the shape of records that have these names, all of them and no other; None where they are read one by one.
    """

    of: Callable[[tuple[str, ...]], PlainShape | None]
