"""A table's column to a column of ``exchanges``, all of it at once, where its type allows.

``cast`` makes what ``formats.canonical`` and ``record.conform`` make of the same values one by one, and says of which
rows it is sure. The others, such as a number that is none or an id that stands for nobody, are read as rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core.bodies.nobody import LONGEST_MASK, NOBODY
from stillwatch.core.bodies.roles import USUAL_ROLES
from stillwatch.ingest.column_times import moments
from stillwatch.ingest.formats.canonical import IDENTITIES
from stillwatch.ingest.placeholders import masked
from stillwatch.ingest.record import COLUMNS
from stillwatch.tables import EXCHANGES

__all__ = ["Cast", "Mask", "cast", "first_of", "last_of", "plain", "told_casts", "true_rows"]

Mask = npt.NDArray[np.bool_]


class Cast(NamedTuple):
    """A column as ``exchanges`` has it, and of which of its rows that is sure; None: of all."""

    values: pa.Array
    sure: Mask | None = None


# An id with nothing to strip and no byte lost.
_TRIMMED = r"^[!-~]([ -~]*[!-~])?$"
_WHOLE = r"^-?\d{1,18}$"
_SYSTEM = r"^(?:[aA][sS])?\d{1,9}$"
_REAL = r"^-?\d{1,15}(?:\.\d{1,15})?$"
_NO_IDS = pa.array(sorted((*NOBODY, "")), pa.string())
_USUAL_ROLES = pa.array(sorted(USUAL_ROLES))
_MESSAGE = ("role", "content")
# Beyond it not every whole number is a float, and none of those that are need be what was written.
_EXACT = 2**53


def plain(column: pa.Array) -> pa.Array | None:
    """A column without dictionaries, views and long offsets, bytes as text; None where its bytes are no text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    texts = (pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary, pa.types.is_large_binary)
    if any(is_one(kind) for is_one in texts):
        try:
            return column.cast(pa.string())
        except pa.ArrowInvalid:
            return None
    return column


def cast(name: str, column: pa.Array) -> Cast:
    """A column under its name in ``exchanges``.

    Args:
        name: of the column.
        column: any type; its texts are known to be UTF-8.
    """
    kind = EXCHANGES.field(name).type
    if column.null_count == len(column):
        return Cast(pa.nulls(len(column), kind))
    values = plain(column)
    made = None if values is None else _reader(name)(values)
    if made is None:
        return Cast(pa.nulls(len(column), kind), true_rows(column.is_null()))
    return Cast(made.values, None if made.sure is None or made.sure.all() else made.sure)


def told_casts(schema: pa.Schema) -> list[str]:
    """What becomes of the columns of a table that are of another type than ``exchanges`` has, a sentence each."""
    told = []
    for field in schema:
        if field.name not in COLUMNS or field.type in (EXCHANGES.field(field.name).type, pa.null()):
            continue
        try:
            # A list of nothing is of its type, and no value of it is looked at.
            empty = pa.nulls(1, field.type)
            values = plain(empty)
            whole = values is not None and _reader(field.name)(values) is not None
        except pa.ArrowException:
            whole = False
        how = f"as {EXCHANGES.field(field.name).type}" if whole else "value by value"
        told.append(f"`{field.name}`: {field.type}, read {how}")
    return told


def _reader(name: str) -> Callable[[pa.Array], Cast | None]:
    return _identity if name in IDENTITIES else _OWN.get(name) or _BY_TYPE[EXCHANGES.field(name).type]


def true_rows(found: pa.Array) -> Mask:
    """Where a column of truths is true."""
    mask: Mask = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return mask


def _where(sure: Mask, column: pa.Array) -> pa.Array:
    """A column's values where it is sure; null elsewhere."""
    return column if sure.all() else pc.if_else(pa.array(sure), column, pa.scalar(None, column.type))


def _matching(column: pa.Array, pattern: str) -> Mask:
    """Which rows match, or are null."""
    mask: Mask = pc.fill_null(pc.match_substring_regex(column, pattern), True).to_numpy(zero_copy_only=False)
    return mask


