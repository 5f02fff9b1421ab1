"""Honest bulk work of a random world: evaluation harnesses, nightly batches, hobby distillers within the terms.

One function a kind: it gets how many exchanges each account makes, and yields the accounts. To add one, write its
function and name it in ``random_world``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stillwatch.range import hours
from stillwatch.range.account import Account
from stillwatch.range.script import Ask, Stage, moment, scripted
from stillwatch.range.wording import wrapper

__all__ = ["batches", "harnesses", "hobbyists"]

_HARNESSES = ("lm-eval/0.4.9", "evalkit/2.1", "inspect-ai/0.3", None, None)


def harnesses(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Evaluation harnesses: a public test set, whole or a random part, on release day, at night, or whenever."""
    rng = stage.rng
    for count in counts:
        test = rng.choice(stage.texts.tests).texts
        part = rng.sample(test, min(len(test), max(8, int(len(test) * rng.choice((0.05, 0.2, 0.5, 1.0))))))
        queue = [part[place % len(part)] for place in range(min(count, 3 * len(part)))]
        length = rng.uniform(0.3, 6)
        begin = rng.uniform(0, max(stage.hours - length, 0.1))
        if stage.release is not None and rng.random() < 0.5:
            begin = min(stage.release + rng.uniform(0, 30), stage.hours - length)
        times = hours.sitting(stage.numbers, len(queue), begin, length)
        if rng.random() < 0.25:
            times = hours.nightly(stage.numbers, len(queue), 0, stage.hours)
        asks = [Ask(moment(hour), {"prompt": text}) for hour, text in zip(times, queue, strict=True)]
        origin, shape, file = stage.stranger(api=True, volume=count)
        client = rng.choice(_HARNESSES)
        if client:
            shape |= {"user_agent": client, "temperature": 0.0, "max_tokens": rng.choice((256, 1024, 2048))}
        yield scripted(stage, "harness", asks, (origin, shape, file))


def batches(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Nightly classification, extraction and summaries, each with its own instruction and inputs."""
    rng = stage.rng
    for count in counts:
        base, topic = rng.choice(stage.texts.apps)
        system = topic.instruction(rng, base)
        asks = [
            Ask(moment(hour), {"system": system, "prompt": topic.reword(rng, rng.choice(topic.texts), 0.1)})
            for hour in hours.nightly(stage.numbers, count, 0, stage.hours)
        ]
        yield scripted(
            stage, "batch", asks, stage.stranger(api=True, volume=count), length=rng.choice((8.0, 60.0, 250.0))
        )


def hobbyists(stage: Stage, counts: Sequence[int]) -> Iterator[Account]:
    """Distillation within the terms: one account each, a set of its own, with or without a template."""
    rng = stage.rng
    for count in counts:
        source = rng.choice(stage.texts.bulk)
        texts = rng.sample(source.texts, min(len(source.texts), count))
        template = wrapper(rng, rng.choice(stage.texts.people).topic.words) if rng.random() < 0.6 else "{q}"
        begin = rng.uniform(0, 0.7) * stage.hours
        way = rng.choice((hours.steady, hours.nightly, hours.human))
        asks = [
            Ask(moment(hour), {"prompt": template.replace("{q}", texts[place % len(texts)])})
            for place, hour in enumerate(way(stage.numbers, count, begin, stage.hours))
        ]
        yield scripted(stage, "hobbyist", asks, stage.stranger(api=True, volume=count))
