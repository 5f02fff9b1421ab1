"""What all tests share: which files begin, on how many threads, how long servers may take, whom clients trust, Ctrl-C."""

import asyncio
import atexit
import gc
import os
import signal
import ssl
from collections import Counter
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn.server
from httpx._transports import default
from hypothesis import HealthCheck, settings

# Matrices of a test are small, and as many processes run as there are cores: a second thread waits for the first, at full speed.
# Read when NumPy or torch is loaded, here or in a process that a test starts.
os.environ.setdefault("OMP_NUM_THREADS", "1")

PATIENCE_SECONDS = 120.0
FIRST = (
    "lab/test_grid.py",
    "scanning/test_into.py",
    "provenance/test_smollm.py",
    "rounds/matching/test_killed_members.py",
    "docs/test_pages_followed.py",
    "docs/test_pages_of_servers.py",
    "docs/test_pages_of_scans.py",
    "scanning/test_faults.py",
    "attacks/test_many_long_texts.py",
    "console/test_console_browser.py",
    "rounds/test_match_and_join_killed.py",
    "scanning/test_killed_scans.py",
    "ingest/test_whole_columns.py",
    "scanning/test_calibrate.py",
    "attacks/test_long_lines.py",
    "scanning/test_scan.py",
    "evidence/test_contract.py",
    "evidence/test_contract_missing.py",
    "scanning/test_scan_streams.py",
    "ingest/test_plain_shapes.py",
    "attacks/test_few_sockets.py",
    "scanning/test_rescan.py",
    "lab/test_marks.py",
    "ingest/test_any_bytes.py",
    "provenance/test_hollow_answers.py",
    "cli/test_stopped.py",
    "provenance/test_missing.py",
    "scanning/test_on_cluster.py",
    "gateway/test_snapshot_of_run.py",
    "attacks/test_foreign_runs.py",
    "provenance/test_audit.py",
    "attacks/test_odd_paths.py",
    "attacks/test_long_cells.py",
    "scanning/test_moved_sessions.py",
    "scanning/test_handmade_worlds.py",
    "attacks/test_many_in_one.py",
    "evidence/test_add_a_family.py",
    "gateway/test_litellm.py",
    "services/test_suspects.py",
    "range/test_simulate.py",
    "attacks/test_litellm_names.py",
    "lab/test_cli_lab.py",
    "alliance/test_cli_alliance.py",
    "lab/test_attackers.py",
    "alliance/hub/test_fuzz.py",
    "range/test_random_world.py",
    "lab/test_endpoint.py",
    "scanning/test_scan_covered.py",
)
"""Files that take fifteen seconds or more, the longest first: one that began last would run alone at the end."""


def pytest_configure() -> None:
    # What a shell starts in the background hears no Ctrl-C, nor do its children: tests would wait for their end in vain.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A busy machine takes its time. All of httpx hold this one object, which gives up after five seconds.
    for name in ("connect", "read", "write", "pool"):
        setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, name, PATIENCE_SECONDS)
    default.create_ssl_context = _context  # type: ignore[attr-defined]
    # What a test serves ends when it is told to: uvicorn looks ten times a second, and takes two looks.
    looks_often = SimpleNamespace(**{**vars(asyncio), "sleep": _a_tenth_of})
    uvicorn.server.asyncio = looks_often  # type: ignore[attr-defined, assignment]
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")
    # Collecting makes a million objects that all stay: to search them over and over is a sixth of what it takes.
    gc.disable()


def pytest_collection_finish() -> None:
    gc.enable()
    # Nor need it be searched while tests run, or at their end, over and over; only when Python itself ends.
    gc.freeze()
    atexit.register(gc.unfreeze)


async def _a_tenth_of(seconds: float) -> None:
    await asyncio.sleep(seconds / 10)


@cache
def _public() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
    """Reading the world's certificates takes every client 20 ms or more, and ours speak to loopback, most in the clear."""
    if verify is True and cert is None:
        return _public()
    return httpx.create_ssl_context(verify, cert, trust_env)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, then those with slow tests, then all others as they come: whole files go to a process."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    here = Path(__file__).parent

    def place(item: pytest.Item) -> tuple[int, int]:
        name = item.path.relative_to(here).as_posix()
        return FIRST.index(name) if name in FIRST else len(FIRST), -slow[item.path]

    items.sort(key=place)
