"""Is a small share of one source found in a window of people's prompts: one table, a row for each source.

    python benchmarks/windows.py --corpora DIR

Sources are corpora of kind distillation and pipeline, each unseen by anything that is fitted. People's corpora are
split anew for every seed: a quarter whitens and gives the kernel its width, three eighths are what windows are drawn
from to know how honest ones spread, and the last three eighths are the honest part of the windows that are scored.
Thresholds are the .997 quantile of 1,000 honest windows; the rate that other honest windows then reach stands below
the table, and means at a line that no more than .003 of those pass. The corpora name no accounts, so each prompt is
taken for one of another person: what one customer's many prompts do to the test, simulated weeks show.

MMD is Gretton's with a Gaussian kernel on embeddings, T2 Hotelling's on all features of a prompt, habits of writing
among them; ours is ``stillwatch.evidence.windows_of_stream``. Intervals are of the mean over sources, 95 %, from seeds
and sources drawn again.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scan import heading
from stillwatch.evidence.lens import alike, fit_lens
from stillwatch.sketching import EMBEDDED, window_features

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Kernel = Callable[[F32, F32], F32]

SIZES = ((1500, 0.05), (100, 0.1))
FALSE_RATE = 0.003
HONEST, SCORED = 1000, 100
MOST_TEXTS, LEAST_TEXTS = 3000, 150
GROUPED = ("gpteacher", "recon_selfinstruct_prompts")
FIRST_SEED = 100
METHODS = ("MMD", "T2", "ours")


def read(corpora: Path) -> dict[str, dict[str, F32]]:
    """Features of each source by kind; corpora that hold several generators' prompts are split by their groups."""
    kinds = {row["name"]: row["kind"] for row in msgspec.json.decode((corpora / "manifest.json").read_bytes())}
    out: dict[str, dict[str, F32]] = {}
    for name, kind in kinds.items():
        texts: dict[str, set[str]] = {}
        for line in gzip.decompress((corpora / f"{name}.jsonl.gz").read_bytes()).splitlines():
            row = msgspec.json.decode(line)
            if row["user"]:
                texts.setdefault(f"{name} {row['group']}" if name in GROUPED else name, set()).add(row["user"])
        for source, prompts in texts.items():
            if len(prompts) >= (LEAST_TEXTS if kind != "people" else 1):
                kept = np.random.default_rng(0).permutation(sorted(prompts))[:MOST_TEXTS].tolist()
                parts = [kept[start : start + 2048] for start in range(0, len(kept), 2048)]
                features = [window_features(pa.array(part), np.zeros(0, np.uint64)) for part in parts]
                out.setdefault(kind, {})[source] = np.concatenate(features)
    return out


def kernels(fitted: F32) -> dict[str, Kernel]:
    """What each method takes two prompts' likeness for."""
    lens = fit_lens(fitted)
    embedded = fitted[:500, :EMBEDDED]
    square = ((embedded[:, None] - embedded[None]) ** 2).sum(axis=2)
    width = float(np.median(square[square > 0]))

    def gaussian(a: F32, b: F32) -> F32:
        a, b = a[:, :EMBEDDED], b[:, :EMBEDDED]
        distance = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        return np.asarray(np.exp(-np.maximum(distance, 0) / width), np.float32)

    return {
        "MMD": gaussian,
        "T2": lambda a, b: np.asarray(lens(a) @ lens(b).T, np.float32),
        "ours": lambda a, b: alike(lens(a), lens(b)),
    }


def drawn(rng: np.random.Generator, rows: int, size: int, windows: int) -> F32:
    """Which rows are in which window (rows x windows)."""
    out = np.zeros((rows, windows), np.float32)
    for number in range(windows):
        out[rng.choice(rows, size, replace=False), number] = 1
    return out


def inside(pairs: F32, windows: F32) -> F64:
    """Sum over the pairs within each window."""
    return np.asarray(np.einsum("ij,ij->j", windows, pairs @ windows), np.float64)


