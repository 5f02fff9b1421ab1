"""What was done, or in shadow mode would have been done: requests counted by action, by account and by decision.

The gateway keeps one as it runs and prints it; ``tally_of_record`` makes the same of what it recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.core import UnreadableInput
from stillwatch.core.counted import counted
from stillwatch.decisions import VERIFIED

__all__ = ["Tally", "tally_of_record"]

_MOST_SHOWN = 20
_MOST_KEPT = 10_000
_LOOKS_ON = "observe"


@dataclass(slots=True)
class _Of:
    """Requests, and the accounts that sent them."""

    requests: int = 0
    accounts: set[str] = field(default_factory=set)

    def add(self, account: str) -> None:
        self.requests += 1
        if len(self.accounts) < _MOST_KEPT:
            self.accounts.add(account)

    def __str__(self) -> str:
        more = "more than " if len(self.accounts) >= _MOST_KEPT else ""
        return f"{counted(self.requests, 'request')} of {more}{counted(len(self.accounts), 'account')}"


class Tally:
    """Counts of requests on which there is a decision.

    A request is treated where anything but ``observe`` is done about it. Actions and rules count those that are only
    observed too; accounts and refusals do not.

    Args:
        rules: for a decision's id the names of the policy's rules behind it, where they are known.
    """

    def __init__(self, rules: Mapping[str, Iterable[str]] | None = None) -> None:
        self._rules = rules
        self.requests = 0
        self.all = _Of()
        self.observed = _Of()
        self.actions: dict[str, _Of] = {}
        self.refusals: dict[str, _Of] = {}
        self.accounts: Counter[str] = Counter()
        self.by_rule: dict[str, _Of] = {}

    def add(self, account: str, actions: Iterable[str], decisions: Iterable[str], refused: str | None) -> None:
        """One request, and what was decided about it."""
        self.requests += 1
        decisions = tuple(decisions)
        if not decisions:
            return
        actions = tuple(actions)
        treated = any(name != _LOOKS_ON for name in actions)
        (self.all if treated else self.observed).add(account)
        for name in actions:
            self.actions.setdefault(name, _Of()).add(account)
        if refused:
            self.refusals.setdefault(refused, _Of()).add(account)
        if treated and (account in self.accounts or len(self.accounts) < _MOST_KEPT):
            self.accounts[account] += 1
        for name in dict.fromkeys(rule for one in decisions for rule in self._named(one)):
            self.by_rule.setdefault(name, _Of()).add(account)

    def _named(self, decision: str) -> Iterable[str]:
        if self._rules is None:
            return (decision,)
        return self._rules.get(decision.removesuffix(VERIFIED)) or (decision,)

    def text(self, *, shadow: bool) -> str:
        """The counts, for people."""
        said = "enforce would have treated" if shadow else "treated were"
        return "\n".join([f"{said} {self.all}, of {counted(self.requests, 'request')}", *self._lines()])

    def rows(self) -> list[dict[str, Any]]:
        """A row of everything that is counted: ``by``, ``name``, ``requests``, and ``accounts`` where they are."""
        each = {"action": self.actions, "refusal": self.refusals}
        each["rule" if self._rules is not None else "decision"] = self.by_rule
        found: list[dict[str, Any]] = [
            {"by": by, "name": name, "requests": of.requests, "accounts": len(of.accounts)}
            for by, those in each.items()
            for name, of in those.items()
        ]
        return [*found, *({"by": "account", "name": name, "requests": n} for name, n in self.accounts.most_common())]

    def _lines(self) -> Iterator[str]:
        if self.observed.requests:
            yield f"only observed: {self.observed}"
        for title, found in (("action", self.actions), ("refusal", self.refusals)):
            if found:
                yield f"by {title}:"
                yield from (f"  {name}: {of}" for name, of in _largest(found))
        if self.accounts:
            yield "by account:"
            yield from (
                f"  {name}: {counted(count, 'request')}" for name, count in self.accounts.most_common(_MOST_SHOWN)
            )
            if len(self.accounts) > _MOST_SHOWN:
                yield f"  and {len(self.accounts) - _MOST_SHOWN:,} more"
        if self.by_rule:
            yield "by rule:" if self._rules is not None else "by decision:"
            yield from (f"  {name}: {of}" for name, of in _largest(self.by_rule))


def _largest(found: Mapping[str, _Of]) -> list[tuple[str, _Of]]:
    return sorted(found.items(), key=lambda pair: (-pair[1].requests, pair[0]))[:_MOST_SHOWN]


def tally_of_record(folder: Path, rules: Mapping[str, Iterable[str]] | None = None, *, mode: str = "shadow") -> Tally:
    """Count what a record says was decided in one mode.

    Args:
        folder: the gateway's record.
        rules: as of ``Tally``.
        mode: shadow or enforce.

    Raises:
        UnreadableInput: there is no record.
    """
    files = sorted(folder.glob("exchanges-*.jsonl"))
    if not files:
        raise UnreadableInput("holds no record of a gateway", where=str(folder), hint="give the folder of `--record`")
    tally = Tally(rules)
    for file in files:
        with file.open("rb") as lines:
            for line in lines:
                try:
                    read: dict[str, Any] = msgspec.json.decode(line)
                except ValueError:
                    continue
                did = read.get("gateway") or {}
                if did.get("mode", mode) == mode:
                    refused = did.get("would_refuse") or did.get("refused")
                    decisions = did.get("decisions") or ()
                    tally.add(str(read.get("account_id")), did.get("actions") or (), decisions, refused)
    return tally
