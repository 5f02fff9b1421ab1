"""What a progress bar says beside itself: per cent, how much of how much, how fast, how long the rest may take."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

__all__ = ["bars_on"]


class HowFar(ProgressColumn):
    """Says how far a stage is, where anybody knows how much there is; else nothing.

    Args:
        bytes_counted: amounts are bytes of files.
    """

    def __init__(self, *, bytes_counted: bool) -> None:
        super().__init__()
        self._bytes = bytes_counted

    def render(self, task: Task) -> Text:
        """The line beside one stage's bar."""
        if not task.total:
            return Text("")
        parts = [f"{task.percentage:.0f} %", f"{self._amount(task.completed)} of {self._amount(task.total)}"]
        if task.speed:
            parts.append(f"{self._rate(task.speed)}")
        if task.time_remaining and not task.finished:
            parts.append(f"{timedelta(seconds=int(task.time_remaining))} left")
        return Text(", ".join(parts))

    def _amount(self, amount: float) -> str:
        return decimal(int(amount)) if self._bytes else f"{amount:,.0f}"

    def _rate(self, a_second: float) -> str:
        if self._bytes:
            return f"{decimal(int(a_second))}/s"
        return f"{a_second:,.1f}/s" if a_second >= 1 else f"{a_second * 60:,.1f} a minute"


def bars_on(console: Console, *, bytes_counted: bool) -> Progress:
    """Bars that are gone once they are left."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        HowFar(bytes_counted=bytes_counted),
        TimeElapsedColumn(),
    )
    # Where nobody looks they would leave an empty line.
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
