"""The command line, one file a command group; ``app`` joins them."""

from stillwatch.cli.app import app, main

__all__ = ["app", "main"]
