"""Where a random world's words come from: a corpus by its sources, dealt out anew for every world.

Every source has one use in a world: people, applications, bulk work, or a campaign's pool. Which use falls to
which source is drawn, so that nobody can tell a campaign by the file its questions are from. Kinds of source that
a corpus lacks are written from the grammars.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stillwatch.range import grammar
from stillwatch.range.library import Topic, sort_by_topic, topic_of
from stillwatch.range.library import read_records as read

__all__ = ["LONGEST", "Reader", "Source", "Texts", "open_texts"]

LONGEST = 2000
_ROUNDS = 3
_SHORT = 30
_BEGINNING = 40


@dataclass(frozen=True, slots=True)
class Source:
    """Texts of one origin, with the instructions that come with them.

    Attributes:
        name: of the corpus' source, or of the grammar.
        kind: people, distillation, pipeline, harness or retrieval.
        texts: each once.
        apps: instruction and inputs, where inputs come in groups.
    """

    name: str
    kind: str
    texts: list[str]
    apps: list[tuple[str, list[str]]] = field(default_factory=list)


class Reader:
    """Deals out a topic's texts: each as it stands, then lightly re-worded, then joined to parts of others."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._queue: list[str] = []
        self._round = 0

    def next(self, rng: random.Random) -> str:
        """A text that has been given out a few times at most."""
        if not self._queue:
            self._queue = rng.sample(self.topic.texts, len(self.topic.texts))
            self._round += 1
        text = self._queue.pop()
        if self._round == 1:
            return text
        if self._round > _ROUNDS or len(text) < _SHORT:
            text = f"{text} {_part(rng, rng.choice(self.topic.texts))}"
        return self.topic.reword(rng, text, 0.08 if self._round <= _ROUNDS else 0.2)


