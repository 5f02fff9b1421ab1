"""Campaigns of seven kinds, by accounts that look like anybody's."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from third_accounts import Account
from third_firms import Firms
from third_hands import Hands, Source
from third_programs import SYSTEM_PROMPTS
from third_rewording import manner, reworded
from third_times import DAY, Wave
from third_world import World
from third_wrappers import Wrapper, beside, harvest_sentence

__all__ = ["Campaigns"]

_FLAVOURS = ("reason", "reason", "expert", "grade", "json", "teach")
_OUTSIDE = 10
_FIRST_POOL, _SECOND_POOL = 50, 45


class _Rhythm(NamedTuple):
    """When a campaign's accounts send: in human hours, or this share of it in waves."""

    waves: list[Wave]
    human: bool
    wave_share: float


class _Dealer:
    """Deals a pool out in order; in this share of cases what was dealt before is dealt again."""

    def __init__(self, rng: random.Random, pool: Sequence[str], again: float) -> None:
        self._rng, self._pool, self._again = rng, pool, again
        self._dealt: list[str] = []
        self._next = 0

    def deal(self) -> str:
        """One question."""
        if self._dealt and self._rng.random() < self._again:
            return self._rng.choice(self._dealt)
        question = self._pool[self._next % len(self._pool)]
        self._next += 1
        self._dealt.append(question)
        return question


