"""The tables every stage reads and writes, and the errors every stage raises.

Imports nothing of Stillwatch. ``tables`` holds Arrow schemas, ``errors`` the error tree, ``ledger`` the
hash-chained log in which decisions, reads and writes are kept, ``indicators`` what members of an alliance share.
"""

from stillwatch.core import tables
from stillwatch.core.errors import (
    BadMessage,
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
from stillwatch.core.indicators import INDICATOR_KINDS, CampaignFacts, Indicator, PartnerIndicator
from stillwatch.core.ledger import Entry, Ledger, canonical_json, chained, verify_chain

__all__ = [
    "INDICATOR_KINDS",
    "BadMessage",
    "BadSetting",
    "BadTable",
    "CampaignFacts",
    "EmptyInput",
    "EndpointFailed",
    "Entry",
    "Indicator",
    "InputError",
    "Interrupted",
    "Ledger",
    "MissingDependency",
    "OutputError",
    "OutputExists",
    "OutputUnwritable",
    "PartnerIndicator",
    "StillwatchError",
    "TamperedLedger",
    "UnknownFormat",
    "UnreadableInput",
    "canonical_json",
    "chained",
    "tables",
    "verify_chain",
]
