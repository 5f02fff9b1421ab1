"""What persons said of accounts, read from the decision log: who is confirmed, who is cleared.

An account is *confirmed* where a person approved a decision on it, let one of ``review`` or more stand with nothing
waiting, or confirmed it against its appeal. It is *cleared* where a person refused the decision, excepted the account,
or reversed the decision on appeal. Or a person said so of the account itself. The last word counts; what was taken back
does not, nor what a policy did by itself, nor what has ended: then nothing is said of the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from stillwatch.core import AuditLog, BadDecision, Entry
from stillwatch.policy.decision_log import history

__all__ = ["Label", "Words", "label_account", "label_body", "labels"]

_ABOUT_ACTING = ("campaign", "account")
"""Kinds of subjects that a label is about; a licence or a template says nothing of how an account acts."""

_ACCUSES = ("review", "act")


@dataclass(frozen=True, slots=True)
class Label:
    """A person's word on an account.

    Attributes:
        account_id: whom.
        label: what.
        decision_id: on which decision it was said; None: on the account itself.
        by, time, reason: who, when, why.
        until: when it ends; None: with the next word.
    """

    account_id: str
    label: Literal["confirmed", "cleared"]
    decision_id: str | None
    by: str
    time: datetime
    reason: str
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.until is None or now < self.until


def labels(log: AuditLog, now: datetime, *, ended: bool = False) -> list[Label]:
    """The last word on each account, by account.

    Args:
        log: the decision log; an absent one holds none.
        now: the time to look at it, with its zone.
        ended: with those that hold no longer.

    Raises:
        TamperedLog: the chain does not hold.
        BadDecision: an entry cannot be used.
    """
    history(log, now)
    read = Words(str(log.path))
    for entry in log.entries():
        read.take(entry)
    return [one for one in read.last() if ended or one.holds(now)]


def label_account(
    log: AuditLog,
    account: str,
    label: str | None,
    *,
    by: str,
    reason: str,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Say what an account is, whatever was decided on it, or take back what was said so.

    Args:
        log: the decision log.
        account: whom.
        label: ``confirmed`` or ``cleared``; None takes back: what was decided on the account counts again.
        by, reason: who, why.
        now: the time.
        until: when the label ends, with its zone; None: with the next word. What ended counts as no word at all.

    Raises:
        BadDecision: nobody or no reason is named, the label is none, or it ends before it begins.
    """
    where = f"{log.path}, {account}"
    body = label_body(account, label, by=by, reason=reason, now=now, until=until, where=where)
    log.append(body, time=now)


def label_body(
    account: str, label: str | None, *, by: str, reason: str, now: datetime, until: datetime | None, where: str
) -> dict[str, Any]:
    """What a log holds of such a word, checked.

    Raises:
        BadDecision: nobody or no reason is named, the label is none, or it ends before it begins.
    """
    if label not in ("confirmed", "cleared", None):
        raise BadDecision(f"an account is confirmed or cleared, not {label!r}", where=where)
    if not by.strip() or not reason.strip():
        raise BadDecision("a label names who says it, and why", where=where)
    if until is not None and until <= now:
        raise BadDecision("the label would end before it begins", where=where, hint="name a later day")
    end = None if until is None or label is None else until.astimezone(UTC).isoformat()
    said = {"kind": "label", "account": account, "label": label, "by": by.strip(), "reason": reason.strip()}
    return {**said, "until": end}


class Words:
    """Words as they are read: of who assessed, approved or refused a decision, who heard appeals, who labelled."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.decisions: dict[str, Mapping[str, Any]] = {}
        self.appeals: dict[str, tuple[str, str | None]] = {}
        self.acts: dict[str, dict[str, tuple[int, Label]]] = {}
        self.heard: dict[str, dict[str, tuple[int, Label]]] = {}
        self.said: dict[str, tuple[int, Label]] = {}

    def last(self) -> list[Label]:
        """The last word on each account, by account, whether it holds or ended."""
        last = dict(self.said)
        for found in (*self.acts.values(), *self.heard.values()):
            for account, word in found.items():
                if account not in last or last[account][0] < word[0]:
                    last[account] = word
        return [last[account][1] for account in sorted(last)]

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
        elif kind == "label":
            self._label(entry)

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

    def _label(self, entry: Entry) -> None:
        body, where = entry.body, f"{self.where}, entry {entry.n}"
        try:
            account, label, by, reason = (body[name] for name in ("account", "label", "by", "reason"))
            until = datetime.fromisoformat(body["until"]) if body.get("until") else None
        except (KeyError, TypeError, ValueError) as error:
            raise BadDecision(f"the label cannot be used: {error}", where=where) from error
        if label not in ("confirmed", "cleared", None) or (until and until.tzinfo is None):
            raise BadDecision(f"the label cannot be used: {label!r} until {until}", where=where)
        if label is None:
            self.said.pop(account, None)
        else:
            time = datetime.fromisoformat(entry.time)
            self.said[account] = entry.n, Label(account, label, None, str(by), time, str(reason), until)

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
