"""What a record can do without: an answer, a parameter. What cannot be read of them is noted, and the rest stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from stillwatch.core.bodies.packed_text import unpacked_text
from stillwatch.core.bodies.shapes import Fields, Json, RecordError, noted, object_of, parsed, shown

__all__ = ["UNFORESEEN", "answered", "is_streamed", "object_or_note", "pieces_of", "put", "said"]

UNFORESEEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)
"""What code that reads somebody else's record may meet in it."""

_LINES = re.compile(r"\s*\{[^\n]*\}[^\S\n]*\n\s*\{")
_STREAMED = ("data:", "event:", ": ")
_OF_A_STREAM = re.compile(r"\s*(?:event: ?[\w.]+\s*\n\s*)?data: ?\{")


def put(fields: Fields, name: str, read: Callable[[Any], Any], value: object) -> None:
    """Set an optional field to what ``read`` makes of a value; where it makes nothing of it, note why."""
    try:
        fields[name] = read(value)
    except UNFORESEEN as error:
        fields[name] = None
        noted(fields, said(error, name))


def object_or_note(fields: Fields, value: object, where: str) -> Json:
    """``value`` as an object; where it is something else an empty one, and the fields note why."""
    try:
        return object_of(value, where)
    except RecordError as error:
        noted(fields, str(error))
        return {}


def answered(read: Callable[[Any], Fields], answer: object) -> Fields:
    """What ``read`` makes of an answer: an object, the list of a stream's pieces, or either as text.

    A request is one without its answer too, so what cannot be read (an error page, a stream cut short) is a note.
    """
    try:
        return read(pieces_of(answer))
    except UNFORESEEN as error:
        return {"note": said(error, "response")}


def said(error: Exception, where: str) -> str:
    """Why something could not be read."""
    return str(error) if isinstance(error, RecordError) else f"`{where}`: an unexpected shape: {error!r}"


def is_streamed(text: str) -> bool:
    """Whether a text is a stream as it came over the wire, and not what somebody said."""
    return _OF_A_STREAM.match(text) is not None or _LINES.match(text) is not None


def pieces_of(answer: object) -> Any:
    """An answer decoded; of a stream its pieces, as far as they are JSON.

    Raises:
        RecordError: it is JSON that was cut, or a stream without a piece.
    """
    if isinstance(answer, str):
        answer = unpacked_text(answer)
    elif isinstance(answer, list) and answer and all(isinstance(one, str) for one in answer):
        # A stream as it came over the wire, event by event or in whatever blocks.
        whole = ("" if any("\n" in one for one in answer) else "\n").join(answer)
        answer = whole if whole.lstrip().startswith(_STREAMED) else answer
    if isinstance(answer, str) and answer.lstrip().startswith(_STREAMED):
        answer = [line[5:].strip() for line in answer.splitlines() if line.startswith("data:")]
    elif isinstance(answer, str) and _LINES.match(answer):
        # A stream of lines, each an object.
        answer = answer.strip().splitlines()
    if not isinstance(answer, list):
        return parsed(answer, "response")
    pieces = []
    for piece in answer:
        try:
            decoded = parsed(piece, "response")
        except RecordError:
            continue
        # The last words of a stream, such as [DONE], are no piece of its message.
        if decoded and not isinstance(decoded, str | list):
            pieces.append(decoded)
    if answer and not pieces:
        raise RecordError(f"`response`: none of a stream's {len(answer)} pieces is an object: {shown(answer[0])}")
    return pieces
