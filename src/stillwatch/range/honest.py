"""Honest customers, ordinary ones and those who look like a campaign.

One function a kind: it gets how many accounts to make and yields them. Every kind has content of its
own (a few topics, one instruction, its own documents) unless repeating is its nature. Crowds that an
occasion brings are in ``crowds``. To add a kind, write its function and name it in ``populations``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from stillwatch.range import clock
from stillwatch.range.account import Account, Origin, Writer, address
from stillwatch.range.library import Topic
from stillwatch.range.maker import Maker, people_writer

__all__ = [
    "FRAMEWORK_AGENT",
    "agents",
    "applications",
    "batches",
    "harnesses",
    "judges",
    "licensed",
    "offices",
    "people",
    "resellers",
    "retrieval",
    "students",
    "teams",
]

FRAMEWORK_AGENT = (
    "You are a software agent working in a repository. Use one tool at a time and wait for its result. "
    "Never edit files outside the workspace. When the task is done, say DONE and summarise the change."
)
_JUDGE = (
    "You are an impartial judge. Score the answer below from 1 to 10 for accuracy, helpfulness and style, "
    "and reply with the number alone."
)
_STEPS = (
    "Please explain step by step.",
    "Show your working.",
    "Can you go through it step by step?",
    "I need the steps, not only the answer.",
)


def people(make: Maker, count: int) -> Iterator[Account]:
    """Ordinary people."""
    for _ in range(count):
        times = clock.human(make.numbers, make.volume(9, 1.25))
        yield make.account("person", times, people_writer(make), api=make.rng.random() < 0.12)


def _instructed(system: str, topic: Topic, extra: float = 0.3) -> Writer:
    def write(rng: random.Random) -> dict[str, Any]:
        return {"system": system, "prompt": topic.reword(rng, rng.choice(topic.texts), extra)}

    return write


def applications(make: Maker, count: int) -> Iterator[Account]:
    """One firm's application each: an instruction of its own over its own inputs."""
    for _ in range(count):
        base, topic = make.rng.choice(make.library.apps)
        times = clock.machine(make.numbers, make.volume(30, 1.4), office=make.rng.random() < 0.7)
        yield make.account("application", times, _instructed(topic.instruction(make.rng, base), topic), api=True)


def retrieval(make: Maker, count: int) -> Iterator[Account]:
    """Retrieval applications on one framework's default prompt, each over its own documents."""
    documents = make.library.documents
    for _ in range(count):
        start = make.rng.randrange(len(documents))
        mine = [documents[(start + i) % len(documents)] for i in range(6)]
        words = make.rng.sample(make.library.people, 1)[0].words

        def write(rng: random.Random, mine: list[tuple[str, Topic]] = mine, words: list[str] = words) -> dict[str, Any]:
            system, topic = rng.choice(mine)
            return {"system": system, "prompt": topic.write(rng) + " " + " ".join(rng.choices(words, k=4))}

        times = clock.machine(make.numbers, make.volume(30, 1.2), office=True)
        yield make.account("retrieval", times, write, api=True, user_agent="langchain/1.2", temperature=0.0)


def agents(make: Maker, count: int) -> Iterator[Account]:
    """Software agents on one framework: its system prompt and tools, each in its own repository."""
    for _ in range(count):
        topic = make.rng.choice(make.library.people)
        names = [
            f"src/{w.lower().strip('.,:;')[:14]}.py" for w in make.rng.sample(topic.words, min(8, len(topic.words)))
        ]

        def write(rng: random.Random, topic: Topic = topic, names: list[str] = names) -> dict[str, Any]:
            task = f"{topic.write(rng)[:300]} in {rng.choice(names)}"
            loop = [
                {"role": "assistant", "content": f"read {rng.choice(names)}"},
                {"role": "user", "content": f"{rng.choice(names)}: {' '.join(rng.choices(topic.words, k=30))}"},
            ]
            turns = [{"role": "user", "content": task}, *(loop * rng.randrange(0, 2))]
            return {"system": FRAMEWORK_AGENT, "messages": turns, "tools": ["read_file", "edit_file", "run_shell"]}

        times = clock.machine(make.numbers, make.volume(40, 1.2), office=True)
        yield make.account("agent", times, write, api=True, user_agent="codeagent/0.86", max_tokens=8192)


def harnesses(make: Maker, count: int) -> Iterator[Account]:
    """Evaluation harnesses: the same public test set, run whole or in part, on a release day or at night."""
    release = make.rng.uniform(55, 65)
    for _ in range(count):
        test = make.rng.choice(make.library.benchmarks[:3])
        part = make.rng.sample(test, max(20, int(len(test) * make.rng.choice((0.2, 0.5, 1.0)))))
        limit = min(len(part), make.volume(120, 0.7))
        left, queue = part[:limit], part[:limit]

        def write(rng: random.Random, queue: list[str] = queue, whole: list[str] = left) -> dict[str, Any]:
            if not queue:
                queue.extend(whole)
            return {"prompt": queue.pop()}

        begin = release + make.rng.uniform(0, 30) if make.rng.random() < 0.6 else make.rng.uniform(0, 150)
        times = clock.session(make.numbers, limit, begin, make.rng.uniform(0.5, 5))
        yield make.account(
            "harness", times, write, api=True, user_agent="lm-eval/0.4.9", temperature=0.0, max_tokens=256
        )


