"""The networks of a batch of client addresses: ``core.networks`` over Arrow's distinct values."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.core.networks import network_of

__all__ = ["networks"]


def networks(addresses: pa.Array) -> pa.Array:
    """The network of each client address, worked out once for each distinct one.

    Args:
        addresses: n strings, plain or dictionary-encoded; nulls allowed.

    Returns:
        n strings as ``network_of`` gives them, null where an address is missing or has no network.
    """
    coded = addresses if pa.types.is_dictionary(addresses.type) else addresses.dictionary_encode()
    of_each = pa.array([network_of(text) for text in coded.dictionary.to_pylist()], pa.string())
    return of_each.take(coded.indices)
