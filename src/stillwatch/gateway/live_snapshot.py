"""The snapshot in use: replaced in one step when its file is, kept when the new one cannot be read.

A file is looked at anew when it was replaced or written to, and while what is there cannot be read, every few seconds:
half a copy becomes a whole one, and a disk that failed may be back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from stillwatch.core import UnreadableInput
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.snapshot import Snapshot

__all__ = ["LiveSnapshot"]

_RETRY_SECONDS = 5.0
_YOUNG_SECONDS = 2.0
"""A file written to so lately may be written to again within the same tick of its clock."""

_Mark = tuple[int, ...]

_LOG = logging.getLogger("stillwatch.gateway")


class LiveSnapshot:
    """Holds the snapshot of a file.

    Args:
        path: the file, or None where there is to be none.
        meters: told what cannot be read.
        check_seconds: how often to look whether the file was replaced.
        max_hours: an older snapshot counts as missing.
    """

    def __init__(self, path: Path | None, meters: Meters, *, check_seconds: float, max_hours: float | None) -> None:
        self._path = path
        self._meters = meters
        self._check_seconds = check_seconds
        self._max_seconds = max_hours * 3600 if max_hours else float("inf")
        self._held: Snapshot | None = None
        self._mark: _Mark | None = None
        self._retry_at = float("inf")
        self._next_check = 0.0
        self._loading: asyncio.Task[None] | None = None
        self._load()

    def current(self) -> Snapshot | None:
        """The snapshot to go by now, or None; looks for a new one beside, never in a request's way."""
        if self._path is None:
            return None
        if time.monotonic() >= self._next_check and (self._loading is None or self._loading.done()):
            self._next_check = time.monotonic() + self._check_seconds
            if self._marked() != self._mark or time.monotonic() >= self._retry_at:
                self._loading = asyncio.get_running_loop().create_task(asyncio.to_thread(self._load))
        held = self._held
        if held is not None and time.time() - held.made > self._max_seconds:
            self._meters.failed("snapshot", "it is older than snapshot_max_hours", "it counts as missing")
            return None
        return held

    @property
    def held(self) -> Snapshot | None:
        """The snapshot that was read last, however old."""
        return self._held

    @property
    def wanted(self) -> bool:
        """Whether there is to be one."""
        return self._path is not None

    def _marked(self) -> _Mark | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        if found is None:
            return None
        return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def _load(self) -> None:
        mark = self._marked()
        if self._path is None:
            return
        self._retry_at = float("inf")
        try:
            snapshot = Snapshot(self._path)
        except UnreadableInput as error:
            then = "the one before stays in use" if self._held else "there is none"
            self._meters.failed("snapshot", error.problem, then)
            self._meters.gauge("snapshot_file_bad", 1)
            self._retry_at = time.monotonic() + _RETRY_SECONDS
        else:
            self._use(snapshot)
            if mark and abs(time.time() - max(mark[-2:]) / 1e9) < _YOUNG_SECONDS:
                self._retry_at = time.monotonic() + _YOUNG_SECONDS
        self._mark = mark

    def _use(self, snapshot: Snapshot) -> None:
        self._meters.gauge("snapshot_file_bad", 0)
        if self._held is not None and self._held.digest == snapshot.digest:
            return
        self._held = snapshot
        self._meters.count("snapshots_loaded")
        self._meters.gauge("snapshot_made_seconds", snapshot.made)
        _LOG.info("snapshot of %s in use: %s", snapshot.header["made"], self._path)
