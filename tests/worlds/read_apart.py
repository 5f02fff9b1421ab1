"""A log read in a process of its own, which ends by itself or is seen not to."""

from contextlib import suppress
from pathlib import Path

from forks import FORKS

from stillwatch.core import UnknownFormat
from stillwatch.ingest import plan, read_slice

__all__ = ["ends"]


def ends(log: Path, seconds: float) -> bool:
    """Whether the log is read to its end, or no format recognises it, in so many seconds."""
    process = FORKS.Process(target=_read, args=(log,), daemon=True)
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode == 0


def _read(log: Path) -> None:
    with suppress(UnknownFormat):
        for part in plan([log]):
            for _ in read_slice(part):
                pass
