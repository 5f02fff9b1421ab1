"""Honest crowds: strangers whom an occasion brings to one model, on one day, with one thing to ask about.

A sign-up burst, a release, a course, a workshop. Each has some of what a campaign has (a day, a topic, a
plan, a sentence, volumes of a like size), and each account in it is somebody of its own. Tests of detection
need them, since groups drawn at random from a log share no occasion. To add a crowd, write its function
and name it in ``populations``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from stillwatch.range import clock
from stillwatch.range.account import Account, Writer
from stillwatch.range.customers import at, campus, of_plan, signed_up
from stillwatch.range.library import Topic
from stillwatch.range.maker import Maker, people_writer

__all__ = ["coursework", "launches", "leaning", "sign_ups", "sizes", "workshops"]

_RELEASED = "apex-4"
_FEATURES = ("tool search", "long memory", "image input", "code sandbox", "voice replies", "structured output")
_HELLOS = (
    "Write a hello world that uses the new {feature} in {language}.",
    "Show me the smallest working example of {feature} in {language}, please.",
    "Hello! You are new here. What can {feature} do that the last model could not? Give one example in {language}.",
    "Minimal {language} script to try {feature}, with comments on every line.",
    "Does {feature} work over the API already? Make a quick demo in {language} about a {noun}.",
    "Build a tiny app with {feature}: it should tell me about a {noun}. Use {language}.",
)
_LANGUAGES = ("Python", "TypeScript", "Go", "Rust", "Java", "Kotlin", "Swift", "C#", "Ruby", "PHP")
_SHEETS = (
    "Answer in the form of the instruction sheet: claim first, then evidence, then one open question.",
    "Use only what the lecture on {words} has covered, and name the slide.",
    "Follow the rules of exercise sheet {number}: at most {number} sentences, no outside sources.",
    "This is for the weekly assignment on {words}, so explain every term on first use.",
)
_TEMPLATES = (
    "You are taking part in our prompt workshop on {words}. Ask me one question back before you answer.",
    "Act as a patient editor for {words} beginners. Read my draft twice, then name its weakest sentence.",
    "Play the role of a critical friend from the {words} meetup. First repeat my idea in your own words.",
    "Use the canvas of today's {words} session: audience, purpose, tone, limits. Then fill in what I leave out.",
)


def sizes(make: Maker, count: int, least: int, most: int) -> Iterator[int]:
    """Sizes of crowds that come to ``count`` together; the last may be small."""
    while count > 0:
        size = min(make.rng.randint(least, most), count)
        yield size
        count -= size


def leaning(make: Maker, topic: Topic, share: float) -> Writer:
    """A person who writes on one given topic for a share of the time, and otherwise as people do."""
    own = people_writer(make)

    def write(rng: random.Random) -> dict[str, Any]:
        return {"prompt": topic.write(rng)} if rng.random() < share else own(rng)

    return write


def _newcomer(make: Maker, kind: str, times: Any, writer: Writer, *, api: bool, free: float = 0.85) -> Account:
    plan = "free" if make.rng.random() < free else "pay as you go" if api else "plus"
    origin, shape, file = of_plan(make.rng, plan, api=api)
    return Account(kind, times, writer, origin, shape, file)


def sign_ups(make: Maker, count: int) -> Iterator[Account]:
    """People who sign up within hours of one another after a newsletter, at a conference or for a course.

    A newsletter's readers have nothing else in common; the others ask, some of the time, about what brought
    them, and some of them from one campus.
    """
    rng = make.rng
    for size in sizes(make, count, 12, 45):
        cause = rng.choice(("newsletter", "conference", "course"))
        begin = rng.uniform(0, 130) if rng.random() < 0.6 else rng.uniform(-500, 0)
        topic, place = rng.choice(make.library.people), campus(rng)
        spread = {"newsletter": 5.0, "conference": 3.0, "course": 1.0}[cause]
        for _ in range(size):
            hour = begin + min(rng.expovariate(1 / spread), 24)
            volume = make.volume(7, 0.8)
            times = clock.newcomer(make.numbers, volume, hour) if hour > 0 else clock.human(make.numbers, volume)
            lean = 0.0 if cause == "newsletter" else rng.uniform(0.1, 0.8)
            account = _newcomer(make, "sign-up", times, leaning(make, topic, lean), api=rng.random() < 0.2)
            if cause != "newsletter" and rng.random() < 0.4:
                at(account, place)
            yield signed_up(account, hour)


def _tries(make: Maker, famous: Sequence[str], posts: Sequence[tuple[Topic, Sequence[str]]]) -> Writer:
    """What one person tries a new model with: famous questions, a first program, or a blog post's prompts."""
    rng = make.rng
    manner, feature, (topic, post) = rng.choice(("famous", "hello", "post")), rng.choice(_FEATURES), rng.choice(posts)
    language, own = rng.choice(_LANGUAGES), people_writer(make)

    def write(rng: random.Random) -> dict[str, Any]:
        if rng.random() < 0.2:
            return own(rng)
        if manner == "famous":
            return {"prompt": rng.choice(famous)}
        if manner == "post":
            return {"prompt": topic.reword(rng, rng.choice(post), 0.1)}
        hello = rng.choice(_HELLOS).format(feature=feature, language=language, noun=rng.choice(topic.words))
        return {"prompt": hello}

    return write


