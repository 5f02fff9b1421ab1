"""One database for all tests of detection."""

from collections.abc import Iterator

import pytest

from stillwatch.engines import DuckDBEngine


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    """Where tables lie and pairs are weighed."""
    with DuckDBEngine(tmp_path_factory.mktemp("spill"), memory_mb=300, threads=1) as opened:
        yield opened
