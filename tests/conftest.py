"""What all tests share: which files begin, on how many threads, how long servers are waited for, what certificates clients trust, Ctrl-C."""

import os
import signal
import ssl
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx._transports import default
from hypothesis import HealthCheck, settings

# Matrices of a test are small, and as many processes run as there are cores: a second thread waits for the first, at full speed.
# Read when NumPy or torch is loaded, here or in a process that a test starts.
os.environ.setdefault("OMP_NUM_THREADS", "1")

PATIENCE_SECONDS = 120.0
FIRST = (
    "provenance/test_smollm.py",
    "evidence/test_contract.py",
    "scanning/test_faults.py",
    "docs/test_pages_followed.py",
    "scanning/test_into.py",
    "rounds/test_match_and_join_killed.py",
    "rounds/matching/test_killed_members.py",
    "lab/test_grid.py",
    "ingest/test_whole_columns.py",
    "scanning/test_killed_scans.py",
    "attacks/test_few_sockets.py",
    "scanning/test_scan.py",
    "scanning/test_calibrate.py",
    "scanning/test_moved_sessions.py",
    "scanning/test_on_cluster.py",
    "attacks/test_many_in_one.py",
    "provenance/test_hollow_answers.py",
    "scanning/test_scan_streams.py",
    "console/test_console_browser.py",
    "scanning/test_rescan.py",
    "lab/test_marks.py",
    "ingest/test_any_bytes.py",
    "attacks/test_hub_handshakes.py",
    "alliance/test_cli_alliance.py",
    "scanning/test_handmade_worlds.py",
)
"""Files that take ten seconds or more, the longest first: one that began last would run alone at the end."""


def pytest_configure() -> None:
    # What a shell starts in the background hears no Ctrl-C, nor do its children: tests would wait for their end in vain.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A busy machine takes its time. All of httpx hold this one object, which gives up after five seconds.
    for name in ("connect", "read", "write", "pool"):
        setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, name, PATIENCE_SECONDS)
    default.create_ssl_context = _context  # type: ignore[attr-defined]
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")


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
