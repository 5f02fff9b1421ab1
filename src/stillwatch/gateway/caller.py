"""Who asks: account, organisation, key and address, from where the operator says that they stand.

A key is never kept or written: ``api_key_id`` is its keyed hash. A header names an account only where something in
front of the gateway sets it and removes the client's own; the gateway cannot tell.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stillwatch.core import OutputUnwritable
from stillwatch.core.bodies import anthropic, openai
from stillwatch.core.small_files import read_small
from stillwatch.core.whole_files import put_whole
from stillwatch.gateway.settings import GatewaySettings

__all__ = ["ANONYMOUS", "Caller", "identify", "read_secret"]

ANONYMOUS = "anonymous"
"""The account of requests that name none."""
_LONGEST_NAME = 2_048


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from."""

    account_id: str
    org_id: str | None = None
    api_key_id: str | None = None
    client_address: str | None = None
    user_agent: str | None = None


def read_secret(settings: GatewaySettings) -> bytes:
    """The gateway's own secret, made on the first start.

    Gateways that share it hash keys and draw times alike. Without a file and without a record it lives as long
    as the process.

    Raises:
        OutputUnwritable: the file cannot be made or read.
    """
    path = settings.secret_file
    if path is None and settings.record is not None:
        path = settings.record.with_name(f"{settings.record.name}.secret")
    if path is None:
        return secrets.token_bytes(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Another gateway may be starting beside this one.
            with contextlib.suppress(FileExistsError):
                put_whole(path, secrets.token_bytes(32), new=True, synced=True, mode=0o600)
        secret = read_small(path)
    except OSError as error:
        raise OutputUnwritable(f"the gateway's secret cannot be read or made: {error}", where=str(path)) from error
    if len(secret) < 16:
        raise OutputUnwritable("the gateway's secret is shorter than 16 bytes", where=str(path))
    return secret


def identify(
    settings: GatewaySettings,
    secret: bytes,
    headers: Mapping[str, str],
    body: Mapping[str, Any],
    peer: str | None,
    *,
    key: str | None,
) -> Caller:
    """Who asks.

    Args:
        settings: where account, organisation and address stand.
        secret: what keys are hashed with.
        headers: names in lower case.
        body: the request, decoded.
        peer: address at the other end of the connection.
        key: the one that it shows (``credentials``).
    """
    key_id = hashlib.blake2b(key.encode("utf-8", "replace"), key=secret, digest_size=12).hexdigest() if key else None
    account: Any = None
    for source in settings.account_from:
        if source == "key":
            account = f"key-{key_id}" if key_id else None
        elif source == "body":
            account = openai.caller(body) or anthropic.caller(body)
        else:
            account = _named(headers.get(source.removeprefix("header:").lower()))
        if account:
            break
    address = peer
    if settings.address_from:
        # The last hop in front of the gateway wrote the last entry; earlier ones are the client's word.
        address = headers.get(settings.address_from.removeprefix("header:").lower(), "").split(",")[-1].strip() or peer
    organisation = _named(headers.get(settings.org_from.removeprefix("header:").lower())) if settings.org_from else None
    return Caller(_bounded(str(account or ANONYMOUS)), organisation, key_id, address, headers.get("user-agent"))


def _named(value: str | None) -> str | None:
    """A name in a header, as a log has it: in UTF-8, where its bytes are that."""
    try:
        return value and value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _bounded(name: str) -> str:
    """A name as decisions have it; of one that nobody has, no more than tells it from others."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:256]}...{hashlib.blake2b(name.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"
