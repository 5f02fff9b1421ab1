"""Does ``--fdr`` mean what it says: the share of honest weeks with a false campaign, at several levels.

    python benchmarks/calibration.py --corpora DIR --weeks 40

Many small weeks of honest customers only (ordinary ones, look-alikes, crowds that an occasion brings) are scanned at
the loosest level; a campaign counts at each stricter level that its q-value meets. In a week without any campaign, the
false discovery rate is the chance of any find. Small weeks with campaigns show the share of false ones among the found.
Prints the machine, the seeds and the commit, and of each find the kinds of account in it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec
from scipy import stats

from scan import heading
from stillwatch.range import SCENARIOS, simulate
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2)
# About 30,000 exchanges each; their seeds are none of those that detection was built on.
SCALES = {"lookalikes": 0.003, "quiet": 0.003, "bursts": 0.003, "february": 0.002, "october": 0.003}
HONEST = [scenario for scenario in SCALES if not SCENARIOS[scenario].plans]
FIRST_SEED = 1000


@dataclass(frozen=True, slots=True)
class Find:
    """A campaign that a scan reports.

    Attributes:
        q_value: of the campaign.
        real: whether half of its accounts or more are a campaign's.
        kinds: how many of its accounts are of each kind, in words.
    """

    q_value: float
    real: bool
    kinds: str


def week(scenario: str, seed: int, corpus: Sequence[Path]) -> list[Find]:
    """The campaigns that a scan of one week finds."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "week"
        simulate(scenario, scale=SCALES[scenario], seed=seed, out=place, corpus=corpus)
        run = scan(
            [place / "logs"],
            out=Path(folder) / "run",
            accounts=place / "accounts.jsonl",
            settings=ScanSettings(fdr=max(LEVELS), workers=1),
        )
        campaigns = run.table("campaigns").select(["q_value", "account_ids"]).to_pylist()
        truth = [msgspec.json.decode(line) for line in (place / "truth.jsonl").read_bytes().splitlines()]
        hidden = {row["account_id"] for row in truth if row["campaign"]}
        kind = {row["account_id"]: row["campaign"] or row["kind"] for row in truth}
        return [
            Find(
                found["q_value"],
                sum(a in hidden for a in found["account_ids"]) >= 0.5 * len(found["account_ids"]),
                ", ".join(f"{n} {k}" for k, n in Counter(kind[a] for a in found["account_ids"]).most_common()),
            )
            for found in campaigns
        ]


def interval(hits: int, of: int) -> str:
    """A share with its exact 95 % interval (Clopper and Pearson 1934)."""
    found = stats.binomtest(hits, of).proportion_ci(method="exact")
    return f"{hits:3d} of {of:3d} = {hits / of:.3f} ({found.low:.3f} to {found.high:.3f})"


def main() -> None:
    """Read the arguments, scan the weeks, print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--weeks", type=int, default=40, help="of each kind")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--scenarios", nargs="+", default=list(SCALES), choices=list(SCALES))
    given = parser.parse_args()
    corpus = heading(given.corpora)
    seeds = range(FIRST_SEED, FIRST_SEED + given.weeks)
    scales = {kind: SCALES[kind] for kind in given.scenarios}
    print(f"seeds {seeds[0]} to {seeds[-1]}; scales {scales}")
    with ProcessPoolExecutor(given.processes) as pool:
        waiting = {(kind, seed): pool.submit(week, kind, seed, corpus) for seed in seeds for kind in scales}
        found: dict[str, list[list[Find]]] = {kind: [] for kind in scales}
        for (kind, seed), future in waiting.items():
            found[kind].append(future.result())
            for find in found[kind][-1]:
                told = "real" if find.real else "false"
                print(f"{kind} {seed}: q {find.q_value:.2g}, {told}: {find.kinds}", flush=True)
    honest = [kind for kind in scales if kind in HONEST]
    if honest:
        print("\nhonest weeks with a false campaign")
    for level in LEVELS:
        for kind in honest:
            hits = sum(any(find.q_value <= level for find in finds) for finds in found[kind])
            print(f"  q <= {level:<5} {kind:11s} {interval(hits, given.weeks)}")
    attacks = [kind for kind in scales if kind not in HONEST]
    if attacks:
        print("\nfalse campaigns among those found, weeks with campaigns")
    for level in LEVELS:
        for kind in attacks:
            real = [find.real for finds in found[kind] for find in finds if find.q_value <= level]
            told = interval(real.count(False), len(real)) if real else "none found"
            print(f"  q <= {level:<5} {kind:11s} {told}")


if __name__ == "__main__":
    main()
