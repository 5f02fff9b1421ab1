"""When accounts of a random world act, over a log of any length: people, programs, and what one hand dispatches.

Times are hours of the log as floats; ``schedule`` gives a group's. To add a way, write its function and name it in
``_WAYS``.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.range.script import Answer

__all__ = ["Slot", "Work", "human", "nightly", "office", "schedule", "sitting", "steady"]

F64 = npt.NDArray[np.float64]
_ZONES = (-8, -6, -5, -3, 0, 1, 2, 3, 5.5, 8, 9, 10)
_MS = 3_600_000.0


def human(rng: np.random.Generator, count: int, begin: float, end: float) -> F64:
    """A person: some days, waking hours of a time zone, sittings of a few minutes a turn."""
    first, last = int(begin // 24), max(int(np.ceil(end / 24)), int(begin // 24) + 1)
    zone, peak = rng.choice(_ZONES), rng.normal(14.5, 3)
    days = np.arange(first, last)
    used = rng.choice(days, size=min(len(days), 1 + rng.poisson(0.35 * len(days))), replace=False)
    sittings = max(1, count // int(rng.integers(3, 12)))
    starts = rng.choice(used, sittings) * 24 + (rng.normal(peak, 3.0, sittings) - zone) % 24
    times = starts[rng.integers(0, sittings, count)] + rng.exponential(0.35, count)
    return _inside(rng, times, begin, end)


def steady(rng: np.random.Generator, count: int, begin: float, end: float) -> F64:
    """A program around the clock."""
    return _inside(rng, rng.uniform(begin, end, count), begin, end)


def office(rng: np.random.Generator, count: int, begin: float, end: float, zone: float | None = None) -> F64:
    """A program or a person in working hours, Monday to Friday."""
    zone = float(rng.choice(_ZONES)) if zone is None else zone
    days = [day for day in range(int(begin // 24), int(np.ceil(end / 24))) if day % 7 < 5] or [int(begin // 24)]
    return _inside(rng, rng.choice(days, count) * 24 + (rng.normal(13, 2.6, count) - zone) % 24, begin, end)


def nightly(rng: np.random.Generator, count: int, begin: float, end: float) -> F64:
    """A scheduled job: at one hour on every night of some, as fast as it goes."""
    nights = np.arange(int(begin // 24), max(int(end // 24), int(begin // 24) + 1))
    used = rng.choice(nights, size=min(len(nights), int(rng.integers(2, 15))), replace=False)
    hour, length = int(rng.integers(0, 6)), rng.uniform(0.2, 2.0)
    return _inside(rng, rng.choice(used, count) * 24 + hour + rng.uniform(0, length, count), begin, end)


def sitting(rng: np.random.Generator, count: int, begin: float, hours: float) -> F64:
    """One sitting."""
    return np.sort(begin + rng.uniform(0, hours, count))


def _inside(rng: np.random.Generator, times: F64, begin: float, end: float) -> F64:
    """Times between two hours: those outside are drawn anew, so that nothing heaps at the edges."""
    out = (times < begin) | (times >= end)
    times = times.copy()
    times[out] = rng.uniform(begin, end, int(out.sum()))
    return np.sort(times)


@dataclass(frozen=True, slots=True)
class Work:
    """What a group has to do: exchanges an account, between two hours, by so many workers."""

    counts: Sequence[int]
    begin: float
    end: float
    workers: int


@dataclass(slots=True)
class Slot:
    """One request of a group: when, through which of its accounts, and the answer where the time hangs on it."""

    hour: float
    account: int
    answer: Answer | None = None


Answers = Callable[[int], Answer]
Way = Callable[[random.Random, np.random.Generator, Work, Answers], list[Slot]]


def schedule(way: str, rng: random.Random, numbers: np.random.Generator, work: Work, answers: Answers) -> list[Slot]:
    """The requests of a group in the order of time; none where there is nothing to do.

    Args:
        way: a value of the axis ``hours``.
        rng, numbers: of the draw.
        work: what is to be done.
        answers: draws one account's next answer.
    """
    return [] if not sum(work.counts) else sorted(_WAYS[way](rng, numbers, work, answers), key=lambda slot: slot.hour)


def _jobs(rng: random.Random, work: Work) -> list[int]:
    jobs = [account for account, count in enumerate(work.counts) for _ in range(count)]
    rng.shuffle(jobs)
    return jobs


def _dispatched(rng: random.Random, numbers: np.random.Generator, work: Work, answers: Answers) -> list[Slot]:
    """K workers: each starts its next request as the answer to its last ends; a few runs with pauses between them."""
    jobs = _jobs(rng, work)
    runs = min(rng.randint(1, 8), max(1, len(jobs) // (20 * work.workers)))
    parts = [_run(rng, list(part), work.workers, answers) for part in np.array_split(np.array(jobs), runs)]
    lengths = [max(s.hour + (s.answer.latency_ms if s.answer else 0) / _MS for s in part) for part in parts]
    slack = max(work.end - work.begin - sum(lengths), 0.0)
    gaps = numbers.dirichlet(np.ones(runs + 1)) * slack
    start, out = work.begin, []
    for gap, length, part in zip(gaps, lengths, parts, strict=False):
        start += gap
        for slot in part:
            slot.hour += start
        out.extend(part)
        start += length
    return out


def _run(rng: random.Random, jobs: Sequence[int], workers: int, answers: Answers) -> list[Slot]:
    """One run of a dispatcher, from hour 0."""
    free = [rng.uniform(0, 2) / 3600 for _ in range(workers)]
    heapq.heapify(free)
    out = []
    for job in jobs:
        start = heapq.heappop(free) + rng.expovariate(1 / 0.08) / 3600
        given = answers(int(job))
        out.append(Slot(start, int(job), given))
        heapq.heappush(free, start + given.latency_ms / _MS)
    return out


def _waves(rng: random.Random, numbers: np.random.Generator, work: Work, answers: Answers) -> list[Slot]:
    """Bursts of minutes to hours in which every account takes part."""
    count = rng.randint(3, 30)
    length = rng.uniform(0.15, 3)
    begins = numbers.uniform(work.begin, max(work.end - length, work.begin + 0.1), count)
    weights = numbers.gamma(1.5, 1, count)
    jobs = _jobs(rng, work)
    which = numbers.choice(count, len(jobs), p=weights / weights.sum())
    return [
        Slot(float(begins[wave] + length * numbers.beta(1.3, 2.5)), job) for wave, job in zip(which, jobs, strict=True)
    ]


def _each(draw: Callable[[np.random.Generator, int, float, float], F64]) -> Way:
    """Every account by itself."""

    def way(rng: random.Random, numbers: np.random.Generator, work: Work, answers: Answers) -> list[Slot]:
        return [
            Slot(float(hour), account)
            for account, count in enumerate(work.counts)
            for hour in draw(numbers, count, work.begin, work.end)
        ]

    return way


def _dripped(rng: np.random.Generator, count: int, begin: float, end: float) -> F64:
    """At most four requests a day, on as many days as that takes, in waking hours."""
    days = max(1, int((end - begin) // 24))
    used = np.resize(rng.permutation(days), count)
    while days * 4 < count:
        return steady(rng, count, begin, end)
    hour, spread = rng.uniform(4, 18), rng.uniform(0.3, 4)
    return np.sort(begin + used * 24 + np.clip(rng.normal(hour, spread, count), 0, 23.9))


def _in_turn(rng: random.Random, numbers: np.random.Generator, work: Work, answers: Answers) -> list[Slot]:
    """Session affinity: an account works for about an hour, then the next, on as many lanes as that takes."""
    shares = [
        (account, part) for account, count in enumerate(work.counts) for part in _split(rng, count, rng.randint(10, 60))
    ]
    rng.shuffle(shares)
    span = work.end - work.begin
    lanes = max(1, int(np.ceil(len(shares) * 1.1 / span)))
    step = span / np.ceil(len(shares) / lanes)
    out: list[Slot] = []
    for place, (account, part) in enumerate(shares):
        start = work.begin + (place // lanes) * step + rng.uniform(0, 0.1)
        length = min(step, rng.uniform(0.7, 1.2))
        out.extend(Slot(float(start + h * length * 0.9), account) for h in numbers.uniform(0, 1, part))
    return out


def _split(rng: random.Random, count: int, size: int) -> list[int]:
    return [min(size, count - start) for start in range(0, count, size)]


_WAYS: dict[str, Way] = {
    "dispatcher": _dispatched,
    "waves": _waves,
    "round the clock": _each(steady),
    "human": _each(human),
    "drip": _each(_dripped),
    "affinity": _in_turn,
}
