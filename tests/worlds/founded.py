"""A hub that is founded: its collections are made once for all tests of a process, and copied."""

import tempfile
from functools import cache
from pathlib import Path

from stillwatch.alliance.hub import Hub, create_collections

__all__ = ["founded"]


def founded(path: Path) -> Hub:
    """A hub over a new SQLite file, with its collections, or over the one that is there; the caller closes it."""
    if not path.exists():
        path.write_bytes(_file())
    return Hub.open(path)


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hub.db"
        hub = Hub.open(path)
        create_collections(hub)
        hub.close()
        # All of it is in the one file once the last connection is closed.
        assert [one.name for one in Path(folder).iterdir()] == ["hub.db"]
        return path.read_bytes()
