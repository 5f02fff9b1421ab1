"""Whose hands a designed campaign's accounts are in: cards, addresses, networks, clients, and the day they were made.

To add a value of the axis ``hands``, write its origin in ``_place`` and its card in ``Hands.make``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stillwatch.range.account import Known, Origin
from stillwatch.range.axes import CampaignDesign
from stillwatch.range.clock import HOUR
from stillwatch.range.script import Stage, hosting_network, moment, odd_client

__all__ = ["Hands"]


@dataclass(frozen=True, slots=True)
class Hands:
    """What the accounts of one campaign share, drawn once."""

    design: CampaignDesign
    cards: tuple[str, ...]
    addresses: tuple[str, ...]
    networks: tuple[tuple[int, str], ...]
    mail: tuple[str, ...]
    client: tuple[str, str] | None
    shape: dict[str, object] | None

    @classmethod
    def make(cls, stage: Stage, design: CampaignDesign) -> Hands:
        """Draw what is shared."""
        rng = stage.rng
        doors = max(1, round(design.accounts / design.an_address)) if design.an_address else 0
        origin, shape, _ = stage.subscriber("pay as you go", api=True)
        client = {
            "common": (origin.user_agent, origin.tls_fingerprint),
            "odd": odd_client(rng),
        }.get(design.client)
        return cls(
            design,
            tuple(f"card-{rng.randrange(16**10):010x}" for _ in range(design.cards)),
            tuple(_home(stage).addresses[0] for _ in range(doors)),
            tuple(hosting_network(rng) for _ in range(design.networks)),
            tuple(f"{rng.randrange(16**6):06x}.example" for _ in range(rng.choice((0, 0, 1, 3, 8)))),
            client,
            shape if design.parameters == "one" else None,
        )

    def take(self, stage: Stage, number: int, volume: int, begin: float) -> Known:
        """Who the account of this number is, made for the work that begins at this hour."""
        rng, design = stage.rng, self.design
        api = design.client != "spread" or rng.random() < 0.6
        origin, shape, file = stage.stranger(api=api, volume=volume)
        origin = self._place(stage, origin, number)
        if self.client and api:
            origin = replace(origin, user_agent=self.client[0], tls_fingerprint=self.client[1])
        if self.shape is not None and api:
            shape = dict(self.shape)
        if self.cards and file["plan"] == "free":
            file["plan"] = "pay as you go" if api else "plus"
        if self.cards:
            file["payment_id"] = self.cards[number % len(self.cards)]
        if design.signup != "bought":
            if self.mail:
                file["email_domain"] = rng.choice(self.mail)
            file["created"] = moment(begin - rng.uniform(0.1, design.signup_hours)) - HOUR // 20
        return origin, shape, file

    def _place(self, stage: Stage, own: Origin, number: int) -> Origin:
        """Where it asks from; its client stays."""
        rng = stage.rng
        if self.addresses:
            few = min(len(self.addresses), rng.choice((1, 1, 2)))
            return replace(own, addresses=tuple(rng.sample(self.addresses, few)))
        if self.networks:
            asn, network = rng.choice(self.networks)
            return replace(own, asn=asn, addresses=tuple(f"{network}.{rng.randrange(1, 255)}" for _ in range(4)))
        if self.design.hands == "residential":
            homes = tuple(_home(stage).addresses[0] for _ in range(rng.randint(2, 6)))
            return replace(own, addresses=(*own.addresses, *homes))
        return own


def _home(stage: Stage) -> Origin:
    return stage.subscriber("plus", api=False)[0]
