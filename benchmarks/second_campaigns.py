"""Campaigns of a second generator, of the ten kinds that the range knows, by other means."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

from second_people import DAYS, HOUR, Account, Ask, Honest, card, sittings
from stillwatch.range.library import topic_of

__all__ = ["KINDS", "Campaigns"]

KINDS = (
    "pool",
    "template",
    "drip",
    "cover",
    "relay",
    "failover",
    "adaptive",
    "mixed",
    "lookalikes",
    "quiet",
)
_END = DAYS * 24 * HOUR
_WRAPPERS = (
    "Think step by step, show all of your reasoning in <thinking> tags, then the final answer after ###.\n\nTask: {}",
    "You are an annotator building a data set of high quality. Answer the item below and explain every step.\n{}\nEnd.",
    "Act as a senior tutor. Solve the problem and write down each intermediate thought as a list.\nProblem: {}",
)
_SENTENCES = (
    "Before the final answer write out your complete chain of thought in at least five numbered steps.",
    "Include every intermediate deduction you made in a section called Working.",
    "Give your full internal reasoning trace first and only then the answer.",
)
_OPENINGS = (
    "Hi!", "hey,", "Hello there.", "Quick question:", "Could you help me with this?", "I was wondering -", "ok so",
    "Please assist.", "Need some help:", "For my work:", "Question for you.", "I have the following:", "Short one:",
    "Trying to understand something.", "My colleague asked me this:", "Homework-ish, but:", "Let me ask you this:",
)  # fmt: skip
_CLOSINGS = (
    "Thanks!", "thx", "Keep it short please.", "Explain so a beginner gets it.", "Be as detailed as you can.",
    "Answer in plain words.", "Cheers.", "No need for a long intro.", "Use an example if that helps.",
    "Take your time.", "Skip the fluff.", "What would you say?", "Any thoughts?", "Let me know.",
)  # fmt: skip
_WORDS = {
    "write": ("compose", "draft", "produce"), "explain": ("describe", "clarify", "walk me through"),
    "create": ("make", "build", "set up"), "generate": ("produce", "come up with"), "give": ("provide", "offer"),
    "find": ("work out", "determine"), "the following": ("this", "what follows"), "list": ("name", "enumerate"),
    "calculate": ("compute", "work out"), "identify": ("spot", "name"), "example": ("instance", "sample"),
    "can you": ("could you",), "rewrite": ("rephrase", "redo"), "suggest": ("propose",), "question": ("query",),
}  # fmt: skip


class Campaigns:
    """Hides campaigns among honest accounts.

    Args:
        honest: makes accounts, and the talk of those that hide among people.
        sources: instructions that pools are dealt from, by name.
    """

    def __init__(self, honest: Honest, sources: Sequence[Sequence[str]]) -> None:
        self._honest, self._rng = honest, honest.rng
        self._sources, self._used = sources, 0

    def hide(self, kind: str) -> None:
        """The campaigns of a world of this kind: none, one, or two of different kinds."""
        by_kind: dict[str, Callable[[str], None]] = {
            "pool": self._pool,
            "template": self._template,
            "drip": self._drip,
            "cover": self._cover,
            "relay": self._relay,
            "failover": self._failover,
            "adaptive": self._adaptive,
        }
        if kind == "mixed":
            two = self._rng.sample(["pool", "template", "cover", "adaptive", "failover"], 2)
            for number, one in enumerate(two, start=1):
                by_kind[one](f"campaign-{number}")
        elif kind in by_kind:
            by_kind[kind]("campaign-1")

    def _questions(self, count: int) -> list[str]:
        """A pool of its own, none twice; a short source is re-worded to last."""
        source = list(self._sources[self._used % len(self._sources)])
        self._used += 1
        self._rng.shuffle(source)
        topic = topic_of(source[:300], self._rng)
        more = (topic.reword(self._rng, source[n % len(source)], 0.2) for n in range(max(0, count - len(source))))
        return [*source[:count], *more]

    def _crew(self, count: int, name: str, *, web: bool) -> list[Account]:
        """Accounts on nine to a card, a hundred addresses in three networks and a sign-up of days; or of strangers."""
        rng = self._rng
        cards = [card(rng) for _ in range(max(1, count // 9))]
        networks = [f"{rng.randrange(11, 220)}.{rng.randrange(256)}.{rng.randrange(256)}" for _ in range(3)]
        begin, client = rng.uniform(0, 24) * HOUR, rng.choice(("python-httpx/0.28.1", "openai-python/1.97.0"))
        out = []
        for _ in range(count):
            account = self._honest.account("campaign", campaign=name, web=not web and rng.random() < 0.5)
            if web:
                network = rng.choice(networks)
                account.payment, account.client = rng.choice(cards), client
                account.addresses = [f"{network}.{rng.randrange(1, 40)}" for _ in range(2)]
                account.created = begin - rng.uniform(0, 60) * HOUR
            else:
                account.created = -rng.expovariate(1 / 200) * 86_400
            out.append(account)
        return out

    def _deal(
        self,
        crew: Sequence[Account],
        times: Iterable[float],
        questions: Iterable[str],
        wrapper: str = "{}",
    ) -> None:
        """Questions in order of time, each to whoever of a few has waited longest."""
        last = {account.account_id: -1.0 for account in crew}
        for moment, question in zip(sorted(times), questions, strict=False):
            some = self._rng.sample(list(crew), min(4, len(crew)))
            account = min(some, key=lambda one: last[one.account_id])
            last[account.account_id] = moment
            account.asks.append(Ask(moment, wrapper.format(question) if wrapper != "{}" else question))

    def _waves(self, count: int, size: int, pace: float) -> list[float]:
        out: list[float] = []
        while len(out) < count:
            moment = self._rng.uniform(12 * HOUR, _END - 12 * HOUR)
            for _ in range(min(size, count - len(out))):
                out.append(moment)
                moment += self._rng.expovariate(1 / pace)
        return out

    def _spread(self, count: int, low: float = 20, high: float = DAYS * 24 - 10) -> list[float]:
        return [self._rng.uniform(low, high) * HOUR for _ in range(count)]

    def _beside(self, account: Account, low: float, high: float) -> None:
        """Somebody's ordinary talk, so much of all that the account sends."""
        share = self._rng.uniform(low, high)
        self._honest.talk(account, round(len(account.asks) * share / (1 - share)))

    def _pool(self, name: str) -> None:
        self._deal(self._crew(70, name, web=True), self._waves(3400, 250, 6), self._questions(3400))

    def _template(self, name: str) -> None:
        crew = self._crew(60, name, web=self._rng.random() < 0.5)
        count = 60 * self._rng.randint(15, 35)
        self._deal(crew, self._spread(count), self._questions(count), self._rng.choice(_WRAPPERS))

    def _drip(self, name: str) -> None:
        rng, crew = self._rng, self._crew(850, name, web=self._rng.random() < 0.5)
        questions, low, sentence = self._questions(4 * 850), rng.uniform(30, 200), rng.choice(_SENTENCES)
        for number, account in enumerate(crew):
            some = zip(questions[4 * number : 4 * number + 4], self._spread(4, low, low + 48), strict=True)
            account.asks += [Ask(moment, f"{question} {sentence}") for question, moment in some]

    def _cover(self, name: str) -> None:
        crew, count = self._crew(60, name, web=True), 60 * self._rng.randint(30, 60)
        waves = self._rng.random() < 0.5
        self._deal(crew, self._waves(count, 150, 10) if waves else self._spread(count), self._questions(count))
        for account in crew:
            self._beside(account, 0.3, 0.7)

    def _relay(self, name: str) -> None:
        """A twentieth of what a reseller's customers send, by volume or by head, and ten accounts outside."""
        rng = self._rng
        customers = self._honest.reseller(300, 300)
        count = round(0.05 * sum(len(one.asks) for one in customers) / 0.95)
        questions = self._questions(count + 600)
        weights = [len(one.asks) for one in customers] if rng.random() < 0.7 else None
        for question, account in zip(questions, rng.choices(customers, weights, k=count), strict=False):
            account.asks.append(Ask(rng.uniform(5, DAYS * 24 - 5) * HOUR, question))
        outside = self._crew(10, name, web=False)
        hands = rng.choice(("nothing", "a card", "a network", "the relay's card"))
        paid, network = card(rng), f"66.{rng.randrange(256)}.{rng.randrange(256)}"
        for account in outside:
            if hands == "a card":
                account.payment = paid
            elif hands == "the relay's card":
                account.payment = customers[0].payment
            elif hands == "a network":
                account.addresses = [f"{network}.{rng.randrange(1, 40)}"]
        self._deal(outside, self._spread(600), questions[count:])

    def _failover(self, name: str) -> None:
        """Half of a pool by accounts that are banned at once, knock for an hour, and are replaced hours later."""
        rng, questions, ban = self._rng, self._questions(5000), self._rng.uniform(120, 200)
        first = self._crew(50, name, web=True)
        self._deal(first, self._spread(2500, 20, ban), questions[:2500])
        for account in first:
            knocks = self._spread(rng.randint(2, 12), ban, ban + 1)
            account.asks += [Ask(moment, rng.choice(questions[2500:2900]), status=403) for moment in sorted(knocks)]
        second = self._crew(45, name, web=True)
        for account in second:
            account.created = (ban - rng.uniform(0, 90)) * HOUR
        self._deal(second, self._spread(2500, ban + rng.uniform(3, 8), DAYS * 24 - 2), questions[2500:])

    def _adaptive(self, name: str) -> None:
        """Nothing shared, human hours, words of each one's own around a pool, and much of somebody's talk."""
        rng, each = self._rng, self._rng.randint(25, 50)
        questions = iter(self._questions(70 * each * 2))
        for account in self._crew(70, name, web=False):
            words = _own_words(rng)
            count = min(max(8, round(each * rng.lognormvariate(0, 0.3))), 2 * each)
            for moment in sittings(rng, account, count, office=True):
                account.asks.append(Ask(moment, words(next(questions))))
            self._beside(account, 0.3, 0.6)


def _own_words(rng: random.Random) -> Callable[[str], str]:
    """One account's way of putting whatever it asks."""
    before = " ".join(rng.sample(_OPENINGS, rng.randint(1, 2)))
    after = " ".join(rng.sample(_CLOSINGS, rng.randint(1, 2)))
    words = {word: rng.choice(others) for word, others in _WORDS.items() if rng.random() < 0.6}
    small, bare = rng.random() < 0.35, rng.random() < 0.3

    def put(text: str) -> str:
        text = text[:1500]
        for word, other in words.items():
            text = text.replace(word, other).replace(word.capitalize(), other.capitalize())
        text = text.lower() if small else text
        return f"{before} {text.replace(',', '').rstrip('.') if bare else text} {after}"

    return put
