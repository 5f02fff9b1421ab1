"""What a simulation's prompts are written from: a corpus sorted into topics, or grammars.

Accounts have interests: each draws from a few topics. A corpus is sorted into topics by hashed
TF-IDF, a truncated SVD and k-means. Texts are never sent as they stand but re-worded a little,
with words of the same topic, for a corpus is small and strangers seldom write the same sentence;
only what repeats by nature (benchmarks, homework) is sent as it is.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.vq import kmeans2
from scipy.sparse.linalg import svds

from stillwatch.core import BadTable, UnreadableInput, said_by
from stillwatch.range import grammar

__all__ = ["Library", "Topic", "open_library", "read_records", "sort_by_topic", "topic_of"]

_TOPICS = 48
_LONGEST = 1200


@dataclass(frozen=True, slots=True)
class Topic:
    """Texts about one thing and the words they are made of."""

    texts: list[str]
    words: list[str]

    def reword(self, rng: random.Random, text: str, share: float = 0.15) -> str:
        """The text with some of its words exchanged for others of the topic."""
        parts = text[:_LONGEST].split(" ")
        for _ in range(max(1, int(len(parts) * share))):
            parts[rng.randrange(len(parts))] = rng.choice(self.words)
        return " ".join(parts)

    def write(self, rng: random.Random) -> str:
        """A text of this topic that nobody else sends."""
        return self.reword(rng, rng.choice(self.texts))

    def instruction(self, rng: random.Random, base: str) -> str:
        """One firm's instruction for this topic: another's in form, with words of its own."""
        words = " ".join(rng.sample(self.words, min(6, len(self.words))))
        return f"{self.reword(rng, base[:500] or 'Handle the input.', 0.35)} Notes for this desk: {words}."


@dataclass(frozen=True, slots=True)
class Library:
    """Texts by use.

    Attributes:
        people: topics that people ask about.
        apps: instructions of single applications, with the inputs each gets.
        documents: contexts of retrieval applications, with the questions asked of each.
        pools: what campaigns ask, by capability.
        benchmarks: public test sets.
    """

    people: list[Topic]
    apps: list[tuple[str, Topic]]
    documents: list[tuple[str, Topic]]
    pools: dict[str, Topic]
    benchmarks: list[list[str]]


def topic_of(texts: Sequence[str], rng: random.Random) -> Topic:
    """A topic of these texts."""
    words = [w for t in rng.sample(list(texts), min(len(texts), 200)) for w in t[:400].split(" ") if len(w) > 2]
    return Topic(list(texts), words or ["and"])


def sort_by_topic(texts: Sequence[str], rng: random.Random) -> list[Topic]:
    """Sort texts into topics."""
    buckets = 4096
    rows: list[int] = []
    columns: list[int] = []
    for row, text in enumerate(texts):
        for word in set(text[:600].lower().split()):
            rows.append(row)
            # Python's own hash of a string changes from run to run.
            columns.append(sum(ord(c) * 31**i for i, c in enumerate(word[:12])) % buckets)
    counts = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), buckets))
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    weighted = counts @ sparse.diags(np.log(len(texts) / np.maximum(frequency, 1)))
    seed = rng.randrange(2**31)
    start = np.random.default_rng(seed).normal(size=min(weighted.shape))
    left, values, _ = svds(weighted.tocsc().astype(np.float64), k=min(32, len(texts) - 1), v0=start)
    points: npt.NDArray[np.float64] = left * values
    points /= np.linalg.norm(points, axis=1, keepdims=True) + 1e-9
    _, label = kmeans2(points, _TOPICS, minit="++", rng=np.random.default_rng(seed))
    groups = [[texts[int(i)] for i in np.flatnonzero(label == k)] for k in range(_TOPICS)]
    return [topic_of(group, rng) for group in groups if len(group) >= 12]


def open_library(corpus: Sequence[Path], seed: int) -> Library:
    """The library of a corpus, or of the grammars where none is given.

    Args:
        corpus: JSONL files (gz or plain) of records with ``user`` and, where known, ``system``, ``kind``
            (``distillation``, ``people``, ``pipeline``), ``source`` and ``group``.
        seed: of everything drawn.

    Raises:
        UnreadableInput: a file cannot be read.
        BadTable: a file holds no usable record.
    """
    rng = random.Random(seed)
    if not corpus:
        return _from_grammar(rng)
    records = [record for path in sorted(corpus) for record in read_records(path)]
    people = [r["user"] for r in records if r.get("kind") == "people"]
    distilled = [r for r in records if r.get("kind") == "distillation"]
    pipeline = [r for r in records if r.get("kind") == "pipeline"]
    written = _from_grammar(rng)
    return Library(
        people=sort_by_topic(people, rng) + written.people[::3] if len(people) > 500 else written.people,
        apps=_apps(pipeline, rng) or written.apps,
        documents=_documents(pipeline, rng) or written.documents,
        pools=_pools(distilled, people, written, rng),
        benchmarks=_benchmarks(pipeline) or written.benchmarks,
    )


def read_records(path: Path) -> Iterable[dict[str, Any]]:
    """The usable records of one corpus file."""
    try:
        raw = path.read_bytes()
        lines = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).splitlines()
    except (OSError, EOFError) as error:
        raise UnreadableInput(f"the corpus cannot be read: {said_by(error)}", where=str(path)) from error
    found = 0
    for number, line in enumerate(lines, start=1):
        try:
            record = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise BadTable(f"not JSON: {error}", where=f"{path}, line {number}") from error
        if isinstance(record, dict) and isinstance(record.get("user"), str) and record["user"].strip():
            found += 1
            yield record
    if not found:
        raise BadTable("no record has a text in `user`", where=str(path), hint="one JSON object a line, with `user`")


def _grouped(records: Sequence[dict[str, Any]], key: str, least: int) -> list[list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(f"{record.get('source')} {record.get(key)}", []).append(record)
    return [group for group in groups.values() if len(group) >= least]


def _apps(pipeline: Sequence[dict[str, Any]], rng: random.Random) -> list[tuple[str, Topic]]:
    named = [r for r in pipeline if r.get("group") and not r.get("rendered")]
    return [(g[0].get("system") or "", topic_of([r["user"] for r in g], rng)) for g in _grouped(named, "group", 15)]


def _documents(pipeline: Sequence[dict[str, Any]], rng: random.Random) -> list[tuple[str, Topic]]:
    rag = [r for r in pipeline if "rag" in str(r.get("source")) and r.get("system")]
    return [(g[0]["system"], topic_of([r["user"] for r in g], rng)) for g in _grouped(rag, "system", 1)]


def _benchmarks(pipeline: Sequence[dict[str, Any]]) -> list[list[str]]:
    tests = [r for r in pipeline if "harness" in str(r.get("source"))]
    return [[r["user"] for r in g] for g in _grouped([{**r, "k": 0} for r in tests], "k", 100)]


def _pools(
    distilled: Sequence[dict[str, Any]], people: Sequence[str], written: Library, rng: random.Random
) -> dict[str, Topic]:
    """Pools that share no source, so that two campaigns are two."""

    def having(*words: str) -> list[str]:
        return [r["user"] for r in distilled if any(w in f"{r.get('source')} {r.get('group')}" for w in words)]

    found = {
        "reasoning": having("cot"),
        "tools": having("gorilla", "toolalpaca"),
        "code": having("codegen", "toolformer"),
        "tasks": having("gpteacher"),
        "sensitive": list(people[-600:]),
    }
    return {name: topic_of(texts, rng) if len(texts) > 200 else written.pools[name] for name, texts in found.items()}


def _from_grammar(rng: random.Random) -> Library:
    domains = list(grammar.DOMAINS)
    people = []
    for number, domain in enumerate(domains):
        language = "en" if number % 3 else rng.choice(list(grammar.LANGUAGES))
        people.append(topic_of([grammar.sentence(rng, domain, rng.randrange(1, 6), language) for _ in range(160)], rng))
    apps, documents = [], []
    for number in range(240):
        domain = domains[number % len(domains)]
        noun = rng.choice(grammar.DOMAINS[domain])
        inputs = topic_of([grammar.sentence(rng, domain, rng.randrange(1, 3)) for _ in range(40)], rng)
        apps.append(
            (f"You handle each {noun} for the {domain} desk in {rng.choice(grammar.PLACES)}. Be brief.", inputs)
        )
        context = " ".join(grammar.sentence(rng, domain, 5) for _ in range(2))
        documents.append((f"Use these pieces of context to answer the question at the end.\n{context}", inputs))
    tools = topic_of([grammar.tool_request(rng) for _ in range(6000)], rng)
    code = topic_of([grammar.code_task(rng) for _ in range(6000)], rng)
    mixed = [grammar.sentence(rng, rng.choice(domains), rng.randrange(2, 5)) for _ in range(6000)]
    pools = {
        "reasoning": topic_of([grammar.benchmark_question(rng) for _ in range(6000)], rng),
        "tools": tools,
        "code": code,
        "tasks": topic_of(["Task. " + text for text in mixed], rng),
        "sensitive": topic_of(mixed[:2000], rng),
    }
    tests = [[grammar.benchmark_question(rng) for _ in range(size)] for size in (1200, 700, 400)]
    return Library(people, apps, documents, pools, tests)
