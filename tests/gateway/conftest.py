"""A model server, gateways in front of it, snapshots to go by."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from gateways import Gateway, Snap, known, serving, standings
from model_server import ModelServer

from stillwatch.decisions import Decision
from stillwatch.gateway import GatewaySettings, KnownTexts, write_snapshot
from stillwatch.gateway.serve import proxy_app


@pytest.fixture(scope="session")
def model_server() -> ModelServer:
    return ModelServer()


@pytest.fixture(scope="session")
def upstream(model_server: ModelServer) -> Iterator[str]:
    with serving(model_server) as url:
        yield url


@pytest.fixture
def gateway(upstream: str) -> Iterator[Gateway]:
    """Starts a proxy in front of the model server; settings by name."""
    with contextlib.ExitStack() as stack:

        def start(**settings: Any) -> str:
            chosen = {
                "mode": "enforce",
                "upstream": upstream,
                "jitter_seconds": 0,
                "account_from": ("header:x-account",),
            }
            return stack.enter_context(serving(proxy_app(GatewaySettings(**{**chosen, **settings})), lifespan="on"))

        yield start


@pytest.fixture
def snap(tmp_path: Path) -> Snap:
    """Writes a snapshot of decisions and texts."""
    counter = iter(range(100))

    def write(*decisions: Decision, texts: KnownTexts | None = None, more: Sequence[dict[str, Any]] = ()) -> Path:
        path = tmp_path / "snapshot"
        log = tmp_path / f"decisions-{next(counter)}.jsonl"
        write_snapshot(path, standings(log, *decisions, more=more), texts or known())
        return path

    return write