def batches(make: Maker, count: int) -> Iterator[Account]:
    """Nightly classification, extraction and translation, each with its own instruction and inputs."""
    for _ in range(count):
        base, topic = make.rng.choice(make.library.apps)
        if make.rng.random() < 0.4:
            language = make.rng.choice(("German", "French", "Korean", "Spanish", "Polish"))
            base, topic = f"Translate the text into {language}.", make.rng.choice(make.library.people)
        times = clock.nightly(make.numbers, make.volume(60, 1.1))
        yield make.account(
            "batch", times, _instructed(topic.instruction(make.rng, base), topic), api=True, temperature=0.0
        )


def students(make: Maker, count: int) -> Iterator[Account]:
    """Classes with one homework, who ask for steps; a campus shares its addresses."""
    made = 0
    while made < count:
        size = min(make.rng.randrange(12, 30), count - made)
        homework = make.rng.sample(make.rng.choice(make.library.benchmarks), 15)
        campus = f"130.{make.rng.randrange(20, 90)}.{make.rng.randrange(256)}"
        due = make.rng.choice((40, 64, 88, 112))
        for _ in range(size):
            mine = make.rng.sample(homework, make.rng.randrange(6, 15))

            def write(rng: random.Random, mine: list[str] = mine) -> dict[str, Any]:
                return {"prompt": rng.choice(mine) + rng.choice(("", " " + rng.choice(_STEPS)))}

            times = clock.session(make.numbers, len(mine) + make.rng.randrange(4), due - make.rng.uniform(2, 30), 3)
            account = make.account("student", times, write, api=False)
            o = account.origin
            account.origin = Origin(
                (f"{campus}.{make.rng.randrange(1, 20)}",), 64800, "US", o.user_agent, o.tls_fingerprint
            )
            yield account
        made += size


def teams(make: Maker, count: int) -> Iterator[Account]:
    """One declared organisation with a key a member, all on one pipeline behind one gateway."""
    made = 0
    while made < count:
        size = min(make.rng.randrange(4, 9), count - made)
        base, topic = make.rng.choice(make.library.apps)
        writer = _instructed(topic.instruction(make.rng, base), topic)
        origin, shape, file = make.who(make.rng, api=True, volume=40)
        org = f"org-{make.rng.randrange(16**8):08x}"
        for _ in range(size):
            times = clock.machine(make.numbers, make.volume(40, 0.4), office=True)
            yield Account("team key", times, writer, origin, shape, dict(file), org_id=org)
        made += size


def offices(make: Maker, count: int) -> Iterator[Account]:
    """People of one office or co-working house: one address, nothing else in common."""
    made = 0
    while made < count:
        size = min(make.rng.randrange(5, 20), count - made)
        door = address(make.rng)
        for _ in range(size):
            account = make.account(
                "office", clock.human(make.numbers, make.volume(12, 1.1)), people_writer(make), api=False
            )
            o = account.origin
            account.origin = Origin((door,), o.asn, o.country, o.user_agent, o.tls_fingerprint)
            yield account
        made += size


def resellers(make: Maker, count: int) -> Iterator[Account]:
    """Resellers and chat front ends: strangers' prompts on every topic, mixed."""
    for _ in range(count):

        def write(rng: random.Random) -> dict[str, Any]:
            return {"prompt": rng.choice(make.library.people).write(rng)}

        times = clock.machine(make.numbers, make.volume(60, 1.0), office=False)
        yield make.account("reseller", times, write, api=True)


def judges(make: Maker, count: int) -> Iterator[Account]:
    """Grading by one framework's rubric, each of its own application's answers."""
    for _ in range(count):
        _, topic = make.rng.choice(make.library.apps)
        mine = make.rng.choice(make.library.people)

        def write(rng: random.Random, topic: Topic = topic, mine: Topic = mine) -> dict[str, Any]:
            return {"prompt": f"{_JUDGE}\n\nQuestion: {topic.write(rng)[:300]}\nAnswer: {mine.write(rng)[:300]}"}

        times = clock.machine(make.numbers, make.volume(40, 1.1), office=True)
        yield make.account("judge", times, write, api=True, user_agent="evalkit/2.1", temperature=0.0)


def licensed(make: Maker, count: int) -> Iterator[Account]:
    """Licensed synthetic data: distillation that the provider has agreed to."""
    made = 0
    while made < count:
        size = min(6, count - made)
        pool = make.rng.choice(make.library.people)
        org, licence = f"org-{make.rng.randrange(16**8):08x}", f"lic-{make.rng.randrange(16**6):06x}"
        for _ in range(size):

            def write(rng: random.Random, pool: Topic = pool) -> dict[str, Any]:
                return {"prompt": f"Generate 3 diverse training examples about this: {pool.write(rng)[:300]}"}

            account = make.account(
                "licensed", clock.machine(make.numbers, make.volume(60, 0.4), office=False), write, api=True
            )
            account.org_id = org
            account.file |= {"licence_id": licence, "declared_use": "synthetic training data"}
            yield account
        made += size
