"""Writes a simulated week: logs, account file, release calendar and, apart from them, the truth.

The same scenario, scale, seed and corpus give the same bytes. Accounts are made first, with the
times of their exchanges; text is written in the order of time, so that the log streams to disk.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from stillwatch.core import BadSetting, OutputExists
from stillwatch.core.whole_files import whole_folder
from stillwatch.range import adversary, clock, random_world
from stillwatch.range.account import Account
from stillwatch.range.axes import Design
from stillwatch.range.design import draw_design, scaled
from stillwatch.range.library import Library, open_library
from stillwatch.range.maker import Maker
from stillwatch.range.populations import KINDS
from stillwatch.range.scenarios import SCENARIOS, Scenario
from stillwatch.range.writing import ANSWERS, Recorder, identity, opened, write_logs, write_side_files

__all__ = ["Simulation", "simulate", "simulate_design"]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What was written, and where."""

    out: Path
    scenario: str
    exchanges: int
    accounts: int
    campaigns: dict[str, int]

    def __str__(self) -> str:
        hidden = ", ".join(f"{name} ({size:,} accounts)" for name, size in self.campaigns.items()) or "none"
        return (
            f"{self.scenario}: {self.exchanges:,} exchanges by {self.accounts:,} accounts in {self.out}\n"
            f"campaigns hidden in it: {hidden}"
        )


def simulate(
    scenario: str,
    *,
    scale: float | None = None,
    seed: int,
    out: Path,
    corpus: Sequence[Path] = (),
    kind: str | None = None,
) -> Simulation:
    """Write a simulated log.

    Args:
        scenario: a name in ``SCENARIOS``, or ``random``: a world drawn from the design space.
        scale: 1 is the public record's; exchanges and accounts shrink with it. A random world's need not be given.
        seed: of every draw.
        out: gets ``logs/``, ``accounts.jsonl``, ``releases.jsonl``, ``truth.jsonl`` and, of a random world,
            ``design.json``; must not exist.
        corpus: files of real prompts to write from, in place of grammars.
        kind: of a random world: one of ``KINDS``, which fixes some axes.

    Raises:
        BadSetting: the scenario or the kind is unknown, or the scale is not above 0.
        OutputExists: ``out`` is taken.
    """
    if scenario not in SCENARIOS and scenario != "random":
        raise BadSetting(f"there is no scenario {scenario!r}", hint=f"one of {', '.join(SCENARIOS)}, random")
    if scale is None and scenario != "random":
        raise BadSetting("a scenario needs a scale", where="--scale", hint="1 is the scale of the public record")
    if kind is not None and scenario != "random":
        raise BadSetting("only random worlds have a kind", where="--kind")
    scale = 1.0 if scale is None else scale
    if not 0 < scale <= 10:
        raise BadSetting(f"the scale must be above 0 and at most 10, not {scale}", where="--scale")
    if out.exists():
        raise OutputExists("the output path exists, and nothing is ever overwritten", where=str(out))
    if scenario == "random":
        return simulate_design(scaled(draw_design(seed, kind), scale), out, corpus)
    accounts = _accounts(SCENARIOS[scenario], scale, seed, open_library(corpus, seed))
    pivots = {plan.name: plan.pivot for plan in SCENARIOS[scenario].plans if plan.pivot}

    def recorded(rng: random.Random, account: Account, time: int) -> dict[str, Any]:
        return _record(rng, account, time, pivots)

    return _written(scenario, out, accounts, random.Random(seed + 2), recorded, clock.RELEASES)


def simulate_design(design: Design, out: Path, corpus: Sequence[Path] = ()) -> Simulation:
    """Write the log of one design, drawn by ``draw_design`` or made otherwise.

    Raises:
        OutputExists: ``out`` is taken.
    """
    if out.exists():
        raise OutputExists("the output path exists, and nothing is ever overwritten", where=str(out))
    accounts = random_world.accounts_of(design, corpus)
    told = msgspec.json.format(msgspec.json.encode(random_world.described(design, accounts)))
    rng, releases = random.Random(f"log {design.seed}"), random_world.releases(design)
    return _written("random", out, accounts, rng, random_world.record, releases, told)


