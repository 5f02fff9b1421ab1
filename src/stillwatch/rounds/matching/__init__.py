"""Private matching: members learn which of their identifiers others hold too, and nothing else.

``oprf`` is RFC 9497's function, ``identifiers`` what goes into it, ``matching_state`` what a member keeps,
``participant`` a member's part of a round, ``mailbox`` its way to the hub. What each of them learns:
``docs/explanation/alliance-threat-model.md``.
"""

from stillwatch.rounds.matching.identifiers import KINDS, canonical
from stillwatch.rounds.matching.mailbox import HttpMailbox, Letter, Mailbox
from stillwatch.rounds.matching.matching_state import MatchingState, member_lock
from stillwatch.rounds.matching.participant import Limits, Participant

__all__ = [
    "KINDS",
    "HttpMailbox",
    "Letter",
    "Limits",
    "Mailbox",
    "MatchingState",
    "Participant",
    "canonical",
    "member_lock",
]
