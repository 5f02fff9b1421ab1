"""The command line in a process of its own, forked by a server that has imported what commands need."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from forks import FORKS
from patience import until

__all__ = ["Forked", "stillwatch"]

_LONGEST_SECONDS = 600.0


def stillwatch(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    timeout: float,
    largest_file: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``stillwatch`` with these words in a folder, to its end: as a shell would, but that nothing is imported anew.

    It can write files of no more than ``largest_file`` bytes, as on a disk that fills; of any size if None.
    """
    with tempfile.TemporaryDirectory() as place:
        told = [Path(place, name) for name in ("out", "err")]
        process = FORKS.Process(target=_command, args=([*words], folder, dict(environment), told, largest_file))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired([*words], timeout)
        said = [file.read_text(encoding="utf-8") for file in told]
        return subprocess.CompletedProcess(["stillwatch", *words], process.exitcode, *said)


class Forked:
    """``stillwatch`` with these words, begun; ``close`` ends it if it has not ended.

    Args:
        words: of the command line.
        folder: where it runs.
    """

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self._place = tempfile.TemporaryDirectory()
        self._told = Path(self._place.name, "told")
        self._told.touch()
        arguments = ([*words], folder, dict(os.environ), [self._told, self._told])
        self._process = FORKS.Process(target=_command, args=arguments, daemon=True)
        self._process.start()

    @property
    def said(self) -> str:
        """All that it has printed so far, to either stream."""
        return self._told.read_text(encoding="utf-8")

    @property
    def status(self) -> int | None:
        """Its exit status, the negative of the signal that ended it; None while it runs."""
        return self._process.exitcode

    def says(self, text: str) -> None:
        """Wait until it has said so; AssertionError where it ends before, or never does."""
        self.runs_until(lambda: text in self.said)

    def runs_until(self, holds: Callable[[], bool]) -> None:
        """Wait until this is so; AssertionError where it ends before, or never is."""
        until(lambda: holds() or self.status is not None, _LONGEST_SECONDS, pause=0.005)
        assert holds(), self.said

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._process.kill()
        self._process.join(timeout=300)

    def ended(self, status: int = 0, timeout: float = _LONGEST_SECONDS) -> str:
        """Wait for its end with this status; what it printed."""
        self._process.join(timeout)
        assert self.status == status, self.said
        return self.said

    def close(self) -> None:
        self.kill()
        self._place.cleanup()


def _command(
    words: list[str], folder: Path, environment: dict[str, str], told: list[Path], largest_file: int | None = None
) -> None:
    if largest_file is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    for number, file in enumerate(told, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["stillwatch", *words]
    from stillwatch.__main__ import main  # noqa: PLC0415 - as the command does

    main()
