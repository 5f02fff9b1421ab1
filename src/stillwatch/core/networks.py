"""The network of a client's address: what says that two addresses may be in one pair of hands.

In this one place, so that evidence within a log, what a campaign's portrait names and what members share agree.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

__all__ = ["network_of"]

_PREFIX_4, _PREFIX_6 = 24, 48
# A batch, and a log, has far fewer distinct addresses than rows.
_MOST_REMEMBERED = 1 << 16

_WITH_PORT = re.compile(r"\[([^][]*)\](?::\d{1,5})?|([0-9.]+):\d{1,5}")
# Addresses that are nobody's on the Internet, or everybody's (IANA's registries of special-purpose addresses).
_NOT_PUBLIC_4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "224.0.0.0/3",
        ),
    )
)
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
# Teredo: the first 48 bits name a server, not its client.
_TEREDO = ipaddress.IPv6Network("2001::/32")
# A translator's name for an address of version 4 (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


@lru_cache(_MOST_REMEMBERED)
def network_of(text: str | None) -> str | None:
    """The network that a client's address is in.

    Private ranges (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7) and carrier-grade NAT (100.64.0.0/10) have
    none: the same 10.0.0.0/24 stands in thousands of unrelated houses and clusters, and a log full of them was
    written behind a balancer, so that sharing one is no sign of common hands. Documentation's ranges count as public:
    no client has them, and examples do.

    Args:
        text: an address as a log has it. Space around it, brackets, a port (after brackets, or after an address of
            version 4) and a zone (``%eth0``) are passed over.

    Returns:
        ``203.0.113.0/24`` for version 4, also where version 6 only carries it (``::ffff:203.0.113.9``,
        ``64:ff9b::203.0.113.9``); ``2001:db8:7::/48`` for version 6; None for what is no single address, and for
        addresses that are no public host's: private, loopback, link-local, multicast, unspecified, reserved, Teredo.
    """
    bare = (text or "").strip()
    if ported := _WITH_PORT.fullmatch(bare):
        bare = ported[1] or ported[2] or ""
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried is None:
            return _network_6(address)
        address = carried
    if any(address in network for network in _NOT_PUBLIC_4):
        return None
    return str(ipaddress.IPv4Network((int(address), _PREFIX_4), strict=False))


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _TRANSLATED else None


def _network_6(address: ipaddress.IPv6Address) -> str | None:
    if address not in _PUBLIC_6 or address in _TEREDO:
        return None
    # Through the number, by which a zone is lost.
    return str(ipaddress.IPv6Network((int(address), _PREFIX_6), strict=False))
