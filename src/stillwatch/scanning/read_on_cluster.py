"""The first pass on an engine's workers: a plan with a row a slice, and the same function that reads a slice here.

Each worker reads its slices where they lie and writes the parts into the run's folder; numbers alone come back. So
workers must see logs and run under the paths that they have here. What a lost worker had not finished is read again,
and what is read twice comes to the same.
"""

from __future__ import annotations

import importlib.metadata
import pickle
import platform
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa

from stillwatch.core import BadSetting, UnreadableInput
from stillwatch.engines import Engine
from stillwatch.ingest import Slice, Unread
from stillwatch.scanning.read import Read, done_file, make_folders, read_one

__all__ = ["read_on_cluster"]

_PLAN = pa.schema([("number", pa.int64()), ("slice", pa.binary())])
_READ = pa.schema(
    [
        ("number", pa.int64()),
        ("exchanges", pa.int64()),
        ("dead_letters", pa.int64()),
        ("read_bytes", pa.int64()),
        ("unread", pa.binary()),
        ("problem", pa.string()),
    ]
)
_LOOK_SECONDS = 1.0
_NOT_SHARED = "a worker does not see it: "
_OTHER_VERSIONS = "a worker has other versions: "


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the slices of a batch of the plan, on whichever worker it is sent to.

    Attributes:
        run, work: as ``read_slices`` has them.
        versions: of Stillwatch and Python where the scan was begun.
    """

    run: Path
    work: Path
    versions: str

    def __call__(self, plan: pa.RecordBatch) -> pa.RecordBatch:
        rows = [self._read(*row.values()) for row in plan.to_pylist()]
        return pa.RecordBatch.from_pylist(rows, schema=_READ)

    def _read(self, number: int, packed: bytes) -> dict[str, object]:
        if (here := _versions()) != self.versions:
            return {"number": number, "problem": f"{_OTHER_VERSIONS}{here} on {platform.node()}"}
        # Written by the scan itself, a moment ago.
        one: Slice = pickle.loads(packed)  # noqa: S301
        wanted = [self.work, *(part.path for part in one.together or (one,) if not part.problem)]
        if unseen := next((path for path in wanted if not path.exists()), None):
            return {"number": number, "problem": f"{_NOT_SHARED}{unseen} on {platform.node()}"}
        read = read_one(one, number, self.run, self.work)
        return {
            "number": number,
            "exchanges": read.exchanges,
            "dead_letters": read.dead_letters,
            "read_bytes": read.read_bytes,
            "unread": msgspec.json.encode(read.unread),
        }


def read_on_cluster(
    engine: Engine,
    slices: Iterable[Slice],
    run: Path,
    work: Path,
    *,
    first: int = 0,
    progress: Callable[[int], None],
) -> tuple[Read, int]:
    """Read every slice into part files, as ``read_slices`` does.

    Args:
        engine: on whose workers.
        slices: what to read; their paths are made absolute.
        run, work: absolute, under one path here and there.
        first: number of the first part.
        progress: told of bytes as they are done.

    Returns:
        What all of them came to, and the number of the next part.

    Raises:
        UnreadableInput: a worker does not see the logs or the run.
        BadSetting: a worker has another version of Stillwatch or Python.
        EndpointFailed: the cluster could not do it.
    """
    make_folders(run, work)
    rows = [{"number": number, "slice": pickle.dumps(one)} for number, one in enumerate(slices, start=first)]
    if not rows:
        return Read(), first
    plan = pa.Table.from_pylist(rows, schema=_PLAN)
    with _told(work, range(first, first + len(rows)), progress):
        made = engine.map_arrow("SELECT number, slice FROM {plan}", _Reader(run, work, _versions()), rows=1, plan=plan)
    found = engine.fetch("SELECT * FROM {made} ORDER BY number", made=made).to_pylist()
    for row in found:
        _check(row["problem"])
    total = Read()
    for row in found:
        unread = msgspec.json.decode(row["unread"], type=Unread)
        total += Read(row["exchanges"], row["dead_letters"], row["read_bytes"], unread)
    return total, first + len(rows)


def _check(problem: str | None) -> None:
    if problem is None:
        return
    if problem.startswith(_OTHER_VERSIONS):
        raise BadSetting(
            f"{problem}; here it is {_versions()}", where="--engine spark", hint="install the same on every worker"
        )
    raise UnreadableInput(
        problem.removeprefix(_NOT_SHARED),
        where="--engine spark: a worker does not see",
        hint="put logs and run where this machine and every worker have them under one path: "
        "`stillwatch docs scan-on-spark`",
    )


def _versions() -> str:
    python = ".".join(platform.python_version_tuple()[:2])
    return f"Stillwatch {importlib.metadata.version('stillwatch')} and Python {python}"


@contextmanager
def _told(work: Path, numbers: range, progress: Callable[[int], None]) -> Iterator[None]:
    """Tell of the parts that are finished, as the shared folder shows them, for as long as the block lasts."""
    waiting, ended = set(numbers), threading.Event()

    def look() -> None:
        for name in {path.name for path in (work / "read").glob("*.json")}:
            number = int(name.removesuffix(".json"))
            if number in waiting:
                waiting.discard(number)
                progress(msgspec.json.decode(done_file(work, number).read_bytes(), type=Read).read_bytes)

    def watch() -> None:
        while not ended.wait(_LOOK_SECONDS):
            look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    look()
