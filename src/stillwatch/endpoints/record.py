"""Answers on record: a file of lines, of which only the places are held in memory, and what of an answer is kept.

Whoever answers decides how much; what was asked for decides how much of it is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Record", "as_asked"]

_ANY = 2**18  # characters of an answer that are kept whatever was asked for
_A_TOKEN, _A_CHOICE = 64, 256  # of its text, and of each log-probability beside it
_AN_ITEM = 8
_BEFORE = ("message", "text", "finish_reason")

Answer = dict[str, Any]


class Record:
    """Answers by request, in a file that only grows.

    Args:
        path: the file; its folder is made. A last line that was cut off is passed by.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[bytes, int] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            self._read()

    def _read(self) -> None:
        line, place = b"\n", 0
        with self._path.open("rb") as file:
            for line in file:
                entry = _entry(line)
                if entry is not None:
                    self._places[_key(entry[0])] = place
                place += len(line)
        if not line.endswith(b"\n"):
            # What follows must not stand on the line that was cut off.
            with self._path.open("ab") as out:
                out.write(b"\n")

    def find(self, request: str) -> Answer | None:
        """The answer to a request; None where there is none."""
        place = self._places.get(_key(request))
        if place is None:
            return None
        with self._path.open("rb") as file:
            file.seek(place)
            entry = _entry(file.readline())
        return entry[1] if entry is not None and entry[0] == request else None

    def add(self, request: str, answer: Answer) -> None:
        """Keep an answer; one call at a time."""
        with self._path.open("ab") as out:
            place = out.tell()
            out.write(json.dumps({"request": request, "answer": answer}).encode() + b"\n")
        self._places[_key(request)] = place


def _key(request: str) -> bytes:
    return hashlib.sha256(request.encode("utf-8", "surrogatepass")).digest()


def _entry(line: bytes) -> tuple[str, Answer] | None:
    """Request and answer of a line; None where it is none, as the last of a run that was cut off is."""
    try:
        found = json.loads(line)
        return str(found["request"]), dict(found["answer"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def as_asked(choice: Mapping[str, Any], body: Mapping[str, Any]) -> Answer:
    """A choice as far as the request asked for it: of one that goes on beyond all measure the beginning, as if cut.

    Args:
        choice: what came.
        body: of the request.
    """
    tokens = next((body[name] for name in ("max_completion_tokens", "max_tokens") if name in body), None)
    ordered = {**{name: choice[name] for name in _BEFORE if name in choice}, **choice}
    if not isinstance(tokens, int):
        return ordered
    beside = 1 + body.get("top_logprobs", 0) if body.get("logprobs") else 0
    left = [_ANY + tokens * (_A_TOKEN + _A_CHOICE * beside)]
    kept: Answer = _within(ordered, left)
    return kept if left[0] > 0 else {**kept, "finish_reason": "length"}


def _within(value: Any, left: list[int]) -> Any:
    """As much of a value as is left of so many characters."""
    left[0] -= _AN_ITEM
    if isinstance(value, str):
        begin = value[: max(left[0], 0)]
        left[0] -= len(value)
        return begin
    if isinstance(value, list):
        return [_within(item, left) for item in value if left[0] > 0]
    if isinstance(value, dict):
        return {name[: max(left[0], 0)]: _within(item, left) for name, item in value.items() if left[0] > 0}
    return value
