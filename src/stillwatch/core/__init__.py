"""The tables every stage reads and writes, and the errors every stage raises.

Imports nothing of Stillwatch. ``tables`` holds Arrow schemas, ``errors`` the error tree, ``ledger`` the
hash-chained log in which decisions, reads and writes are kept, ``bodies`` reads what model APIs are sent
and answer, ``words`` and ``minhash`` say which texts are alike. Only ``tables`` needs Arrow, and is
imported when asked for: the gateway runs where Arrow is not.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from stillwatch.core import tables

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


def __getattr__(name: str) -> Any:
    if name == "tables":
        return importlib.import_module("stillwatch.core.tables")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
