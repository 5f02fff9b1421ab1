"""The gateway as an operator runs it, in a process of its own, to be attacked over real sockets."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway_process import Attacked, gateway_process
from gateways import serving
from model_server import ModelServer


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """A model server."""
    with serving(ModelServer()) as url:
        yield url


@pytest.fixture
def attack(tmp_path: Path) -> Iterator[Any]:
    """Starts a gateway in front of an upstream; settings by name."""
    with contextlib.ExitStack() as stack:

        def start(upstream: str, **settings: Any) -> Attacked:
            return stack.enter_context(gateway_process(tmp_path, upstream, settings))

        yield start
