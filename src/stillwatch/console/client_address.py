"""Whose address a request comes from: the client's, also behind proxies that the operator names.

Every proxy adds to ``X-Forwarded-For`` the address that it was asked from; what stands before that the client may have
written. So the header is read from its end, for as long as it was a named proxy that wrote.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from stillwatch.core import BadSetting

__all__ = ["ProxyNetwork", "braked_as", "client_address", "proxy_networks"]

ProxyNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_MOST_HOPS = 32
_OF_ONE_CUSTOMER = 64


def proxy_networks(named: Sequence[str]) -> tuple[ProxyNetwork, ...]:
    """Networks of proxies, as somebody wrote them.

    Raises:
        BadSetting: one of them is none.
    """
    found = []
    for one in named:
        try:
            found.append(ipaddress.ip_network(one.strip(), strict=False))
        except ValueError as error:
            hint = "give the proxy's address or network, such as 127.0.0.1 or 10.0.0.0/24"
            raise BadSetting("is no address and no network", where=f"--trusted-proxy {one}", hint=hint) from error
    return tuple(found)


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[ProxyNetwork]) -> str:
    """Where a request comes from.

    Args:
        peer: who is connected.
        forwarded: values of ``X-Forwarded-For``, in their order.
        proxies: whose word counts.

    >>> client_address("10.0.0.1", ["1.1.1.1, 203.0.113.9"], proxy_networks(["10.0.0.0/8"]))
    '203.0.113.9'
    """
    at = peer
    hops = ",".join(forwarded).rsplit(",", _MOST_HOPS)[::-1] if forwarded else []
    for said in hops:
        known, before = _read(at), _read(said)
        if known is None or before is None or not any(known in network for network in proxies):
            break
        at = str(before)
    return at


def braked_as(address: str) -> str:
    """Under what tries from an address are counted: of version 6 everybody has so many that the network counts.

    >>> braked_as("2001:db8:1:2:3::4"), braked_as("203.0.113.9")
    ('2001:db8:1:2::/64', '203.0.113.9')
    """
    known = _read(address)
    if known is None or known.version == 4:
        return address if known is None else str(known)
    return str(ipaddress.ip_network((known, _OF_ONE_CUSTOMER), strict=False))


def _read(said: str) -> _Address | None:
    """An address, with or without a port or a zone; None where it is none."""
    said = said.strip().strip('"')
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        known = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return None
    return getattr(known, "ipv4_mapped", None) or known
