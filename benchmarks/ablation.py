"""What each part of detection earns: random worlds detected again and again, each time without one part.

    python benchmarks/ablation.py --corpora DIR                     seeds 1 to 10, and ten kinds once each
    python benchmarks/ablation.py --corpora DIR --only payload      of the parts only some

Prints the machine, the seeds and the commit. Each world and part is a line of ``--out``, and what stands there is not
done again. A part that changes nothing earns nothing. Features are taken from the sample alone, so hold those rows
against ``closer look``, which goes without more prompts too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from scipy import stats

from hard import Job
from scan import heading
from stillwatch import detection
from stillwatch.evidence import Family, LogProfile, all_families, whiten
from stillwatch.linking import Linker, candidate_pairs
from stillwatch.profiles import Profiled
from stillwatch.range import KINDS, draw_design, simulate_design
from stillwatch.scanning.detect import Clock, RunTables, profile_run
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings
from stillwatch.sketching import BLOCKS, EMBEDDED

Families = Mapping[str, Family]
Part = Callable[[LogProfile, Profiled, Families], tuple[LogProfile, Families]]
WHOLE = "nothing"
DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Told:
    """What one world came to without one part: accounts by campaign and above ``watch``, and honest ones."""

    world: str
    without: str
    accounts: int
    campaign: int
    found: int
    mean: float | None
    above: int
    watch: int
    seconds: float


def without_family(name: str, log: LogProfile, made: Profiled, families: Families) -> tuple[LogProfile, Families]:
    """No family of this name."""
    return log, {key: family for key, family in families.items() if key != name}


def without_method(
    name: str, method: str, log: LogProfile, made: Profiled, families: Families
) -> tuple[LogProfile, Families]:
    """A family that proposes, tests or looks closer as it did before it had this method."""
    family = families[name]
    blunt = type(type(family).__name__, (type(family),), {method: getattr(Family, method)})
    return log, {**families, name: blunt()}


def without_readers(log: LogProfile, made: Profiled, families: Families) -> tuple[LogProfile, Families]:
    """Nothing more is read of a few entities than the sample has."""
    return replace(log, closer=None, in_common=None, closer_payload=None), families


def without_moments(log: LogProfile, made: Profiled, families: Families) -> tuple[LogProfile, Families]:
    """What is sent while many are at work at once is not read apart."""
    return replace(log, in_common=None), families


def without_features(
    columns: slice, log: LogProfile, made: Profiled, families: Families
) -> tuple[LogProfile, Families]:
    """Features of prompts without some, and nothing more read of a few entities."""
    owner, varies = np.asarray(made.sample["entity"], np.int64), made.texts.varies
    features = made.texts.features[varies].copy()
    features[:, columns] = 0
    content = whiten(features, owner[varies], len(log), embedded=EMBEDDED)
    log, _ = without_readers(replace(log, content=content, derived=dict(log.derived)), made, families)
    nothing = np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0)
    log.derived["semantics"] = families["semantics"].derive(log, lambda name, also=None: nothing)
    return log, families


def parts() -> dict[str, Part]:
    """Everything that can be taken away, by name."""
    return {
        WHOLE: lambda log, made, families: (log, families),
        **{name: partial(without_family, name) for name in all_families()},
        "cohorts": partial(without_method, "structure", "groups"),
        "pools": partial(without_method, "semantics", "groups"),
        "webs": partial(without_method, "infrastructure", "groups"),
        "waves": partial(without_method, "timing", "groups"),
        "acting along by time": partial(without_method, "timing", "acts_along"),
        "acting along by hands": partial(without_method, "infrastructure", "acts_along"),
        "common moments": without_moments,
        "closer look": without_readers,
        **{block: partial(without_features, columns) for block, columns in BLOCKS.items()},
    }


def detected(world: str, place: Path, wanted: Sequence[str]) -> Iterator[Told]:
    """A scanned world, detected without each of some parts."""
    truth = [msgspec.json.decode(line) for line in (place / "truth.jsonl").read_bytes().splitlines()]
    campaign = {row["account_id"]: row["campaign"] for row in truth}
    settings = ScanSettings(workers=1)
    with (
        tempfile.TemporaryDirectory() as spill,
        RunTables.opened(place / "run", Path(spill), settings) as tables,
    ):
        made = profile_run(tables, settings, Clock())
        for name in wanted:
            start = time.process_time()
            log, families = parts()[name](made.log, made, all_families())
            linker = Linker(tables.engine, log, families, settings.seed)
            links = linker.weigh(*candidate_pairs(log, families.values(), settings.seed))
            decided = detection.decide(
                log, families, linker, links, draws=settings.draws, fdr=settings.fdr, seed=settings.seed
            )
            named = [(f"C{number:03d}", case) for number, case in enumerate(decided.campaigns, start=1)]
            table = detection.account_table(
                tables.engine, made.accounts, decided.links, named, decided.others, settings.fdr
            )
            seconds = time.process_time() - start
            ids = tables.engine.fetch("SELECT account_id FROM {a} ORDER BY account_id", a=made.accounts)["account_id"]
            verdicts = dict(zip(ids.to_pylist(), table["verdict"].to_pylist(), strict=True))
            yield _told(world, name, campaign, verdicts, seconds)


def _told(
    world: str, without: str, campaign: Mapping[str, str | None], verdicts: Mapping[str, str], seconds: float
) -> Told:
    named = np.array([campaign[account] or "" for account in verdicts])
    above = np.array([verdict in ("review", "act") for verdict in verdicts.values()])
    watch = np.array([verdict == "watch" for verdict in verdicts.values()])
    honest = named == ""
    each = [float(above[named == name].mean()) for name in np.unique(named[~honest])]
    return Told(
        world,
        without,
        len(named),
        int((~honest).sum()),
        int((above & ~honest).sum()),
        float(np.mean(each)) if each else None,
        int((above & honest).sum()),
        int((watch & honest).sum()),
        round(seconds, 1),
    )


def ablated(job: Job, corpus: Sequence[Path], wanted: Sequence[str]) -> list[Told]:
    """One world drawn, scanned once and detected without each part."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "world"
        simulate_design(draw_design(job.seed, job.kind), place, corpus)
        scan(
            [place / "logs"],
            out=place / "run",
            accounts=place / "accounts.jsonl",
            releases=place / "releases.jsonl",
            settings=ScanSettings(workers=1),
        )
        return list(detected(job.name, place, wanted))


