"""Writes a snapshot: rules, accounts and texts in, one file out, put in place in one step."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.core import OutputUnwritable
from stillwatch.core.minhash import BAND_COUNT
from stillwatch.core.whole_files import put_whole
from stillwatch.core.words import U64
from stillwatch.decisions import LoggedDecision
from stillwatch.gateway.snapshot import DIGEST_BYTES, MAGIC, digest_of, filter_of, hashed

__all__ = ["KnownTexts", "write_snapshot"]

_Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class KnownTexts:
    """Texts by which campaigns are known; positions in ``templates`` stand for them.

    Attributes:
        templates: template id and campaign id of T texts.
        masked, masked_of: hashes of whole texts, and whose.
        sentences, sentence_of: hashes of sentences, and whose.
        bands, signatures, sketch_of: of S sketched texts (S x ``BAND_COUNT`` packed, S x ``SLOTS``), and whose.
    """

    templates: Sequence[tuple[str, str | None]]
    masked: U64
    masked_of: npt.NDArray[np.uint32]
    sentences: U64
    sentence_of: npt.NDArray[np.uint32]
    bands: U64
    signatures: npt.NDArray[np.uint8]
    sketch_of: npt.NDArray[np.uint32]


def _sorted_pairs(keys: U64, values: npt.NDArray[Any]) -> tuple[U64, npt.NDArray[np.uint32]]:
    order = np.argsort(keys, kind="stable")
    return keys[order], values[order].astype(np.uint32)


def _lines(values: Iterable[object]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    texts = [json.dumps(value, separators=(",", ":")).encode() for value in values]
    at = np.zeros(len(texts) + 1, np.uint64)
    np.cumsum([len(text) for text in texts], out=at[1:])
    return at, np.frombuffer(b"".join(texts), np.uint8)


def _rule(standing: LoggedDecision) -> dict[str, Any]:
    decision = standing.decision
    return {
        "decision_id": decision.decision_id,
        "subject": f"{decision.subject.kind}:{decision.subject.id}",
        "verdict": decision.verdict,
        "actions": [[action.kind, dict(action.parameters)] for action in decision.actions],
        "begins": (decision.approved_at or decision.time).timestamp(),
        "expires": decision.expires.timestamp(),
        "customer_text": decision.customer_text,
    }


def _subjects(standings: Sequence[LoggedDecision], salt: bytes) -> dict[str, list[tuple[int, int]]]:
    """Keys of accounts, organisations, templates and freed accounts, each with the number of its rule."""
    found: dict[str, list[tuple[int, int]]] = {"account": [], "organisation": [], "template": [], "exempt": []}
    for number, standing in enumerate(standings):
        decision = standing.decision
        found["account"] += [(hashed(salt, "account", account), number) for account in standing.accounts]
        found["template"] += [(hashed(salt, "template", template), number) for template in decision.templates]
        if decision.subject.kind == "organisation":
            found["organisation"].append((hashed(salt, "organisation", decision.subject.id), number))
        found["exempt"] += [
            (hashed(salt, "exempt", account, decision.decision_id), number) for account in standing.exempt
        ]
    return found


def write_snapshot(
    path: Path, standings: Sequence[LoggedDecision], texts: KnownTexts, *, made: datetime | None = None, **said: Any
) -> Mapping[str, Any]:
    """Write a snapshot and put it in the place of the one before.

    Args:
        path: the file.
        standings: decisions in force.
        texts: what campaigns are known by.
        made: the time it says it was made at.
        said: what else the header says, such as the run it was made from.

    Returns:
        The header.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    salt = secrets.token_bytes(16)
    arrays: _Arrays = {}
    for name, pairs in _subjects(standings, salt).items():
        keys = np.array([key for key, _ in pairs], np.uint64)
        arrays[f"{name}_keys"], arrays[f"{name}_values"] = _sorted_pairs(
            keys, np.array([n for _, n in pairs], np.uint32)
        )
    arrays["rule_at"], arrays["rule_text"] = _lines(_rule(standing) for standing in standings)
    arrays["template_at"], arrays["template_text"] = _lines(texts.templates)
    arrays["masked_keys"], arrays["masked_values"] = _sorted_pairs(texts.masked, texts.masked_of)
    arrays["sentence_keys"], arrays["sentence_values"] = _sorted_pairs(texts.sentences, texts.sentence_of)
    arrays["signatures"] = texts.signatures.reshape(-1)
    arrays["sketch_of"] = texts.sketch_of
    arrays["band_keys"], arrays["band_values"] = _sorted_pairs(
        texts.bands.reshape(-1), np.repeat(np.arange(len(texts.sketch_of), dtype=np.uint32), BAND_COUNT)
    )
    for name in ("sentence", "band"):
        arrays[f"{name}_filter"] = filter_of(arrays[f"{name}_keys"])
    header: dict[str, Any] = {
        "made": (made or datetime.now(UTC)).isoformat(),
        "salt": salt.hex(),
        "rules": len(standings),
        "accounts": len(arrays["account_keys"]),
        "templates": len(texts.templates),
        **said,
    }
    _put(path, header, arrays)
    return header


def _put(path: Path, header: dict[str, Any], arrays: _Arrays) -> None:
    places: dict[str, tuple[str, int, int]] = {}
    parts: list[bytes] = []
    at = 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str, at, len(array))
        text = array.tobytes()
        parts.append(text + bytes(-len(text) % 64))
        at += len(parts[-1])
    head = json.dumps({**header, "arrays": places}).encode()
    lead = len(MAGIC) + DIGEST_BYTES + 8 + len(head)
    parts = [len(head).to_bytes(8, "little"), head, bytes(-lead % 64), *parts]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        put_whole(path, MAGIC + digest_of(parts), *parts, synced=True)
    except OSError as error:
        raise OutputUnwritable(f"the snapshot cannot be written: {error}", where=str(path)) from error
