"""Where SQL and Arrow functions run: DuckDB in this process, within a memory limit; Spark; and worker processes."""

from stillwatch.engines.base import ArrowFunction, Engine, Table
from stillwatch.engines.duckdb import DuckDBEngine, query, stoppable
from stillwatch.engines.spark import SparkEngine
from stillwatch.engines.workers import worker_pool

__all__ = ["ArrowFunction", "DuckDBEngine", "Engine", "SparkEngine", "Table", "query", "stoppable", "worker_pool"]
