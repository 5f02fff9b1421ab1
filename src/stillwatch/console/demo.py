"""A small world to look at: a simulated week, scanned and held to the policy, so that the first screen has data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from stillwatch.console.service import Places
from stillwatch.core import AuditLog
from stillwatch.policy import DEFAULT_POLICY, decide, file_appeal, history, read_policy, read_registry, read_run, record
from stillwatch.range import simulate
from stillwatch.scanning.scan import scan

__all__ = ["make_demo"]

_SCALE = 0.001
_STATEMENT = (
    "We are a small translation office. Our accounts belong to our freelancers, who all use the same plug-in; "
    "nobody here trains a model. We can show you the contract."
)


def make_demo(folder: Path, *, scale: float = _SCALE, seed: int = 1) -> Places:
    """Simulate, scan, decide, and let a customer object.

    Args:
        folder: empty or absent; gets the simulated week, its run and the console's own files.
        scale: of the february scenario.
        seed: of the simulation.
    """
    week, state = folder / "week", folder / "state"
    simulate("february", scale=scale, seed=seed, out=week)
    run = scan(
        [week / "logs"],
        out=folder / "runs" / "february",
        accounts=week / "accounts.jsonl",
        releases=week / "releases.jsonl",
    )
    registry = folder / "licences.yaml"
    registry.write_text("licences: []\n", encoding="utf-8")
    policy, facts = read_policy(DEFAULT_POLICY), read_run(run.path, read_registry(registry))
    log, now = AuditLog(state / "decisions.jsonl"), datetime.now(UTC)
    record(log, decide(policy, facts, now), policy, facts, now)
    for one in reversed(history(log, now)):
        if one.decision.subject.kind == "campaign" and not one.waits:
            account = one.decision.accounts[0]
            file_appeal(
                log, one.decision.decision_id, account=account, by="the customer", statement=_STATEMENT, now=now
            )
            break
    return Places(runs=folder / "runs", state=state, licences=registry)