def _part(rng: random.Random, text: str) -> str:
    """Some words in a row."""
    words = text.split(" ")
    start = rng.randrange(max(1, len(words) - 4))
    return " ".join(words[start : start + rng.randint(4, 16)])


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by use.

    Attributes:
        people: topics that people ask about, also those who cover a campaign.
        apps: instructions of applications, with the inputs each gets.
        documents: contexts of retrieval, with the questions asked of each.
        tests: public test sets.
        bulk: what honest people have a model write over: hobby distillers, licensed data, labelling.
        pools: for each campaign, its sources.
    """

    people: list[Reader]
    apps: list[tuple[str, Topic]]
    documents: list[tuple[str, Topic]]
    tests: list[Source]
    bulk: list[Source]
    pools: list[list[Source]]


def open_texts(corpus: Sequence[Path], seed: int, wanted: Sequence[tuple[str, int, bool, int]]) -> Texts:
    """The texts of one world.

    Args:
        corpus: JSONL files (gz or plain) as ``open_library`` reads them; none: grammars alone.
        seed: of the dealing.
        wanted: for each campaign the kind of source, how many sources, whether it is a public set, and how many
            questions it needs.

    Raises:
        UnreadableInput: a file cannot be read.
        BadTable: a file holds no usable record.
    """
    rng = random.Random(f"texts {seed}")
    sources = _complete(_of_corpus(corpus), rng)
    rng.shuffle(sources)
    taken: set[str] = set()
    pools = [_pool(rng, sources, taken, need[0], need[1], need[3]) for need in wanted]
    public = {s.name for pool, need in zip(pools, wanted, strict=True) if need[2] for s in pool}
    left = [s for s in sources if s.name not in taken or s.name in public]
    return _dealt(rng, left, pools)


def _dealt(rng: random.Random, left: list[Source], pools: list[list[Source]]) -> Texts:
    """What the campaigns have left, by use."""
    distilled = [s for s in left if s.kind == "distillation"]
    bulk = distilled[::2] or [_written(rng, "distillation")]
    talk = [s for s in left if s.kind == "people"] + distilled[1::2]
    topics: list[Topic] = []
    texts = [text for source in talk for text in _talk(source) if not source.name.startswith("grammar")]
    if len(texts) > 500:
        topics.extend(sort_by_topic(texts, rng))
    domains = rng.sample(list(grammar.DOMAINS), rng.randint(8, 16) if topics else len(grammar.DOMAINS))
    topics.extend(_of_domain(rng, domain) for domain in domains)
    pipelines = [s for s in left if s.kind == "pipeline" and s.apps] or [_written(rng, "pipeline")]
    apps = [(system, topic_of(inputs, rng)) for s in pipelines for system, inputs in s.apps]
    documents = [(system, topic_of(inputs, rng)) for s in left for system, inputs in s.apps if s.kind == "retrieval"]
    tests = [s for s in left if s.kind == "harness"] or [_written(rng, "harness")]
    return Texts([Reader(topic) for topic in topics], apps, documents, tests, bulk, pools)


def _talk(source: Source) -> list[str]:
    """What a person may have written: texts that do not begin as many others of their source do."""
    begins = Counter(text[:_BEGINNING] for text in source.texts)
    return [text for text in source.texts if begins[text[:_BEGINNING]] <= max(3, 0.005 * len(source.texts))]


def _of_domain(rng: random.Random, domain: str) -> Topic:
    language = "en" if rng.random() < 0.7 else rng.choice(list(grammar.LANGUAGES))
    return topic_of([grammar.sentence(rng, domain, rng.randrange(1, 6), language) for _ in range(400)], rng)


def _pool(
    rng: random.Random, sources: Sequence[Source], taken: set[str], kind: str, count: int, need: int
) -> list[Source]:
    """So many sources that no other campaign has; more where they hold too few questions; else grammars."""
    free = [s for s in sources if s.name not in taken]
    first = [s for s in free if s.kind == kind and len(s.texts) >= 150]
    found: list[Source] = []
    while first and (len(found) < count or sum(len(s.texts) for s in found) < min(need, 3000)) and len(found) < 4:
        found.append(first.pop(rng.randrange(len(first))))
    # People must have something left to talk of.
    if kind == "people" and len(found) > 2:
        found = found[: max(count, 2)]
    while len(found) < count:
        found.append(_written(rng, rng.choice(("distillation", "people"))))
    taken.update(s.name for s in found)
    return found


def _of_corpus(corpus: Sequence[Path]) -> list[Source]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(corpus):
        for record in read(path):
            groups.setdefault(str(record.get("source") or path.name), []).append(record)
    return [_source(name, records) for name, records in sorted(groups.items())]


def _source(name: str, records: list[dict[str, Any]]) -> Source:
    kind = str(records[0].get("kind") or "people")
    kind = "harness" if "harness" in name or kind == "safety" else "retrieval" if "rag" in name else kind
    texts = list(dict.fromkeys(r["user"].strip()[:LONGEST] for r in records))
    groups: dict[str, list[dict[str, Any]]] = {}
    by = "system" if kind == "retrieval" else "group"
    for record in records:
        groups.setdefault(str(record.get(by) or ""), []).append(record)
    apps = [
        (str(group[0].get("system") or ""), [r["user"][:LONGEST] for r in group])
        for key, group in groups.items()
        if kind in ("pipeline", "retrieval") and (len(group) >= 15 or (kind == "retrieval" and key))
    ]
    return Source(name, kind, texts, apps)


def _complete(sources: list[Source], rng: random.Random) -> list[Source]:
    """The sources, with grammars' for every kind of which there are too few."""
    for kind, least in (("people", 3), ("distillation", 5), ("harness", 2), ("pipeline", 2), ("retrieval", 1)):
        missing = least - sum(source.kind == kind for source in sources)
        sources = [*sources, *(_written(rng, kind) for _ in range(max(0, missing)))]
    return sources


def _written(rng: random.Random, kind: str) -> Source:
    """A source of some kind from the grammars, unlike any other."""
    name = f"grammar {kind} {rng.randrange(16**6):06x}"
    domains = rng.sample(list(grammar.DOMAINS), rng.randint(4, 12))
    if kind == "distillation":
        form = rng.choice((grammar.tool_request, grammar.code_task, grammar.benchmark_question, None))
        marker = rng.choice(("Task. ", "Instruction: ", "", ""))
        if form is None:
            return Source(
                name, kind, _unique(marker + grammar.sentence(rng, rng.choice(domains), 3) for _ in range(4000))
            )
        return Source(name, kind, _unique(form(rng) for _ in range(4000)))
    if kind == "harness":
        return Source(name, kind, _unique(grammar.benchmark_question(rng) for _ in range(rng.randint(200, 1500))))
    talk = [_unique(grammar.sentence(rng, d, rng.randrange(1, 5)) for _ in range(160)) for d in domains]
    if kind == "people":
        return Source(name, kind, [text for texts in talk for text in texts])
    apps = [(_instruction(rng, domain, kind), inputs) for domain, inputs in zip(domains, talk, strict=True)]
    return Source(name, kind, [text for texts in talk for text in texts], apps)


def _instruction(rng: random.Random, domain: str, kind: str) -> str:
    if kind == "retrieval":
        context = " ".join(grammar.sentence(rng, domain, 5) for _ in range(2))
        return f"Use these pieces of context to answer the question at the end.\n{context}"
    noun = rng.choice(grammar.DOMAINS[domain])
    return f"You handle each {noun} for the {domain} desk in {rng.choice(grammar.PLACES)}. Be brief."


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
