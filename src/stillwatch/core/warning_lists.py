"""Values that many strangers share, such as a public mail provider's domain: they are no indicators, whoever says so.

The list that comes with Stillwatch is ``warning_list.toml``, whose head says what a list can hold.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stillwatch.core import BadTable
from stillwatch.core.normal_form import normal_form
from stillwatch.core.small_files import read_small

__all__ = ["WarningList", "read_warning_list", "shipped_warnings"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_KINDS = ("domains", "exactly", "networks", "agents", "tls")
_ONE_LABEL = "a whole top-level domain"
_SHIPPED = Path(__file__).with_name("warning_list.toml")


@dataclass(frozen=True, slots=True)
class WarningList:
    """Values and why each is no indicator.

    Attributes:
        domains: with all below them.
        exactly: domains alone.
        networks: addresses and networks.
        agents: user agents; those that end with ``*`` stand for all that begin so.
        tls: fingerprints.
    """

    domains: Mapping[str, str]
    exactly: Mapping[str, str]
    networks: Mapping[Network, str]
    agents: Mapping[str, str]
    tls: Mapping[str, str]

    def reason(self, kind: str, value: str) -> str | None:
        """Why a value is no indicator; None where nothing is known against it.

        Args:
            kind: one of ``INDICATOR_KINDS``.
            value: in any way of writing it.
        """
        if kind == "domain":
            return self._of_domain(_domain(value))
        if kind in ("address", "network"):
            return self._of_network(value)
        if kind == "agent":
            begins = (why for one, why in self.agents.items() if one.endswith("*") and value.startswith(one[:-1]))
            return self.agents.get(value) or next(begins, None)
        return self.tls.get(value) if kind == "tls" else None

    def _of_domain(self, domain: str) -> str | None:
        if "." not in domain:
            return _ONE_LABEL
        if domain in self.exactly:
            return self.exactly[domain]
        labels = domain.split(".")
        above = (".".join(labels[start:]) for start in range(len(labels)))
        return next((self.domains[one] for one in above if one in self.domains), None)

    def _of_network(self, value: str) -> str | None:
        try:
            asked = _network(value)
        except ValueError:
            return "no address and no network"
        return next((why for one, why in self.networks.items() if _overlap(one, asked)), None)

    def joined(self, other: WarningList) -> WarningList:
        """What either says."""
        return WarningList(*({**getattr(self, kind), **getattr(other, kind)} for kind in _KINDS))


def read_warning_list(path: Path) -> WarningList:
    """Read a list.

    Raises:
        BadTable: it is none.
    """
    hint = 'for instance [[list]] with reason = "our own office" and networks = ["192.0.2.0/24"]'
    found: dict[str, dict[Any, str]] = {kind: {} for kind in _KINDS}
    forms: dict[str, Callable[[str], Any]] = {
        "domains": _domain,
        "exactly": _domain,
        "networks": _network,
        "agents": str,
        "tls": str,
    }
    try:
        told = tomllib.loads(read_small(path).decode())["list"]
        for part in told:
            unknown = set(part) - {"reason", *_KINDS}
            if unknown:
                raise BadTable(f"no part of a list: {', '.join(sorted(unknown))}", where=str(path), hint=hint)
            for kind in set(_KINDS) & set(part):
                found[kind] |= {forms[kind](one): str(part["reason"]) for one in part[kind]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadTable(f"no warning list: {error}", where=str(path), hint=hint) from error
    return WarningList(**found)


@cache
def shipped_warnings() -> WarningList:
    """The list that comes with Stillwatch."""
    return read_warning_list(_SHIPPED)


def _domain(value: str) -> str:
    return normal_form("NFKC", value).lower().strip().strip(".").removeprefix("%@")


def _network(value: str) -> Network:
    network = ipaddress.ip_network(value.strip(), strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= 96:
        return ipaddress.ip_network(f"{mapped}/{network.prefixlen - 96}", strict=False)
    return network


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
