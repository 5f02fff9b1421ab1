"""Private matching: members learn which of their identifiers others hold too, and nothing else.

``oprf`` is RFC 9497's function, ``identifiers`` what goes into it, ``messages`` all that goes over the wire,
``state`` what a member keeps, ``participant`` a member's part of a round, ``mailbox`` its way to the hub, and
``relay`` the hub's part. What each of them learns: ``docs/explanation/alliance-threat-model.md``.
"""

from stillwatch.alliance.matching.identifiers import KINDS, canonical
from stillwatch.alliance.matching.mailbox import HttpMailbox, Letter, Mailbox
from stillwatch.alliance.matching.messages import Graph, GraphGroup, Round
from stillwatch.alliance.matching.participant import Limits, Participant
from stillwatch.alliance.matching.relay import matching_router, open_round
from stillwatch.alliance.matching.state import State, alone

__all__ = [
    "KINDS",
    "Graph",
    "GraphGroup",
    "HttpMailbox",
    "Letter",
    "Limits",
    "Mailbox",
    "Participant",
    "Round",
    "State",
    "alone",
    "canonical",
    "matching_router",
    "open_round",
]