def _written(
    scenario: str,
    out: Path,
    accounts: Sequence[Account],
    rng: random.Random,
    record: Recorder,
    releases: Mapping[str, float],
    design: bytes | None = None,
) -> Simulation:
    """Everything on disk, or nothing."""
    with whole_folder(out) as partial:
        (partial / "logs").mkdir()
        exchanges = write_logs(accounts, rng, partial / "logs", record)
        write_side_files(accounts, partial, releases)
        if design is not None:
            (partial / "design.json").write_bytes(design + b"\n")
    campaigns: dict[str, int] = {}
    for account in accounts:
        if account.campaign:
            campaigns[account.campaign] = campaigns.get(account.campaign, 0) + 1
    return Simulation(out, scenario, exchanges, len(accounts), campaigns)


def _accounts(scenario: Scenario, scale: float, seed: int, library: Library) -> list[Account]:
    """All accounts in random order, with opaque ids."""
    wanted = round(scenario.honest_exchanges * scale)
    factor = 1.0
    honest: list[Account] = []
    # Volumes are heavy-tailed and capped: the factor that gives the wanted total is found by trying.
    for _ in range(3):
        make = Maker(random.Random(seed), np.random.default_rng(seed), library, factor, scenario.population.who)
        honest = _honest(scenario, scale, make)
        total = sum(len(account.times) for account in honest)
        if abs(total / wanted - 1) < 0.04:
            break
        factor *= wanted / total
    make = replace(make, rng=random.Random(seed + 1), numbers=np.random.default_rng(seed + 1), factor=1.0)
    accounts = honest
    for number, plan in enumerate(scenario.plans):
        accounts.extend(adversary.accounts(plan, make, scale, begun=30.0 + 90.0 * number))
    return opened(make.rng, accounts)


def _honest(scenario: Scenario, scale: float, make: Maker) -> list[Account]:
    # Ten honest accounts to one of a campaign's, also where a small scale has raised the campaigns to their least.
    size = max(scenario.honest_accounts * scale, 10.5 * sum(plan.size(scale) for plan in scenario.plans))
    made: list[Account] = []
    for kind, share in scenario.population.shares.items():
        made.extend(KINDS[kind](make, round(size * share)))
    return made


def _record(rng: random.Random, account: Account, time: int, pivots: dict[str, Any]) -> dict[str, Any]:
    written = account.writer(rng)
    origin = account.origin
    text = written.get("prompt") or written["messages"][-1]["content"]
    refused = account.banned is not None and time > account.banned
    record: dict[str, Any] = {
        **identity(rng, account, time),
        **account.shape,
        **written,
        "status": "403" if refused else "200",
        "client_address": rng.choice(origin.addresses),
        "asn": origin.asn,
        "country": origin.country,
        "user_agent": account.shape.get("user_agent") or origin.user_agent,
        "tls_fingerprint": origin.tls_fingerprint,
    }
    pivot = pivots.get(account.campaign or "")
    if pivot and rng.random() < _moved(time, pivot[1]):
        record["model"] = pivot[0]
    elif rng.random() < 0.04 * _moved(time, clock.RELEASES["apex-4"]):
        record["model"] = "apex-4"
    if not refused:
        tokens = rng.randrange(40, 900)
        record |= {
            "response": f"{rng.choice(ANSWERS)} {text[:40]}",
            "stop_reason": "stop",
            "input_tokens": len(text) // 4 + 8,
            "output_tokens": tokens,
            "latency_ms": round(300 + tokens * 11.5 + rng.random() * 200, 1),
        }
    return record


def _moved(time: int, release: float) -> float:
    """Share of traffic on a new model: half within a day of the release."""
    hours = (time - clock.START) / clock.HOUR - release
    return 0.0 if hours < 0 else min(0.85, 0.1 + hours / 24 * 0.6)
