"""The files that go with a log: what is known of accounts, and when models came out.

A column is found by its name, or by another that means it (``side_columns``); a name that is none of them is told. Each
is read as a column of whatever type its container gives, which is then cast to its table's type. A value that no cast
takes is told with its row, counted from 1 without the header; under another name, it costs the whole column.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core import BadTable
from stillwatch.core.counted import counted, joined
from stillwatch.ingest.placeholders import nobodies
from stillwatch.ingest.side_columns import SideColumns, SideFile, domains_of, is_kind
from stillwatch.ingest.side_rows import side_rows
from stillwatch.ingest.timestamps import TIMESTAMP, possible, timestamps
from stillwatch.tables import ACCOUNT_FILE, CALLERS_FILE, RELEASES_FILE

__all__ = ["read_accounts", "read_callers", "read_releases"]

_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")
_WORDS = pa.array([*_TRUE, *_FALSE])
_IDENTIFYING = frozenset(
    ("account_id", "org_id", "payment_id", "email_domain", "licence_id", "exchange_id", "api_key_id", "session_id")
) | {"client_address", "user_agent"}
_UNCAST = (pa.ArrowException, OverflowError, UnicodeEncodeError)


def read_accounts(path: Path) -> SideFile:
    """An account file, its table with schema ``ACCOUNT_FILE``.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: ``account_id`` is missing or stands twice, or a value has the wrong type.
    """
    read = _read(path, ACCOUNT_FILE, ("account_id",))
    table = read.table
    counted = pc.value_counts(table["account_id"])
    if table.num_rows > len(counted):
        twice = counted.field("values").filter(pc.greater(counted.field("counts"), 1))[0].as_py()
        raise BadTable(f"account {twice!r} stands twice", where=str(path), hint="keep one row an account")
    return read


def read_callers(path: Path) -> SideFile:
    """A file of callers, its table with schema ``CALLERS_FILE``.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: ``exchange_id`` or ``account_id`` is missing, an exchange stands twice under two accounts, or a value
            has the wrong type.
    """
    table, unread = _read(path, CALLERS_FILE, ("exchange_id", "account_id"))
    pairs = table.group_by(["exchange_id", "account_id"]).aggregate([])
    counted = pc.value_counts(pairs["exchange_id"])
    if pairs.num_rows > len(counted):
        twice = counted.field("values").filter(pc.greater(counted.field("counts"), 1))[0].as_py()
        raise BadTable(
            f"exchange {twice!r} has two accounts", where=str(path), hint="keep the account that made the exchange"
        )
    if table.num_rows > len(counted):
        # Audit logs say a thing more than once: the first row that says it counts.
        order = pc.index_in(counted.field("values"), value_set=table["exchange_id"].combine_chunks())
        table = table.take(order)
    return SideFile(table, unread)


def read_releases(path: Path) -> SideFile:
    """A release calendar, its table with schema ``RELEASES_FILE``.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: ``model`` or ``time`` is missing, or a time cannot be read.
    """
    return _read(path, RELEASES_FILE, ("model", "time"))


def _read(path: Path, schema: pa.Schema, required: tuple[str, ...]) -> SideFile:
    given, columns = side_rows(path, schema)
    for column in required:
        if column in columns.unsure:
            raise BadTable(
                f"{joined([f'`{name}`' for name in columns.unsure[column]])} could each be `{column}`",
                where=str(path),
                hint=f"name the one that is `{column}` so",
            )
    made = {}
    for field in schema:
        name = columns.given.get(field.name)
        found = pa.nulls(len(given)) if name is None else _emptied(given[name])
        made[field.name], bad = _column(found, field, columns)
        if field.name in required and made[field.name].null_count:
            told = columns.unread(path.name) or f"columns: {', '.join(schema.names)}"
            raise BadTable(
                f"row {pc.index(made[field.name].is_null(), True).as_py() + 1} has no `{field.name}`",
                where=str(path),
                hint=f"{told.removesuffix('.')}; required: {', '.join(required)}",
            )
        if bad is not None:
            value = found[bad].as_py()
            raise BadTable(f"row {bad + 1}, `{field.name}`: {value!r} cannot be read", where=str(path))
    table, absent = _without_nobody(pa.table(made, schema=schema), required, path.name)
    return SideFile(table, " ".join(filter(None, (columns.unread(path.name), absent))))


def _without_nobody(table: pa.Table, required: tuple[str, ...], where: str) -> tuple[pa.Table, str]:
    """A table without what stands for nobody, as ``-`` or ``unknown`` do, and what that was, in a sentence: strangers
    whose payment nobody knows would share one."""
    told, gone = [], None
    for name in table.column_names:
        if name not in _IDENTIFYING:
            continue
        column = table[name].combine_chunks()
        found = nobodies(column)
        if found is None:
            continue
        first, count = column.filter(found)[0].as_py(), pc.sum(found).as_py()
        told.append(f"`{first.strip()[:40]}` and its like in `{name}` of {counted(count, 'row')}")
        if name in required:
            gone = found if gone is None else pc.or_(gone, found)
        else:
            emptied = pc.if_else(found, pa.scalar(None, column.type), column)
            table = table.set_column(table.column_names.index(name), table.schema.field(name), emptied)
    if gone is not None:
        table = table.filter(pc.invert(gone))
    return table, f"Of {where} what stands for nobody counts as absent: {joined(told)}." if told else ""


def _column(found: pa.Array, field: pa.Field, columns: SideColumns) -> tuple[pa.Array, int | None]:
    """A column as its table has it, and the place of the first value that cannot be cast.

    What stands under another name than the column's and cannot be its values is left.
    """
    none = pa.nulls(len(found), field.type)
    if not columns.is_renamed(field.name):
        return _cast(found, field.type)
    name = columns.given[field.name]
    if pa.types.is_nested(found.type):
        # Objects and lists are neither ids nor addresses, and no cast makes them so.
        columns.leave(field.name, f"its values are objects or lists, and no `{field.name}`")
        return none, None
    if is_kind(field.name, name, found):
        columns.leave(field.name, f"its values look like kinds or sums, not like a `{field.name}`")
        return none, None
    if columns.is_email(field.name):
        found = domains_of(found)
        if found is None:
            columns.leave(field.name, "its values are no addresses")
            return none, None
    cast, bad = _cast(found, field.type)
    if bad is None:
        return cast, None
    columns.leave(field.name, f"row {bad + 1} holds no `{field.name}`")
    return none, None


def _emptied(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, without dictionary, its empty texts null."""
    whole = column.combine_chunks()
    if pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_decode()
    if pa.types.is_string(whole.type) or pa.types.is_large_string(whole.type):
        return pc.if_else(pc.equal(whole, ""), pa.scalar(None, whole.type), whole)
    return whole


def _cast(column: pa.Array, kind: pa.DataType) -> tuple[pa.Array, int | None]:
    """A column of a table's type, and the place of the first value that cannot be cast."""
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), kind), None
    if pa.types.is_timestamp(kind):
        return _times(column)
    try:
        if pa.types.is_boolean(kind) and column.type != kind:
            # Arrow's own cast knows neither yes nor no.
            words = pc.index_in(pc.utf8_lower(column.cast(pa.string())), _WORDS)
            cast, lost = pc.less(words, len(_TRUE)), pc.and_(words.is_null(), column.is_valid())
            bad = pc.index(lost, True).as_py()
            return cast, None if bad < 0 else bad
        return column.cast(kind), None
    except _UNCAST:
        return column, pc.index(column.is_valid(), True).as_py()


def _times(column: pa.Array) -> tuple[pa.Array, int | None]:
    """Times as a log may write them; a timestamp or a date without a zone is UTC."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s")).cast(TIMESTAMP)
    if pa.types.is_timestamp(column.type):
        moments = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False).cast(TIMESTAMP)
        bad = pc.index(possible(moments), False).as_py()
        return moments, None if bad < 0 else bad
    moments, reasons = timestamps(column.to_pylist(), days=True)
    return moments, min(reasons, default=None)
