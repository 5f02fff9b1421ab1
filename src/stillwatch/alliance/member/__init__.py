"""What a member does: draft, approve and send; pull; take back; appeal.

``publishing`` makes drafts and empties the outbox, ``pulling`` brings what partners said, ``undoing`` retracts and
appeals, ``client`` speaks TAXII. Everything that leaves goes through a ``Draft``, which shows it, and the outbox,
which sends it once.
"""

from stillwatch.alliance.member.client import Client, Credentials
from stillwatch.alliance.member.publishing import (
    Draft,
    Membership,
    Sent,
    approve,
    draft,
    publish,
    read_draft,
    send,
    write_draft,
)
from stillwatch.alliance.member.pulling import Pulled, pull
from stillwatch.alliance.member.undoing import appeal, draft_appeal, draft_retraction, retract

__all__ = [
    "Client",
    "Credentials",
    "Draft",
    "Membership",
    "Pulled",
    "Sent",
    "appeal",
    "approve",
    "draft",
    "draft_appeal",
    "draft_retraction",
    "publish",
    "pull",
    "read_draft",
    "retract",
    "send",
    "write_draft",
]
