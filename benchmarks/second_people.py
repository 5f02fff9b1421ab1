"""Honest traffic of a second generator, written apart from ``stillwatch.range`` so that neither is tuned to the other.

Hours are sittings on a daily curve, hands are drawn account by account, texts are a corpus' own, re-worded a little.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from stillwatch.range.library import Library, Topic, topic_of

__all__ = ["DAYS", "HOUR", "Account", "Ask", "Honest", "card", "sittings"]

DAYS = 14
HOUR = 3600.0

_PROGRAMS = (
    "openai-python/1.97.0", "openai-python/1.88.0", "openai-python/1.99.3", "anthropic-python/0.57.1", "curl/8.7.1",
    "openai-node/5.10.1", "python-requests/2.32.4", "langchain/0.3.26", "axios/1.10.0", "Go-http-client/2.0",
)  # fmt: skip
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0) Chrome/138", "Mozilla/5.0 (Macintosh) Safari/18.5",
    "Mozilla/5.0 (Linux; Android 15) Chrome/138", "Mozilla/5.0 (iPhone) Safari/18.5",
)  # fmt: skip
_MAIL = ("gmail.com", "gmail.com", "gmail.com", "outlook.com", "yahoo.com", "icloud.com", "qq.com", "proton.me")
_MODELS = ("vega-large", "vega-large", "vega-small", "vega-mini")
_ZONES = (-8, -5, -5, 0, 1, 1, 3, 5.5, 8, 8, 9)
_FOLLOW_UPS = (
    "make it shorter", "thanks, and in German?", "why?", "can you give an example", "that does not work", "continue",
    "again but more formal", "ok now in python", "explain the last part", "are you sure?", "no, the other one",
)  # fmt: skip
_RETRIEVAL = (
    "Use the following pieces of context to answer the question at the end.\n\n{}\n\nQuestion: {}\nHelpful Answer:",
    "Context information is below.\n---\n{}\n---\nGiven the context, answer the query.\nQuery: {}\nAnswer:",
)
_AGENT = "You are a coding agent with tools. Think about which to use, call it, observe, and finish when it is done."
_PROBES = ("ping", "Say OK.", "What is 2+2?", "Reply with the word healthy.")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to come: seconds from the log's beginning, its text, its system prompt, and its HTTP status."""

    time: float
    prompt: str
    system: str | None = None
    status: int = 200


@dataclass(slots=True)
class Account:
    """One account; ``campaign`` is the truth, times are seconds from the log's beginning."""

    account_id: str
    kind: str
    campaign: str | None
    zone: float
    client: str
    addresses: list[str]
    payment: str | None
    mail: str
    created: float
    model: str
    temperature: float | None
    most_tokens: int | None
    organisation: str | None = None
    asks: list[Ask] = field(default_factory=list)


def card(rng: random.Random) -> str:
    """A payment of its own."""
    return f"pm_{rng.randrange(16**10):010x}"