def _trimmed(column: pa.Array) -> Mask:
    """Which ids are nothing but visible ASCII, blanks within allowed; null counts as one."""
    offsets, text = column.buffers()[1:]
    ends = np.frombuffer(offsets, np.int32, len(column) + 1, 4 * column.offset)
    data = np.frombuffer(text, np.uint8, ends[-1] - ends[0], ends[0]) if text is not None else np.zeros(0, np.uint8)
    if ((data > ord(" ")) & (data <= ord("~"))).all() and (ends[1:] > ends[:-1]).all():
        return np.ones(len(column), np.bool_)
    return _matching(column, _TRIMMED)


def _text(column: pa.Array) -> Cast | None:
    return Cast(column) if pa.types.is_string(column.type) else None


def _identity(column: pa.Array) -> Cast | None:
    kind = column.type
    if pa.types.is_string(kind):
        nobody = pc.is_in(column, value_set=_NO_IDS)
        masks = masked(column)
        if masks is not None:
            nobody = pc.or_(nobody, pc.and_(masks, pc.less_equal(pc.utf8_length(column), LONGEST_MASK)))
        return Cast(pc.if_else(nobody, pa.scalar(None, pa.string()), column), _trimmed(column) | true_rows(nobody))
    made = _whole(column) if pa.types.is_integer(kind) or pa.types.is_floating(kind) else None
    return None if made is None else Cast(made.values.cast(pa.string()), made.sure)


def _whole(column: pa.Array) -> Cast | None:
    kind = column.type
    if pa.types.is_string(kind):
        sure = _matching(column, _WHOLE)
        return Cast(_where(sure, column).cast(pa.int64()), sure)
    if pa.types.is_floating(kind) and kind != pa.float16():
        values = column.cast(pa.float64())
        known = pc.and_(pc.equal(pc.trunc(values), values), pc.less(pc.abs(values), float(_EXACT)))
        sure = pc.fill_null(known, True).to_numpy(zero_copy_only=False)
        return Cast(_where(sure, values).cast(pa.int64()), sure)
    if pa.types.is_decimal128(kind) and kind.scale == 0 and kind.precision <= len(str(2**63 - 1)) - 1:
        return Cast(column.cast(pa.int64()))
    if kind == pa.uint64():
        sure = pc.fill_null(pc.less_equal(column, pa.scalar(2**63 - 1, pa.uint64())), True).to_numpy(
            zero_copy_only=False
        )
        return Cast(_where(sure, column).cast(pa.int64()), sure)
    return Cast(column.cast(pa.int64())) if pa.types.is_integer(kind) else None


def _real(column: pa.Array) -> Cast | None:
    kind = column.type
    if pa.types.is_string(kind):
        sure = _matching(column, _REAL)
        return Cast(_where(sure, column).cast(pa.float64()), sure)
    if pa.types.is_integer(kind):
        return Cast(column.cast(pa.float64(), safe=False))
    if pa.types.is_floating(kind) and kind != pa.float16():
        values = column.cast(pa.float64())
        return Cast(values, pc.fill_null(pc.is_finite(values), True).to_numpy(zero_copy_only=False))
    return None


def _truth(column: pa.Array) -> Cast | None:
    return Cast(column) if pa.types.is_boolean(column.type) else None


def _time(column: pa.Array, *, days: bool = False) -> Cast | None:
    found = moments(column, days=days)
    return None if found is None else Cast(found[0], found[1] | true_rows(column.is_null()))


def _status(column: pa.Array) -> Cast | None:
    if pa.types.is_integer(column.type):
        whole = _whole(column)
        return None if whole is None else Cast(whole.values.cast(pa.string()), whole.sure)
    return _text(column)


def _autonomous_system(column: pa.Array) -> Cast | None:
    """A number, or its text, which may begin with AS."""
    if not pa.types.is_string(column.type):
        return _whole(column)
    sure = _matching(column, _SYSTEM)
    digits = pc.replace_substring_regex(_where(sure, column), "^[aA][sS]", "")
    return Cast(digits.cast(pa.int64()), sure)


def _lists(column: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]] | None:
    """The items of a column of lists, and how many each row has; None where it is none."""
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return None
    return column.flatten(), pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)


def _as_lists(items: pa.Array, lengths: npt.NDArray[np.int64], missing: pa.Array, kind: pa.DataType) -> pa.Array:
    ends = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=ends[1:])
    return pa.ListArray.from_arrays(pa.array(ends), items, type=kind, mask=missing if pc.any(missing).as_py() else None)


