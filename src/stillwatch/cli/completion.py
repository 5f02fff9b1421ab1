"""``stillwatch --install-completion``: has the shell complete commands and options."""

from __future__ import annotations

from cyclopts.completion.install import create_install_completion_command

from stillwatch.cli.app import app

__all__ = ["install_completion"]

install_completion = create_install_completion_command(app.install_completion, True)
