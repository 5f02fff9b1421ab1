"""Does ``--fdr`` mean what it says: the share of honest weeks with a false campaign, at several levels.

    python benchmarks/calibration.py --corpora DIR --weeks 40

Many small weeks of honest customers only, half of them with look-alikes, are scanned at the loosest level; a campaign
counts at each stricter level that its q-value meets. In a week without any campaign, the false
discovery rate is the chance of any find. Small weeks with campaigns show the share of false ones among the found.
Prints the machine, the seeds and the commit.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
from scipy import stats

from scan import heading
from stillwatch.range import simulate
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

LEVELS = (0.01, 0.02, 0.05, 0.1, 0.2)
# About 30,000 exchanges each; their seeds are none of those that detection was built on.
SCALES = {"lookalikes": 0.003, "quiet": 0.003, "february": 0.002}
FIRST_SEED = 1000


def week(scenario: str, seed: int, corpus: Sequence[Path]) -> list[tuple[float, bool]]:
    """q-value of each campaign that a scan of one week finds, and whether it is a real one."""
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
        return [
            (found["q_value"], sum(a in hidden for a in found["account_ids"]) >= 0.5 * len(found["account_ids"]))
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
    given = parser.parse_args()
    corpus = heading(given.corpora)
    seeds = range(FIRST_SEED, FIRST_SEED + given.weeks)
    print(f"seeds {seeds[0]} to {seeds[-1]}; scales {SCALES}")
    with ProcessPoolExecutor(given.processes) as pool:
        waiting = {(kind, seed): pool.submit(week, kind, seed, corpus) for seed in seeds for kind in SCALES}
        found: dict[str, list[list[tuple[float, bool]]]] = {kind: [] for kind in SCALES}
        for (kind, seed), future in waiting.items():
            found[kind].append(future.result())
            if found[kind][-1]:
                print(f"{kind} {seed}: {found[kind][-1]}", flush=True)
    print("\nhonest weeks with a false campaign")
    for level in LEVELS:
        for kind in ("lookalikes", "quiet"):
            hits = sum(any(q <= level for q, _ in campaigns) for campaigns in found[kind])
            print(f"  q <= {level:<5} {kind:11s} {interval(hits, given.weeks)}")
    print("\nfalse campaigns among those found, weeks with three")
    for level in LEVELS:
        real = [real for campaigns in found["february"] for q, real in campaigns if q <= level]
        print(
            f"  q <= {level:<5} {interval(real.count(False), len(real))}" if real else f"  q <= {level:<5} none found"
        )


if __name__ == "__main__":
    main()
