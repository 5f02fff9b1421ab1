"""``stillwatch canary``: invented facts, drawn and planted."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

import secrets
from pathlib import Path

import cyclopts

from stillwatch.cli.screen import say
from stillwatch.core import AuditLog

__all__ = ["canary_app"]

canary_app = cyclopts.App(
    name="canary", help="Invented facts for flagged accounts' answers, so that a student of them can be told."
)


@canary_app.command(name="plan")
def plan_command(*, out: Path, count: int = 80, seed: int | None = None) -> None:
    """Draw invented facts, half of them to plant, and put the register's hash on record.

    Parameters
    ----------
    out
        The register: keep it secret. OUT.ledger.jsonl beside it can be shown to anybody.
    count
        Facts.
    seed
        Secret, for drawing the same again. [default: drawn]
    """
    from stillwatch.provenance import plan_canaries, write_register

    canaries = plan_canaries(count, secrets.randbits(63) if seed is None else seed)
    digest = write_register(canaries, out, _log(out))
    say(f"{sum(one.planted for one in canaries)} of {count} to plant: {out}\nSHA-256 on record: {digest}")


@canary_app.command(name="plant")
def plant_command(register: Path, answers: Path, /, *, accounts: Path, policy: Path, out: Path) -> None:
    """Put canaries into the answers of flagged accounts, where the policy allows it.

    Parameters
    ----------
    register
        Of stillwatch canary plan.
    answers
        JSONL of account_id and response.
    accounts
        The flagged accounts, one a line.
    policy
        TOML: [canaries] planting = true, approved_by = "who answers for it".
    out
        The answers again, canaries and all.
    """
    from stillwatch.provenance import plant_canaries, read_register

    flagged = {line.strip() for line in accounts.read_text(encoding="utf-8").splitlines() if line.strip()}
    canaries = read_register(register)
    say(plant_canaries(canaries, answers, out, accounts=flagged, policy=policy, log=_log(register)))


def _log(register: Path) -> AuditLog:
    return AuditLog(register.with_name(f"{register.name}.ledger.jsonl"))
