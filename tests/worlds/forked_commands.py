"""The command line in a process of its own, forked by a server that has imported what commands need."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from forks import FORKS

__all__ = ["stillwatch"]


def stillwatch(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], *, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run ``stillwatch`` with these words in a folder, to its end: as a shell would, but that nothing is imported anew."""
    with tempfile.TemporaryDirectory() as place:
        told = [Path(place, name) for name in ("out", "err")]
        process = FORKS.Process(target=_command, args=([*words], folder, dict(environment), told))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired([*words], timeout)
        said = [file.read_text(encoding="utf-8") for file in told]
        return subprocess.CompletedProcess(["stillwatch", *words], process.exitcode, *said)


def _command(words: list[str], folder: Path, environment: dict[str, str], told: list[Path]) -> None:
    for number, file in enumerate(told, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["stillwatch", *words]
    from stillwatch.__main__ import main  # noqa: PLC0415 - as the command does

    main()
