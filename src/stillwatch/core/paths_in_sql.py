"""Paths as DuckDB is told them in SQL: a folder's name is its name, whatever letters it has."""

from __future__ import annotations

import glob
from pathlib import Path

__all__ = ["path_in_sql", "path_with_wildcards"]


def path_with_wildcards(files: Path) -> str:
    """A path of whose last part alone ``*`` stands for any name: a run in ``w*k`` is not every run from ``week`` on.

    >>> path_with_wildcards(Path("w*k/exchanges.parquet/*.parquet"))
    'w[*]k/exchanges.parquet/*.parquet'
    """
    return str(Path(glob.escape(str(files.parent))) / files.name)


def path_in_sql(files: Path) -> str:
    """The same between quotes.

    >>> path_in_sql(Path("o'neil/*.parquet"))
    "'o''neil/*.parquet'"
    """
    quoted = path_with_wildcards(files).replace("'", "''")
    return f"'{quoted}'"
