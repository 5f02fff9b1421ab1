"""Whose an exchange is where a person says which place of a record names its account: ``--account-from PLACE``.

A place is one of the columns ``account_id``, ``org_id`` and ``api_key_id`` as the format reads them, or a path into the
record as the log has it, or of a span an attribute, which it may have from the spans above it. Places are asked in
turn. Where none names anybody, the record has no account: the format's own reading does not stand in, for a log's
accounts would be of two kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stillwatch.core import BadSetting
from stillwatch.core.bodies.end_user import composite_id
from stillwatch.core.bodies.shapes import RecordError, identity, parsed, shown
from stillwatch.ingest.paths import at, normal
from stillwatch.ingest.placeholders import PLACEHOLDERS
from stillwatch.ingest.record import COLUMNS, Fields

__all__ = ["check_places", "with_account"]

_COLUMNS = ("account_id", "org_id", "api_key_id")
_MOST_SHOWN = 8


def check_places(places: Sequence[str]) -> tuple[str, ...]:
    """Places as they are followed.

    Raises:
        BadSetting: one is a column that names no account.
    """
    for place in places:
        if place in COLUMNS and place not in _COLUMNS:
            raise BadSetting(
                f"`{place}` names no account",
                where="--account-from",
                hint=f"name one of the columns {', '.join(_COLUMNS)}, or a path into the log's records",
            )
    return tuple(map(normal, places))


def with_account(fields: Fields, places: Sequence[str], records: Sequence[Any]) -> Fields:
    """Fields with the account that the first place with a value names, or with none and the reason.

    Args:
        fields: as a format read them; ``named`` of them finds an attribute by its name.
        places: from ``check_places``.
        records: what the exchange was read from.

    Raises:
        RecordError: what lies at a place names nobody, for it is an object or a list.
    """
    for place in places:
        if place in _COLUMNS:
            account, session = identity(fields.get(place)), None
        else:
            found = _found(place, fields, records)
            account, session = composite_id(found)
            if isinstance(found, dict | list | bool) and found and not isinstance(account, str):
                raise RecordError(f"`account_id`: expected a name at `{place}`, got {shown(found)}")
        if account is None or str(account).strip().lower() in PLACEHOLDERS:
            continue
        # A data frame writes a whole number with a point.
        text = str(int(account)) if isinstance(account, float) and account.is_integer() else str(account)
        kept = fields if session is None or fields.get("session_id") else {**fields, "session_id": session}
        return {**kept, "account_id": text}
    return {**fields, "account_id": None, "account_in": _nothing(places, fields, records)}


def _found(place: str, fields: Fields, records: Sequence[Any]) -> Any:
    named: Callable[[str], Any] | None = fields.get("named")
    found = named(place.removeprefix("attributes.")) if named is not None else None
    for record in records:
        if found not in (None, ""):
            break
        found = at(record, place)
    return found


def _nothing(places: Sequence[str], fields: Fields, records: Sequence[Any]) -> str:
    """What was looked for, and what stands where the path to it ends."""
    looked = " or ".join(f"`{place}`" for place in places)
    last = next((place for place in reversed(places) if place not in _COLUMNS), None)
    has = _beside(last, records) if last is not None and "named" not in fields else ""
    return f"nothing at {looked}, where --account-from says it lies{has}"


def _beside(place: str, records: Sequence[Any]) -> str:
    steps = place.split(".")
    for count in range(len(steps) - 1, -1, -1):
        above = ".".join(steps[:count])
        for record in records:
            try:
                value = parsed(at(record, above), above) if above else record
            except RecordError:
                continue
            if isinstance(value, dict) and value:
                names = ", ".join(f"`{name}`" for name in sorted(map(str, value))[:_MOST_SHOWN])
                more = ", …" if len(value) > _MOST_SHOWN else ""
                return f"; {f'`{above}`' if above else 'the record'} has {names}{more}"
    return ""
