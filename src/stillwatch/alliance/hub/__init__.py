"""The hub: a TAXII 2.1 server over SQLite or PostgreSQL, and what other routers of an alliance build upon.

``database`` holds the tables and the one exclusive transaction, ``journal`` the hash-chained log of every read and
write, ``members`` who may come in, ``app`` the application into which routers are mounted.
"""

from stillwatch.alliance.hub.app import create_app
from stillwatch.alliance.hub.database import Hub, metadata
from stillwatch.alliance.hub.journal import journal_entries, record
from stillwatch.alliance.hub.members import CurrentMember, Member, admit, authenticated, expel
from stillwatch.alliance.hub.problems import Problem

__all__ = [
    "CurrentMember",
    "Hub",
    "Member",
    "Problem",
    "admit",
    "authenticated",
    "create_app",
    "expel",
    "journal_entries",
    "metadata",
    "record",
]
