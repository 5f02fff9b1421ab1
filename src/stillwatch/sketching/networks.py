"""Networks of a batch of client addresses."""

from __future__ import annotations

import ipaddress

import pyarrow as pa

__all__ = ["networks"]


def networks(addresses: pa.Array) -> pa.Array:
    """The network of each address, null where it has none."""
    coded = addresses.cast(pa.string()).dictionary_encode()
    found = [_network(text) for text in coded.dictionary.to_pylist()]
    return pa.array(found, pa.string()).take(coded.indices)


def _network(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
