"""A command run in this process, and its exit status."""

from stillwatch.cli import main

__all__ = ["ran"]


def ran(*words: object) -> int:
    """The command's exit status."""
    try:
        main([str(word) for word in words])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0
