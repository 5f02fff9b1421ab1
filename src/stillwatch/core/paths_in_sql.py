"""Paths as DuckDB is told them in SQL: a folder's name is its name, whatever letters it has."""

from __future__ import annotations

import glob
from pathlib import Path

__all__ = ["parquet_in_sql", "path_in_sql", "path_with_wildcards"]


def path_with_wildcards(files: Path) -> str:
    """A path of whose last part alone ``*`` stands for any name: a run in ``w*k`` is not every run from ``week`` on.

    >>> path_with_wildcards(Path("w*k/exchanges.parquet/*.parquet"))
    'w[*]k/exchanges.parquet/*.parquet'
    """
    return str(Path(glob.escape(str(files.parent))) / files.name)


def parquet_in_sql(files: Path, more: str = "") -> str:
    """What reads a run's Parquet files, with further options of DuckDB's. A folder called ``week=1`` on the way to them
    is no column of theirs.

    >>> parquet_in_sql(Path("week=1/accounts.parquet"))
    "read_parquet('week=1/accounts.parquet', hive_partitioning = false)"
    """
    return f"read_parquet({path_in_sql(files)}, hive_partitioning = false{', ' if more else ''}{more})"


def path_in_sql(files: Path) -> str:
    """The same between quotes.

    >>> path_in_sql(Path("o'neil/*.parquet"))
    "'o''neil/*.parquet'"
    """
    quoted = path_with_wildcards(files).replace("'", "''")
    return f"'{quoted}'"
