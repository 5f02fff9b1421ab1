"""All of a world's honest accounts: ordinary ones in their mix, and look-alikes at the world's level."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from fourth_applications import application, automation, coder, trial
from fourth_crowds import CROWDS
from fourth_evaluation import EVALUATION
from fourth_everyday import asked
from fourth_houses import HOUSES
from fourth_people import family, learner, person
from fourth_research import RESEARCH
from fourth_world import Account, Exchange, World

__all__ = ["lookalikes", "ordinary"]

_ALL = {**HOUSES, **CROWDS, **RESEARCH, **EVALUATION}
_ORDINARY: dict[str, Callable[[World, int], Account]] = {
    "person": person,
    "learner": learner,
    "family": family,
    "coder": coder,
    "application": application,
    "automation": automation,
    "trial": trial,
}
_BUSY = {
    "person": 1.0,
    "learner": 1.2,
    "family": 2.0,
    "coder": 3.0,
    "application": 3.5,
    "automation": 4.0,
    "trial": 0.12,
}


def _poisson(rng: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def lookalikes(world: World, level: float, accounts: int, exchanges: int) -> None:
    """Look-alikes of each kind, about so many times what a world of level one has, up to so much in all."""
    rng = world.rng
    wanted = [name for name, (_, mean) in _ALL.items() for _ in range(_poisson(rng, mean * level))]
    rng.shuffle(wanted)
    made: Counter[str] = Counter()
    for name in wanted:
        if len(world.accounts) >= accounts or len(world.records) >= exchanges:
            break
        _ALL[name][0](world)
        made[name] += 1
    world.draws["lookalikes"] = dict(sorted(made.items()))


def ordinary(world: World, accounts: int, exchanges: int) -> None:
    """Fill the world up with ordinary accounts, to so many accounts and about so many exchanges in all."""
    rng = world.rng
    mix = {"person": rng.uniform(60, 84), "coder": rng.uniform(3, 11), "application": rng.uniform(3, 10)}
    mix |= {"automation": rng.uniform(2, 8), "trial": rng.uniform(3, 9)}
    mix |= {"learner": rng.uniform(1, 7), "family": rng.uniform(1, 3)}
    spread = rng.uniform(0.9, 1.35)
    world.draws["ordinary"] = {"mix": mix, "spread": spread}
    grown = 1 + 1.33 * mix["family"] / sum(mix.values())
    kinds = rng.choices(list(mix), list(mix.values()), k=max(int((accounts - len(world.accounts)) / grown), 1))
    weights = [_BUSY[kind] * rng.lognormvariate(0, spread) for kind in kinds]
    left = max(exchanges - len(world.records), len(kinds))
    total = sum(weights)
    for kind, weight in zip(kinds, weights, strict=True):
        account = _ORDINARY[kind](world, max(1, min(round(left * weight / total + rng.random() - 0.5), 2500)))
        if rng.random() < 0.004:
            _turned_away(world, account)


def _turned_away(world: World, account: Account) -> None:
    """An account without credit, or barred for a reason of its own, that goes on trying for a while."""
    rng = world.rng
    account.barred = when = world.calendar.moment(rng)
    for _ in range(rng.randint(1, 8)):
        world.send(
            account,
            when,
            Exchange("Hello? Is my account still working?" if rng.random() < 0.3 else asked(rng, "money")),
        )
        when += timedelta(minutes=rng.expovariate(0.02))
