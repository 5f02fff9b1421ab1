"""A signal at every line of what makes a file or a folder, and what each leaves: run in a process of its own."""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from stillwatch.core import Interrupted, interrupts

Act = Callable[[Path], object]


def at_each_line(act: Act, number: int, watched: list[ModuleType], base: Path) -> list[list[str]]:
    """Paths that are left in a fresh folder after ``act`` in it was signalled at its first line, its second and so on.

    Args:
        act: what is signalled; it is given the folder.
        number: the signal. One that kills is sent to a child.
        watched: modules whose lines count, besides those of ``interrupts`` and of Python's context managers.
        base: for the folders.
    """
    files = {str(module.__file__) for module in (*watched, interrupts, contextlib)}
    found: list[list[str]] = []
    while True:
        home = base / str(len(found))
        home.mkdir(parents=True)
        if not (_killed if number == signal.SIGKILL else _stopped)(act, number, files, home, len(found) + 1):
            return found
        found.append(sorted(str(path.relative_to(home)) for path in home.rglob("*")))


def _killed(act: Act, number: int, files: set[str], home: Path, line: int) -> bool:
    child = os.fork()
    if not child:
        _stopped(act, number, files, home, line)
        os._exit(0)
    return bool(os.waitpid(child, 0)[1])


def _stopped(act: Act, number: int, files: set[str], home: Path, line: int) -> bool:
    left = line

    def each_line(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if not left:
                signal.raise_signal(number)
        return each_line

    def each_call(frame: FrameType, _event: str, _argument: object) -> Any:
        return each_line if frame.f_code.co_filename in files else None

    sys.settrace(each_call)
    try:
        act(home)
    except (Interrupted, KeyboardInterrupt):
        pass
    finally:
        sys.settrace(None)
    return left <= 0


def tell(found: object) -> None:
    """To whoever started this process."""
    sys.stdout.write(json.dumps(found))