def _less(rows: int, lengths: npt.NDArray[np.int64], bad: Mask) -> Mask:
    """The rows of which no item is bad."""
    sure = np.ones(rows, np.bool_)
    if bad.any():
        sure[np.repeat(np.arange(rows), lengths)[bad]] = False
    return sure


def _names(column: pa.Array) -> Cast | None:
    """A list of texts."""
    found = _lists(column)
    items = None if found is None else plain(found[0])
    if found is None or items is None or not pa.types.is_string(items.type):
        return None
    made = _as_lists(items, found[1], column.is_null(), EXCHANGES.field("tools").type)
    return Cast(made, _less(len(column), found[1], true_rows(items.is_null())))


def _stops(column: pa.Array) -> Cast | None:
    """A list of texts, or one text as a list of one."""
    if not pa.types.is_string(column.type):
        return _names(column)
    lengths = pc.if_else(column.is_null(), 0, 1).to_numpy(zero_copy_only=False)
    return Cast(_as_lists(column.drop_null(), lengths, column.is_null(), EXCHANGES.field("stop").type))


def _messages(column: pa.Array) -> Cast | None:
    """A list of structs with a role and a content, both text."""
    found = _lists(column)
    if found is None or not pa.types.is_struct(found[0].type):
        return None
    items, lengths = found
    names = [items.type.field(place).name for place in range(items.type.num_fields)]
    if "role" not in names or len(set(names)) < len(names):
        return None
    role = plain(pc.struct_field(items, ["role"]))
    content = plain(pc.struct_field(items, ["content"])) if "content" in names else pa.nulls(len(items), pa.string())
    if content is not None and content.null_count == len(content):
        content = pa.nulls(len(items), pa.string())
    if role is None or content is None or not (pa.types.is_string(role.type) and pa.types.is_string(content.type)):
        return None
    # JSON of content parts is opened, and parts stand in for a content: by the reader of rows.
    parts = pc.and_(pc.starts_with(content, "[{"), pc.ends_with(content, "}]"))
    # So is a role by another word, and a question whose text may stand under another name.
    odd = pc.invert(pc.is_in(role, value_set=_USUAL_ROLES))
    unsaid = true_rows(content.is_null()) & (true_rows(pc.equal(role, "user")) | (len(names) > len(_MESSAGE)))
    bad = true_rows(role.is_null()) | true_rows(parts) | true_rows(odd) | unsaid
    kind = EXCHANGES.field("messages").type
    said = pa.StructArray.from_arrays([role, content], fields=list(kind.value_type))
    return Cast(_as_lists(said, lengths, column.is_null(), kind), _less(len(column), lengths, bad))


def last_of(messages: pa.Array, roles: tuple[str, ...], *, with_text: bool) -> pa.Array:
    """The content of the last message of each row that has one of these roles; null where none has."""
    return _one_of(messages, roles, with_text=with_text, last=True)


def first_of(messages: pa.Array, roles: tuple[str, ...], *, with_text: bool) -> pa.Array:
    """The content of the first such message."""
    return _one_of(messages, roles, with_text=with_text, last=False)


def _one_of(messages: pa.Array, roles: tuple[str, ...], *, with_text: bool, last: bool) -> pa.Array:
    items, lengths = messages.flatten(), pc.fill_null(pc.list_value_length(messages), 0).to_numpy(zero_copy_only=False)
    content = items.field("content")
    wanted = pc.is_in(items.field("role"), value_set=pa.array(roles))
    if with_text:
        wanted = pc.and_(wanted, pc.fill_null(pc.not_equal(content, ""), False))
    places = np.flatnonzero(true_rows(wanted))
    # Of several values for one place the last stays.
    places = places if last else places[::-1]
    found = np.full(len(messages), -1, np.int64)
    found[np.repeat(np.arange(len(messages)), lengths)[places]] = places
    return content.take(pa.array(found, mask=found < 0))


_OWN: Mapping[str, Callable[[pa.Array], Cast | None]] = {
    "created": partial(_time, days=True),
    "messages": _messages,
    "tools": _names,
    "stop": _stops,
    "status": _status,
    "asn": _autonomous_system,
}
_BY_TYPE: Mapping[pa.DataType, Callable[[pa.Array], Cast | None]] = {
    pa.string(): _text,
    pa.int64(): _whole,
    pa.float64(): _real,
    pa.bool_(): _truth,
    EXCHANGES.field("time").type: _time,
}
