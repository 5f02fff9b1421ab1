"""A scan in a process of its own that ends itself by SIGKILL around a call of one function."""

import importlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forks import FORKS
from patience import PATIENCE_SECONDS

from stillwatch import scan

__all__ = ["Moment", "scan_until"]


@dataclass(frozen=True)
class Moment:
    """When to die.

    Attributes:
        module, name: the function, looked up there when it is called.
        nth: at which call of it.
        when: before it begins, or after it is done.
        settings: of the scan that meets it.
    """

    module: str
    name: str
    nth: int
    when: str
    settings: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join((self.when, self.name, str(self.nth), *(value for _, value in self.settings)))


def scan_until(moment: Moment, paths: Sequence[Path], **place: Path) -> None:
    """Scan and be killed; AssertionError where the scan ended otherwise.

    Args:
        moment: when.
        paths: logs.
        place: ``out`` or ``into``.
    """
    process = FORKS.Process(target=_scan, args=(moment, list(paths), place))
    process.start()
    process.join(5 * PATIENCE_SECONDS)
    assert process.exitcode == -signal.SIGKILL, process.exitcode


def _scan(moment: Moment, paths: list[Path], place: dict[str, Path]) -> None:
    where = importlib.import_module(moment.module)
    called, calls = getattr(where, moment.name), 0

    def call(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == moment.nth and moment.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = called(*given, **named)
        if calls == moment.nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(where, moment.name, call)
    scan(paths, workers=1, **place, **dict(moment.settings))
