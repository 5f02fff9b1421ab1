"""The command line: parses, calls, prints. Every decision lives elsewhere.

Exit status: 0 done, 2 for an error that the message explains, 130 when stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from stillwatch import ingest
from stillwatch import range as range_
from stillwatch.cli.alliance import alliance_app
from stillwatch.cli.alliance_match import matching_commands
from stillwatch.cli.audit import add_audit, add_refusal_judge, canary_app
from stillwatch.cli.gateway import gateway_app
from stillwatch.cli.hub import hub_commands
from stillwatch.cli.lab import lab_app
from stillwatch.cli.policy import policy_app
from stillwatch.core import Interrupted, StillwatchError
from stillwatch.reporting import render_console
from stillwatch.scanning.replay import replay
from stillwatch.scanning.scan import scan
from stillwatch.settings import load_settings

__all__ = ["app", "main"]

app = cyclopts.App(
    name="stillwatch",
    help="Find adversarial distillation of language models in request logs, with evidence.",
    result_action="return_value",
)
_out = Console()
_err = Console(stderr=True)


class _Bars:
    """Progress of a scan as bars on standard error."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def start(self, stage: str, total: int | None) -> None:
        self._finish()
        self._task = self._bars.add_task(stage, total=total)

    def advance(self, amount: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, amount)

    def _finish(self) -> None:
        if self._task is not None:
            total = self._bars.tasks[self._task].total or 1
            self._bars.update(self._task, total=total, completed=total)


@contextmanager
def _progress() -> Iterator[_Bars]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True) as bars:
        yield _Bars(bars)


def _plain(text: object) -> None:
    _out.print(str(text), highlight=False, markup=False, soft_wrap=True)


@app.command(name="scan")
def scan_command(
    paths: Annotated[list[Path], Parameter(name="PATH", negative=())],
    /,
    *,
    out: Path,
    accounts: Path | None = None,
    releases: Path | None = None,
    values: Path | None = None,
    indicators: Path | None = None,
    fdr: float | None = None,
    seed: int | None = None,
    workers: int | None = None,
    default_account: str | None = None,
    default_time: str | None = None,
    config: Path | None = None,
) -> None:
    """Read logs and write the campaigns found in them, each with its evidence.

    Parameters
    ----------
    paths
        Log files and folders; formats are detected and may be mixed.
    out
        Folder for the run; must not exist yet.
    accounts
        What is known of accounts (JSONL, CSV or Parquet), joined on account_id.
    releases
        Models and their release times (JSONL, CSV or Parquet).
    values
        What a lab measured exchanges to be worth: values.json of a lab run.
    indicators
        What partners of an alliance said: the file that stillwatch alliance pull keeps.
    fdr
        Share of false campaigns to accept among those reported. [default: 0.01]
    seed
        Seed of every random draw. [default: 0]
    workers
        Worker processes; never changes a result. [default: the machine's cores, at most 16]
    default_account
        Account of records that name none, such as a batch file's owner.
    default_time
        Time of records that name none, ISO 8601: when the batch was run.
    config
        A TOML file with a [scan] table.
    """
    settings = load_settings(
        config, fdr=fdr, seed=seed, workers=workers, default_account=default_account, default_time=default_time
    )
    with _progress() as bars:
        run = scan(
            paths,
            out=out,
            accounts=accounts,
            releases=releases,
            values=values,
            indicators=indicators,
            settings=settings,
            progress=bars,
        )
    _out.print(render_console(run.path))


@app.command(name="simulate")
def simulate_command(
    scenario: str,
    /,
    *,
    scale: float,
    out: Path,
    seed: int = 0,
    corpus: Annotated[list[Path] | None, Parameter(consume_multiple=True, negative=())] = None,
) -> None:
    """Write a simulated provider's log, with the truth apart from it.

    Parameters
    ----------
    scenario
        february, september, evasive, october, lookalikes, bursts or quiet.
    scale
        1 is the scale of the public record; 0.01 a hundredth of its exchanges and accounts.
    out
        Folder for logs, account file, release calendar and truth; must not exist yet.
    seed
        The same scenario, scale, seed and corpus give the same bytes.
    corpus
        Files of real prompts to write the text from, in place of grammars.
    """
    with _progress() as bars:
        bars.start(f"simulating {scenario}", None)
        simulation = range_.simulate(scenario, scale=scale, seed=seed, out=out, corpus=corpus or [])
    _plain(simulation)


@app.command(name="score")
def score_command(run: Path, /, *, truth: Path, replay_hours: int = 24, seed: int = 0) -> None:
    """Hold a run against a simulation's truth.

    Parameters
    ----------
    run
        The run's folder.
    truth
        The simulation's truth.jsonl.
    replay_hours
        Scan again what was known every so many hours, to time the first alert; 0 leaves that out.
    seed
        Seed of the bootstrap.
    """
    with _progress() as bars:
        bars.start("scoring", None)
        again = replay(run) if replay_hours else None
        result = range_.score(run, truth, rescan=again, replay_hours=replay_hours, seed=seed)
    _plain(result)


@app.command(name="demo")
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
    week, run_path = out / "week", out / "run"
    with _progress() as bars:
        bars.start("simulating a provider's week", None)
        range_.simulate("february", scale=scale, seed=seed, out=week)
        run = scan(
            [week / "logs"],
            out=run_path,
            accounts=week / "accounts.jsonl",
            releases=week / "releases.jsonl",
            progress=bars,
        )
    _out.print(render_console(run.path))
    _plain("\nBeside the truth:")
    _plain(range_.score(run.path, week / "truth.jsonl"))
    _plain(f"\nThe report: {run.report}")


@app.command(name="formats")
def formats_command() -> None:
    """List the log formats that a scan reads."""
    for name, one in ingest.all_formats().items():
        _out.print(f"[bold]{name}[/bold]  {one.description}", highlight=False)


app.command(lab_app(_progress, _plain))
app.command(gateway_app(_plain))
app.command(policy_app(_plain))
alliance = alliance_app(_plain)
hub_commands(alliance, _plain)
matching_commands(alliance, _plain)
app.command(alliance)
add_audit(app, _progress, _plain)
app.command(canary_app(_plain))
add_refusal_judge(app, _plain)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    try:
        app(arguments, exit_on_error=True, print_error=True)
    except Interrupted as stop:
        _err.print(f"stillwatch: {stop}", style="yellow", markup=False, highlight=False)
        sys.exit(130)
    except StillwatchError as error:
        _err.print(f"stillwatch: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        _err.print("stillwatch: stopped", style="yellow")
        sys.exit(130)
