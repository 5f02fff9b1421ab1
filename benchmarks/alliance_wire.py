"""What matching costs on the wire and in time, and what an attacker gets for its budget."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stillwatch.rounds.matching.identifiers import encode
from stillwatch.rounds.matching.matching_state import MatchingState
from stillwatch.rounds.matching.oprf import MOST_A_BATCH, PROOF, Key, blind
from stillwatch.rounds.matching.participant import Limits

SLASH_24S = 2**24
_SEED = b"benchmark".ljust(32, b".")
_COUNTED = 17
"""Bytes of a token and its count on the way to the hub."""

_PSI = """
import sys, time
import private_set_intersection.python as psi
n = int(sys.argv[1])
mine = [f"card-{i}" for i in range(n)]
theirs = [f"card-{i}" for i in range(n - n // 100, 2 * n - n // 100)]
start = time.perf_counter()
client, server = psi.client.CreateWithNewKey(True), psi.server.CreateWithNewKey(True)
setup = server.CreateSetupMessage(1e-9, n, theirs, psi.DataStructure.GCS)
request = client.CreateRequest(mine)
response = server.ProcessRequest(request)
found = client.GetIntersection(setup, response)
seconds = time.perf_counter() - start
sizes = [len(m.SerializeToString()) for m in (setup, request, response)]
print(seconds, sum(sizes), len(found))
"""


def _one_batch(part: tuple[int, int]) -> tuple[int, float, float, float]:
    """Blind, evaluate and open one batch of one direction; bytes and seconds of each step."""
    start, end = part
    values = [encode("r", "payment", f"card-{i}") for i in range(start, end)]
    key = Key(_SEED, b"r")
    t0 = time.perf_counter()
    batch = blind(values)
    t1 = time.perf_counter()
    answer = key.answer(batch.elements)
    t2 = time.perf_counter()
    batch.open(answer, key.public)
    t3 = time.perf_counter()
    return len(batch.elements) + len(answer), t1 - t0, t2 - t1, t3 - t2


def cost(sizes: list[int], psi: Path) -> None:
    """Two members with n identifiers each, one in a hundred shared: both directions, as a round has them."""
    cores = os.cpu_count() or 1
    print(f"two members, n identifiers each; ours on {cores} processes, both directions; PSI on one, as it is made")
    for n in sizes:
        parts = [(s, min(s + MOST_A_BATCH, n)) for s in range(0, n, MOST_A_BATCH)]
        start = time.perf_counter()
        with ProcessPoolExecutor(cores) as pool:
            # Both directions: each member asks the other about all that it has.
            done = list(pool.map(_one_batch, parts * 2))
        seconds = time.perf_counter() - start
        elements = sum(size for size, *_ in done)
        whole = elements + 2 * n * _COUNTED
        steps = [sum(d[i] for d in done) / (2 * n) * 1e6 for i in (1, 2, 3)]
        print(
            f"  n = {n:>9,}: {whole / 1e6:8.1f} MB ({whole / (2 * n):.0f} B an identifier and member), "
            f"{seconds:7.1f} s; "
            f"blind {steps[0]:.0f}, evaluate {steps[1]:.0f}, open {steps[2]:.0f} us an identifier and core",
            flush=True,
        )
        if psi.exists():
            done_psi = subprocess.run([str(psi), "-c", _PSI, str(n)], capture_output=True, text=True, check=False)
            if done_psi.returncode:
                print(f"      openmined-psi failed: {done_psi.stderr.strip().splitlines()[-1][:200]}", file=sys.stderr)
                continue
            taken, size, shared = done_psi.stdout.split()
            print(
                f"      openmined-psi: {int(size) / 1e6:8.1f} MB, {float(taken):7.1f} s on one core, one member learns "
                f"{int(shared):,} shared",
                flush=True,
            )
        else:
            print(f"      openmined-psi: not at {psi}", flush=True)


def attack() -> None:
    """All IPv4 /24s against the rate limit, with restarts and new rounds; what it would be without the function."""
    limits = Limits()
    _bare_hashes()
    with tempfile.TemporaryDirectory() as folder:
        path, now = Path(folder) / "victim.state", datetime(2026, 11, 2, tzinfo=UTC)
        weeks = [
            _one_week(path, now + timedelta(days=limits.days * week + 0.01 * week), limits, week) for week in range(3)
        ]
    for week, (answered, tried, seconds, restarts) in enumerate(weeks):
        print(
            f"week {week + 1}: {answered:,} of {tried:,} guesses answered over 5 rounds and {restarts} restarts "
            f"({answered / SLASH_24S:.3%} of all /24s); the answers took {seconds:.1f} s of one core"
        )
    years = SLASH_24S / limits.elements * limits.days / 365.25
    print(
        f"to try every /24 once: {years:.1f} years at {limits.elements:,} a {limits.days:.0f} days, each member's help"
    )
    print("needed for each guess, and the first weeks' answers are of keys that are gone")
    _leakage(limits.elements)


def _one_week(path: Path, now: datetime, limits: Limits, week: int) -> tuple[int, int, float, int]:
    """A peer that asks without end; the victim is restarted every 20 batches and changes rounds every 40."""
    answered = tried = restarts = 0
    seconds = 0.0
    state = MatchingState(path)
    for batch_number in range(200):
        if batch_number and batch_number % 20 == 0:
            state.close()
            state = MatchingState(path)
            restarts += 1
        round_id = f"w{week}-r{batch_number // 40}"
        tried += limits.batch
        if not state.reserve("mallory", limits.batch, budget=limits.elements, days=limits.days, now=now):
            continue
        base = (week * 200 + batch_number) * limits.batch
        asked = blind([encode(round_id, "network", _network(base + i)) for i in range(limits.batch)])
        start = time.perf_counter()
        answer = state.key(round_id).answer(asked.elements)
        seconds += time.perf_counter() - start
        answered += (len(answer) - PROOF) // 32
    state.close()
    return answered, tried, seconds, restarts


def _network(number: int) -> str:
    return f"{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}.0/24"


def _bare_hashes() -> None:
    """How long it takes to reverse a bare hash, or one under a key that a member has: try all."""
    tried = 2**20

    def seconds(work: Callable[[bytes], object]) -> float:
        start = time.perf_counter()
        for i in range(tried):
            work(_network(i).encode())
        return (time.perf_counter() - start) * SLASH_24S / tried

    taken = seconds(lambda v: hashlib.sha256(v).digest())
    print(f"bare SHA-256 of a /24: all {SLASH_24S:,} tried in {taken:.0f} s of one core")


def _binary(p: float) -> float:
    return 0.0 if p in (0.0, 1.0) else -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def _leakage(budget: int) -> None:
    """Bits that a curious member can learn of a peer's suspect /24s, against all that there is to learn."""
    print("leakage of one member's set of suspect /24s, in bits (a set of s among 16.7 million):")
    for s in (100, 1_000, 10_000):
        whole = (math.lgamma(SLASH_24S + 1) - math.lgamma(s + 1) - math.lgamma(SLASH_24S - s + 1)) / math.log(2)
        week = budget * _binary(s / SLASH_24S)
        print(
            f"  s = {s:>6,}: bare hashes give all {whole:9,.0f}; a week's whole budget of guesses at most {week:7.1f} "
            f"({week / whole:.2%}), and names {s * budget / SLASH_24S:.1f} of them on average"
        )
