"""Networks that requests come from: households, offices, universities, clouds, VPNs and proxies in households."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Link", "Networks"]

_HOMES = {
    "us": (7922, 7018, 701, 20115, 22773),
    "gb": (2856, 5089, 5607),
    "de": (3320, 3209, 6805),
    "fr": (3215, 12322, 15557),
    "es": (3352, 12479),
    "br": (28573, 27699, 18881),
    "in": (9829, 55836, 24560),
    "jp": (2516, 4713, 17676),
    "cn": (4134, 4837, 9808),
    "pl": (5617, 12741),
    "au": (1221, 4804),
    "ca": (812, 577),
    "mx": (8151, 28403),
    "kr": (4766, 9318),
    "vn": (45899, 7552),
    "ng": (29465, 36873),
}
_CLOUDS = (16509, 14618, 15169, 396982, 8075, 14061, 24940, 16276, 20473, 63949, 45102, 132203, 51167, 31898)
_VPNS = (9009, 212238, 60068, 136787, 13335)
_OFFICES = (174, 3356, 8220, 1299, 2914, 6461)
_FIRST = (*range(2, 10), *range(11, 100), *range(128, 169), *range(176, 192), *range(193, 222))
_CAMPUSES = (680, 786, 766, 11537, 2907, 1103, 2200)


@dataclass
class Link:
    """Where one account's requests come from, a place drawn for each stretch of use."""

    kind: str
    places: list[tuple[str, int]]
    """Address and network number."""
    stay: float = 0.9
    """How likely the next stretch of use comes from the same place."""
    fresh: Callable[[], tuple[str, int]] | None = None
    """Draws an address that was not used before, for links whose addresses change."""
    hold: float = 2400
    """Seconds that a stretch of use lasts; none where each request may come from elsewhere."""
    at: int = 0
    used: dict[int, tuple[str, int]] = field(default_factory=dict)

    def place(self, rng: random.Random, second: float) -> tuple[str, int]:
        """Address and network number at this time."""
        if not self.hold:
            return self._next(rng)
        slot = int(second // self.hold)
        if slot not in self.used:
            self.used[slot] = self._next(rng)
        return self.used[slot]

    def _next(self, rng: random.Random) -> tuple[str, int]:
        if rng.random() > self.stay:
            if self.fresh:
                self.places[0], self.at = self.fresh(), 0
            else:
                self.at = rng.randrange(len(self.places))
        return self.places[self.at]


class Networks:
    """All networks of one world."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._blocks: dict[int, list[tuple[int, int]]] = {}
        self._vpn = [self._address(rng.choice(_VPNS)) for _ in range(rng.randint(25, 120))]
        self._exits: list[tuple[str, int]] = []
        self.exit_share = rng.uniform(0, 0.25)
        self._shared_clouds = [self._address(rng.choice(_CLOUDS)) for _ in range(rng.randint(10, 60))]

    def _address(self, asn: int) -> tuple[str, int]:
        rng = self._rng
        if asn not in self._blocks:
            self._blocks[asn] = [(rng.choice(_FIRST), rng.randrange(256)) for _ in range(9)]
        first, second = rng.choice(self._blocks[asn])
        return f"{first}.{second}.{rng.randrange(256)}.{rng.randrange(1, 255)}", asn

    def household(self, country: str) -> Link:
        """A line of a household, and often a phone beside it."""
        rng = self._rng
        homes = _HOMES[country]
        home, phone = rng.choice(homes), rng.choice(homes)
        is_exit = bool(self._exits) and rng.random() < 0.02
        places = [rng.choice(self._exits) if is_exit else self._address(home)]
        if rng.random() < 0.4:
            places.append(self._address(phone))
        if rng.random() < 0.25:
            hold = 86400 * rng.choice((1, 1, 2, 7))
            return Link("dynamic", places, rng.uniform(0.1, 0.9), lambda: self._address(home), hold)
        return Link("household", places, rng.uniform(0.7, 1))

    def vpn(self) -> Link:
        """A VPN that many use."""
        return Link("vpn", self._rng.sample(self._vpn, min(len(self._vpn), self._rng.randint(1, 6))), 0.5)

    def cloud(self, addresses: int = 1) -> Link:
        """Servers of one cloud."""
        asn = self._rng.choice(_CLOUDS)
        return Link("cloud", [self._address(asn) for _ in range(addresses)], 0.7 if addresses > 1 else 1, hold=0)

    def platform(self) -> Link:
        """A platform on which many run their programs, behind common addresses."""
        return Link("platform", self._rng.sample(self._shared_clouds, 4), 0.6, hold=600)

    def office(self) -> Link:
        """One house's way out, for all who work there."""
        asn = self._rng.choice(_OFFICES)
        return Link("office", [self._address(asn) for _ in range(self._rng.choice((1, 1, 2, 3)))], 0.8)

    def campus(self) -> Link:
        """A university's way out."""
        asn = self._rng.choice(_CAMPUSES)
        return Link("campus", [self._address(asn) for _ in range(self._rng.randint(1, 8))], 0.6)

    def shared(self, link: Link) -> Link:
        """The same way out for somebody else."""
        return Link(link.kind, link.places, link.stay, link.fresh, link.hold)

    def proxied(self, stay: float) -> Link:
        """Proxies in households all over, changed as often as one likes."""

        def fresh() -> tuple[str, int]:
            if self._exits and self._rng.random() < self.exit_share:
                return self._rng.choice(self._exits)
            place = self._address(self._rng.choice(_HOMES[self._rng.choice(sorted(_HOMES))]))
            if len(self._exits) < 5000:
                self._exits.append(place)
            return place

        hold = 0 if stay < 0.3 else self._rng.choice((600, 2400, 86400))
        return Link("proxied", [fresh()], stay, fresh, hold)

    def hosting(self, accounts: int) -> list[Link]:
        """Rented servers for so many accounts, few addresses in one or two networks."""
        rng = self._rng
        asns = rng.sample(_CLOUDS, rng.choice((1, 1, 2, 3)))
        servers = [self._address(rng.choice(asns)) for _ in range(max(1, accounts // rng.randint(1, 8)))]
        links = []
        for number in range(accounts):
            mine = [servers[number % len(servers)], *rng.sample(servers, min(len(servers), rng.choice((0, 0, 1, 2))))]
            links.append(Link("hosting", mine, rng.uniform(0.6, 1)))
        return links
