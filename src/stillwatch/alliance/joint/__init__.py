"""Joint detection: a campaign's members among one's own accounts, by what several providers hold together.

``evidence`` is what it works on, ``detect`` tests and controls, ``offer`` is what leaves and what is read. Everything
is arrays and tokens: how tokens came to be matched is ``matching``'s business.
"""

from stillwatch.alliance.joint.detect import JointCampaign, Tie, detect_jointly
from stillwatch.alliance.joint.evidence import Own, OwnGroup, PeerGraph, PeerGroup, rarity
from stillwatch.alliance.joint.offer import Match, Offer, peer_graph

__all__ = [
    "JointCampaign",
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
