"""The console: web pages on which an analyst looks at runs, understands what was found, and decides.

    Places > Console > create_app > serve

It adds no second truth: runs are read where their Parquet lies, decisions and appeals are policy's own log, and its
own small file holds people, sessions, claims and comments alone. Every look at customers' text and every act is in a
chained log. ``routes`` is the table of all paths with the role that each needs; ``views`` has one file a page.
"""

from stillwatch.console.app import create_app
from stillwatch.console.claims import Claims
from stillwatch.console.database import Database
from stillwatch.console.people import ROLES, People
from stillwatch.console.serve import Serving, Tls, serve, serving
from stillwatch.console.service import Console, Places

__all__ = [
    "ROLES",
    "Claims",
    "Console",
    "Database",
    "People",
    "Places",
    "Serving",
    "Tls",
    "create_app",
    "serve",
    "serving",
]
