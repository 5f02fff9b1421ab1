"""Another package brings a family of evidence: twenty lines and an entry point, and every stage knows it."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from handmade import Log, Pool, Seat, around, bursts, habit

from stillwatch import Run

PATHWAY = '''
"""The same way in: cloud, partner or direct."""
import numpy as np
from stillwatch.evidence import Count, Example, Family, Observed, reached, shared_levels

class Pathway(Family):
    name = "pathway"
    sees = "the same way in"
    side = "context"
    reads = needs = ("pathway",)
    blind_spot = "Accounts that come the way everybody comes."
    counts = {"way": Count("pathway", usual=True, shared=True)}
    examples = (Example("a partner nobody else uses", {"pathway": lambda rng, account, row: "partner"}, seen=True),
                Example("the ways everybody uses", {}, seen=False))

    def levels(self, log):
        return shared_levels("both_ways", log.shared[self.name], (0.1, 0.2, 0.2, 0.2))

    def pair_columns(self, log, a, b):
        return reached("both_ways", log.shared[self.name], a, b)

    def test(self, log, members, null, *, least=5):
        ways, uses = np.unique(log.columns["way"][log.known("way")], return_counts=True)
        for way, mine in zip(ways, (log.columns["way"][members] == ways[:, None]).mean(axis=1)):
            share = float((log.columns["way"] == way).mean())
            p = min(1.0, 2 * np.exp(-2 * len(members) * max(mine - share, 0) ** 2))  # Hoeffding
            yield Observed(p, "share by one way", mine, share, f"{mine:.0%} of the accounts come by one way.")

FAMILY = Pathway()
'''
SIZE = 12


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process in which the package is installed."""
    site = tmp_path_factory.mktemp("site")
    (site / "pathway_evidence.py").write_text(PATHWAY, encoding="utf-8")
    described = site / "pathway_evidence-0.1.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pathway-evidence\nVersion: 0.1\n", encoding="utf-8"
    )
    (described / "entry_points.txt").write_text("[stillwatch.evidence]\npathway = pathway_evidence:FAMILY\n")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}


def stillwatch(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def run(package: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, set[str]]:
    """A run of a log in which twelve accounts of one campaign come by a partner, and its members."""
    folder = tmp_path_factory.mktemp("log")
    log = Log(seed=1)
    log.honest(600, times=habit(5), pathway="direct")

    def third(seat: Seat) -> str:
        return f"card-{seat.number % 3}"

    campaign = log.accounts(
        SIZE,
        prompts=Pool("code").shards(),
        times=bursts(40),
        payment=third,
        created=around(-40, 3),
        pathway="partner",
    )
    path = log.write(folder)
    done = stillwatch(package, "stillwatch", "scan", str(path), "--out", str(folder / "run"), "--workers", "1")
    assert done.returncode == 0, done.stderr
    return Run.open(folder / "run"), set(campaign)


@pytest.mark.slow
def test_a_scan_uses_a_family_that_another_package_brings(run: tuple[Run, set[str]]) -> None:
    made, campaign = run
    assert json.loads((made.path / "run.json").read_text(encoding="utf-8"))["families"][-1] == "pathway"
    links = made.table("links").to_pylist()
    inside = [row["pathway"] for row in links if {row["account_a"], row["account_b"]} <= campaign]
    assert len(inside) > SIZE
    assert min(inside) > 3
    assert all(np.isfinite(row["pathway"]) for row in links)
    (row,) = made.table("campaigns").to_pylist()
    assert set(row["account_ids"]) == campaign
    (seen,) = [one for one in row["observations"] if one["family"] == "pathway"]
    assert seen["statement"] == "100% of the accounts come by one way."
    assert seen["p_value"] < 1e-6
    assert "pathway" in row["families"]
    report = (made.path / "report.html").read_text(encoding="utf-8")
    assert "100% of the accounts come by one way." in report


@pytest.mark.slow
def test_a_run_keeps_what_the_family_counts(run: tuple[Run, set[str]]) -> None:
    made, campaign = run
    counted = [row for row in pq.read_table(made.path / "counts.parquet").to_pylist() if row["kind"] == "way"]
    assert sorted(Counter(row["thing"] for row in counted).values()) == [len(campaign), 600]
    assert sum(row["uses"] for row in counted) == made.exchanges


@pytest.mark.slow
def test_the_contract_finds_the_family_and_it_holds(package: dict[str, str]) -> None:
    suite = [str(Path(__file__).with_name(f"test_{name}.py")) for name in ("contract", "contract_missing")]
    done = stillwatch(package, "pytest", "-q", *suite, "-k", "pathway", "-m", "not slow", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.strip().splitlines()[-1].split()[0]) >= 15


def test_a_family_that_declares_nothing_stops_every_command_with_a_reason(
    package: dict[str, str], tmp_path: Path
) -> None:
    site = Path(package["PYTHONPATH"].split(os.pathsep)[0])
    bad = tmp_path / "pathway_evidence.py"
    bad.write_text((site / "pathway_evidence.py").read_text().replace('sees = "the same way in"', ""))
    environment = {**package, "PYTHONPATH": os.pathsep.join([str(tmp_path), package["PYTHONPATH"]])}
    log = tmp_path / "log.jsonl"
    log.write_text('{"exchange_id": "a", "time": "2025-01-01T00:00:00Z", "account_id": "b", "prompt": "c"}\n')
    done = stillwatch(environment, "stillwatch", "scan", str(log), "--out", str(tmp_path / "run"))
    assert done.returncode == 2
    assert "does not declare its sees" in done.stderr
    assert "Traceback" not in done.stderr
