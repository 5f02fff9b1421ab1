"""The snapshot in use: replaced in one step when its file is, kept when the new one cannot be read."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from stillwatch.core import UnreadableInput
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.snapshot import Snapshot

__all__ = ["LiveSnapshot"]

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
        self._mark: tuple[int, int, int] | None = None
        self._next_check = 0.0
        self._loading: asyncio.Task[None] | None = None
        self._load()

    def current(self) -> Snapshot | None:
        """The snapshot to go by now, or None; looks for a new one beside, never in a request's way."""
        if self._path is None:
            return None
        if time.monotonic() >= self._next_check and (self._loading is None or self._loading.done()):
            self._next_check = time.monotonic() + self._check_seconds
            if self._marked() != self._mark:
                self._loading = asyncio.get_running_loop().create_task(asyncio.to_thread(self._load))
        held = self._held
        if held is not None and time.time() - held.made > self._max_seconds:
            self._meters.failed("snapshot", "it is older than snapshot_max_hours", "it counts as missing")
            return None
        return held

    @property
    def wanted(self) -> bool:
        """Whether there is to be one."""
        return self._path is not None

    def _marked(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat() if self._path else None
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size) if found else None

    def _load(self) -> None:
        mark = self._marked()
        if self._path is None:
            return
        try:
            snapshot = Snapshot(self._path)
        except UnreadableInput as error:
            then = "the one before stays in use" if self._held else "there is none"
            self._meters.failed("snapshot", error.problem, then)
        else:
            self._held = snapshot
            self._meters.count("snapshots_loaded")
            self._meters.gauge("snapshot_made_seconds", snapshot.made)
            _LOG.info("snapshot of %s in use: %s", snapshot.header["made"], self._path)
        self._mark = mark
