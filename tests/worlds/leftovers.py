"""Other people's clients leave their connections to the garbage collector; it must not warn in a later test."""

import gc
import warnings
from collections.abc import Iterator

import pytest

FORGIVEN = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""For modules that speak through such a client."""


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """What the module's clients left is gone before the next module begins."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
