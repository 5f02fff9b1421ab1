"""Labels as a file: every last word as rows, and such rows said again in a log.

    label_rows > CSV or JSON > read_label_file > import_labels

The rows are those of the console's own CSV and JSON. What a file says goes into the log as the word of whoever brings
it in, all of it or, where one line cannot be used, none.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillwatch.core import AuditLog, BadDecision, UnreadableInput, said_by
from stillwatch.core.cells import from_cell
from stillwatch.core.small_files import LIST, read_small
from stillwatch.policy.labels import Label, label_body, labels

__all__ = ["LABEL_COLUMNS", "Imported", "LabelLine", "import_labels", "label_rows", "read_label_file"]

LABEL_COLUMNS = ("account_id", "label", "state", "until", "case_id", "by", "time", "reason")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A line of such a file.

    Attributes:
        where: file and line, for errors.
        account: whom.
        label: ``confirmed`` or ``cleared``; None takes back what was said of the account itself.
        reason: why; empty where the line does not say.
        until: when it ends; None: with the next word.
    """

    where: str
    account: str
    label: str | None
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file's lines: how many were said, stood already, had ended before."""

    said: int
    stood: int
    ended: int


def label_rows(words: Iterable[Label], now: datetime) -> list[dict[str, Any]]:
    """A row a label, as pages, CSV and JSON show it."""
    return [
        {
            "account_id": one.account_id,
            "label": one.label,
            "state": "holds" if one.holds(now) else "ended",
            "until": one.until,
            "case_id": one.decision_id,
            "by": one.by,
            "time": one.time,
            "reason": one.reason,
        }
        for one in words
    ]


def read_label_file(path: Path) -> list[LabelLine]:
    """Lines of a CSV with a heading, of a JSON array or of JSON lines: account_id, label, reason, until.

    Raises:
        UnreadableInput: the file is none of these.
        BadDecision: a line names no account, no label there is, or no date.
    """
    try:
        text = read_small(path, LIST).decode("utf-8-sig")
        rows = list(_json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text))
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise UnreadableInput(f"is no file of labels: {said_by(error)}", where=str(path)) from error
    return [_line(row, f"{path}:{number}") for number, row in rows]


def _csv_rows(text: str) -> Iterator[tuple[int, Row]]:
    # A name may hold what elsewhere ends a line.
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if "account_id" not in (reader.fieldnames or ()) or "label" not in (reader.fieldnames or ()):
        raise ValueError("its heading names no account_id or no label")
    for row in reader:
        yield reader.line_num, {name: from_cell(value) for name, value in row.items() if isinstance(value, str)}


def _json_rows(text: str) -> Iterator[tuple[int, Row]]:
    whole = text.lstrip().startswith("[")
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    found = list(enumerate(json.loads(text), start=1)) if whole else [(n, json.loads(line)) for n, line in lines]
    for n, row in found:
        if not isinstance(row, dict):
            raise ValueError(f"row {n} is no object")  # noqa: TRY004 - the file is wrong, no caller is
        yield n, row


def _line(row: Row, where: str) -> LabelLine:
    account, label = str(row.get("account_id") or ""), str(row.get("label") or "").strip().lower()
    if not account:
        raise BadDecision("a label names an account", where=where)
    if label not in ("confirmed", "cleared", "none"):
        raise BadDecision(f"an account is confirmed or cleared, or none takes that back, not {label!r}", where=where)
    said = str(row.get("until") or "").strip()
    try:
        until = datetime.fromisoformat(said) if said else None
    except ValueError as error:
        hint = "for instance 2027-03-31, or 2027-03-31T12:00:00+00:00"
        raise BadDecision(f"until is no date: {said!r}", where=where, hint=hint) from error
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return LabelLine(where, account, None if label == "none" else label, str(row.get("reason") or "").strip(), until)


def import_labels(log: AuditLog, lines: Sequence[LabelLine], *, by: str, reason: str, now: datetime) -> Imported:
    """Say what a file's lines say, in their order; what stands in the log already, or has ended, is left out.

    Args:
        log: the decision log.
        lines: of the file.
        by: who brings it in: their word it is from now on.
        reason: for lines that give none.
        now: the time.

    Raises:
        BadDecision: nobody is named, or a line has no reason; nothing was said then.
        TamperedLog: the chain does not hold.
    """
    stands: dict[str, tuple[str, datetime | None]] = {
        one.account_id: (one.label, one.until) for one in labels(log, now)
    }
    bodies, stood, ended = [], 0, 0
    for line in lines:
        if line.until is not None and line.until <= now:
            ended += 1
        elif stands.get(line.account) == ((line.label, line.until) if line.label else None):
            stood += 1
        else:
            why = line.reason or reason
            body = label_body(line.account, line.label, by=by, reason=why, now=now, until=line.until, where=line.where)
            bodies.append(body)
            if line.label is None:
                stands.pop(line.account, None)
            else:
                stands[line.account] = (line.label, line.until)
    if bodies:
        log.append(*bodies, time=now)
    return Imported(len(bodies), stood, ended)
