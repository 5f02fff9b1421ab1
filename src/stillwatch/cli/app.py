"""The command line, joined from its groups; errors become messages and exit codes here.

Each module beside this one is a group: one ``App`` with commands, which parse, call and print; every decision lives
elsewhere. ``options`` holds what several commands take, ``screen`` what a person sees.

To add a command: write it in its group's module, import in its body what it runs, and describe it in
``docs/reference/cli.md``. To add a group: a module with an ``App`` named like it, and its line in ``_GROUPS``.

Exit status: 0 done, 2 for an error that the message explains, 130 when stopped by Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import cyclopts

from stillwatch.cli.audit import audit_app
from stillwatch.cli.calibrate import calibrate_app
from stillwatch.cli.docs import docs_app
from stillwatch.cli.formats import formats_app
from stillwatch.cli.help_text import HelpText
from stillwatch.cli.joining import join_commands
from stillwatch.cli.range import range_app
from stillwatch.cli.rescan import rescan_app
from stillwatch.cli.scan import scan_app
from stillwatch.cli.screen import complain
from stillwatch.cli.show import show_app
from stillwatch.core import InputError, Interrupted, OutputError, StillwatchError
from stillwatch.core.interrupts import leave_to_the_system

__all__ = ["app", "main"]

_GROUPS = {
    "lab": "Really distil between local models, and measure what each interface gives away.",
    "gateway": "Apply decisions to live traffic, as a reverse proxy.",
    "policy": "Decide a run by written rules, with reasons, approval and appeal.",
    "alliance": "Publish campaigns to partners, bring in what they said, take back, appeal; run a hub.",
    "labels": "List, give, bring in and write out what persons say of accounts: confirmed or cleared.",
    "console": "Look at runs in a browser, understand what was found, and decide.",
}
"""Groups under their names and what they are for; a group's module is loaded when it is asked for."""

app = cyclopts.App(
    name="stillwatch",
    help="Find adversarial distillation of language models in request logs, with evidence.",
    result_action="return_value",
    # Nothing of ours has a --no- form.
    default_parameter=cyclopts.Parameter(negative=()),
    help_format="plaintext",
    help_formatter=HelpText(),
    # It would end without a word.
    suppress_keyboard_interrupt=False,
)
# Commands at the top, and groups under their names, in the order in which whoever mistypes one is told of them.
for _part in (scan_app, range_app, show_app, formats_app, calibrate_app, rescan_app, docs_app):
    join_commands(app, _part)
for _group, _help in _GROUPS.items():
    app.command(f"stillwatch.cli.{_group}:{_group}_app", name=_group, help=_help)
join_commands(app, audit_app)
app.command(
    "stillwatch.cli.completion:install_completion",
    name="--install-completion",
    help="Have the shell complete commands and options at the tab key, from its next start on.",
)


_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; Ctrl-C a second time ends it at once, whatever it is at."""
    try:
        for word in sys.argv[1:] if arguments is None else arguments:
            _check_text(word)
        app(arguments, exit_on_error=True, print_error=True)
    except Interrupted as stop:
        said = str(stop)
    except StillwatchError as error:
        complain(error)
        sys.exit(2)
    except MemoryError:
        complain(InputError("it takes more memory than there is", hint="see how long what it was given to read is"))
        sys.exit(2)
    except OSError as error:
        if error.errno in _OF_THE_DISK:
            hint = "nothing that is half written counts; make room, and run the same command again"
            complain(OutputError(error.strerror or str(error), where=_name_of(error), hint=hint))
            sys.exit(2)
        # A path of any shape may be named to any command: too long, in a loop of links, behind a closed folder.
        if not isinstance(error.filename, str | bytes):
            raise
        hint = "name another place, or see what is there"
        complain(InputError(error.strerror or str(error), where=_name_of(error), hint=hint))
        sys.exit(2)
    except KeyboardInterrupt:
        said = "stopped"
    else:
        return
    # Out of the clause: what was stopped in the middle is let go of, and cleans up after itself.
    _stop(said)


def _name_of(error: OSError) -> str | None:
    """The path that an error of the system is about; None where it says none."""
    if not isinstance(error.filename, str | bytes):
        return None
    where = os.fsdecode(error.filename)
    return where if where.isprintable() else ascii(where)


def _check_text(word: str) -> None:
    """Refuse a word, a file's name mostly, that cannot be written down, as what was read and made is.

    Raises:
        InputError: it is no UTF-8.
    """
    try:
        word.encode()
    except UnicodeEncodeError as error:
        raise InputError("it is no text in UTF-8", where=ascii(word), hint="rename the file") from error


def _stop(said: object) -> NoReturn:
    # What is left is to clean up; a second Ctrl-C ends that too, without a word.
    leave_to_the_system()
    complain(said, style="yellow")
    sys.exit(130)
