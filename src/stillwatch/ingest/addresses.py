"""A client's address out of what proxies write in its place: its port, its brackets, and the hops behind it.

With its port an address would be another at every connection, and the accounts behind one would share nothing.

| as it is written | read as |
| --- | --- |
| ``203.0.113.4:51034``, ``[2001:db8::1]:443`` | the address without its port |
| ``203.0.113.4, 10.0.0.1`` (``X-Forwarded-For``) | its first hop, the client's |
| ``::ffff:203.0.113.4`` | the address of version 4 that it carries |
| ``-``, ``unknown`` and other words for nobody | nothing |
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.ingest.placeholders import nobodies

__all__ = ["bare_addresses"]

# Most are bare, and that is seen at once.
_BARE = r"^(?:[0-9.]{7,15}|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]{2,34})$"
_DRESSED = r"[,\[\]\s]|^[0-9.]+:|(?i:^::ffff:[0-9]+\.)"
_STEPS = (
    (r"^\s*(?:(?i:unknown|-)\s*,\s*)*([^,]*?)\s*(?:,.*)?$", r"\1"),
    (r"^\[([^\[\]]*)\](?::[0-9]{1,5})?$", r"\1"),
    (r"^([0-9.]+):[0-9]{1,5}$", r"\1"),
    (r"(?i)^::ffff:([0-9]+\.[0-9.]+)$", r"\1"),
)


def bare_addresses(addresses: pa.Array) -> pa.Array:
    """A column of client addresses, each bare; what names nobody null."""
    if addresses.null_count == len(addresses) or pc.all(pc.match_substring_regex(addresses, _BARE)).as_py():
        return addresses
    if pc.any(pc.match_substring_regex(addresses, _DRESSED)).as_py():
        for pattern, instead in _STEPS:
            addresses = pc.replace_substring_regex(addresses, pattern, instead)
    found = nobodies(addresses)
    return addresses if found is None else pc.if_else(found, pa.scalar(None, addresses.type), addresses)