def launches(make: Maker, count: int) -> Iterator[Account]:
    """Customers who try a new model on the day it comes out, with what everybody tries, a handful of requests each."""
    rng = make.rng
    release = clock.RELEASES[_RELEASED]
    famous = make.library.benchmarks[0][:25]
    posts = [
        (topic, rng.sample(topic.texts, min(10, len(topic.texts)))) for topic in rng.sample(make.library.people, 3)
    ]
    for _ in range(count):
        volume = 3 + int(make.numbers.poisson(6))
        hour = release + min(rng.expovariate(1 / 9), 72)
        times = clock.session(make.numbers, volume, hour, rng.uniform(0.2, 4))
        account = make.account("launch", times, _tries(make, famous, posts), api=rng.random() < 0.5, model=_RELEASED)
        yield signed_up(account, hour - rng.uniform(0.05, 1)) if rng.random() < 0.2 else account


def coursework(make: Maker, count: int) -> Iterator[Account]:
    """Courses with weekly homework: one subject and one day, in each one's own words, 2 to 15 requests."""
    rng = make.rng
    for size in sizes(make, count, 15, 60):
        topic, place = rng.choice(make.library.people), campus(rng)
        exercises = rng.sample(topic.texts, min(5, len(topic.texts)))
        sheet = rng.choice(_SHEETS).format(
            words=" ".join(rng.sample(topic.words, min(3, len(topic.words)))), number=rng.randrange(2, 9)
        )
        follows = rng.uniform(0.3, 0.9) if rng.random() < 0.5 else 0.0
        day, term, on_campus = rng.randrange(1, 5), -rng.uniform(100, 900), rng.choice((0.0, 0.3, 0.8))
        for _ in range(size):
            heeds = rng.random() < follows

            def write(
                rng: random.Random,
                topic: Topic = topic,
                exercises: list[str] = exercises,
                sheet: str = f"{sheet} " if heeds else "",
            ) -> dict[str, Any]:
                if rng.random() < 0.6:
                    return {"prompt": sheet + topic.reword(rng, rng.choice(exercises), 0.5)}
                return {"prompt": topic.write(rng)}

            hour = 24 * day + min(max(rng.gauss(15, 3), 1), 22)
            times = clock.session(make.numbers, rng.randint(2, 15), hour, rng.uniform(0.3, 2.5))
            account = _newcomer(make, "coursework", times, write, api=False)
            if rng.random() < on_campus:
                at(account, place)
            yield signed_up(account, term + rng.gauss(0, 20)) if rng.random() < 0.6 else account


def workshops(make: Maker, count: int) -> Iterator[Account]:
    """About sixty strangers with one workshop's prompt template, each on a topic of their own, 2 to 8 requests."""
    rng = make.rng
    for size in sizes(make, count, 50, 70):
        words = " ".join(rng.choices(rng.choice(make.library.people).words, k=2))
        template = " ".join(part.format(words=words) for part in rng.sample(_TEMPLATES, rng.choice((1, 2))))
        begin, length = 24 * rng.randrange(0, 6) + rng.choice((8, 9, 13, 14, 17)), rng.uniform(2, 5)
        for _ in range(size):
            topic = rng.choice(make.library.people)

            def write(rng: random.Random, topic: Topic = topic, template: str = template) -> dict[str, Any]:
                return {"prompt": f"{template}\n\n{topic.write(rng)}"}

            late = rng.uniform(0, 0.6) * length
            times = clock.session(make.numbers, rng.randint(2, 8), begin + late, length - late)
            account = _newcomer(make, "workshop", times, write, api=rng.random() < 0.2, free=0.6)
            yield signed_up(account, begin + late - 0.1) if rng.random() < 0.5 else account
