"""What a member does: draft, approve and send; pull; take back; appeal.

``publishing`` makes drafts and empties the outbox, ``pulling`` brings what partners said, ``retractions`` retracts and
appeals, ``feedback`` tells creators what became of their indicators, ``client`` speaks TAXII, ``enrolment`` says who
the member is, ``overview`` what its file holds. Everything that leaves goes through a ``Draft``, which shows it, and
the outbox, which sends it once.
"""

from stillwatch.alliance.member.client import Client, Credentials
from stillwatch.alliance.member.drafts import Draft, read_draft, write_draft
from stillwatch.alliance.member.enrolment import enrol, membership
from stillwatch.alliance.member.feedback import draft_opinion, draft_sightings
from stillwatch.alliance.member.overview import Overview, overview
from stillwatch.alliance.member.publishing import (
    Membership,
    Sent,
    approve,
    draft,
    publish,
    send,
)
from stillwatch.alliance.member.pulling import Pulled, pull
from stillwatch.alliance.member.retractions import appeal, draft_appeal, draft_retraction, retract

__all__ = [
    "Client",
    "Credentials",
    "Draft",
    "Membership",
    "Overview",
    "Pulled",
    "Sent",
    "appeal",
    "approve",
    "draft",
    "draft_appeal",
    "draft_opinion",
    "draft_retraction",
    "draft_sightings",
    "enrol",
    "membership",
    "overview",
    "publish",
    "pull",
    "read_draft",
    "retract",
    "send",
    "write_draft",
]
