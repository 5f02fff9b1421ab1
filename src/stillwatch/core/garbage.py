"""When Python looks for garbage that its counts of references do not find."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["each_unsearched", "unsearched"]

T = TypeVar("T")


@contextmanager
def unsearched() -> Iterator[None]:
    """Make much at once without a search for garbage among it: what goes in no circle is never found by one."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def each_unsearched(made: Iterable[T]) -> Iterator[T]:
    """Each of what is made, and none is searched while it is; between them all is as before."""
    iterator = iter(made)
    while True:
        with unsearched():
            try:
                one = next(iterator)
            except StopIteration:
                return
        yield one
