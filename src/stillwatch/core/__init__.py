"""What every package may know: the error tree, the bodies of model APIs, and the few types that packages share.

Imports nothing of Stillwatch, and nothing of Arrow: the gateway runs where Arrow is not. ``errors`` is the error
tree, ``audit_log`` the hash-chained log in which decisions, reads and writes are kept, ``bodies`` what model APIs are
sent and answer, ``reasoning_tags`` what of a text is thought and not said, ``unseen`` what of it nobody sees,
``words`` and ``minhash`` which texts are alike, ``indicators`` what members of an alliance share,
``warning_lists`` which values strangers share whoever they are, ``terms`` the families of evidence and the verdicts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    NotKnownGood,
    OutputError,
    OutputExists,
    OutputUnwritable,
    StillwatchError,
    TamperedLog,
    UnknownFormat,
    UnreadableInput,
)

if TYPE_CHECKING:
    from stillwatch.core.audit_log import AuditLog, Entry, canonical_json, chained, verify_chain
    from stillwatch.core.indicators import INDICATOR_KINDS, CampaignFacts, Indicator, PartnerIndicator
    from stillwatch.core.system_errors import said_by

__all__ = [
    "INDICATOR_KINDS",
    "AuditLog",
    "BadDecision",
    "BadMessage",
    "BadPolicy",
    "BadSetting",
    "BadTable",
    "CampaignFacts",
    "EmptyInput",
    "EndpointAway",
    "EndpointFailed",
    "Entry",
    "Indicator",
    "InputError",
    "Interrupted",
    "MissingDependency",
    "NotKnownGood",
    "OutputError",
    "OutputExists",
    "OutputUnwritable",
    "PartnerIndicator",
    "StillwatchError",
    "TamperedLog",
    "UnknownFormat",
    "UnreadableInput",
    "canonical_json",
    "chained",
    "said_by",
    "verify_chain",
]

_LATE = {
    "audit_log": ("AuditLog", "Entry", "canonical_json", "chained", "verify_chain"),
    "indicators": ("INDICATOR_KINDS", "CampaignFacts", "Indicator", "PartnerIndicator"),
    "system_errors": ("said_by",),
}


def __getattr__(name: str) -> Any:
    # Late, because every command starts with the errors and few go on to these.
    for module, names in _LATE.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