def sittings(rng: random.Random, account: Account, count: int, *, office: bool = False) -> list[float]:
    """So many times, in sittings at the account's own hours, none before it was made."""
    low = max(0.0, min(account.created / HOUR, DAYS * 24 - 24))
    out: list[float] = []
    while len(out) < count:
        for _ in range(60):
            hour = rng.uniform(low, DAYS * 24)
            local = (hour + account.zone) % 24
            weekend = int((hour + account.zone) // 24) % 7 >= 5
            day = math.exp(-(((local - 14.5) / 4.5) ** 2)) + 0.03
            evening = math.exp(-(((local - 21) / 2.5) ** 2)) * (0.25 if office else 0.6)
            if rng.random() < (day + evening) * (0.6 if weekend else 1):
                break
        moment = hour * HOUR
        for _ in range(1 + int(rng.expovariate(0.4))):
            out.append(min(moment, DAYS * 24 * HOUR - 1))
            moment += rng.lognormvariate(4.3, 1.0)
    return sorted(out[:count])


class Honest:
    """Makes honest accounts of one world.

    Attributes:
        rng, library: what everything is drawn from.
        others: sources of instructions that honest developers and hobbyists use too.
        accounts: made so far.
    """

    def __init__(self, rng: random.Random, library: Library, others: Sequence[Sequence[str]]) -> None:
        self.rng, self.library, self.others = rng, library, others
        self.accounts: list[Account] = []

    def account(self, kind: str, *, campaign: str | None = None, web: bool = False) -> Account:
        """A stranger: everything of his own."""
        rng = self.rng
        made = Account(
            account_id=f"u-{rng.randrange(16**6):06x}{len(self.accounts):04d}",
            kind=kind,
            campaign=campaign,
            zone=rng.choice(_ZONES),
            client=rng.choice(_BROWSERS if web else _PROGRAMS),
            addresses=[
                f"{rng.randrange(11, 220)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
                for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))
            ],
            payment=card(rng) if rng.random() < (0.5 if web else 0.9) else None,
            mail=rng.choice(_MAIL) if rng.random() < 0.8 else f"c{rng.randrange(16**5):05x}.io",
            created=rng.uniform(0, DAYS * 0.8) * 86_400 if rng.random() < 0.08 else -rng.expovariate(1 / 200) * 86_400,
            model=rng.choice(_MODELS),
            temperature=rng.choice((None, None, 0.0, 0.2, 0.7, 1.0)),
            most_tokens=rng.choice((None, 512, 1024, 2048, 4096)),
        )
        self.accounts.append(made)
        return made

    def interests(self) -> list[Topic]:
        """What one person asks of."""
        return self.rng.sample(self.library.people, self.rng.choice((1, 1, 2, 3)))

    def talk(self, account: Account, count: int, topics: Sequence[Topic] | None = None) -> None:
        """So much of somebody's ordinary talk."""
        rng, topics = self.rng, topics or self.interests()
        for number, moment in enumerate(sittings(rng, account, count)):
            follows = number > 0 and rng.random() < 0.22
            account.asks.append(Ask(moment, rng.choice(_FOLLOW_UPS) if follows else rng.choice(topics).write(rng)))

    def people(self, count: int) -> None:
        """People, each with interests and hours of his own."""
        for _ in range(count):
            self.talk(self.account("person", web=True), min(1 + int(self.rng.lognormvariate(2.0, 1.0)), 150))

    def applications(self, count: int) -> None:
        """Applications: one instruction each, by clock, by traffic or in batches."""
        for _ in range(count):
            base, inputs = self.rng.choice(self.library.apps)
            size = min(5 + int(self.rng.lognormvariate(3.2, 1.0)), 600)
            self.application(self.account("application"), size, inputs.instruction(self.rng, base), inputs)

    def application(self, account: Account, count: int, instruction: str, inputs: Topic) -> None:
        """One application's requests."""
        rng, times = self.rng, []
        style = rng.choice(("clock", "traffic", "batch"))
        if style == "clock":
            every = rng.choice((0.5, 1, 2, 6, 24))
            times = [(every * rng.randrange(int(DAYS * 24 / every))) * HOUR + rng.uniform(0, 300) for _ in range(count)]
        elif style == "traffic":
            times = sittings(rng, account, count, office=True)
        while len(times) < count:
            moment, pace = rng.uniform(0, DAYS * 24 * HOUR), rng.choice((3, 8, 20))
            for _ in range(min(count - len(times), rng.randint(10, 120))):
                times.append(moment)
                moment += rng.expovariate(1 / pace)
        where = rng.choice(("system", "before", "nowhere"))
        for moment in sorted(times):
            text = inputs.write(rng)
            told = f"{instruction}\n\n{text}" if where == "before" else text
            account.asks.append(Ask(moment, told, instruction if where == "system" else None))

    def developers(self, count: int) -> None:
        """Developers whose jobs look like instructions: a few dozen texts of a source, some under a verb of theirs."""
        verbs = ("Write a product text about", "Create a unit test for", "Translate to French:", "Summarize:")
        for _ in range(count):
            rng, account = self.rng, self.account("developer")
            some = topic_of(rng.sample(list(rng.choice(self.others)), 40), rng)
            verb, wraps = rng.choice(verbs), rng.random() < 0.5
            for moment in sittings(rng, account, rng.randint(15, 90), office=True):
                text = some.write(rng)[:500]
                account.asks.append(Ask(moment, f"{verb} {text}" if wraps else text))

    def hobbyists(self, count: int) -> None:
        """People who try a public set of instructions, as it stands."""
        for _ in range(count):
            account, source = self.account("hobbyist"), self.rng.choice(self.others)
            for moment in sittings(self.rng, account, self.rng.randint(20, 200), office=True):
                account.asks.append(Ask(moment, self.rng.choice(source)[:1200]))

    def frameworks(self, count: int) -> None:
        """Customers of retrieval frameworks, a few to each, and agents of one kit."""
        for _ in range(count):
            template = self.rng.choice(_RETRIEVAL)
            for _ in range(self.rng.randint(3, 12)):
                rng, account = self.rng, self.account("retrieval")
                shelf = rng.sample(self.library.documents, min(2, len(self.library.documents)))
                for moment in sittings(rng, account, rng.randint(10, 60), office=True):
                    document, asked = rng.choice(shelf)
                    parts = document.split(". ")
                    some = " ".join(rng.sample(parts, min(4, len(parts))))
                    account.asks.append(Ask(moment, template.format(some, asked.write(rng))))
        for _ in range(4 * count):
            rng, account, topic = self.rng, self.account("agent"), self.rng.choice(self.library.people)
            account.client = "agentkit/2.4.1"
            for moment in sittings(rng, account, rng.randint(4, 12), office=True):
                for step in range(rng.randint(2, 6)):
                    seen = topic.write(rng) if step == 0 else f"Observation: {rng.choice(topic.texts)[:200]}"
                    account.asks.append(Ask(moment + 9 * step, seen, _AGENT))

    def offices(self, count: int) -> None:
        """Offices on one card and one address, with common matters."""
        for _ in range(count):
            rng = self.rng
            paid, zone, common = card(rng), rng.choice((-5, 0, 1, 8)), self.interests()
            place = f"81.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
            for _ in range(rng.randint(3, 14)):
                account = self.account("office", web=True)
                account.payment, account.zone, account.addresses = paid, zone, [place]
                self.talk(account, rng.randint(5, 50), [*self.interests(), *common])

    def reseller(self, low: int, high: int) -> list[Account]:
        """Strangers behind one card and a few addresses."""
        rng, out = self.rng, []
        paid = card(rng)
        doors = [f"45.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}" for _ in range(12)]
        for _ in range(rng.randint(low, high)):
            account = self.account("reseller")
            account.payment, account.client = paid, "okhttp/4.12.0"
            account.addresses = rng.sample(doors, rng.randint(1, 3))
            self.talk(account, min(2 + int(rng.lognormvariate(2.0, 0.9)), 120))
            out.append(account)
        return out

    def agency(self) -> None:
        """Customers' applications behind one card and one address, on one instruction with words for each."""
        rng, paid = self.rng, card(self.rng)
        place = f"52.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        base, _ = rng.choice(self.library.apps)
        for _ in range(rng.randint(8, 45)):
            account, topic = self.account("agency"), rng.choice(self.library.people)
            account.payment, account.addresses = paid, [place]
            self.application(account, rng.randint(10, 60), topic.instruction(rng, base), topic)

    def classes(self, count: int) -> None:
        """A class: one homework, letter for letter or in words of their own, and what each asks beside it."""
        for _ in range(count):
            rng, topic = self.rng, self.rng.choice(self.library.people)
            begin, homework = rng.uniform(1, 11) * 86_400, [topic.write(rng)[:300] for _ in range(rng.randint(6, 20))]
            campus = f"130.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
            for _ in range(rng.randint(10, 40)):
                account = self.account("student", web=True)
                account.addresses = [campus, *account.addresses[:1]]
                account.created = begin - rng.uniform(0, 5) * 86_400 if rng.random() < 0.5 else account.created
                for question in rng.sample(homework, min(len(homework), rng.randint(4, 12))):
                    text = question if rng.random() < 0.7 else topic.reword(rng, question)
                    account.asks.append(Ask(begin + rng.expovariate(1 / 9000), text))
                self.talk(account, 5)

    def harnesses(self, count: int) -> None:
        """Benchmarks, whole or in part, by a few accounts each."""
        for _ in range(count):
            rng, questions = self.rng, self.rng.choice(self.library.benchmarks)
            for _ in range(rng.randint(2, 9)):
                account, moment = self.account("harness"), rng.uniform(0, 12) * 86_400
                some = rng.sample(questions, min(len(questions), rng.randint(30, 150)))
                for question in questions[:150] if rng.random() < 0.4 else some:
                    account.asks.append(Ask(moment, question))
                    moment += rng.expovariate(1 / 4)

    def launch(self) -> None:
        """People who try a few questions of one test on the day of a release, and go on with their own."""
        rng, begin = self.rng, self.rng.uniform(5, 9) * 86_400
        questions = [text[:400] for text in rng.sample(rng.choice(self.library.benchmarks), 30)]
        for _ in range(rng.randint(20, 60)):
            account = self.account("launch", web=True)
            for question in rng.sample(questions, rng.randint(4, 15)):
                account.asks.append(Ask(begin + rng.expovariate(0.1) * HOUR, question))
            self.talk(account, rng.randint(2, 15))

    def probes(self, count: int) -> None:
        """Monitors that ask one thing by the clock."""
        for _ in range(count):
            rng, account = self.rng, self.account("monitor")
            every, text = rng.choice((0.25, 0.5, 1, 2)), rng.choice(_PROBES)
            hour = rng.random() * every
            while hour < DAYS * 24:
                account.asks.append(Ask(hour * HOUR + rng.random() * 3, text))
                hour += every * rng.choice((1, 4))

    def everybody(self, *, lookalikes: bool) -> None:
        """An ordinary fortnight, or one full of what looks like campaigns."""
        times = 2 if lookalikes else 1
        self.people(1000 if lookalikes else 1500)
        self.applications(150)
        self.developers(60 + 30 * (times - 1))
        self.frameworks(5 + 3 * (times - 1))
        self.offices(12 * times)
        for _ in range(2 * times):
            self.reseller(40, 200)
        self.classes(2 + 4 * (times - 1))
        self.harnesses(2 + 4 * (times - 1))
        self.hobbyists(8 + 12 * (times - 1))
        self.probes(12)
        for _ in range(times):
            self.launch()
        for _ in range(3 * (times - 1)):
            self.agency()
