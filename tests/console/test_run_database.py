"""Whoever closes the console's database breaks off what is asked of it, and waits until that has ended."""

import threading

import duckdb
import pytest

from stillwatch.console.run_database import RunDatabase
from stillwatch.core import UnreadableInput

_LONG = "SELECT count(*) FROM range(20000000000) AS t(n) WHERE hash(n) % 7 = 3"


@pytest.mark.parametrize("asking", [1, 4])
def test_what_is_under_way_is_broken_off_before_the_database_closes(asking: int) -> None:
    database, begun = RunDatabase(), threading.Barrier(asking + 1)
    ended: list[str] = []

    def ask() -> None:
        with database.cursor() as cursor:
            begun.wait(120)
            try:
                cursor.execute(_LONG).fetchall()
            except duckdb.Error as error:
                ended.append(type(error).__name__)

    threads = [threading.Thread(target=ask) for _ in range(asking)]
    for thread in threads:
        thread.start()
    begun.wait(120)
    database.close()
    for thread in threads:
        thread.join(120)
    assert len(ended) == asking
    with pytest.raises(UnreadableInput, match="the console stops"), database.cursor():
        pass
