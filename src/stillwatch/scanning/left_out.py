"""What of a log's records and of side files no column has: told in every step's notes, for a scan without it finds less
and holds more strangers for one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec

from stillwatch.core.counted import counted, joined
from stillwatch.ingest import Unread, meant
from stillwatch.scanning.kept import KEPT

__all__ = ["LeftOut"]

_NAME = "left_out.json"
_MOST_NAMED = 8
_LONGEST = 60


class LeftOut(msgspec.Struct, frozen=True):
    """What was not read, over all steps of a run.

    Attributes:
        records: of the logs.
        files: of side files, a sentence each, by the option that gave one; of an option the last file counts.
    """

    records: Unread = msgspec.field(default_factory=Unread)
    files: Mapping[str, str] = msgspec.field(default_factory=dict)

    @classmethod
    def of_run(cls, run: Path) -> Self:
        """Of a finished run; nothing where it keeps none."""
        path = run / KEPT / _NAME
        return msgspec.json.decode(path.read_bytes(), type=cls) if path.exists() else cls()

    def and_of(self, records: Unread, files: Mapping[str, str]) -> Self:
        """After a step that read more."""
        return msgspec.structs.replace(self, records=self.records + records, files={**self.files, **files})

    def write(self, run: Path) -> None:
        """Keep it in a run that is being made, where there is something to keep."""
        if self.records.keys or any(self.files.values()):
            (run / KEPT / _NAME).write_bytes(msgspec.json.encode(self))

    @property
    def sentences(self) -> list[str]:
        """What a person is told; nothing where nothing was left out."""
        return [*filter(None, self.files.values()), *self._of_records()]

    def _of_records(self) -> list[str]:
        keys = self.records.keys
        if not keys:
            return []
        # What somebody may have meant stands first.
        names = sorted(keys, key=lambda name: (meant(name) is None, -keys[name], name))
        told = [f"{_shown(name)} in {keys[name]:,}" for name in names[:_MOST_NAMED]]
        if len(names) > _MOST_NAMED:
            told.append(f"{len(names) - _MOST_NAMED:,} more")
        return [
            f"Not read of the log's records, for no column has such a key: {joined(told)} of "
            f"{counted(self.records.looked, 'record')} looked at. "
            "Under its column's name a key is read, or where a map names it (--map)."
        ]


def _shown(name: str) -> str:
    column = meant(name)
    return f"`{name[:_LONGEST]}`{f' (`{column}`?)' if column else ''}"
