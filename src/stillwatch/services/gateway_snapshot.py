"""A run and a decision log in, the gateway's snapshot out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillwatch.core import AuditLog, UnreadableInput
from stillwatch.decisions import current_decisions, decision_history
from stillwatch.gateway import write_snapshot
from stillwatch.scanning.run import Run
from stillwatch.services.known_texts import known_texts

__all__ = ["rules_by_decision", "snapshot_of_run"]


def snapshot_of_run(run: Path, *, log: Path | None, out: Path, now: datetime | None = None) -> Mapping[str, Any]:
    """Write what the gateway goes by, in place of what was there.

    Args:
        run: the folder of a finished scan.
        log: the decision log; none makes a snapshot that knows campaigns and does nothing.
        out: the snapshot.
        now: decisions in force at this time.

    Returns:
        The snapshot's header: counts of rules, accounts and templates.

    Raises:
        UnreadableInput: the run or the log cannot be read.
        TamperedLog, BadDecision: the log cannot be used; the snapshot before stays.
    """
    if not (run / "run.json").is_file():
        raise UnreadableInput("is no run", where=str(run), hint="give the folder that `stillwatch scan --out` wrote")
    if log is not None and not log.is_file():
        raise UnreadableInput("there is no such decision log", where=str(log), hint="see `stillwatch policy decide`")
    now = now or datetime.now(UTC)
    entries = list(AuditLog(log).entries()) if log else []
    standings = current_decisions(entries, now, where=str(log))
    about = frozenset(template for standing in standings for template in standing.decision.templates)
    texts = known_texts(Run.open(run), about)
    head = entries[-1].hash if entries else None
    # Several decisions may name one account: it is counted once.
    accounts = {account for standing in standings for account in standing.accounts}
    return write_snapshot(
        out, standings, texts, made=now, sentences=len(texts.sentences), log_head=head, accounts=len(accounts)
    )


def rules_by_decision(log: Path) -> dict[str, tuple[str, ...]]:
    """For each decision of a log, the policy's rules that fired.

    Raises:
        UnreadableInput, TamperedLog, BadDecision: the log cannot be used.
    """
    if not log.is_file():
        raise UnreadableInput("there is no such decision log", where=str(log), hint="see `stillwatch policy decide`")
    history = decision_history(AuditLog(log).entries(), datetime.now(UTC), where=str(log))
    return {one.decision.decision_id: tuple(sorted(one.decision.rule_ids)) for one in history}
