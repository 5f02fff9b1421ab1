"""Bodies that take long to look at: bounded in how many values they hold, and looked at beside everybody else.

What a look costs goes by how many objects, lists, texts and numbers there are, not by how many bytes: thirty megabytes
of ``{},`` are ten million objects. They are counted before they are made. What is long all the same is looked at in a
thread, one after another, so that requests of others go on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

import numpy as np

__all__ = ["TooManyValues", "beside", "check_values"]

_LONG = 64 * 1024
"""Bytes or letters that are looked at in the time in which a request waits anyway."""
_CONTAINERS_COST = 10
"""An object or a list costs as much as so many texts or numbers."""


_P = ParamSpec("_P")
_T = TypeVar("_T")


class TooManyValues(ValueError):
    """A body of more values than are looked at; it never leaves this package."""


def check_values(raw: bytes, most: int) -> None:
    """Count the values of a JSON document, without reading it.

    Args:
        raw: the document, in an encoding whose marks are ASCII's, NULs between them or not.
        most: texts and numbers; of objects and lists a tenth.

    Raises:
        TooManyValues: there are more.
    """
    opened = raw.count(b"{") + raw.count(b"[")
    if _cost(opened, raw.count(b",")) <= most:
        return
    # Marks within texts are none. A backslash and what it escapes come in pairs, from the left.
    letters = np.frombuffer(raw.replace(b"\x00", b"").replace(b"\\\\", b"__").replace(b'\\"', b"__"), np.uint8)
    outside = letters[~np.logical_xor.accumulate(letters == ord('"'))]
    opened = int(np.count_nonzero((outside == ord("{")) | (outside == ord("["))))
    if _cost(opened, int(np.count_nonzero(outside == ord(",")))) > most:
        raise TooManyValues(f"it has more than {most:,} values")


def _cost(opened: int, commas: int) -> int:
    return commas + _CONTAINERS_COST * opened


@lru_cache(1)
def _readers() -> ThreadPoolExecutor:
    # One: several would only take turns, and everybody else's turns with them.
    return ThreadPoolExecutor(1, thread_name_prefix="stillwatch-long-bodies")


async def beside(long: int, look: Callable[_P, _T], *args: _P.args, **more: _P.kwargs) -> _T:
    """What ``look`` gives: found at once, or beside, where there are so many bytes or letters that it takes long."""
    if long <= _LONG:
        return look(*args, **more)
    return await asyncio.get_running_loop().run_in_executor(_readers(), partial(look, *args, **more))
