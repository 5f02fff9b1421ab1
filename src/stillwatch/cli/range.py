"""``stillwatch simulate``, ``score`` and ``demo``: simulated weeks whose truth is known, and runs held against it."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cyclopts

from stillwatch.cli.options import RunFolder, Several
from stillwatch.cli.screen import progress, say, show
from stillwatch.core import Interrupted

__all__ = ["range_app"]

range_app = cyclopts.App()


@range_app.command(name="simulate")
def simulate_command(
    scenario: str,
    /,
    *,
    out: Path,
    scale: float | None = None,
    seed: int = 0,
    kind: str | None = None,
    corpus: Several[list[Path] | None] = None,
) -> None:
    """Write a simulated provider's log, with the truth apart from it.

    Parameters
    ----------
    scenario
        february, september, evasive, october, lookalikes, quiet or bursts; or random, a world drawn anew for every
        seed.
    out
        Folder for logs, account file, release calendar and truth; must not exist yet.
    scale
        1 is the scale of the public record; 0.01 a hundredth of its exchanges and accounts. A random world has a
        size of its own, and this multiplies it where given.
    seed
        The same scenario, scale, seed and corpus give the same bytes.
    kind
        Of a random world, what is fixed: pool, template, drip, cover, relay, failover, adaptive, small, mixed,
        lookalikes or quiet.
    corpus
        Files of real prompts to write the text from, in place of grammars.
    """
    from stillwatch.range import simulate

    with progress() as bars:
        bars.start(f"simulating {scenario}")
        simulation = simulate(scenario, scale=scale, seed=seed, out=out, corpus=corpus or [], kind=kind)
    say(simulation)


@range_app.command(name="score")
def score_command(run: RunFolder, /, *, truth: Path, replay_hours: int = 24, seed: int = 0) -> None:
    """Hold a run against a simulation's truth.

    Parameters
    ----------
    truth
        The simulation's truth.jsonl.
    replay_hours
        Scan again what was known every so many hours, to time the first alert; 0 leaves that out.
    seed
        Seed of the bootstrap.
    """
    from stillwatch.range import score
    from stillwatch.scanning.replay import replay

    with progress() as bars:
        bars.start("scoring")
        again = replay(run) if replay_hours else None
        result = score(run, truth, rescan=again, replay_hours=replay_hours, seed=seed)
    say(result)


@range_app.command(name="demo")
def demo_command(*, out: Path = Path("demo"), scale: float = 0.003, seed: int = 1) -> None:
    """Simulate a provider's week with hidden campaigns, scan it, and compare with the truth.

    Parameters
    ----------
    out
        Folder for the simulation and the run.
    scale
        Of the february scenario.
    seed
        Of the simulation.
    """
    from stillwatch.range import score, simulate
    from stillwatch.reporting import render_console
    from stillwatch.scanning.scan import scan

    week = out / "week"
    with progress(bytes_counted=True) as bars, _gone_if_stopped(week, out):
        bars.start("simulating a provider's week")
        simulate("february", scale=scale, seed=seed, out=week)
        run = scan(
            [week / "logs"],
            out=out / "run",
            accounts=week / "accounts.jsonl",
            releases=week / "releases.jsonl",
            progress=bars,
        )
    show(render_console(run.path))
    say("\nBeside the truth:")
    say(score(run.path, week / "truth.jsonl"))
    say(f"\nThe report: {run.report}")


@contextmanager
def _gone_if_stopped(week: Path, out: Path) -> Iterator[None]:
    """Remove the week that was simulated for a run when the run does not come: the same command can be given again."""
    ours = not week.exists()
    try:
        yield
    except (KeyboardInterrupt, Interrupted):
        if ours:
            shutil.rmtree(week, ignore_errors=True)
            with suppress(OSError):
                out.rmdir()
        raise
