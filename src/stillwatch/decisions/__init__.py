"""Decisions: what is to be done about whom and why, and which of a log's decisions are in force.

    Decision > decision_to_json > an entry of core's AuditLog > decision_from_json
    decision_history, current_decisions > LoggedDecision, with each Appeal that frees someone from it

``decision`` holds the types, ``in_force`` folds a log with its approvals, withdrawals and appeals, ``read_log`` keeps
what it folded and goes on. Policy writes decisions and the gateway applies them; runs without Arrow, as it does.
"""

from __future__ import annotations

from stillwatch.decisions.decision import (
    ACTIONS,
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
from stillwatch.decisions.effects import Effect, effect_of
from stillwatch.decisions.in_force import Appeal, Assessment, LoggedDecision, current_decisions, decision_history
from stillwatch.decisions.read_log import ReadLog
from stillwatch.decisions.verified import VERIFIED

__all__ = [
    "ACTIONS",
    "VERIFIED",
    "Action",
    "Appeal",
    "Assessment",
    "Clause",
    "Decision",
    "Effect",
    "Explanation",
    "FiredRule",
    "Inference",
    "LoggedDecision",
    "Observation",
    "Parameter",
    "ReadLog",
    "Subject",
    "current_decisions",
    "decision_from_json",
    "decision_history",
    "decision_to_json",
    "effect_of",
]
