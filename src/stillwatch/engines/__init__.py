"""Where SQL and Arrow functions run: DuckDB in this process, within a memory limit; and worker processes."""

from stillwatch.engines.base import Engine, Table
from stillwatch.engines.duckdb import DuckDBEngine, query, stoppable
from stillwatch.engines.workers import worker_pool

__all__ = ["DuckDBEngine", "Engine", "Table", "query", "stoppable", "worker_pool"]
