"""What a person at a terminal sees: lines, tables and progress. Nothing else of the command line writes to one.

Results go to standard output; progress and errors go to standard error, so that a result can be piped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType

from stillwatch.core.printed import written_out

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Bars", "complain", "confirm", "progress", "say", "show"]

_out = Console()
_err = Console(stderr=True)


def plain(text: object) -> str:
    """A text whose control and direction characters are written out, for others' words are in it; lines stay lines."""
    return written_out(str(text), but="\n\t")


def say(text: object) -> None:
    """Print what ``str`` makes of it, to the letter: neither wrapped, nor coloured, nor read as markup."""
    _out.print(plain(text), highlight=False, markup=False, soft_wrap=True)


def show(drawn: RenderableType) -> None:
    """Print a table, a styled text or another of rich's renderables."""
    _out.print(drawn)


def complain(problem: object, *, style: str = "red") -> None:
    """Print an error or a notice to standard error, as the program's word."""
    _err.print(f"stillwatch: {plain(problem)}", style=style, markup=False, highlight=False, soft_wrap=True)


def confirm(question: str) -> bool:
    """Ask; only y and yes are yes."""
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


class Bars:
    """Progress as bars on standard error: the ``Progress`` of a scan and of the lab."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def start(self, stage: str, total: int | None = None) -> None:
        """Begin a stage; the one before it is done.

        Args:
            stage: its name, as it is shown.
            total: how much there is to do; None where nobody knows.
        """
        self._finish()
        self._task = self._bars.add_task(stage, total=total)

    def advance(self, amount: int) -> None:
        """So much more of the stage is done."""
        if self._task is not None:
            self._bars.advance(self._task, amount)

    def _finish(self) -> None:
        if self._task is not None:
            total = self._bars.tasks[self._task].total or 1
            self._bars.update(self._task, total=total, completed=total)


@contextmanager
def progress(*, bytes_counted: bool = False) -> Iterator[Bars]:
    """Bars that are gone once it is left.

    Args:
        bytes_counted: amounts are bytes of files, and are said so.
    """
    # Late: rich's bars are a tenth of what --help would load.
    from stillwatch.cli.bars import bars_on  # noqa: PLC0415

    with bars_on(_err, bytes_counted=bytes_counted) as bars:
        yield Bars(bars)
