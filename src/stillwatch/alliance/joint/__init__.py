"""Joint detection: a campaign's members among one's own accounts, by what several providers hold together.

``evidence`` is what it works on, ``detect`` tests and controls. Everything is arrays and tokens: how tokens came to be
matched is ``matching``'s business.
"""

from stillwatch.alliance.joint.detect import JointCampaign, Tie, detect_jointly
from stillwatch.alliance.joint.evidence import Own, OwnGroup, PeerGraph, PeerGroup, rarity

__all__ = ["JointCampaign", "Own", "OwnGroup", "PeerGraph", "PeerGroup", "Tie", "detect_jointly", "rarity"]
