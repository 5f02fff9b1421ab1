"""A real PostgreSQL, started once for the session's tests that ask for it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.alliance.hub import Hub, create_collections, metadata

BIN = Path("/usr/lib/postgresql/15/bin")


def _run(folder: Path, *command: str) -> None:
    # PostgreSQL does not run as root.
    prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*prefix, *command], cwd=folder, check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a fresh PostgreSQL that listens on a socket of its own."""
    folder = Path(tempfile.mkdtemp(prefix="stillwatch-pg-"))
    if os.getuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = str(folder / "data")
    _run(folder, str(BIN / "initdb"), "-D", data, "-U", "hub", "--auth=trust", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    _run(folder, str(BIN / "pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    yield f"postgresql://hub@/postgres?host={folder}"
    _run(folder, str(BIN / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """A founded hub over each of the two databases."""
    opened = Hub.open(tmp_path / "hub.db" if request.param == "sqlite" else request.getfixturevalue("postgresql"))
    create_collections(opened)
    yield opened
    if request.param == "postgresql":
        metadata.drop_all(opened.engine)
    opened.close()
