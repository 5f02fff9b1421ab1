"""The tables every stage reads and writes, and the errors every stage raises.

Imports nothing of Stillwatch. ``tables`` holds Arrow schemas, ``errors`` the error tree, ``ledger`` the
hash-chained log in which decisions, reads and writes are kept.
"""

from stillwatch.core import tables
from stillwatch.core.errors import (
    BadSetting,
    BadTable,
    EmptyInput,
    EndpointFailed,
    InputError,
    Interrupted,
    MissingDependency,
    OutputError,
    OutputExists,
    OutputUnwritable,
    StillwatchError,
    TamperedLedger,
    UnknownFormat,
    UnreadableInput,
)
from stillwatch.core.ledger import Entry, Ledger, canonical_json, chained, verify_chain

__all__ = [
    "BadSetting",
    "BadTable",
    "EmptyInput",
    "EndpointFailed",
    "Entry",
    "InputError",
    "Interrupted",
    "Ledger",
    "MissingDependency",
    "OutputError",
    "OutputExists",
    "OutputUnwritable",
    "StillwatchError",
    "TamperedLedger",
    "UnknownFormat",
    "UnreadableInput",
    "canonical_json",
    "chained",
    "tables",
    "verify_chain",
]
