"""What the commands say: short texts about a policy, its examples, a decided run, a backtest and a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stillwatch.core.counted import counted, joined
from stillwatch.core.printed import one_line
from stillwatch.decisions import Decision, LoggedDecision
from stillwatch.policy.backtest import Change, Moved
from stillwatch.policy.decide import Decided
from stillwatch.policy.decision_log import Recorded
from stillwatch.policy.examples import Tried
from stillwatch.policy.expressions import UNKNOWN
from stillwatch.policy.rules import Policy
from stillwatch.tables import VERDICTS

__all__ = ["describe_backtest", "describe_decided", "describe_log", "describe_policy", "describe_tried"]

_MOST = 20


def describe_policy(policy: Policy) -> str:
    """What a checked policy holds, and what of ``act`` it does without."""
    kinds = Counter(rule.about for rule in policy.rules)
    examples = sum(len(rule.examples) for rule in policy.rules)
    lines = [
        f"{policy.title}: {counted(len(policy.rules), 'rule')}, {counted(examples, 'example')}; nothing wrong",
        f"about {joined([f'{counted(n, kind)}' for kind, n in kinds.items()])}".replace("about", "rules about:", 1),
    ]
    if policy.ladder.waived:
        lines.append(f"act does without: {', '.join(policy.ladder.waived)}")
    lines += [f"rule {rule.id}: act does without {', '.join(rule.without)}" for rule in policy.rules if rule.without]
    bare = [rule.id for rule in policy.rules if not rule.examples]
    if bare:
        lines.append(f"without any example: {', '.join(bare)}")
    return "\n".join(map(one_line, lines))


def describe_tried(tried: Sequence[Tried]) -> str:
    """Every example that failed, with its clauses, and the count."""
    lines = []
    for one in tried:
        if not one.passed:
            lines.append(f"{one.rule.id}: {one.example.name}: must give {one.example.gives}, gives {one.got}")
            lines += [f"    {value:8}{says}" for says, value in one.clauses]
    passed = sum(one.passed for one in tried)
    return "\n".join([*lines, f"{passed} of {counted(len(tried), 'example')} pass"])


def describe_decided(decided: Decided, recorded: Recorded | None, log: str) -> str:
    """What deciding a run came to: the decisions above watch one by one, the others counted, and what is open."""
    upper = [one for one in decided.decisions if VERDICTS.index(one.verdict) >= VERDICTS.index("review")]
    lines = [_line(one) for one in upper[:_MOST]]
    if len(upper) > _MOST:
        lines.append(f"and {counted(len(upper) - _MOST, 'more decision')}")
    for verdict in ("watch", "clear"):
        rest = [one for one in decided.decisions if one.verdict == verdict]
        kinds = Counter(one.subject.kind for one in rest)
        if rest:
            # Whose verdict it is: the scan's own ``watch`` has other accounts.
            rules = ", ".join(dict.fromkeys(rule.id for one in rest for rule in one.rules))
            lines.append(f"{verdict}: {joined([counted(n, kind) for kind, n in kinds.items()])}  ({rules})")
    if not decided.decisions:
        lines.append("no rule holds for anybody")
    for (kind, name), failed in decided.lacking.items():
        lines.append(f"{kind} {name}: a rule asks for act; lacking: {', '.join(failed)}")
    for outcome in decided.outcomes:
        missing = ", ".join(outcome.missing())
        if outcome.count(UNKNOWN):
            what = counted(outcome.count(UNKNOWN), outcome.rule.about)
            lines.append(f"open: rule {outcome.rule.id} for {what}, for want of {missing or 'a result'}")
    lacking = {o.rule.about for o in decided.outcomes if any("licen" in name for name in o.missing())}
    if lacking - {"licence"}:
        lines.append("next: give the licences with --licences; a file with `licences: []` says that nobody is licensed")
    elif lacking:
        lines.append("next: a licence that accounts name is not in the registry, or lacks its figures; enter it there")
    if recorded is not None:
        ended = f", {len(recorded.lapsed)} ended" if recorded.lapsed else ""
        lines.append(
            f"{counted(len(recorded.added), 'decision')} added to {log}, {recorded.kept:,} there already{ended}"
        )
    return "\n".join(map(one_line, lines))


def _line(decision: Decision) -> str:
    waits = f"; {decision.proposed} waits for approval" if decision.proposed else ""
    by = f", approved by {decision.approved_by}" if decision.approved_by else ""
    whom = f"{decision.subject.kind} {decision.subject.id}"
    many = "" if decision.subject.kind == "account" else f", {counted(len(decision.accounts), 'account')}"
    rules = ", ".join(rule.id for rule in decision.rules[:3]) + (", ..." if len(decision.rules) > 3 else "")
    return f"{decision.decision_id}  {whom}{many}: {decision.verdict}{by}{waits}  ({rules})"


def describe_backtest(changes: Sequence[Change], moved: Sequence[Moved] | None) -> str:
    """What differs between two policies, and who would stand elsewhere."""
    lines = []
    for change in changes:
        lines.append(f"{change.what}: {change.how}")
        lines += [f"    {detail}" for detail in change.details]
    if not changes:
        lines.append("the policies say the same")
    if moved is None:
        return "\n".join(map(one_line, lines))
    if not moved:
        return "\n".join([*map(one_line, lines), "on this run nobody would stand elsewhere"])
    ways = Counter((one.kind, one.before, one.after) for one in moved)
    for (kind, before, after), number in ways.most_common():
        accounts = sum(one.accounts for one in moved if (one.kind, one.before, one.after) == (kind, before, after))
        size = "" if kind == "account" else f" ({counted(accounts, 'account')})"
        lines.append(f"{counted(number, kind)}{size}: {before} -> {after}")
    for one in moved[:_MOST]:
        lines.append(f"  {one.kind} {one.id}: {one.before} -> {one.after}")
        lines += [f"    {sign} {name}" for sign, names in (("+", one.gained), ("-", one.lost)) for name in names]
        lines += [f"    {text}" for text in one.turned]
    if len(moved) > _MOST:
        lines.append(f"  and {len(moved) - _MOST:,} more")
    return "\n".join(map(one_line, lines))


def describe_log(standings: Sequence[LoggedDecision], entries: int, head: str, *, ended: bool) -> str:
    """A verified log: its decisions by state, appeals that wait, and how each rule fared.

    Args:
        standings: every decision.
        entries: how many entries the log has.
        head: the hash of its last.
        ended: whether to list decisions that hold no more.
    """
    lines = [f"{counted(entries, 'entry', 'entries')}, the chain holds; its head is {head[:16]}"]
    shown = [one for one in standings if ended or one.state in ("in force", "suspended")]
    for one in shown:
        # Whoever an appeal frees of the same rules elsewhere is no account of this one.
        free = len(one.exempt & set(one.decision.accounts))
        freed = f", {counted(free, 'account')} exempt" if free else ""
        lines.append(f"{_line(one.decision)}  {one.state}{freed}")
        for appeal in one.appeals:
            lines.append(f"    {appeal.appeal_id} for {appeal.account or 'all'}: {appeal.outcome or 'open'}")
    hidden = len(standings) - len(shown)
    if hidden:
        lines.append(f"and {counted(hidden, 'that has', 'that have')} ended; --ended lists them")
    lines += _by_rule(standings)
    return "\n".join(map(one_line, lines))


def _by_rule(standings: Sequence[LoggedDecision]) -> list[str]:
    """How often each rule led to a decision, and how often an appeal went against it."""
    made: Counter[str] = Counter()
    appealed: Counter[str] = Counter()
    reversed_: Counter[str] = Counter()
    for one in standings:
        for rule in one.decision.rules:
            made[rule.id] += 1
            appealed[rule.id] += len(one.appeals)
            reversed_[rule.id] += sum(appeal.outcome == "reversed" for appeal in one.appeals)
    return [
        f"rule {name}: {counted(number, 'decision')}, {counted(appealed[name], 'appeal')}, {reversed_[name]} reversed"
        for name, number in made.most_common()
    ]
