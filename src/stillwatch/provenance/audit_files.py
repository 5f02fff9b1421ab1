"""Writes an audit's files: ``audit.json``, ``answers.jsonl``, ``report.html``."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from stillwatch.core import OutputUnwritable
from stillwatch.core.whole_files import put_whole
from stillwatch.provenance.audit import Audit
from stillwatch.provenance.guardrail import GapRow
from stillwatch.provenance.identity_claims import Claims
from stillwatch.provenance.intervals import Rate
from stillwatch.provenance.page import render_page
from stillwatch.provenance.prompts import Prompt
from stillwatch.provenance.refusals import JudgeAccuracy
from stillwatch.provenance.tokens import TokenMatch

__all__ = ["FORMAT", "audit_json", "write_audit"]

FORMAT = "stillwatch-audit/1"


def audit_json(audit: Audit) -> dict[str, Any]:
    """Everything but the answers, as JSON has it; numbers that are not finite become null."""
    return {
        "format": FORMAT,
        "suspect": audit.suspect,
        "teacher": audit.teacher,
        "controls": list(audit.controls),
        "level": audit.level,
        "grade": audit.grade,
        "reasons": list(audit.reasons),
        "missing": {name: dict(parts) for name, parts in audit.missing.items()},
        "steadiness": {name: _plain(one) for name, one in audit.steadiness.items()},
        "tests": [_plain({**asdict(one), "excess": one.excess}) for one in audit.tests],
        "identity": {name: _claims(one) for name, one in audit.claims.items()},
        "tokenizer": None if audit.tokens is None else _tokens(audit.tokens),
        "guardrail": [_gap(row) for row in audit.guardrail],
        "judge": None if audit.judge is None else _judge(audit.judge),
        "lineage": None if audit.lineage is None else _plain(audit.lineage),
        "power": _plain({**asdict(audit.need), "enough": audit.need.enough}),
        "cost": _plain(audit.cost),
        "limits": list(audit.limits),
    }


def write_audit(audit: Audit, out: Path, prompts: Sequence[Prompt]) -> Path:
    """Write the files into ``out`` and return the report's path.

    Raises:
        OutputUnwritable: the disk is full, or the folder is not writable.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        _replace(out / "audit.json", json.dumps(audit_json(audit), indent=1, ensure_ascii=False) + "\n")
        whys = {name: one.missing for name, one in audit.answers.items()}
        lines = [
            json.dumps(
                {
                    "prompt": one.text,
                    "answer": one.answer,
                    "said": {n: a.texts[i] for n, a in audit.answers.items()},
                    "missing": {n: lacking[i] for n, lacking in whys.items() if lacking[i]},
                },
                ensure_ascii=False,
            )
            for i, one in enumerate(prompts)
        ]
        _replace(out / "answers.jsonl", "".join(line + "\n" for line in lines))
        return _replace(out / "report.html", render_page(audit))
    except OSError as error:
        raise OutputUnwritable(f"cannot be written: {error.strerror or error}", where=str(out)) from error


def _replace(path: Path, text: str) -> Path:
    return put_whole(path, text.encode())


def _tokens(match: TokenMatch) -> dict[str, Any]:
    return {**asdict(match), "same": match.same, "of_no_control": match.of_no_control}


def _claims(claims: Claims) -> dict[str, Any]:
    return {
        "leader": claims.leader,
        "consistency": claims.consistency,
        "rates": {maker: rate.as_json() for maker, rate in claims.rates.items()},
        "by_language": {language: rate.as_json() for language, rate in claims.by_language.items()},
    }


def _judge(judge: JudgeAccuracy) -> dict[str, Any]:
    return {name: value for name, value in _plain(judge).items() if name != "wrong"}


def _gap(row: GapRow) -> dict[str, Any]:
    return {
        **{name: value for name, value in _plain(row).items() if name not in ("teacher", "suspect", "controls")},
        "teacher": row.teacher.as_json(),
        "suspect": row.suspect.as_json(),
        "controls": {name: rate.as_json() for name, rate in row.controls.items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Rate):
        return value.as_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
