"""``stillwatch policy``: a run decided by written rules, and what becomes of the decisions."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: nothing else needs CEL or YAML

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import AsCsv, AsJson, DecisionLog, Licences, PolicyArgument, Several
from stillwatch.cli.screen import say
from stillwatch.cli.signing import acting
from stillwatch.cli.written import tell
from stillwatch.core import AuditLog, BadPolicy, BadSetting, OutputExists, OutputUnwritable
from stillwatch.core.whole_files import put_whole

if TYPE_CHECKING:
    from stillwatch.policy import Decided, Policy, RunFacts

__all__ = ["policy_app"]

Reader = Literal["analyst", "customer", "both"]

policy_app = cyclopts.App(name="policy")


@policy_app.command(name="init")
def init_command(file: Path = Path("policy.yaml"), /) -> None:
    """Write the policy that comes with Stillwatch to a file, to be changed.

    Parameters
    ----------
    file
        The copy; must not exist yet.
    """
    from stillwatch.policy import DEFAULT_POLICY

    if file.exists():
        raise OutputExists("the file exists, and nothing is ever overwritten", where=str(file))
    try:
        put_whole(file, DEFAULT_POLICY.read_bytes(), new=True)
    except OSError as error:
        raise OutputUnwritable(f"cannot be written: {error.strerror or error}", where=str(file)) from error
    say(f"{file}: change it, then stillwatch policy check {file} and stillwatch policy test {file}")


@policy_app.command(name="check")
def check_command(file: PolicyArgument = None, /) -> None:
    """Read a policy and say what is wrong with it, at which line."""
    from stillwatch.policy import describe_policy

    say(describe_policy(_policy(file)))


@policy_app.command(name="test")
def try_command(file: PolicyArgument = None, /, *, json: AsJson = False, csv: AsCsv = False) -> None:
    """Run the examples of a policy's rules."""
    from stillwatch.policy import DEFAULT_POLICY, describe_tried, example_rows, try_examples

    tried = try_examples(_policy(file))
    tell(describe_tried(tried), example_rows(tried), json=json, csv=csv)
    failed = [one for one in tried if not one.passed]
    if failed:
        where = f"{file or DEFAULT_POLICY}:{failed[0].example.line}"
        raise BadPolicy("an example does not give what it says", where=where, hint="mend the rule or the example")


@policy_app.command(name="diff")
def diff_command(
    old: Path,
    new: Path,
    /,
    *,
    run: Path | None = None,
    licences: Path | None = None,
    json: AsJson = False,
    csv: AsCsv = False,
) -> None:
    """Say how two policies differ and, with a run, who would stand elsewhere under the new one.

    Parameters
    ----------
    old
        A policy.
    new
        Another, to hold against it.
    run
        A run to try both on; nothing is written.
    licences
        The registry of licences, for that run.
    """
    from stillwatch.policy import backtest, compare, describe_backtest, moved_rows, read_policy

    before, after = read_policy(old), read_policy(new)
    moved = backtest(before, after, _facts(run, licences)) if run else None
    changes, rows = compare(before, after), moved_rows(moved or ())
    whole = {"changes": [asdict(one) for one in changes], "moved": rows}
    tell(describe_backtest(changes, moved), rows, json=json, csv=csv, whole=whole)


@policy_app.command(name="decide")
def decide_command(run: Path, /, *, log: Path, policy: PolicyArgument = None, licences: Licences = None) -> None:
    """Decide a run and append the decisions to a log; deciding twice adds nothing.

    Parameters
    ----------
    run
        The folder of a finished scan.
    log
        The decision log; made where it is absent.
    """
    from stillwatch.policy import decide, describe_decided, record

    rules, facts = _policy(policy), _facts(run, licences)
    decided = decide(rules, facts, _now())
    recorded = record(AuditLog(log), decided, rules, facts, _now())
    say(describe_decided(decided, recorded, str(log)))


@policy_app.command(name="explain")
def explain_command(
    source: Path,
    /,
    *,
    account: str | None = None,
    decision: str | None = None,
    reader: Annotated[Reader, Parameter(name="--for")] = "both",
    policy: Path | None = None,
    licences: Path | None = None,
) -> None:
    """Explain how an account stands, or one decision: clause by clause for the analyst, and as a letter.

    Parameters
    ----------
    source
        A run's folder, or a decision log.
    account
        The account's id.
    decision
        A decision's id, as refusals of the gateway quote it; of organisations and templates too.
    reader
        Whose explanation: analyst, customer or both.
    policy
        For a run: a policy; without one, that which comes with Stillwatch.
    licences
        For a run: the registry of licences.
    """
    from stillwatch.policy import decide

    if (account is None) == (decision is None):
        raise BadSetting("an account or a decision is explained", where=str(source), hint="--account or --decision")
    if not source.is_dir():
        shown, sent = _from_log(source, account, decision)
    else:
        facts = _facts(source, licences)
        shown, sent = _from_run(facts, decide(_policy(policy), facts, _now()), account, decision)
    if reader != "customer":
        say(shown)
    if reader == "both":
        say("\nTo the customer, where it is sent (before act it need not be, and shows that they were seen):\n")
    if reader != "analyst":
        say(sent)