def report(told: Sequence[Told]) -> None:
    """A line a part: what is found without it, and how that differs from the whole, world by world."""
    whole = {one.world: one for one in told if one.without == WHOLE}
    print(f"{'without':24} worlds  recall   mean  differs (95 %)          honest above  on watch  CPU seconds")
    for name in dict.fromkeys(one.without for one in told):
        rows = [one for one in told if one.without == name and one.world in whole]
        means = [(one.mean, whole[one.world].mean) for one in rows]
        change = np.array([mean - before for mean, before in means if mean is not None and before is not None])
        low, high = _interval(change)
        found, campaign = sum(one.found for one in rows), sum(one.campaign for one in rows)
        print(
            f"{name:24} {len(rows):6} {found / max(campaign, 1):7.3f} "
            f"{np.mean([mean for mean, _ in means if mean is not None]):6.3f}  "
            f"{change.mean():+.3f} ({low:+.3f} to {high:+.3f}) {sum(one.above for one in rows):14} "
            f"{sum(one.watch for one in rows):9} {sum(one.seconds for one in rows):12.0f}"
        )


def _interval(change: np.ndarray) -> tuple[float, float]:
    """Bootstrap interval of a mean over worlds (percentiles, seeded)."""
    if len(change) < 2 or not change.any():
        return float(change.mean()), float(change.mean())
    found = stats.bootstrap((change,), np.mean, n_resamples=DRAWS, method="percentile", rng=np.random.default_rng(0))
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def main() -> None:
    """Read the arguments, detect what has not been detected, report on all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--seeds", nargs=2, type=int, default=[1, 10], metavar=("FIRST", "LAST"))
    parser.add_argument("--only", nargs="+", choices=[name for name in parts() if name != WHOLE])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("bench-out/ablation.jsonl"))
    given = parser.parse_args()
    corpus = heading(given.corpora)
    first, last = given.seeds
    print(f"seeds {first} to {last} with every axis free, seed {first} of each kind; one part taken away at a time")
    wanted = [WHOLE, *(given.only or [name for name in parts() if name != WHOLE])]
    jobs = [Job(seed, None, False) for seed in range(first, last + 1)]
    jobs += [Job(first, kind, False) for kind in KINDS if kind != "small"]
    given.out.parent.mkdir(parents=True, exist_ok=True)
    lines = given.out.read_bytes().splitlines() if given.out.exists() else []
    told = [msgspec.json.decode(line, type=Told) for line in lines if line.strip()]
    done = {(one.world, one.without) for one in told}
    with ProcessPoolExecutor(given.processes) as pool, given.out.open("ab") as target:
        left = [(job, [name for name in wanted if (job.name, name) not in done]) for job in jobs]
        waiting = [pool.submit(ablated, job, corpus, names) for job, names in left if names]
        for future in waiting:
            found = future.result()
            target.write(b"".join(msgspec.json.encode(one) + b"\n" for one in found))
            target.flush()
            told += found
    report([one for one in told if one.without in wanted])


if __name__ == "__main__":
    main()
