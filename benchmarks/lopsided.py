"""Does a scan stay linear where a log is lopsided: much of it is one account's, one organisation's or one template's.

    python benchmarks/lopsided.py                                  every case, at 50,000 and 100,000
    python benchmarks/lopsided.py --case template --sizes 50000 200000

Of each case it writes logs of growing size, scans each in a process of its own, and prints processor seconds, peak
memory, and those stages that grow faster than the log. Prompts are words at random. Prints the machine, the commit and
the seed.

    template       so many accounts send one template, filled in, beside a little of their own
    account        one account has so many exchanges, beside 2,000 others
    organisation   half of so many exchanges are of one organisation's accounts
    hours          so many accounts ask in 24 hours of four weeks each
    one clock      so many accounts ask in the same 24 hours
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from incremental import spent
from scan import heading
from stillwatch.scanning.scan import scan
from stillwatch.settings import ScanSettings

_SEED = 1
_START = datetime(2026, 9, 7, tzinfo=UTC)
_HOURS = 24 * 28
_OTHERS = 2_000
_BATCH = 10_000

_Row = tuple[str, float, str, dict[str, str]]
"""Account, hours since the beginning, prompt, further fields."""


class Words:
    """Words at random, a few often and most seldom."""

    def __init__(self, rng: np.random.Generator) -> None:
        letters = np.array(list("abcdefghilmnoprstuv"))
        self._rng = rng
        self._known = ["".join(rng.choice(letters, size)) for size in rng.integers(3, 10, 8_000)]

    def some(self, count: int) -> str:
        """So many, as one sentence."""
        return " ".join(self._known[place] for place in (len(self._known) * self._rng.random(count) ** 2).astype(int))


def template(size: int, rng: np.random.Generator, words: Words) -> Iterator[_Row]:
    """Accounts that fill in one template."""
    for account in range(size):
        begun = _HOURS * rng.random()
        for _ in range(2):
            text = f"Answer as a careful expert would, step by step, and give sources: what of {words.some(6)} is true?"
            yield f"t{account}", begun + 9 * rng.random(), text, {}
        yield f"t{account}", begun + 9 * rng.random(), words.some(14), {}


def one_account(size: int, rng: np.random.Generator, words: Words) -> Iterator[_Row]:
    """One account with many exchanges, and others."""
    for _ in range(size):
        yield "busy", _HOURS * rng.random(), words.some(14), {}
    for account in range(_OTHERS):
        for _ in range(12):
            yield f"o{account}", _HOURS * rng.random(), words.some(14), {}


def organisation(size: int, rng: np.random.Generator, words: Words) -> Iterator[_Row]:
    """Half of the exchanges are of one organisation's accounts."""
    for number in range(size):
        account = number // 10
        of = {"org_id": "house"} if number % 2 else {}
        yield f"{'h' if of else 'o'}{account}", _HOURS * rng.random(), words.some(14), of


def hours(size: int, rng: np.random.Generator, words: Words) -> Iterator[_Row]:
    """Accounts that ask in hours of their own."""
    for account in range(size):
        for at in _HOURS * rng.random(24):
            yield f"a{account}", at, words.some(8), {}


def one_clock(size: int, rng: np.random.Generator, words: Words) -> Iterator[_Row]:
    """Accounts that ask in the same hours, each of its own matters."""
    common = _HOURS * rng.random(24)
    for account in range(size):
        for at in common + 0.5 * rng.random(24):
            yield f"a{account}", at, words.some(8), {}


CASES: dict[str, Callable[[int, np.random.Generator, Words], Iterator[_Row]]] = {
    "template": template,
    "account": one_account,
    "organisation": organisation,
    "hours": hours,
    "one clock": one_clock,
}


def write(case: str, size: int, path: Path) -> None:
    """A log of one case."""
    rng = np.random.default_rng(_SEED)
    encode = msgspec.json.Encoder().encode
    lines: list[bytes] = []
    with path.open("wb") as out:
        for number, (account, at, prompt, more) in enumerate(CASES[case](size, rng, Words(rng))):
            time = (_START + timedelta(hours=at)).isoformat()
            lines.append(
                encode({"exchange_id": f"x{number}", "time": time, "account_id": account, "prompt": prompt, **more})
            )
            if len(lines) == _BATCH:
                out.write(b"\n".join(lines) + b"\n")
                lines.clear()
        out.write(b"\n".join(lines) + b"\n")


def measured(logs: Path, out: Path) -> dict[str, Any]:
    """Scan, and say what it took; in a process of its own, for memory's sake."""
    run = scan([logs], out=out, settings=ScanSettings(workers=1))
    document = msgspec.json.decode((run.path / "run.json").read_bytes())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": spent(), "peak": peak, "exchanges": run.exchanges, "timings": document["timings"]}


def compare(case: str, sizes: list[int]) -> None:
    """One row a size, and the stages that grow faster than the log."""
    before: dict[str, Any] | None = None
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            logs = Path(name) / "log.jsonl"
            write(case, size, logs)
            command = [sys.executable, __file__, "--measure", str(logs), str(Path(name) / "run")]
            took = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
        now = msgspec.json.decode(took)
        grown = "" if before is None else _grown(before, now)
        figures = f"{now['exchanges']:>10,} exchanges {now['seconds']:8.1f} s {now['peak']:8,.0f} MiB"
        print(f"{case:14s} {size:>10,} {figures}  {grown}", flush=True)
        before = now


def _grown(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Stages of some length that took more than the log grew, and half as much again."""
    log = now["exchanges"] / before["exchanges"]
    stages = {
        name: seconds / max(before["timings"].get(name, 0), 0.01)
        for name, seconds in now["timings"].items()
        if seconds > 1
    }
    told = [f"{name} {times:.1f} times" for name, times in stages.items() if times > 1.5 * log]
    return f"of a log {log:.1f} times as long: {', '.join(told) or 'nothing grew faster'}"


def main() -> None:
    """Read the arguments and run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 100_000])
    parser.add_argument("--measure", type=Path, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(msgspec.json.encode(measured(*given.measure)).decode())
        return
    heading(None)
    print(f"seed: {_SEED}")
    for case in [given.case] if given.case else CASES:
        compare(case, given.sizes)


if __name__ == "__main__":
    main()