@policy_app.command(name="approve")
def approve_command(
    decision: str,
    /,
    *,
    log: DecisionLog,
    by: str,
    note: str = "",
    leaving_out: Annotated[Several[list[str] | None], Parameter(name="--except")] = None,
    refuse: bool = False,
) -> None:
    """Let what a decision proposes come into force, or refuse it, by a person's word.

    Parameters
    ----------
    decision
        The decision's id.
    by
        Who approves.
    note
        What is to be remembered; with --refuse, the reason.
    leaving_out
        Accounts for which it does not come into force.
    refuse
        End the decision instead.
    """
    from stillwatch.policy import approve, explain_decision, withdraw

    by = acting(log, by, "analyst" if refuse else "approver")
    if refuse:
        standing = withdraw(AuditLog(log), decision, by=by, reason=note, now=_now())
    else:
        left_out = leaving_out or []
        standing = approve(AuditLog(log), decision, by=by, note=note, now=_now(), excepted=left_out)
    say(explain_decision(standing))


@policy_app.command(name="verified")
def verified_command(
    decision: str, /, *, log: DecisionLog, account: str, by: str, note: str = "", days: int = 365
) -> None:
    """Lift `verify`: note that an account has shown who it is. Whatever else was decided about it goes on.

    Parameters
    ----------
    decision
        The decision's id, as the refusal quotes it.
    account
        The account that has shown who it is.
    by
        Who looked at what it showed.
    note
        What was seen.
    days
        For how long no decision asks it again.
    """
    from stillwatch.policy import explain_decision, lift_verification

    by = acting(log, by, "approver")
    standing = lift_verification(AuditLog(log), decision, account=account, by=by, note=note, days=days, now=_now())
    say(explain_decision(standing))
    say(f"{account} is asked no more; write the gateway's snapshot anew for it to take effect")


@policy_app.command(name="appeal")
def appeal_command(
    target: str,
    /,
    *,
    log: DecisionLog,
    by: str,
    statement: str | None = None,
    account: str | None = None,
    outcome: Literal["reversed", "confirmed"] | None = None,
    reason: str = "",
) -> None:
    """File an appeal against a decision, or decide one.

    Parameters
    ----------
    target
        A decision's id to file, an appeal's id to decide.
    by
        Who appeals, or who decides; not the person who approved the decision.
    statement
        To file: what the customer says.
    account
        To file: the account that it is for; without it, all that the decision covers.
    outcome
        To decide: reversed or confirmed.
    reason
        To decide: why, as the customer will read it.
    """
    from stillwatch.policy import explain_decision, file_appeal, resolve_appeal

    if statement is not None and outcome is None:
        appeal_id, standing = file_appeal(
            AuditLog(log), target, account=account, by=by, statement=statement, now=_now()
        )
        say(f"appeal {appeal_id} is filed")
    elif outcome is not None and statement is None:
        by = acting(log, by, "approver")
        standing = resolve_appeal(AuditLog(log), target, outcome=outcome, by=by, reason=reason, now=_now())
    else:
        raise BadSetting(
            "an appeal is filed with --statement or decided with --outcome", where=target, hint="give one of them"
        )
    say(explain_decision(standing))


@policy_app.command(name="log")
def log_command(log: DecisionLog, /, *, ended: bool = False, json: AsJson = False, csv: AsCsv = False) -> None:
    """Verify a decision log and list what is in it.

    Parameters
    ----------
    ended
        List decisions that hold no more, too.
    """
    from stillwatch.policy import describe_log, history, log_rows

    _need(log)
    entries = list(AuditLog(log).entries())
    head = entries[-1].hash if entries else AuditLog(log).head()
    standings = history(AuditLog(log), _now())
    text = describe_log(standings, len(entries), head, ended=ended)
    tell(text, log_rows(standings, ended=ended), json=json, csv=csv)


def _now() -> datetime:
    return datetime.now(UTC)


def _need(log: Path) -> None:
    if not log.is_file():
        raise BadSetting("there is no decision log", where=str(log), hint="`stillwatch policy decide` makes one")


def _policy(file: Path | None) -> Policy:
    from stillwatch.policy import DEFAULT_POLICY, read_policy

    return read_policy(file or DEFAULT_POLICY)


def _facts(run: Path, licences: Path | None) -> RunFacts:
    from stillwatch.policy import read_registry, read_run

    return read_run(run, read_registry(licences) if licences else None)


def _from_run(facts: RunFacts, decided: Decided, account: str | None, decision: str | None) -> tuple[str, str]:
    """What the analyst and what the customer reads."""
    from stillwatch.policy import concerned, explain_rules, letters

    subjects: list[tuple[str, str]]
    if account is None:
        covering = [one for one in decided.decisions if one.decision_id == decision]
        if not covering:
            raise BadSetting("this policy makes no such decision on the run", where=f"--decision {decision}")
        subjects = [(one.subject.kind, one.subject.id) for one in covering]
    else:
        covering = [one for one in decided.decisions if account in one.accounts]
        subjects = concerned(facts, account)
        if not subjects:
            raise BadSetting("the run has no such account", where=f"--account {account}", hint="see accounts.parquet")
    return explain_rules(decided.outcomes, subjects), letters(covering)


def _from_log(log: Path, account: str | None, decision: str | None) -> tuple[str, str]:
    """What the analyst and what the customer reads."""
    from stillwatch.policy import appeal_news, explain_decision, history, letters

    _need(log)
    entries = history(AuditLog(log), _now())
    if account is None:
        found = [one for one in entries if one.decision.decision_id == decision]
        if not found:
            raise BadSetting(
                "the log has no such decision", where=f"--decision {decision}", hint="`policy log` lists them"
            )
        return explain_decision(found[0]), letters([one.decision for one in found])
    found = [one for one in entries if account in one.decision.accounts]
    standing = [one.decision for one in found if one.state == "in force" and account not in one.exempt]
    news = [text for one in found for text in appeal_news(one, account)]
    shown = "\n\n".join(explain_decision(one) for one in found)
    return shown or f"no decision of this log covers {account}", letters(standing, news)
