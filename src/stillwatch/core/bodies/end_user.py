"""Whom a request names as its end user: ids that clients put together of an account and a session are taken apart."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from stillwatch.core.bodies.shapes import first, identity

__all__ = ["composite_id", "composite_parts"]

_COMPOSITE = re.compile(r"(?P<user>.+?)(?:_account_(?P<account>[^_]*))?_session_(?P<session>[0-9a-zA-Z-]{8,})")


def composite_id(value: object) -> tuple[Any, Any]:
    """An end user's id as account and session, for clients that write both into it.

    ``user_H_account_A_session_S`` is account A in session S (user_H where A is empty), and ``..._session_S`` whatever
    stands before in session S; so is an object, or its JSON text, with ``account_uuid`` (else ``device_id``) and
    ``session_id``. Whatever else there is, is an account.
    """
    if value is None:
        return None, None
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return value, None
    if isinstance(value, dict):
        return identity(first(value, "account_uuid", "account_id", "user_id", "device_id")), identity(
            first(value, "session_id", "session_uuid")
        )
    found = _COMPOSITE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return identity(value), None
    return found["account"] or found["user"], found["session"]


def composite_parts(value: str) -> dict[str, str]:
    """``user_H_account_A_session_S`` by its parts: ``user`` (``user_H``), ``account``, ``session``, less those that are
    empty; no part of any other id."""
    found = _COMPOSITE.fullmatch(value)
    return {name: part for name, part in found.groupdict().items() if part} if found is not None else {}
