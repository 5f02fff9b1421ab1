"""Do p-values and ``--fdr`` mean what they say, on random worlds drawn anew for every seed.

    python benchmarks/error_rates.py --corpora DIR --seconds 900

Worlds of honest customers alone (kinds ``quiet`` and ``lookalikes`` at a tenth of their size, and every open seed that
hides nothing): of all groups that a scan tests, and of groups drawn at random, how many p-values lie at or below each
level, by family and for the campaign's own. Open seeds with campaigns: which share of what is reported at each
``--fdr`` is false.

Prints the machine, the seeds and the commit. Each world is a line of ``--out``, and worlds that stand there are not
measured again; a plot is written beside it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np

from error_rates_report import FDRS, Group, World, plot, report
from scan import heading
from stillwatch.detection import decide
from stillwatch.detection.cases import Case
from stillwatch.detection.fdr import campaign_p
from stillwatch.detection.nulls import Background
from stillwatch.evidence import Family, Finding, LogProfile, all_families
from stillwatch.profiles import Stages
from stillwatch.range import draw_design, simulate_design
from stillwatch.range.axes import Design
from stillwatch.range.design import scaled
from stillwatch.scanning.detect import RunTables, link_accounts, profile_run
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

FIRST_SEED = 5001
SHRUNK = 0.1
SIZES = (5, 10, 20, 40)
GROUPS_A_SIZE = 5
# Larger worlds take a minute each, and a small one says as much of an error rate.
MOST_EXCHANGES = 20_000


@dataclass(frozen=True, slots=True)
class Job:
    """One world: its name and its design."""

    name: str
    design: Design = field(repr=False)


def jobs() -> Iterator[Job]:
    """Worlds without end: of every seed the open one, and two of honest customers."""
    seed = FIRST_SEED
    while True:
        design = draw_design(seed)
        if design.exchanges <= MOST_EXCHANGES:
            yield Job(f"any {seed}", design)
        for kind in ("quiet", "lookalikes"):
            yield Job(f"{kind} {seed}", scaled(draw_design(seed, kind), SHRUNK))
        seed += 1


def measured(job: Job, corpus: Sequence[Path]) -> World:
    """One world drawn, read, and decided at every level."""
    settings = ScanSettings(workers=1)
    with tempfile.TemporaryDirectory() as folder:
        place, spill = Path(folder) / "world", Path(folder) / "spill"
        simulate_design(job.design, place, corpus)
        run = scan([place / "logs"], out=Path(folder) / "run", accounts=place / "accounts.jsonl", settings=settings)
        truth = [msgspec.json.decode(line) for line in (place / "truth.jsonl").read_bytes().splitlines()]
        hidden = {row["account_id"] for row in truth if row["campaign"]}
        families = all_families()
        with RunTables.opened(run.path, spill, settings) as tables:
            made = profile_run(tables, settings, Stages())
            linker, links = link_accounts(tables.engine, made.log, settings.seed, Stages())
            owners = tables.engine.fetch("SELECT account_id, entity FROM {t}", t=made.accounts)
            bad = np.zeros(len(made.log), np.bool_)
            entity = np.asarray(owners["entity"], np.int64)
            bad[entity[[account in hidden for account in owners["account_id"].to_pylist()]]] = True
            decided = {
                level: decide(made.log, families, linker, links, draws=settings.draws, fdr=level, seed=settings.seed)
                for level in FDRS
            }
            strictest = decided[FDRS[0]]
            honest = not hidden
            return World(
                name=job.name,
                honest=honest,
                exchanges=run.exchanges,
                accounts=len(truth),
                candidates=_tested([*strictest.campaigns, *strictest.others], families) if honest else [],
                drawn=_drawn(made.log, families, settings) if honest else [],
                found={str(level): _real(one.campaigns, bad) for level, one in decided.items()},
                above={str(level): _above(one.campaigns, bad) for level, one in decided.items()},
            )


def _tested(cases: Sequence[Case], families: Mapping[str, Family]) -> list[Group]:
    """What a scan says of each group that it tested; of those that a first look left, what it came to."""
    return [_group(case.findings, case.p_value, len(case.members), case.may_convict) for case in cases]


def _drawn(log: LogProfile, families: Mapping[str, Family], settings: ScanSettings) -> list[Group]:
    """What every family says of groups that nothing but chance chose."""
    rng = np.random.default_rng(settings.seed)
    background = Background(log, settings.draws, settings.seed)
    groups = []
    for size in (size for size in SIZES if 3 * size <= len(log)):
        for _ in range(GROUPS_A_SIZE):
            members = np.sort(rng.choice(len(log), size, replace=False))
            findings = [family.find(log, members, background) for family in families.values()]
            groups.append(_group(findings, campaign_p(findings, families), size, convicts=False))
    return groups


def _group(findings: Sequence[Finding], p_value: float, size: int, convicts: bool) -> Group:
    told = {finding.family: finding.p_value for finding in findings if finding.tested}
    return Group(size, p_value, convicts, told)


def _real(campaigns: Sequence[Case], bad: np.ndarray) -> list[bool]:
    """Of each campaign that is reported, whether half of it or more is a real one's."""
    return [bool(bad[case.members].mean() >= 0.5) for case in campaigns]


def _above(campaigns: Sequence[Case], bad: np.ndarray) -> tuple[int, int]:
    """Honest entities that are reported, and all that are."""
    members = np.fromiter(set(chain.from_iterable(case.members.tolist() for case in campaigns)), np.int64)
    return int((~bad[members]).sum()), len(members)


def main() -> None:
    """Read the arguments, measure for as long as was given, report on all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--seconds", type=float, default=900, help="of one core's time; begin no world after that")
    parser.add_argument("--out", type=Path, default=Path("bench-out/error-rates.jsonl"))
    given = parser.parse_args()
    corpus = heading(given.corpora)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    done = {world.name for world in _read(given.out)}
    with given.out.open("ab") as target:
        for job in jobs():
            if time.process_time() > given.seconds:
                break
            if job.name not in done:
                world = measured(job, corpus)
                target.write(msgspec.json.encode(world) + b"\n")
                target.flush()
                print(world.line(), flush=True)
    worlds = _read(given.out)
    report(worlds)
    drawing = given.out.with_suffix(".svg")
    drawing.write_text(plot(worlds), encoding="utf-8")
    print(f"\nshares by level: {drawing}")


def _read(path: Path) -> list[World]:
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [msgspec.json.decode(line, type=World) for line in lines if line.strip()]


if __name__ == "__main__":
    main()
