"""What a scan finds in worlds of a third generator, whose author had seen nothing of the detector.

    python benchmarks/third.py --corpora DIR                          fifteen kinds, seeds 1 to 3
    python benchmarks/third.py --corpora DIR --kinds relay --seeds 4 9
    python benchmarks/third.py --corpora DIR --keep FOLDER            the worlds and runs stay there

A world is a fortnight of some 60,000 exchanges of 2,400 to 3,100 accounts, a small one a few days of 2,000 exchanges
of 50. Prints the machine, the seeds and the commit; of each campaign how many of its accounts are at review or above,
beside them those of a relay, whose customers are real; of honest accounts how many are, by kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from generated import Write, measure, of_named_corpora
from third_campaigns import Campaigns
from third_corpora import Corpora
from third_files import write_world
from third_honest import Honest
from third_small import fill_small
from third_world import World

__all__ = ["KINDS", "made"]

_HIDDEN = ("pool", "template", "drip", "cover", "relay", "failover", "adaptive")
_SMALL = ("template", "pool", "cover", "adaptive", "reworded")
KINDS = (*_HIDDEN, "mixed", "lookalikes", "quiet", *(f"small-{kind}" for kind in _SMALL))


def made(kind: str, seed: int, corpora: Corpora) -> World:
    """One world: the same of the same kind, seed and corpora."""
    world = World(kind, seed, corpora)
    rng, honest = world.rng, Honest(world)
    campaigns = Campaigns(world, honest.firms)
    if world.small:
        fill_small(world, honest, campaigns, kind.removeprefix("small-"))
        return world
    accounts, exchanges = rng.randint(2420, 3080), int(rng.gauss(60_000, 2500))
    level = rng.uniform(0.5, 1.6)
    by_kind = campaigns.by_kind()
    if kind in by_kind:
        by_kind[kind]("campaign-1")
    elif kind == "mixed":
        for number, one in enumerate(rng.sample(sorted(by_kind), 2), start=1):
            by_kind[one](f"campaign-{number}")
        level = rng.uniform(1.8, 3)
    elif kind == "lookalikes":
        level = rng.uniform(2, 3.5)
    elif kind == "quiet":
        level = rng.uniform(0.15, 0.5)
    world.draws["level"] = level
    honest.fill(accounts, exchanges, level)
    return world


def prepare(files: Sequence[Path]) -> Write:
    """What writes a world of these corpora; ends the command where some are missing."""
    corpora = Corpora(files)
    return of_named_corpora("third", corpora, lambda kind, seed, place: write_world(made(kind, seed, corpora), place))


if __name__ == "__main__":
    measure(__doc__, KINDS, prepare)
