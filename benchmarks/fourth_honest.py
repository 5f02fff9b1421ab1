"""All of a world's honest accounts: ordinary ones in their mix, and look-alikes at the world's level."""

from __future__ import annotations

import math
import random
from collections import Counter

from fourth_applications import application, automation, coder, trial
from fourth_crowds import CROWDS
from fourth_houses import HOUSES
from fourth_people import person
from fourth_research import RESEARCH
from fourth_world import World

__all__ = ["lookalikes", "ordinary"]

_ALL = {**HOUSES, **CROWDS, **RESEARCH}
_ORDINARY = {"person": person, "coder": coder, "application": application, "automation": automation, "trial": trial}
_BUSY = {"person": 1.0, "coder": 3.0, "application": 3.5, "automation": 4.0, "trial": 0.12}


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
    spread = rng.uniform(0.9, 1.35)
    world.draws["ordinary"] = {"mix": mix, "spread": spread}
    kinds = rng.choices(list(mix), list(mix.values()), k=max(accounts - len(world.accounts), 1))
    weights = [_BUSY[kind] * rng.lognormvariate(0, spread) for kind in kinds]
    left = max(exchanges - len(world.records), len(kinds))
    total = sum(weights)
    for kind, weight in zip(kinds, weights, strict=True):
        _ORDINARY[kind](world, max(1, min(round(left * weight / total + rng.random() - 0.5), 2500)))
