"""The honest people of a world: how many there are of each kind, and what they send."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from third_firms import Firms
from third_people import People
from third_programs import Programs
from third_times import DAY
from third_world import World

__all__ = ["Honest"]

_BATCHES = 60
_MOST_OF_ONE = 4500


class Honest:
    """Adds honest parties to a world."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng
        self.people, self.programs, self.firms = People(world), Programs(world), Firms(world)

    def fill(self, accounts: int, exchanges: int, level: float) -> None:
        """Up to so many accounts and exchanges.

        Args:
            accounts: in all; a few more come with batch pipelines.
            exchanges: in all.
            level: scales how many look-alikes of campaigns there are.
        """
        world, rng = self._world, self._rng
        told: dict[str, list[int]] = {}
        world.draws["honest"] = told

        def add(kind: str, mean: float, make: Callable[[], object], most: float) -> None:
            """So many parties of a kind, on average, while there is room for them."""
            count, before = int(mean) + (rng.random() < mean % 1), (len(world.accounts), world.sent)
            for _ in range(count):
                if len(world.accounts) < accounts and world.sent < most:
                    make()
            told[kind] = [count, len(world.accounts) - before[0], world.sent - before[1]]

        public = world.texts.instructions(rng.randint(300, 1500))
        # What is left is talk of chatters and power users, and batch pipelines.
        most = exchanges * rng.uniform(0.72, 0.85)
        plan = self._plan(level, public)
        rng.shuffle(plan)
        for kind, mean, make in plan:
            add(kind, mean, make, most)
        add("chatter", max(0, accounts - len(world.accounts)), self.people.chatter, exchanges)
        told["power users"] = self._power_users(exchanges * rng.uniform(0.72, 0.93))
        told["batch"] = self._batches(exchanges)
        self._refuse_some()

    def _plan(self, level: float, public: list[Any]) -> list[tuple[str, float, Callable[[], object]]]:
        """Each kind, how many of it on average, and what makes one."""
        rng, people, programs, firms = self._rng, self.people, self.programs, self.firms

        def like(base: float) -> float:
            return rng.lognormvariate(math.log(level * base), 0.35)

        def many(low: float, high: float) -> float:
            return rng.uniform(low, high)

        return [
            ("office", like(8), lambda: people.office(rng.randint(4, 35), many(3, 9))),
            ("family", many(15, 50), people.family),
            ("agency", like(4), lambda: firms.agency(rng.randint(3, 14), many(5, 25))),
            ("reseller", like(1.2), lambda: firms.reseller(rng.randint(2, 35), rng.randint(40, 220), many(2, 7))),
            ("classroom", like(2.5), lambda: people.classroom(rng.randint(15, 55))),
            ("homework", like(3), lambda: people.homework(rng.randint(8, 50))),
            ("harness", like(9), lambda: programs.harness(many(80, 400))),
            ("release", like(1), lambda: people.release(rng.randint(15, 70), many(4, 20))),
            ("crew", like(1.3), lambda: firms.crew(rng.randint(12, 60), rng.randint(12, 50))),
            ("licensed", like(0.9), lambda: firms.licensed(rng.randint(2, 12), rng.randint(800, 3500))),
            ("hobby", like(9), lambda: firms.hobbyist(many(30, 150), public)),
            ("rag", like(22), lambda: programs.retrieval(many(20, 80))),
            ("oss", many(150, 420), lambda: programs.deployer(many(3, 9))),
            ("agent", like(14), lambda: programs.agent(many(20, 90))),
            ("translator", many(10, 35), lambda: people.translator(many(8, 30))),
            ("gamebot", many(4, 16), lambda: programs.game(many(30, 150))),
            ("probe", many(4, 16), lambda: programs.probe(many(40, 200))),
            ("startup", like(4), lambda: firms.startup(rng.randint(2, 9), many(8, 50))),
            ("developer", many(150, 400), people.developer),
        ]

    def _power_users(self, goal: float) -> list[int]:
        """A heavy tail of talk until so much is sent: how many sittings, and what they sent."""
        world, rng, before = self._world, self._rng, self._world.sent
        talkers = [one for one in world.accounts if one.kind in ("chatter", "developer", "oss-app")]
        times = 0
        while world.sent < goal and talkers:
            account, count = rng.choice(talkers), world.volume(60, 1.2, 1200)
            world.chat(account, count, developer=rng.random() < 0.3)
            times += 1
        return [times, times, world.sent - before]

    def _batches(self, exchanges: int) -> list[int]:
        """Pipelines that fill the rest: how many, their accounts, and what they sent."""
        world, count = self._world, 0
        accounts, before = len(world.accounts), world.sent
        while world.sent < exchanges and count <= _BATCHES:
            left = exchanges - world.sent
            self.programs.batch(min(max(150, left / 12), 1800), min(_MOST_OF_ONE, left + 300))
            count += 1
        return [count, len(world.accounts) - accounts, world.sent - before]

    def _refuse_some(self) -> None:
        """Payments lapse, and some are banned by mistake."""
        rng = self._rng
        for account in self._world.accounts:
            if account.campaign is None and rng.random() < 0.006:
                account.banned = rng.uniform(0.3, 1) * self._world.clock.days * DAY
                account.ban_status = rng.choice((402, 403))
