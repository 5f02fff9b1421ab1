"""What every package may know: the error tree and the few types that packages hand one another.

Imports nothing of Stillwatch, and nothing of Arrow: the gateway runs where Arrow is not. ``errors`` is the error
tree, ``ledger`` the hash-chained log in which decisions, reads and writes are kept, ``decisions`` what is decided
about whom and why, ``standing`` what of a decision log is in force, ``bodies`` what model APIs are sent and answer,
``words`` and ``minhash`` which texts are alike. ``indicators`` is what members of an alliance share, ``endpoint``
speaks to remote models, ``greenlists`` and ``radioactivity`` hold a watermark's marks and the test for them.
"""

from __future__ import annotations

from stillwatch.core.decisions import (
    ACTIONS,
    SUBJECT_KINDS,
    Action,
    Clause,
    Decision,
    Explanation,
    FiredRule,
    Inference,
    Observation,
    Parameter,
    Subject,
    decision_from_json,
    decision_to_json,
)
from stillwatch.core.endpoint import Endpoint
from stillwatch.core.errors import (
    BadDecision,
    BadMessage,
    BadPolicy,
    BadSetting,
    BadTable,
    EmptyInput,
    EndpointAway,
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
from stillwatch.core.indicators import INDICATOR_KINDS, CampaignFacts, Indicator, PartnerIndicator
from stillwatch.core.jsonlines import json_lines
from stillwatch.core.ledger import Entry, Ledger, canonical_json, chained, verify_chain
from stillwatch.core.radioactivity import Radioactivity, measure_radioactivity
from stillwatch.core.standing import Appeal, Standing, current_decisions, decision_history

__all__ = [
    "ACTIONS",
    "INDICATOR_KINDS",
    "SUBJECT_KINDS",
    "Action",
    "Appeal",
    "BadDecision",
    "BadMessage",
    "BadPolicy",
    "BadSetting",
    "BadTable",
    "CampaignFacts",
    "Clause",
    "Decision",
    "EmptyInput",
    "Endpoint",
    "EndpointAway",
    "EndpointFailed",
    "Entry",
    "Explanation",
    "FiredRule",
    "Indicator",
    "Inference",
    "InputError",
    "Interrupted",
    "Ledger",
    "MissingDependency",
    "Observation",
    "OutputError",
    "OutputExists",
    "OutputUnwritable",
    "Parameter",
    "PartnerIndicator",
    "Radioactivity",
    "Standing",
    "StillwatchError",
    "Subject",
    "TamperedLedger",
    "UnknownFormat",
    "UnreadableInput",
    "canonical_json",
    "chained",
    "current_decisions",
    "decision_from_json",
    "decision_history",
    "decision_to_json",
    "is_green",
    "json_lines",
    "measure_radioactivity",
    "verify_chain",
]
