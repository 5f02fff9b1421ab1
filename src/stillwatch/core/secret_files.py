"""A file that holds one secret, such as a key or a token, and nothing else. What stands in it is never said."""

from __future__ import annotations

from pathlib import Path

from stillwatch.core.errors import UnreadableInput
from stillwatch.core.system_errors import said_by

__all__ = ["read_secret"]

_LONGEST = 64 * 1024


def read_secret(path: Path, what: str, *, hint: str | None = None) -> str:
    """The secret, without blanks around it.

    Libraries that are to send another would quote it in their errors, or fail.

    Args:
        path: the file; a pipe is read to its end.
        what: it is called in errors.
        hint: what to do next.

    Raises:
        UnreadableInput: there is no such file, it is empty or too long, or holds what no header of HTTP can.
    """
    try:
        with path.open("rb") as file:
            found = file.read(_LONGEST + 1)
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"the {what} cannot be read: {said_by(error)}", where=str(path), hint=hint) from error
    said = found.strip()
    if len(found) > _LONGEST:
        why = "it is too long"
    elif not said:
        why = "the file is empty"
    elif not all(0x20 <= code < 0x7F for code in said):
        why = "it is more than one line, or holds letters that no header can"
    else:
        return said.decode("ascii")
    raise UnreadableInput(f"the {what} cannot be read: {why}", where=str(path), hint=hint)
