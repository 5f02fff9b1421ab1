"""What persons said of accounts, read from the decision log: who is confirmed, who is cleared.

An account is *confirmed* where a person approved a decision on it, let one of ``review`` or more stand with nothing
waiting, or confirmed it against its appeal. It is *cleared* where a person refused the decision, excepted the account,
or reversed the decision on appeal. The last word counts; what was taken back does not, nor what a policy did by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from stillwatch.core import AuditLog, Entry
from stillwatch.policy.decision_log import history

__all__ = ["Label", "labels"]

_ABOUT_ACTING = ("campaign", "account")
"""Kinds of subjects that a label is about; a licence or a template says nothing of how an account acts."""

_ACCUSES = ("review", "act")


@dataclass(frozen=True, slots=True)
class Label:
    """A person's word on an account.

    Attributes:
        account_id: whom.
        label: what.
        decision_id: on which decision it was said.
        by, time, reason: who, when, why.
    """

    account_id: str
    label: Literal["confirmed", "cleared"]
    decision_id: str
    by: str
    time: datetime
    reason: str


def labels(log: AuditLog, now: datetime) -> list[Label]:
    """The last word on each account, by account.

    Args:
        log: the decision log; an absent one holds none.
        now: the time to look at it, with its zone.

    Raises:
        TamperedLog: the chain does not hold.
        BadDecision: an entry cannot be used.
    """
    history(log, now)
    read = _Words()
    for entry in log.entries():
        read.take(entry)
    last: dict[str, tuple[int, Label]] = {}
    for found in (*read.acts.values(), *read.heard.values()):
        for account, word in found.items():
            if account not in last or last[account][0] < word[0]:
                last[account] = word
    return [last[account][1] for account in sorted(last)]


class _Words:
    """Words by decision: of who assessed, approved or refused it, which can be taken back, and of who heard appeals."""

    def __init__(self) -> None:
        self.decisions: dict[str, Mapping[str, Any]] = {}
        self.appeals: dict[str, tuple[str, str | None]] = {}
        self.acts: dict[str, dict[str, tuple[int, Label]]] = {}
        self.heard: dict[str, dict[str, tuple[int, Label]]] = {}

    def take(self, entry: Entry) -> None:
        """Read one entry of a log that can be folded."""
        body = entry.body
        kind = body.get("kind")
        if kind == "decision":
            made = body["decision"]
            if made["subject"]["kind"] in _ABOUT_ACTING:
                self.decisions.setdefault(made["decision_id"], made)
        elif kind == "appeal":
            self.appeals[body["appeal_id"]] = body["decision_id"], body.get("account")
        elif kind == "appeal-outcome":
            self._outcome(entry)
        elif kind in ("assessment", "approval", "withdrawal", "reopening"):
            self._act(entry, str(kind))

    def _act(self, entry: Entry, kind: str) -> None:
        body, name = entry.body, entry.body["decision_id"]
        made = self.decisions.get(name)
        if made is None or body.get("lapsed"):
            return
        if kind == "reopening":
            self.acts.pop(name, None)
            return
        if kind == "withdrawal":
            self._say(self.acts, entry, name, made["accounts"], "cleared")
            return
        excepted = [account for account in body.get("except") or () if account in made["accounts"]]
        self._say(self.acts, entry, name, excepted, "cleared")
        stands = made.get("proposed") if kind == "approval" else None if made.get("proposed") else made["verdict"]
        if stands in _ACCUSES:
            cleared = {account for account, (_, word) in self.acts[name].items() if word.label == "cleared"}
            self._say(self.acts, entry, name, [one for one in made["accounts"] if one not in cleared], "confirmed")

    def _outcome(self, entry: Entry) -> None:
        name, account = self.appeals[entry.body["appeal_id"]]
        made = self.decisions.get(name)
        if made is None:
            return
        whom = made["accounts"] if account is None else [account]
        label: Literal["confirmed", "cleared"] = "cleared" if entry.body["outcome"] == "reversed" else "confirmed"
        if label == "cleared" or (made.get("proposed") or made["verdict"]) in _ACCUSES:
            self._say(self.heard, entry, name, whom, label)

    @staticmethod
    def _say(
        into: dict[str, dict[str, tuple[int, Label]]],
        entry: Entry,
        name: str,
        accounts: Iterable[str],
        label: Literal["confirmed", "cleared"],
    ) -> None:
        body, time = entry.body, datetime.fromisoformat(entry.time)
        reason = str(body.get("reason") or body.get("note") or "")
        words = into.setdefault(name, {})
        for account in accounts:
            words[account] = entry.n, Label(account, label, name, str(body["by"]), time, reason)
