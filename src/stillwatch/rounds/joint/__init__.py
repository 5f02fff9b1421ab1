"""Joint detection: a campaign's members among one's own accounts, by what several providers hold together.

``evidence`` is what it works on, ``ties`` counts, ``significance`` tests and controls, ``detect`` puts campaigns
together, ``offer`` is what leaves and what is read. Everything is arrays and tokens: how tokens came to be matched is
``matching``'s business.
"""

from stillwatch.rounds.joint.detect import JointCampaign, JointGroup, detect_jointly
from stillwatch.rounds.joint.evidence import Own, OwnGroup, PeerGraph, PeerGroup, rarity
from stillwatch.rounds.joint.offer import Match, Offer, peer_graph
from stillwatch.rounds.joint.significance import GroupTest
from stillwatch.rounds.joint.ties import Tie

__all__ = [
    "GroupTest",
    "JointCampaign",
    "JointGroup",
    "Match",
    "Offer",
    "Own",
    "OwnGroup",
    "PeerGraph",
    "PeerGroup",
    "Tie",
    "detect_jointly",
    "peer_graph",
    "rarity",
]
