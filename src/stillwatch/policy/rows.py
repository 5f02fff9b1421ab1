"""What the commands list, as rows of plain values, for ``--json`` and ``--csv``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from stillwatch.decisions import LoggedDecision
from stillwatch.policy.backtest import Moved
from stillwatch.policy.examples import Tried

__all__ = ["example_rows", "log_rows", "moved_rows"]

Row = dict[str, Any]


def log_rows(standings: Sequence[LoggedDecision], *, ended: bool) -> list[Row]:
    """A row a decision of a log: how it stands, whom it holds for, who did what about it."""
    return [_standing(one) for one in standings if ended or one.state in ("in force", "suspended")]


def _standing(one: LoggedDecision) -> Row:
    decision = one.decision
    return {
        "decision_id": decision.decision_id,
        "state": one.state,
        "subject_kind": decision.subject.kind,
        "subject": decision.subject.id,
        "verdict": decision.verdict,
        "waits_for": decision.proposed,
        "approved_by": decision.approved_by,
        "assessed_by": one.assessment.by if one.assessment else None,
        "rules": [rule.id for rule in decision.rules],
        "actions": [action.kind for action in decision.actions],
        "accounts": list(decision.accounts),
        "exempt": sorted(one.exempt & set(decision.accounts)),
        "verified": sorted(one.verified),
        "appeals": [
            {"appeal_id": appeal.appeal_id, "account": appeal.account, "outcome": appeal.outcome or "open"}
            for appeal in one.appeals
        ],
    }


def example_rows(tried: Sequence[Tried]) -> list[Row]:
    """A row an example: what it must give, what it gives, and what each clause came to."""
    return [
        {
            "rule": one.rule.id,
            "example": one.example.name,
            "line": one.example.line,
            "must_give": one.example.gives,
            "gives": one.got,
            "passed": one.passed,
            "clauses": [{"says": says, "value": value} for says, value in one.clauses],
        }
        for one in tried
    ]


def moved_rows(moved: Sequence[Moved]) -> list[Row]:
    """A row a subject that would stand elsewhere."""
    return [asdict(one) for one in moved]
