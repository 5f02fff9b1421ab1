"""How long it takes to find who asks alike, and who is missed.

    PYTHONPATH=tests/worlds python benchmarks/neighbours.py --accounts 10000 50000 200000

Plants campaigns of 20 to 4,000 accounts and small groups of one topic among loners (in a crowded world, which
is harder than real prompts make it, loners have hundreds of neighbours by chance), finds each account's nearest others
and prints seconds, seconds of processors (on a shared machine the fairer figure), peak memory beyond what was given,
and recall of the neighbours that comparing a sample of accounts with all finds: of all, and of those in one group
with the account. In the world that is not crowded the others are noise's: none of those of 1,000 accounts of 200,000
lies beyond the line (.5) by what it was planted with. Prints the machine, the seed and the commit.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc

import numpy as np
from planted_directions import planted

from scan import heading
from stillwatch.evidence import Content, nearest
from stillwatch.evidence.thresholds import CELL, CELLS_SEARCHED, LINK_COSINE, LINK_Z, NEIGHBOURS

CAMPAIGNS = (20, 50, 100, 200, 500, 1000, 2000, 4000)
SAMPLED = 1000


def of_sample(content: Content, sample: np.ndarray) -> np.ndarray:
    """Pairs (K x 2) of sampled entities with their nearest, by comparing with all."""
    unit, scale = content.unit(), content.scale()
    pairs = []
    for part in np.array_split(sample, -(-len(sample) // 100)):
        table = unit[part] @ unit.T
        table[np.arange(len(part)), part] = -1
        for one, cosine in zip(part, table, strict=True):
            near = np.argpartition(-cosine, NEIGHBOURS)[:NEIGHBOURS]
            near = near[cosine[near] > LINK_COSINE]
            z = content.z_of(np.full(len(near), one), near, cosine[near] / (scale[one] * scale[near]))
            pairs.append(np.stack([np.full((z > LINK_Z).sum(), one), near[z > LINK_Z]], axis=1))
    return np.concatenate(pairs)


def measure(accounts: int, crowded: bool, seed: int) -> None:
    """Plant, find, and print one row."""
    campaigns = tuple(size for size in CAMPAIGNS if size <= accounts // 20)
    content, group = planted(accounts, campaigns, topics=accounts // 80, crowded=crowded, seed=seed)
    telling = np.flatnonzero(content.scale() > 0)
    tracemalloc.start()
    started, used = time.perf_counter(), time.process_time()
    found = nearest(content)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    sample = np.sort(np.random.default_rng(seed).choice(telling, min(SAMPLED, len(telling)), replace=False))
    a, b = of_sample(content, sample).T
    hit = np.isin(np.minimum(a, b) * accounts + np.maximum(a, b), found.a * accounts + found.b)
    fellow = (group[a] == group[b]) & (group[a] >= 0)
    how = "all with all" if len(telling) <= CELL * CELLS_SEARCHED else "by cells"
    figures = (f"{seconds:.1f}", f"{used:.1f}", f"{peak:,.0f}", f"{hit.mean():.3f}", f"{hit[fellow].mean():.3f}")
    print(row(f"{len(telling):,}", "crowded" if crowded else "apart", how, *figures, f"{len(found.a):,}"), flush=True)


def row(*cells: str) -> str:
    """One line of the table."""
    return " ".join(f"{cell:>12}" for cell in cells)


def main() -> None:
    """One row a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, nargs="+", default=[10_000, 50_000, 200_000])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    heading(None)
    print(f"seed: {given.seed}")
    print(row("telling", "world", "compared", "seconds", "cpu seconds", "peak MiB", "recall", "of groups", "pairs"))
    for accounts in given.accounts:
        for crowded in (False, True):
            measure(accounts, crowded, given.seed)


if __name__ == "__main__":
    main()