class Campaigns:
    """Hides campaigns in a world.

    Args:
        world: where.
        firms: makes the reseller behind which a relay is.
    """

    def __init__(self, world: World, firms: Firms) -> None:
        self._world, self._rng, self._firms = world, world.rng, firms
        self._source, self._hands = Source(world), Hands(world)

    def by_kind(self) -> dict[str, Callable[[str], None]]:
        """What hides a campaign of a kind, under a name."""
        return {
            "pool": self.pool,
            "template": self.template,
            "drip": self.drip,
            "cover": self.cover,
            "relay": self.relay,
            "failover": self.failover,
            "adaptive": self.adaptive,
        }

    def _ask(self, account: Account, moment: float, prompt: str, system: str | None = None, follow: float = 0) -> None:
        """One question, and in this share of cases a follow-up."""
        turns = [(prompt, self._source.answer(prompt))]
        if self._rng.random() < follow:
            turns.append((self._world.talk.remark(), None))
        self._world.converse(account, moment, turns, system, typed=False)

    def _ask_all(self, account: Account, asked: Iterable[tuple[float, str]], wrapper: Wrapper | None) -> None:
        for moment, prompt in asked:
            system, text = wrapper.around(prompt) if wrapper else (None, prompt)
            self._ask(account, moment, text, system)

    def _times(self, account: Account, count: int, rhythm: _Rhythm) -> list[float]:
        clock = self._world.clock
        if rhythm.human:
            return clock.human(account, count)
        return clock.dispatched(account, count, rhythm.waves, rhythm.wave_share)

    def _tell(self, name: str, kind: str, **drawn: Any) -> None:
        self._world.draws[name] = {"kind": kind, **drawn}

    def pool(self, name: str, count: int | None = None, total: int | None = None) -> None:
        """Accounts share out broad instructions, mostly in common waves."""
        rng, small = self._rng, self._world.small
        count, total = count or rng.randint(60, 80), total or rng.randint(3000, 3800)
        pool, family = self._source.pool(total, "broad")
        waves = self._hands.waves()
        rhythm = _Rhythm(waves, human=False, wave_share=rng.uniform(0.6, 0.95))
        accounts = self._hands.make(
            count,
            name,
            cards=None if small else rng.randint(6, 11),
            networks=rng.randint(2, 4),
            mode=None if small else rng.choice(("host", "host", "host", "mixed")),
            own_cards=rng.uniform(0, 0.08),
        )
        for account, mine in zip(accounts, self._hands.shared_out(pool, count, total), strict=True):
            for moment, prompt in zip(self._times(account, len(mine), rhythm), mine, strict=True):
                self._ask(account, moment, prompt)
        self._tell(name, "pool", n=count, total=total, fam=family, waves=len(waves), wave_share=rhythm.wave_share)

    def template(self, name: str, count: int | None = None, total: int | None = None) -> None:
        """One wrapper around every instruction but a few."""
        world, rng = self._world, self._rng
        count, total = count or rng.randint(50, 70), total or rng.randint(2000, 4500)
        pool, family = self._source.pool(total)
        waves, accounts = self._hands.waves(), self._hands.make(count, name)
        wrapper = world.wrappers.make(rng.choice(_FLAVOURS), campaign=True)
        human, bare = rng.random() < 0.3, rng.uniform(0, 0.1)
        rhythm = _Rhythm(waves, human, rng.uniform(0.1, 0.9))
        for account, mine in zip(accounts, self._hands.shared_out(pool, count, total), strict=True):
            for moment, prompt in zip(self._times(account, len(mine), rhythm), mine, strict=True):
                system, text = wrapper.around(prompt) if rng.random() > bare else (None, prompt)
                self._source.answered_as(text, prompt)
                self._ask(account, moment, text, system)
        self._tell(name, "template", n=count, total=total, fam=family, wrapper=wrapper, human=human)

    def drip(self, name: str) -> None:
        """Hundreds of accounts of a few requests each, which have a sentence in common."""
        world, rng, end = self._world, self._rng, self._world.clock.end
        count = rng.randint(780, 920)
        pool, _ = self._source.pool(count * 4)
        sentence, place = harvest_sentence(rng), rng.choice(("prompt", "prompt", "system", "both"))
        talk, each = rng.uniform(0.2, 0.9), rng.uniform(3.6, 5)
        span = rng.choice((2, 4, 10, 14)) * DAY
        begin = rng.uniform(0.02, max(0.021, 1 - span / end)) * world.clock.days * DAY
        accounts = self._hands.make(
            count,
            name,
            cards=max(8, int(count / rng.uniform(4, 40))),
            networks=rng.randint(3, 12),
            created=min(begin + DAY, world.clock.days * 18),
            spread=rng.uniform(3, 20) * DAY,
        )
        free, asked = rng.uniform(0, 0.6), 0
        for account in accounts:
            if rng.random() < free:
                account.payment, account.plan = None, "free"
            for _ in range(max(1, round(rng.gauss(each, 1.6)))):
                moment = min(end - 0.01, max(begin + rng.random() * span, account.created + 0.05))
                if rng.random() < talk:
                    prompt = world.talk.conversation(account.domains, world.mix, cover=True)[0][0]
                else:
                    prompt, asked = pool[asked % len(pool)], asked + 1
                if place == "system" or (place == "both" and rng.random() < 0.5):
                    first = (sentence, f"You are a helpful assistant. {sentence}")
                    system = rng.choice((*first, f"{rng.choice(SYSTEM_PROMPTS)} {sentence}"))
                    self._ask(account, moment, prompt, system)
                else:
                    self._ask(account, moment, beside(rng, prompt, sentence))
        self._tell(name, "drip", n=count, inj=sentence, place=place, talk=talk, span_h=span)

    def cover(self, name: str, count: int | None = None, each: int | None = None) -> None:
        """A third to two thirds of what each account sends is ordinary talk."""
        world, rng = self._world, self._rng
        count = count or rng.randint(50, 70)
        low, high = rng.uniform(0.3, 0.45), rng.uniform(0.55, 0.7)
        total = count * (each or rng.randint(30, 70))
        pool, family = self._source.pool(int(total * 0.75))
        style = rng.choice(("bare", "bare", "wrapper", "sentence"))
        wrapper, sentence = world.wrappers.make("reason", campaign=True), harvest_sentence(rng)
        waves, accounts = self._hands.waves(), self._hands.make(count, name)
        rhythm = _Rhythm(waves, rng.random() < 0.5, rng.uniform(0.1, 0.8))
        volumes = [1 if each else rng.paretovariate(2.5) / 1.6 for _ in accounts]
        asked = 0
        for account, volume in zip(accounts, volumes, strict=True):
            share = rng.uniform(low, high)
            sent = max(4, int(total / count * volume))
            covered = int(sent * share)
            times = self._times(account, sent, rhythm)
            rng.shuffle(times)
            of_code = rng.random() < 0.2
            world.chat(account, covered, cover=True, developer=of_code, times=times[:covered] or times[:1])
            for moment in times[covered:]:
                prompt, asked = pool[asked % len(pool)], asked + 1
                system, text = wrapper.around(prompt) if style == "wrapper" else (None, prompt)
                text = beside(rng, text, sentence) if style == "sentence" else text
                self._source.answered_as(text, prompt)
                self._ask(account, moment, text, system)
        self._tell(name, "cover", n=count, cover=(low, high), style=style, fam=family, human=rhythm.human)

    def relay(self, name: str) -> None:
        """A reseller of whose users' talk a twentieth is a campaign's, and ten accounts outside that only harvest."""
        world, rng, clock = self._world, self._rng, self._world.clock
        count, users, before = rng.choice((3, 6, 12, 25, 40, 60)), rng.randint(240, 360), len(world.records)
        base = self._firms.reseller(count, users, rng.uniform(5, 11))
        sent = len(world.records) - before
        harvest = int(sent * rng.uniform(0.04, 0.06) / 0.95)
        each = rng.randint(25, 60)
        pool, family = self._source.pool(max(harvest, int((harvest + _OUTSIDE * each) * rng.uniform(0.5, 1))))
        waves = self._hands.waves()
        carriers = base if rng.random() < 0.6 else rng.sample(base, max(1, len(base) // 2))
        for _ in range(harvest):
            account = rng.choice(carriers)
            account.harvest = (account.harvest or 0) + 1
            moment = clock.dispatched(account, 1, waves, 0.8)[0]
            self._ask(account, moment, rng.choice(pool))
        for account in base:
            if account.harvest:
                account.campaign, account.kind, account.role = name, "campaign", "relay"
        outside = self._hands.make(_OUTSIDE, name, cards=rng.randint(2, 10))
        share = rng.uniform(0.2, 0.9)
        for account in outside:
            for moment in clock.dispatched(account, each, waves, share):
                self._ask(account, moment, rng.choice(pool))
        drawn = {"accounts": count, "users": users, "sent": sent, "harvest": harvest, "outside_per": each}
        self._tell(name, "relay", **drawn, fam=family)

    def failover(self, name: str) -> None:
        """Accounts that are banned within minutes, and others that go on with the same pool hours later."""
        world, rng, end = self._world, self._rng, self._world.clock.end
        total = rng.randint(2400, 4500)
        pool, _ = self._source.pool(total)
        ban, gap = rng.uniform(0.3, 0.6) * end, rng.uniform(3, 30)
        waves, style = self._hands.waves(), rng.choice(("bare", "bare", "wrapper"))
        made = world.wrappers.make("reason", campaign=True)
        wrapper = made if style == "wrapper" else None
        ready = rng.uniform(-20, 0.05 * world.clock.days) * DAY
        first = self._hands.make(_FIRST_POOL, name, created=ready)
        spread = rng.choice((gap, DAY * rng.uniform(2, 10)))
        second = self._hands.make(_SECOND_POOL, name, created=ban + gap + 2, spread=spread)
        cut = int(total * rng.uniform(0.4, 0.6))
        share, redo = rng.uniform(0.1, 0.9), rng.uniform(0, 0.25)
        before, after = pool[:cut], pool[int(cut * (1 - redo)) :]
        for account, mine in zip(first, self._hands.shared_out(before, len(first), len(before)), strict=True):
            account.role = "first pool"
            times = world.clock.dispatched(account, len(mine), waves, share, (0, ban))
            account.banned = ban + rng.uniform(0, 0.05)
            knocks = rng.randint(0, 9)
            times += sorted(ban + 0.06 + rng.expovariate(1 / 2.5) for _ in range(knocks))
            mine += [rng.choice(before) for _ in range(knocks)]
            self._ask_all(account, zip(times, mine, strict=True), wrapper)
        for account, mine in zip(second, self._hands.shared_out(after, len(second), len(after)), strict=True):
            account.role = "second pool"
            times = world.clock.dispatched(account, len(mine), waves, share, (ban + gap, end))
            if times:
                account.created = min(account.created, times[0] - 0.1)
            self._ask_all(account, zip(times, mine, strict=True), wrapper)
        self._tell(name, "failover", ban_h=ban, gap_h=gap, total=total, style=style, redo=redo)

    def adaptive(self, name: str) -> None:
        """Each account has hands of its own, words of its own, and talk beside it, in human hours."""
        self._reworded(name, None, None, covered=True)

    def reworded(self, name: str, count: int, each: int, *, covered: bool) -> None:
        """So many accounts with words of their own and hands in common, of so many requests; with talk or without."""
        self._reworded(name, count, each, covered=covered)

    def _reworded(self, name: str, accounts: int | None, each: int | None, *, covered: bool) -> None:
        rng, shared = self._rng, accounts is not None
        count = accounts or rng.randint(64, 76)
        cover = (rng.uniform(0.3, 0.4), rng.uniform(0.45, 0.6)) if covered else (0.0, 0.0)
        average = each or rng.randint(30, 65)
        pool, family = self._source.pool(count * average)
        crew = self._hands.make(
            count,
            name,
            shared=shared,
            created=rng.uniform(0, 0.3) * self._world.clock.days * DAY,
            spread=None if shared else rng.uniform(10, 90) * DAY,
        )
        again = rng.choice((0, 0, 0.2) if covered else (0, 0, 0.3, 0.7))
        dealer, waves = _Dealer(rng, pool, again), self._hands.waves()
        human = covered or rng.random() < 0.5
        rhythm = _Rhythm(waves, human, rng.uniform(0.2, 0.8))
        for account in crew:
            habits = manner(rng)
            sent = each or max(5, int(average * rng.paretovariate(2.5) / 1.6))
            talked = int(sent * rng.uniform(*cover))
            times = self._times(account, sent, rhythm)
            rng.shuffle(times)
            if talked:
                of_code = account.client_class == "ide" or rng.random() < 0.1
                self._world.chat(account, talked, cover=True, developer=of_code, times=times[:talked])
            for moment in times[talked:]:
                question = dealer.deal()
                text = reworded(rng, question, habits)
                self._source.answered_as(text, question)
                self._ask(account, moment, text, follow=0 if each else 0.1)
        drawn = {"n": count, "per": average, "cover": cover, "asked_by_several": again, "fam": family, "human": human}
        self._tell(name, "adaptive" if covered else "reworded", **drawn)
