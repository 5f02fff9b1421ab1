"""Who does something about a decision by a command, where a console's people decide: themselves, by their password.

A console leaves a line beside a decision log that it was given, which says where its people are; a log in the console's
own folder needs none. Whoever may write the log's file can write a name into it: this keeps honest people from signing
with another's name, and the log from names that nobody has.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stillwatch.console.database import Database
from stillwatch.console.people import People, TooManyTries
from stillwatch.core import BadSetting, OutputUnwritable
from stillwatch.core.whole_files import put_whole

__all__ = ["claim_log", "people_of_log", "signed"]

_FILE = "console.db"


def claim_log(log: Path, state: Path) -> None:
    """Leave the line beside a log that lies outside of the console's folder.

    Raises:
        OutputUnwritable: it cannot be left.
    """
    if log.parent.absolute() == state.absolute():
        return
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        put_whole(_line(log), f"{state.absolute()}\n".encode())
    except OSError as error:
        raise OutputUnwritable(f"cannot be written: {error.strerror or error}", where=str(_line(log))) from error


def people_of_log(log: Path) -> Path | None:
    """The folder of the console whose people decide what is in a log; None where none does.

    Raises:
        BadSetting: the line beside the log leads nowhere.
    """
    if (log.parent / _FILE).is_file():
        return log.parent
    line = _line(log)
    if not line.is_file():
        return None
    state = Path(line.read_text(encoding="utf-8", errors="replace").strip())
    if not (state / _FILE).is_file():
        hint = f"start the console with its --state again, or remove {line} if no console is in use any more"
        raise BadSetting(f"the console's people are not in {state}", where=str(line), hint=hint)
    return state


def signed(state: Path, name: str, role: str, password: Callable[[], str]) -> str:
    """The name of the person, if it is they, and they may.

    Args:
        state: the console's folder.
        name: who they say they are.
        role: whose rights the act needs.
        password: asked once it is known that there is such a person.

    Raises:
        BadSetting: there is nobody of that name, they may not, or the password is not theirs.
    """
    people = People(Database(state / _FILE))
    person = people.find(name)
    if person is None:
        hint = f"this log is a console's: --by is a name that stillwatch console user add gave, in {state}"
        raise BadSetting("nobody of that name comes into the console", where=f"--by {name}", hint=hint)
    if not person.may(role):
        raise BadSetting(f"a {person.role} may not do that", where=f"--by {name}", hint=f"it needs a {role}")
    try:
        known = people.sign_in(name, password(), "a terminal")
    except TooManyTries:
        raise BadSetting("too many wrong passwords", where=f"--by {name}", hint="wait a quarter of an hour") from None
    if known is None:
        raise BadSetting("that is not the password", where=f"--by {name}")
    return known.name


def _line(log: Path) -> Path:
    return log.with_name(f"{log.name}.console")
