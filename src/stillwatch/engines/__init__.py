"""Where SQL and Arrow functions run: DuckDB in this process, within a memory limit."""

from stillwatch.engines.embedded import connect, query, worker_pool

__all__ = ["connect", "query", "worker_pool"]
