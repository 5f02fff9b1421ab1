"""What a scan finds in worlds of a fourth generator, whose author knew the public record alone.

    python benchmarks/fourth.py --corpora DIR                          twenty kinds, seeds 1 to 3
    python benchmarks/fourth.py --corpora DIR --kinds relay --seeds 4 9
    python benchmarks/fourth.py --corpora DIR --keep FOLDER            the worlds and runs stay there

A world is a fortnight of some 60,000 exchanges of 2,400 to 3,100 accounts, a small one a few days of 2,000 exchanges
of 50. Every choice of a campaign's design is drawn from the seed, and told in the world's ``draws.json``. Prints the
machine, the seeds and the commit; of each campaign how many of its accounts are at review or above, beside
them those of a relay, whose customers are real; of honest accounts how many are, by kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fourth_campaigns import CAMPAIGNS
from fourth_corpora import Corpora
from fourth_files import write_world
from fourth_free import FREE
from fourth_honest import lookalikes, ordinary
from fourth_small import SMALL, fill_small
from fourth_world import World
from generated import Write, measure, of_named_corpora

__all__ = ["KINDS", "made", "prepare"]

KINDS = ("quiet", "lookalikes", *CAMPAIGNS, "mixed", *(f"small-{way}" for way in SMALL), *FREE)
_MIXABLE = {**CAMPAIGNS, **FREE}


def made(kind: str, seed: int, corpora: Corpora) -> World:
    """One world: the same of the same kind, seed and corpora."""
    world = World(kind, seed, corpora)
    rng = world.rng
    if world.small:
        fill_small(world, kind.removeprefix("small-"))
        return world
    accounts, exchanges = rng.randint(2400, 3100), int(rng.gauss(60_000, 2000))
    level = rng.uniform(0.4, 1.4)
    if kind in _MIXABLE:
        _MIXABLE[kind](world, "campaign-1")
    elif kind == "mixed":
        for number, one in enumerate(rng.sample(sorted(_MIXABLE), 2), start=1):
            _MIXABLE[one](world, f"campaign-{number}")
    level = {"quiet": 0.0, "lookalikes": rng.uniform(1.8, 3.2), "mixed": rng.uniform(1.4, 2.6)}.get(kind, level)
    world.draws["level"] = level
    full = 0.75 if kind in ("lookalikes", "mixed") else 0.6
    lookalikes(world, level, int(accounts * full), int(exchanges * full))
    ordinary(world, accounts, exchanges)
    return world


def prepare(files: Sequence[Path]) -> Write:
    """What writes a world of these corpora; ends the command where some are missing."""
    corpora = Corpora(files)
    return of_named_corpora("fourth", corpora, lambda kind, seed, place: write_world(made(kind, seed, corpora), place))


if __name__ == "__main__":
    measure(__doc__, KINDS, prepare)
