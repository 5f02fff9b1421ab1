"""What leaves a member of an alliance, and what comes to it: indicators, and the facts of a campaign.

Everything here is a count, a time, a word of a fixed vocabulary or the value of an abuse indicator. There is no
field for a prompt, a price, a plan or a customer's name, and none is to be added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

__all__ = ["INDICATOR_KINDS", "CampaignFacts", "Indicator", "PartnerIndicator"]

INDICATOR_KINDS: Mapping[str, str] = {
    "address": "an IP address",
    "network": "a /24 network",
    "domain": "an e-mail domain",
    "tls": "a TLS fingerprint",
    "agent": "a user agent",
    "sentence": "a sentence, by its fingerprint",
}
"""The kinds of indicators, and how a reader is told of each."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A value by which accounts of a campaign are known.

    Attributes:
        kind: one of ``INDICATOR_KINDS``.
        value: the value; of a sentence its 64-bit fingerprint in hex.
        accounts: members of the campaign that have it.
        others: accounts outside the campaign that have it too.
    """

    kind: str
    value: str
    accounts: int
    others: int

    @property
    def confidence(self) -> int:
        """Percent of the accounts with this value that belonged to the campaign, by Laplace's rule."""
        return int(100 * (self.accounts + 1) / (self.accounts + self.others + 2))


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """A campaign of a run, reduced to what may be told of it.

    Attributes:
        campaign_id: its name in the run.
        accounts, exchanges: how many.
        first_seen, last_seen: of its exchanges, UTC.
        q_value: share of false campaigns among those as strong.
        observations: how many observations each counted family of evidence rests on.
        tactics: MITRE ATLAS ids and names.
        targets: what was asked for, in the scan's own words.
        confidence: low, moderate or high, that one party runs these accounts.
        account_ids: its members; never leave but as pseudonyms.
        indicators: values its members have and next to no others.
        lasting_id: names it over all steps of its run; None where the run is of an earlier version.
    """

    campaign_id: str
    accounts: int
    exchanges: int
    first_seen: datetime
    last_seen: datetime
    q_value: float
    observations: Mapping[str, int]
    tactics: tuple[tuple[str, str], ...]
    targets: tuple[str, ...]
    confidence: str
    account_ids: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    lasting_id: str | None = None


@dataclass(frozen=True, slots=True)
class PartnerIndicator:
    """An indicator as a partner said it: a clue of that partner's, never proof.

    Attributes:
        indicator_id: its STIX id.
        kind, value: as in ``Indicator``.
        partner: who said so.
        campaign: the STIX id of the campaign it points to, or nothing.
        tlp: its label.
        confidence: percent, as the partner put it; None where it gave none.
        valid_from, valid_until: between which it counts; it may have no end.
        appeal: ``filed`` or ``rejected`` where someone appealed against it.
    """

    indicator_id: str
    kind: str
    value: str
    partner: str
    campaign: str | None
    tlp: str
    confidence: int | None
    valid_from: datetime
    valid_until: datetime | None
    appeal: str | None = None
