"""A log's profile made by hand, without any log: for tests of what evidence sees in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from stillwatch.evidence import HOUR, Content, LogProfile, Postings, PromptSets, all_families, whiten
from stillwatch.evidence.rhythm import Rhythm
from stillwatch.evidence.waves import Hours

E = 2400
GROUP = np.arange(20)
HOURS = 168
DAY = 24 * HOUR


def made_content(seed: int = 0, pull: float = 0.0, entities: int = E, each: int = 12, topics: float = 0.0) -> Content:
    """Content of strangers; ``pull`` moves the group's prompts to one place, ``topics`` each account's to its own."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(entities), each)
    features = rng.normal(size=(len(owner), 40))
    features[np.isin(owner, GROUP)] += pull * rng.normal(size=40)
    if topics:
        features += topics * rng.normal(size=(entities, 40))[owner]
    return whiten(features.astype(np.float16), owner, entities, embedded=20)


def content_of(
    owner: np.ndarray, whitened: np.ndarray, counts: np.ndarray, means: np.ndarray, raw: np.ndarray
) -> Content:
    """Content of features that are standardised as they stand."""
    return Content(owner, whitened, counts, means, raw)


def made_postings(seed: int, shared: bool, entities: int = E) -> Postings:
    """Things of which two strangers rarely share one; ``shared`` gives the group one of its own."""
    rng = np.random.default_rng(seed)
    entity, name = np.divmod(np.unique(rng.integers(0, entities * 500, 4 * entities)), 500)
    if shared:
        entity = np.concatenate([entity, GROUP])
        name = np.concatenate([name, np.full(len(GROUP), 900)])
    return Postings.build(entity, name.astype(np.uint64), np.ones(len(entity)), entities)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length one."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _nothing_counted(name: str, also: str | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0)


def made_log(seed: int = 0, entities: int = E, **given: Any) -> LogProfile:
    """A log of strangers; what is ``given`` takes the place of a field, or of a column.

    Fields are those of ``LogProfile``; any other name is a column. ``residuals`` and ``hours`` are timing's, ``texts`` and
    ``hands`` what structure and infrastructure share, ``habits`` purpose's.
    """
    rng = np.random.default_rng(seed)
    exchanges = np.maximum(1, rng.lognormal(3, 1.2, entities)).astype(np.int64)
    columns: dict[str, Any] = {
        "exchanges": exchanges.astype(np.float64),
        "licensed": np.zeros(entities),
        "plan": rng.integers(1, 3, entities).astype(np.uint64),
        "country": rng.integers(1, 12, entities).astype(np.uint64),
        "sign_up": rng.uniform(0, 400, entities) * DAY,
        "parameters": rng.integers(1, 9, entities).astype(np.uint64),
        "agent": rng.integers(1, 40, entities).astype(np.uint64),
        "tls": rng.integers(1, 12, entities).astype(np.uint64),
    }
    fields: dict[str, Any] = {
        "exchanges": exchanges,
        "accounts": np.ones(entities, np.int64),
        "first_seen": 400 * DAY + rng.integers(0, DAY, entities),
        "last_seen": 407 * DAY - rng.integers(0, DAY, entities),
        "window_start": np.full(entities, 400 * DAY),
        "window_end": np.full(entities, 407 * DAY),
        "content": given.pop("content", None) or made_content(seed, entities=entities),
        "prompt_sets": PromptSets(np.arange(2 * entities, dtype=np.uint64), 2 * np.arange(entities + 1)),
    }
    content = fields["content"]
    fields["payload"] = replace(
        content,
        owner=content.owner[:0],
        whitened=content.whitened[:0],
        counts=np.zeros_like(content.counts),
        means=np.zeros_like(content.means),
        raw=content.raw[:0],
    )
    shared = dict.fromkeys(all_families())
    shared["structure"] = given.pop("texts", None) or made_postings(1, False, entities)
    shared["infrastructure"] = given.pop("hands", made_postings(2, False, entities))
    residuals = given.pop("residuals", None)
    given_hours = given.pop("hours", None)
    habits = given.pop("habits", None)
    for name, value in given.items():
        (fields if name in fields else columns)[name] = value
    columns["exchanges"] = fields["exchanges"].astype(np.float64)
    wording = {name: np.zeros((entities, len(f.wordings)), np.float32) for name, f in all_families().items()}
    log = LogProfile(**fields, columns=columns, shared=shared, wording=wording)
    if residuals is None:
        residuals = unit(np.random.default_rng(5).normal(size=(entities, HOURS)))
    tactics = len(all_families()["purpose"].wordings) + 3
    counts = given_hours if given_hours is not None else sparse.csr_array((entities, HOURS))
    log.derived["timing"] = Hours(Rhythm.of(residuals), counts)
    log.derived["purpose"] = np.zeros((entities, tactics), np.float32) if habits is None else habits
    for name in ("semantics", "dispatch"):
        log.derived[name] = all_families()[name].derive(log, _nothing_counted)
    return log
