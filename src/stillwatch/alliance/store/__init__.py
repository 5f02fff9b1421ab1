"""A member's own file: what it published and has yet to send, and what partners said.

One SQLite file, written in whole transactions, so that whatever ends a command leaves it consistent. Needs nothing
beside the standard library: a scan reads partners' indicators from it wherever it runs.
"""

from stillwatch.alliance.store.feedback import OPINIONS, Feedback, feedback
from stillwatch.alliance.store.file import Parcel, Store
from stillwatch.alliance.store.forms import escaped, fault_of, is_plain
from stillwatch.alliance.store.partners import Appeal, appeals, partner_indicators

__all__ = [
    "OPINIONS",
    "Appeal",
    "Feedback",
    "Parcel",
    "Store",
    "appeals",
    "escaped",
    "fault_of",
    "feedback",
    "is_plain",
    "partner_indicators",
]
