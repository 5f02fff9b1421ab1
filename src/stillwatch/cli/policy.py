"""``stillwatch policy``: parses, calls, prints. Policy is imported when one of its commands runs, to start quick."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts
from cyclopts import Parameter

from stillwatch.core import AuditLog, BadPolicy, BadSetting

if TYPE_CHECKING:
    import types

__all__ = ["policy_app"]

Say = Callable[[object], None]
Reader = Literal["analyst", "customer", "both"]


def _open_policy() -> types.ModuleType:
    from stillwatch import policy  # noqa: PLC0415 - nothing else of the command line needs CEL or YAML

    return policy


def policy_app(say: Say) -> cyclopts.App:
    """The commands of policy.

    Args:
        say: prints a text.
    """
    app = cyclopts.App(name="policy", help="Decide a run by written rules, with reasons, approval and appeal.")
    _add_files(app, say)
    _add_runs(app, say)
    _add_approve(app, say)
    _add_explain(app, say)
    _add_appeal(app, say)
    _add_log(app, say)
    return app


def _add_files(app: cyclopts.App, say: Say) -> None:
    @app.command(name="check")
    def check_command(file: Path | None = None, /) -> None:
        """Read a policy and say what is wrong with it, at which line.

        Parameters
        ----------
        file
            A policy; without one, that which comes with Stillwatch.
        """
        policy = _open_policy()
        say(policy.describe_policy(policy.read_policy(file or policy.DEFAULT_POLICY)))

    @app.command(name="test")
    def test_command(file: Path | None = None, /) -> None:
        """Run the examples of a policy's rules.

        Parameters
        ----------
        file
            A policy; without one, that which comes with Stillwatch.
        """
        policy = _open_policy()
        tried = policy.try_examples(policy.read_policy(file or policy.DEFAULT_POLICY))
        say(policy.describe_tried(tried))
        failed = [one for one in tried if not one.passed]
        if failed:
            where = f"{file or policy.DEFAULT_POLICY}:{failed[0].example.line}"
            raise BadPolicy("an example does not give what it says", where=where, hint="mend the rule or the example")

    @app.command(name="diff")
    def diff_command(old: Path, new: Path, /, *, run: Path | None = None, licences: Path | None = None) -> None:
        """Say how two policies differ and, with a run, who would stand elsewhere under the new one.

        Parameters
        ----------
        old, new
            Two policies.
        run
            A run to try both on; nothing is written.
        licences
            The registry of licences, for that run.
        """
        policy = _open_policy()
        before, after = policy.read_policy(old), policy.read_policy(new)
        moved = policy.backtest(before, after, _facts(policy, run, licences)) if run else None
        say(policy.describe_backtest(policy.compare(before, after), moved))


def _add_runs(app: cyclopts.App, say: Say) -> None:
    @app.command(name="decide")
    def decide_command(run: Path, /, *, log: Path, policy: Path | None = None, licences: Path | None = None) -> None:
        """Decide a run and append the decisions to a log; deciding twice adds nothing.

        Parameters
        ----------
        run
            The folder of a finished scan.
        log
            The decision log; made where it is absent.
        policy
            A policy; without one, that which comes with Stillwatch.
        licences
            The registry of licences.
        """
        module = _open_policy()
        rules = module.read_policy(policy or module.DEFAULT_POLICY)
        facts = _facts(module, run, licences)
        decided = module.decide(rules, facts, _now())
        recorded = module.record(AuditLog(log), decided, rules, facts, _now())
        say(module.describe_decided(decided, recorded, str(log)))


def _add_explain(app: cyclopts.App, say: Say) -> None:
    @app.command(name="explain")
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
        module = _open_policy()
        if (account is None) == (decision is None):
            raise BadSetting("an account or a decision is explained", where=str(source), hint="--account or --decision")
        if not source.is_dir():
            shown, sent = _from_log(module, source, account, decision)
        else:
            facts = _facts(module, source, licences)
            decided = module.decide(module.read_policy(policy or module.DEFAULT_POLICY), facts, _now())
            shown, sent = _from_run(module, facts, decided, account, decision)
        if reader != "customer":
            say(shown)
        if reader == "both":
            say("\nTo the customer, where it is sent (before act it need not be, and shows that they were seen):\n")
        if reader != "analyst":
            say(sent)


def _add_approve(app: cyclopts.App, say: Say) -> None:
    @app.command(name="approve")
    def approve_command(decision: str, /, *, log: Path, by: str, note: str = "", refuse: bool = False) -> None:
        """Let what a decision proposes come into force, or refuse it, by a person's word.

        Parameters
        ----------
        decision
            The decision's id.
        log
            The decision log.
        by
            Who approves.
        note
            What is to be remembered; with --refuse, the reason.
        refuse
            End the decision instead.
        """
        policy = _open_policy()
        if refuse:
            standing = policy.withdraw(AuditLog(log), decision, by=by, reason=note, now=_now())
        else:
            standing = policy.approve(AuditLog(log), decision, by=by, note=note, now=_now())
        say(policy.explain_decision(standing))


def _add_appeal(app: cyclopts.App, say: Say) -> None:
    @app.command(name="appeal")
    def appeal_command(
        target: str,
        /,
        *,
        log: Path,
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
        log
            The decision log.
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
        policy = _open_policy()
        if (statement is None) == (outcome is None):
            raise BadSetting(
                "an appeal is filed with --statement or decided with --outcome", where=target, hint="give one of them"
            )
        if statement is not None:
            appeal_id, standing = policy.file_appeal(
                AuditLog(log), target, account=account, by=by, statement=statement, now=_now()
            )
            say(f"appeal {appeal_id} is filed")
        else:
            standing = policy.resolve_appeal(AuditLog(log), target, outcome=outcome, by=by, reason=reason, now=_now())
        say(policy.explain_decision(standing))


def _add_log(app: cyclopts.App, say: Say) -> None:
    @app.command(name="log")
    def log_command(log: Path, /, *, ended: bool = False) -> None:
        """Verify a decision log and list what is in it.

        Parameters
        ----------
        log
            The decision log.
        ended
            List decisions that hold no more, too.
        """
        policy = _open_policy()
        _need(log)
        entries = list(AuditLog(log).entries())
        head = entries[-1].hash if entries else AuditLog(log).head()
        say(policy.describe_log(policy.history(AuditLog(log), _now()), len(entries), head, ended=ended))


def _now() -> datetime:
    return datetime.now(UTC)


def _need(log: Path) -> None:
    if not log.is_file():
        raise BadSetting("there is no decision log", where=str(log), hint="`stillwatch policy decide` makes one")


def _facts(policy: types.ModuleType, run: Path, licences: Path | None) -> Any:
    return policy.read_run(run, policy.read_registry(licences) if licences else None)


def _from_run(
    policy: types.ModuleType, facts: Any, decided: Any, account: str | None, decision: str | None
) -> tuple[str, str]:
    """What the analyst and what the customer reads."""
    if account is None:
        covering = [one for one in decided.decisions if one.decision_id == decision]
        if not covering:
            raise BadSetting("this policy makes no such decision on the run", where=f"--decision {decision}")
        subjects = [(one.subject.kind, one.subject.id) for one in covering]
    else:
        covering = [one for one in decided.decisions if account in one.accounts]
        subjects = policy.concerned(facts, account)
        if not subjects:
            raise BadSetting("the run has no such account", where=f"--account {account}", hint="see accounts.parquet")
    return policy.explain_rules(decided.outcomes, subjects), policy.letters(covering)


def _from_log(policy: types.ModuleType, log: Path, account: str | None, decision: str | None) -> tuple[str, str]:
    """What the analyst and what the customer reads."""
    _need(log)
    history = policy.history(AuditLog(log), _now())
    if account is None:
        found = [one for one in history if one.decision.decision_id == decision]
        if not found:
            raise BadSetting(
                "the log has no such decision", where=f"--decision {decision}", hint="`policy log` lists them"
            )
        return policy.explain_decision(found[0]), policy.letters([one.decision for one in found])
    found = [one for one in history if account in one.decision.accounts]
    standing = [one.decision for one in found if one.state == "in force" and account not in one.exempt]
    news = [text for one in found for text in policy.appeal_news(one, account)]
    shown = "\n\n".join(policy.explain_decision(one) for one in found)
    return shown or f"no decision of this log covers {account}", policy.letters(standing, news)
