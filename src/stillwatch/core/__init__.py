"""The tables every stage reads and writes, and the errors every stage raises.

Imports nothing of Stillwatch. ``tables`` holds Arrow schemas, ``errors`` the error tree, ``ledger`` the
hash-chained log in which decisions, reads and writes are kept, ``endpoint`` speaks to remote models, ``greenlists`` and
``radioactivity`` hold a watermark's marks and the test for them.
"""

from stillwatch.core import tables
from stillwatch.core.endpoint import Endpoint
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
from stillwatch.core.greenlists import is_green
from stillwatch.core.ledger import Entry, Ledger, canonical_json, chained, verify_chain
from stillwatch.core.radioactivity import Radioactivity, measure_radioactivity

__all__ = [
    "BadSetting",
    "BadTable",
    "EmptyInput",
    "Endpoint",
    "EndpointFailed",
    "Entry",
    "InputError",
    "Interrupted",
    "Ledger",
    "MissingDependency",
    "OutputError",
    "OutputExists",
    "OutputUnwritable",
    "Radioactivity",
    "StillwatchError",
    "TamperedLedger",
    "UnknownFormat",
    "UnreadableInput",
    "canonical_json",
    "chained",
    "is_green",
    "measure_radioactivity",
    "tables",
    "verify_chain",
]
