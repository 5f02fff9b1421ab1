"""The hub: a TAXII 2.1 server over SQLite or PostgreSQL, and what other routers of an alliance build upon.

``database`` holds the tables and the one exclusive transaction, ``turns`` whose turn it is, ``journal`` the
hash-chained log of every read and write, ``members`` who may come in, ``collections`` and ``storage`` what is kept,
``taxii`` the endpoints, ``app`` the application into which routers are mounted, ``serve`` the server.
"""

from stillwatch.alliance.hub.app import create_app
from stillwatch.alliance.hub.collections import create_collections, open_circle
from stillwatch.alliance.hub.database import Hub, metadata
from stillwatch.alliance.hub.journal import hash_at, journal_entries, record
from stillwatch.alliance.hub.members import CurrentMember, Member, admit, authenticated, expel, in_the_name_of
from stillwatch.alliance.hub.problems import Problem
from stillwatch.alliance.hub.quotas import Quota
from stillwatch.alliance.hub.serve import Serving, Tls, serve, serving
from stillwatch.alliance.hub.traffic import Pace, Traffic

__all__ = [
    "CurrentMember",
    "Hub",
    "Member",
    "Pace",
    "Problem",
    "Quota",
    "Serving",
    "Tls",
    "Traffic",
    "admit",
    "authenticated",
    "create_app",
    "create_collections",
    "expel",
    "hash_at",
    "in_the_name_of",
    "journal_entries",
    "metadata",
    "open_circle",
    "record",
    "serve",
    "serving",
]
