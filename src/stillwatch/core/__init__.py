"""The tables every stage reads and writes, and the errors every stage raises.

Imports nothing of Stillwatch. ``tables`` holds Arrow schemas, ``errors`` the error tree.
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
    UnknownFormat,
    UnreadableInput,
)

__all__ = [
    "BadSetting",
    "BadTable",
    "EmptyInput",
    "EndpointFailed",
    "InputError",
    "Interrupted",
    "MissingDependency",
    "OutputError",
    "OutputExists",
    "OutputUnwritable",
    "StillwatchError",
    "UnknownFormat",
    "UnreadableInput",
    "tables",
]