@dataclass(frozen=True, slots=True)
class Split:
    """People's prompts as one method sees them: whom honest windows are drawn from, and whom scored ones."""

    kernel: Kernel
    honest: F32
    other: F32
    pairs: F32
    across: F32

    @classmethod
    def of(cls, kernel: Kernel, honest: F32, other: F32) -> Split:
        """Likenesses are worked out once."""
        pairs = kernel(other, other)
        np.fill_diagonal(pairs, 0)
        return cls(kernel, honest, other, pairs, kernel(other, honest).mean(axis=1))

    def line(self, rng: np.random.Generator, size: int) -> tuple[float, float]:
        """The threshold, and the mean likeness among those whom honest windows are drawn from."""
        pairs = self.kernel(self.honest, self.honest)
        np.fill_diagonal(pairs, 0)
        n, each = len(pairs), pairs.sum(axis=1)
        windows = drawn(rng, n, size, HONEST)
        within, of_window = inside(pairs, windows), each @ windows
        left = n - size
        rest = (each.sum() - 2 * of_window + within) / (left * (left - 1))
        value = within / (size * (size - 1)) - 2 * (of_window - within) / (size * left) + rest
        return float(np.quantile(value / (1 / size + 1 / left), 1 - FALSE_RATE)), float(each.sum() / (n * (n - 1)))

    def values(self, windows: F32, source: F32, mixed: F32, size: int, among: float) -> F64:
        """The statistic of windows, part of them from a source."""
        own, both = self.kernel(source, source), self.kernel(self.other, source)
        np.fill_diagonal(own, 0)
        within = inside(self.pairs, windows) + inside(own, mixed)
        within += 2 * np.einsum("ij,ij->j", windows, both @ mixed)
        across = self.across @ windows + self.kernel(source, self.honest).mean(axis=1) @ mixed
        value = within / (size * (size - 1)) - 2 * across / size + among
        return np.asarray(value / (1 / size + 1 / len(self.honest)), np.float64)


def one_seed(people: F32, sources: Mapping[str, F32], seed: int) -> dict[tuple[str, str, int], float]:
    """Share of windows found, by method, source and size; the source ``none`` is honest windows."""
    rng = np.random.default_rng(seed)
    people = people[rng.permutation(len(people))]
    quarter, half = len(people) // 4, len(people) * 5 // 8
    out: dict[tuple[str, str, int], float] = {}
    for method, kernel in kernels(people[:quarter]).items():
        split = Split.of(kernel, people[quarter:half], people[half:])
        for size, share in SIZES:
            line, among = split.line(rng, size)
            none = np.zeros((1, people.shape[1]), np.float32)
            windows = drawn(rng, len(split.other), size, HONEST)
            values = split.values(windows, none, np.zeros((1, HONEST), np.float32), size, among)
            out[method, "none", size] = float(np.mean(values > line))
            strict = max(line, float(np.quantile(values, 1 - FALSE_RATE)))
            few = round(share * size)
            for name, features in sources.items():
                source = features[rng.permutation(len(features))[:500]]
                windows = drawn(rng, len(split.other), size - few, SCORED)
                values = split.values(windows, source, drawn(rng, len(source), few, SCORED), size, among)
                out[method, name, size] = float(np.mean(values > line))
                out[method, f"{name} strict", size] = float(np.mean(values > strict))
    return out


def interval(table: F64, rng: np.random.Generator) -> str:
    """Mean of sources x seeds with its interval, both drawn again 2,000 times."""
    rows, columns = table.shape
    again = [table[rng.integers(rows, size=rows)][:, rng.integers(columns, size=columns)].mean() for _ in range(2000)]
    low, high = np.quantile(again, [0.025, 0.975])
    return f"{table.mean():.2f} ({low:.2f}-{high:.2f})"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=6)
    given = parser.parse_args()
    if not (given.corpora / "manifest.json").exists():
        raise SystemExit(f"no corpora in {given.corpora}: nothing measured")
    seeds = range(FIRST_SEED, FIRST_SEED + given.seeds)
    heading(given.corpora)
    print(f"seeds: {seeds[0]} to {seeds[-1]}; windows: {HONEST} honest, {SCORED} of each source, a seed")
    kinds = read(given.corpora)
    people = np.concatenate(list(kinds["people"].values()))
    sources = {name: features for kind in ("distillation", "pipeline") for name, features in kinds[kind].items()}
    found = [one_seed(people, sources, seed) for seed in seeds]
    columns = [(method, size) for size, _ in SIZES for method in METHODS]
    print("| source | " + " | ".join(f"{m}, {share:.0%} of {size}" for size, share in SIZES for m in METHODS) + " |")
    print("| --- |" + " --- |" * len(columns))

    def cells(names: list[str]) -> list[F64]:
        return [np.array([[one[m, name, size] for one in found] for name in names]) for m, size in columns]

    for kind in ("distillation", "pipeline"):
        for name in kinds[kind]:
            print(f"| {name} | " + " | ".join(f"{cell.mean():.2f}" for cell in cells([name])) + " |", flush=True)
        rng = np.random.default_rng(FIRST_SEED)
        means = [interval(cell, rng) for cell in cells(list(kinds[kind]))]
        print(f"| **mean, {kind}** | " + " | ".join(means) + " |")
        strict = [interval(cell, rng) for cell in cells([f"{name} strict" for name in kinds[kind]])]
        print("| where no more than .003 of the others pass | " + " | ".join(strict) + " |")
    print("| honest windows | " + " | ".join(f"{cell.mean():.4f}" for cell in cells(["none"])) + " |")


if __name__ == "__main__":
    main()
