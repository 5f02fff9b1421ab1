"""Modules that are imported once something of them is used: every process reads every file of tests, and runs a third."""

from importlib import import_module
from typing import Any

__all__ = ["late"]


def late(name: str) -> Any:
    """What stands for a module whose import takes seconds, and imports it when it is first used.

    pytest asks every name of a file whether it is a test: what it asks for, which no module has, loads none.
    """
    return _Late(name)


class _Late:
    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "pytest")):
            raise AttributeError(name)
        return getattr(import_module(self._module), name)
