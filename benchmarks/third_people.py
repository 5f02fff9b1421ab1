"""Honest people: alone, in families and offices, in classes, and those who come for a release or a homework."""

from __future__ import annotations

from third_accounts import Account, digest
from third_phrases import LANGUAGES
from third_rewording import Manner, manner, reworded
from third_times import DAY
from third_world import World
from third_wrappers import HONEST_SENTENCES, beside

__all__ = ["People"]

_TRANSLATIONS = (
    "Translate to {l}:\n\n{p}",
    "Translate the following text into {l}, keep the tone and the formatting.\n{p}",
    "{p}\n\n-> {l}",
    "{l}: {p}",
)


class People:
    """Adds people to a world; a median is of how much one sends."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng

    def chatter(self) -> None:
        """Somebody who talks a little."""
        account = self._world.account("chatter")
        self._world.chat(account, self._world.volume(3.2, 1.15, 400))

    def developer(self) -> None:
        """Somebody who asks about code."""
        account = self._world.account("developer", self._rng.choice(("ide", "sdk", "ide", "ui")))
        self._world.chat(account, self._world.volume(7, 1.3, 900), developer=True)

    def family(self) -> None:
        """Two to five on one card and one line."""
        world = self._world
        for account in world.group(self._rng.randint(2, 5), "family", "ui", card=world.card()):
            account.plan = "pro"
            world.chat(account, world.volume(5, 1, 200))

    def office(self, count: int, median: float) -> None:
        """Colleagues, in half of the offices on the firm's card."""
        world, rng = self._world, self._rng
        mail = world.company()
        card = world.card() if rng.random() < 0.5 else None
        for account in world.group(count, "office", ("ui", "ui", "sdk", "ide"), card=card, mail=mail, works=True):
            account.domains = ["office", "job", "writing", "code"][: rng.randint(2, 4)]
            world.chat(account, world.volume(median, 1))

    def translator(self, median: float) -> None:
        """Somebody who translates into two languages, always asking in the same way."""
        world, rng = self._world, self._rng
        account = world.account("translator", rng.choice(("ui", "sdk")))
        account.works = True
        languages, form = rng.sample(LANGUAGES, 2), rng.choice(_TRANSLATIONS)
        for moment in world.clock.human(account, world.volume(median, 1), works=True):
            language = rng.choice(languages)
            text = world.talk.passage() if rng.random() < 0.7 else world.talk.fill("{ctx} {q} {ctx}")
            world.send(account, moment, form.replace("{l}", language).replace("{p}", text))

    def classroom(self, count: int) -> None:
        """A class: one homework in a few hours or days, letter for letter or in words of their own."""
        world, rng, end = self._world, self._rng, self._world.clock.end
        signup = rng.uniform(-20, world.clock.days * 0.4) * DAY
        questions = self._homework(rng.choice(("cot", "codegen", "gsm8k")), rng.randint(5, 14))
        subjects = ("science", "history", "math")
        questions += [world.talk.fill("explain {x}", rng.choice(subjects)) for _ in range(3)]
        questions = [one.replace("Question: ", "").replace("\nAnswer:", "") for one in questions]
        gift = rng.random() < 0.4
        rng.random()  # of no use, and drawn all the same: so the seeds' worlds were
        mail = "school" + world.company()
        bell = rng.uniform(0.1, 0.8) * world.clock.days * DAY
        pupils = world.group(
            count,
            "classroom",
            ("ui", "ui", "sdk"),
            mail=mail,
            created=signup,
            spread_days=rng.uniform(0.05, 4),
            works=True,
        )
        for account in pupils:
            habits = manner(rng)
            habits.synonyms *= 0.5
            if gift:
                account.payment, account.plan = "gift_" + digest(rng.random())[:10], "payg"
            account.created = min(account.created, bell - 1)
            later = [moment for moment in world.clock.human(account, 6) if moment > account.created]
            for question in rng.sample(questions, max(2, int(len(questions) * rng.uniform(0.4, 1)))):
                if rng.random() < 0.7 or not later:
                    moment = min(end - 1, bell + rng.gauss(0, 0.4) ** 2 + rng.choice((0, 0, 24, 48)))
                else:
                    moment = min(end - 1, rng.choice(later))
                moment = max(moment, 0, account.created)
                self._hand_in(account, moment, question, habits)
            if rng.random() < 0.6:
                world.chat(account, world.volume(3, 0.8))

    def _homework(self, source: str, count: int) -> list[str]:
        return [document[0][0] for document in self._world.texts.take(source, count)]

    def _hand_in(self, account: Account, moment: float, question: str, habits: Manner) -> None:
        """One question of a class, as this pupil asks it."""
        rng = self._rng
        text = question if rng.random() < 0.5 else reworded(rng, question, habits)
        if rng.random() < 0.25:
            text = beside(rng, text, rng.choice(HONEST_SENTENCES))
        self._world.converse(account, moment, [(text, None), *self._world.talk.follow_up(0.3)])

    def homework(self, count: int) -> None:
        """Strangers with one homework, who ask it within a few days."""
        world, rng, end = self._world, self._rng, self._world.clock.end
        questions = self._homework(rng.choice(("codegen", "cot", "arena", "gsm8k")), rng.randint(1, 6))
        begin = rng.uniform(0.1, 0.7) * world.clock.days * DAY
        for _ in range(count):
            account = world.account("homework", rng.choice(("ui", "ui", "sdk")))
            habits = manner(rng)
            for question in rng.sample(questions, rng.randint(1, len(questions))):
                moment = min(end - 1, begin + abs(rng.gauss(0, 30)))
                moment = min(max(account.created + 0.1, 0, moment), end - 0.1)
                text = question if rng.random() < 0.6 else reworded(rng, question, habits)
                world.converse(account, moment, [(text, None), *world.talk.follow_up(0.4)])
            world.chat(account, world.volume(2, 1))

    def release(self, count: int, median: float) -> None:
        """Strangers who try known questions on a model within hours of its release."""
        world, rng = self._world, self._rng
        known = world.texts.honest.prompts("arena")[: rng.randint(60, 400)] + world.texts.popular[:30]
        within = rng.uniform(6, 40)
        for _ in range(count):
            account = world.account("release-benchmarker", rng.choice(("sdk", "ui", "sdk")))
            account.pivots, account.pivot_delay, account.model = True, 0, world.provider.released
            account.created = min(account.created, world.release - 0.1)
            own = world.talk.conversation(account.domains, world.mix)[0][0]
            for _ in range(world.volume(median, 0.9, 500)):
                moment = min(world.clock.end - 0.1, world.release + rng.expovariate(1 / within))
                world.converse(account, moment, [(rng.choice(known) if rng.random() < 0.85 else own, None)])
            if rng.random() < 0.5:
                world.chat(account, world.volume(3, 1))
