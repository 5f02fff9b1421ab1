"""Which texts of a request are compared with known ones: all that the model could read, within bounds.

Not the last message alone: a known text may stand in any turn, in a document, behind a thousand letters of something
else. Texts are taken newest first; what is beyond the bounds is counted and said in the record.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, islice
from operator import ne
from typing import Any
from urllib.parse import unquote

import numpy as np

from stillwatch.core.minhash import LIMIT_BYTES
from stillwatch.gateway.fingerprint import Fingerprint, fingerprint
from stillwatch.gateway.readings import readings, reads_as_text
from stillwatch.gateway.snapshot import Match, Snapshot

__all__ = ["cut_up", "known_in", "texts_of"]

_MOST_TEXTS = 192
_MOST_WINDOWS = 256
_OVERLAP = 300
_SHORTEST = 8
_LONGEST_CODE = 400
_SHORTEST_NAME = 20
_MOST_DECODED = 256 * 1024
_DATA_URL = re.compile(
    r"\s{0,9}data:(?!image/|audio/|video/)(?P<text>text/|application/(?:[\w.+-]*(?:json|xml|yaml)))?[^,]{0,100},",
    re.IGNORECASE,
)
_KINDS = ("media_type", "mime_type", "mimeType", "mediaType", "format")
_DATA = ("data", "bytes", "file_data")
_LOOKED_AT = 64
_SHORT_TURN = 400


def texts_of(body: Any, written: list[str] | None = None) -> Iterator[str]:
    """Every text in a JSON value, in its order; names too where they are text, as models read those of a schema.

    Args:
        body: the value.
        written: gathers those that stand there as data: in a URL of their own, or in base64 beside their kind.
    """
    rest = [body]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            if written is not None and "data:" in value[:14].lower():
                written += _of_url(value)
            yield value
        elif isinstance(value, dict):
            for name in value:
                if len(name) >= _SHORTEST_NAME and not name.isidentifier():
                    yield name
            if written is not None:
                written += _of_kind(value)
            rest += reversed(value.values())
        elif isinstance(value, list | tuple):
            rest += reversed(value)


def _of_url(value: str) -> Iterator[str]:
    begins = _DATA_URL.match(value, 0, 140)
    if begins:
        behind = value[begins.end() : begins.end() + _MOST_DECODED]
        said = _decoded(behind) if ";base64" in begins[0].lower() else unquote(behind)
        if begins["text"] or reads_as_text(said):
            yield said


def _of_kind(value: Mapping[str, Any]) -> Iterator[str]:
    for coded in (value[name] for name in _DATA if isinstance(value.get(name), str)):
        kinds = [value[name] for name in _KINDS if isinstance(value.get(name), str)]
        # Many say elsewhere what it is, or not at all: text shows by its beginning.
        if any(kind.lower().startswith("text/") for kind in kinds) or reads_as_text(_decoded(coded[: 2 * _LOOKED_AT])):
            yield _decoded(coded[:_MOST_DECODED])


def _decoded(coded: str) -> str:
    coded = coded[: len(coded) // 4 * 4]
    try:
        return base64.b64decode(coded.translate({45: 43, 95: 47})).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def cut_up(body: Any) -> Iterator[str]:
    """What is cut into parts of one message, or into several turns of one side, put together again."""
    if not isinstance(body, Mapping):
        return
    for name in ("messages", "input", "contents"):
        given = body.get(name)
        turns = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        roles = [one.get("role") for one in turns]
        yield from _short_turns(turns)
        in_parts = any(not isinstance(one.get("content"), str) for one in turns)
        if not in_parts and all(map(ne, roles, roles[1:])):
            continue
        for _, side in groupby(turns, key=lambda turn: str(turn.get("role"))):
            said = [list(_said(turn.get("content", turn.get("parts")))) for turn in side]
            pieces = [piece for one in said for piece in one]
            if len(pieces) > 1:
                yield "".join(pieces)[:_MOST_DECODED]
            if len(said) > 1:
                yield "\n".join(map("".join, said))[:_MOST_DECODED]


def _short_turns(turns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What somebody says in short turns, with answers between them: half a sentence in each would be none of it."""
    asked = [turn["content"] for turn in turns if turn.get("role") == "user" and isinstance(turn.get("content"), str)]
    short = [said for said in asked if len(said) <= _SHORT_TURN]
    if len(short) > 1:
        yield "".join(short)[-_MOST_DECODED:]
        yield "\n".join(short)[-_MOST_DECODED:]


def _said(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            text = part.get("text") if isinstance(part, Mapping) else part
            if isinstance(text, str):
                yield text


def known_in(snapshot: Snapshot, prompt: str, system: str | None, texts: Sequence[str]) -> tuple[list[Match], int]:
    """The known texts that a request sends, and how many pieces of it were not looked at.

    Args:
        snapshot: what is known.
        prompt: its last user message.
        system: its system prompt.
        texts: every other text in it, oldest first.
    """
    newest = [*texts][::-1]
    asked = [text for text in (prompt, system or "") if text]
    given = dict.fromkeys([*newest, *(read for text in (*asked, *newest) for read in _read_as(text))])
    others = [text for text in given if text not in (prompt, system) and _may_be_text(text)]
    whole = (prompt, system or "", *others)
    room = max(0, _MOST_WINDOWS - min(len(others), _MOST_TEXTS))
    behind = list(islice((window for text in whole for window in _windows(text)), room))
    left_out = max(0, len(others) - _MOST_TEXTS) + sum(len(_starts(text)) for text in whole) - len(behind)
    first = fingerprint(prompt, system)
    if behind:
        sentences = [first.sentences, *(_remembered(window).sentences for window in behind)]
        first = first.with_sentences(np.concatenate(sentences))
    best: dict[str, Match] = {}
    for looked in (first, *map(_remembered, (text[:LIMIT_BYTES] for text in others[:_MOST_TEXTS]))):
        for match in snapshot.matches(looked):
            if match.template_id not in best or best[match.template_id].jaccard < match.jaccard:
                best[match.template_id] = match
    return sorted(best.values(), key=lambda match: -match.jaccard), left_out


@lru_cache(4096)
def _remembered(text: str) -> Fingerprint:
    """Turns of a conversation and descriptions of tools come again with every request."""
    return fingerprint(text)


@lru_cache(1024)
def _read_before(text: str) -> tuple[str, ...]:
    return tuple(readings(text))


def _read_as(text: str) -> Iterable[str]:
    """The ways in which it reads; of turns that come again they are known."""
    return _read_before(text) if len(text) <= LIMIT_BYTES else readings(text)


def _may_be_text(text: str) -> bool:
    """Whether it is not a word, a name, or a picture in base64."""
    if len(text) < _SHORTEST:
        return False
    start = text[:_LONGEST_CODE]
    return not start.isascii() or any(letter.isspace() for letter in start)


def _starts(text: str) -> range:
    length = _length(text)
    step = length - min(_OVERLAP, length // 2)
    # What is compared as a whole ends there.
    return range(step, len(text), step) if len(text) > length else range(0)


def _length(text: str) -> int:
    """So many letters surely fit into what is read of one text."""
    return LIMIT_BYTES if text.isascii() else LIMIT_BYTES // 4


def _windows(text: str) -> Iterator[str]:
    """What of a text stands behind the part that is compared as a whole, in overlapping pieces."""
    length = _length(text)
    for start in _starts(text):
        yield text[start : start + length]
