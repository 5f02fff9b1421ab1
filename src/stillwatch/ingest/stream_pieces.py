"""Records that each hold one piece of an answer's stream, and what was asked or who asked beside it.

A program that logs a stream as it comes writes a record a piece. Each alone looks like an exchange with a few letters
of an answer; together they are one. A piece of the OpenAI API says by its ``id`` which answer it is of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stillwatch.core.bodies.shapes import Json, RecordError, identity, object_of
from stillwatch.ingest.beside_bodies import account_beside
from stillwatch.ingest.plain_names import OTHERS, WHOSE, spelt_names

__all__ = ["Piece", "id_of", "is_piece", "joined", "piece_in", "refuse_piece"]

Piece = tuple[str, Any]
"""The key under which a record holds a piece, empty where the piece's own names stand in the record, and the piece."""

_CHUNKS = ("chat.completion.chunk", "text_completion.chunk")
_EVENTS = frozenset((
    "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
    "message_stop", "ping",
))  # fmt: skip
# Names of a chunk that stand in the record itself; its model is the record's as well.
_OWN = ("id", "object", "created", "choices", "usage", "system_fingerprint", "service_tier")
_HELD = ("response", "chunk", "response_chunk", "stream_chunk", "delta", "sse", "response_body", "output")
_ASKED = ("request", "messages", "prompt", "input")
_OF_REQUESTS = (
    "model", "messages", "prompt", "input", "temperature", "top_p", "top_k", "n", "max_tokens", "max_completion_tokens",
    "seed", "stop", "stream", "tools", "response_format",
)  # fmt: skip
_ALONE = (
    "a piece of a stream, and nothing says of which answer: log an answer once it is whole, or `request_id` with each "
    "piece and with the request"
)


def is_piece(value: Any) -> bool:
    """Whether a value is one piece of an answer's stream."""
    if not isinstance(value, dict):
        return False
    if value.get("object") in _CHUNKS:
        choices = value.get("choices")
        # Some servers call a whole answer so.
        return isinstance(choices, list) and not any(isinstance(one, dict) and "message" in one for one in choices)
    kind = value.get("type")
    return isinstance(kind, str) and (kind in _EVENTS or kind.startswith("response.")) and "choices" not in value


def piece_in(record: Mapping[str, Any]) -> Piece | None:
    """The piece that a record holds beside a request, or under a name that only pieces have; None where it holds none.

    Which names a record has is asked first: what a flat record's answer is, is not looked at.
    """
    if "object" in record and "choices" in record:
        return ("", _own(record)) if is_piece(record) else None
    if "request" not in record and not any(name in record for name in _HELD[1:5]):
        return None
    for name in _HELD:
        if name in record and is_piece(held := _opened(record[name])):
            return name, held
    return None


def _own(record: Mapping[str, Any]) -> Json:
    return {name: record[name] for name in (*_OWN, "model") if name in record}


def _opened(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip().removeprefix("data:").lstrip()
    try:
        return object_of(text, "response") if text[:1] == "{" else None
    except RecordError:
        return None


def id_of(piece: Piece) -> str | None:
    """The id of the answer that a piece is of; None where it names none."""
    held = piece[1]
    found = identity(held.get("id"))
    if found is None and isinstance(inner := held.get("message"), Mapping):
        found = identity(inner.get("id"))
    return None if found is None else str(found)


def joined(parts: Sequence[Json]) -> tuple[int, dict[str, Any]]:
    """The records of one answer as one, and the place of the one that says what was asked.

    Raises:
        RecordError: none says what was asked, or several do not say the same of who asked what.
    """
    rests, pieces = [], []
    for part in parts:
        found = piece_in(part)
        if found is None:
            rests.append(dict(part))
            continue
        key, piece = found
        left = _OWN if not key else (key,)
        rests.append({name: value for name, value in part.items() if name not in left})
        pieces.append(piece)
    asking = [place for place, rest in enumerate(rests) if any(rest.get(name) for name in _ASKED)]
    if not asking:
        raise RecordError("pieces of a stream, and no record in the log says what was asked for it")
    first = rests[asking[0]]
    for rest in rests:
        for name in _ASKED:
            if rest.get(name, first.get(name)) != first.get(name):
                raise RecordError(f"pieces of one stream differ in `{name}`: whose it is cannot be told")
    _check_same([_whose(rest) for rest in rests])
    if "request" not in first:
        asked = {name: first.pop(name) for name in _OF_REQUESTS if name in first}
        first["request"] = asked
    return asking[0], {**first, "response": pieces}


def _whose(rest: Json) -> dict[str, Any]:
    """Whom a record names, under each of the names that it does so by."""
    names = spelt_names(tuple(map(str, rest)))
    told = {name: rest[names[name]] for name in (*WHOSE, *OTHERS["api_key_id"]) if name in names}
    return {**told, "another": account_beside(rest).get("account_id")}


def _check_same(whose: Sequence[Mapping[str, Any]]) -> None:
    """Refuse records that name several accounts.

    Raises:
        RecordError: they do.
    """
    for name in {name for one in whose for name in one}:
        if len({repr(one[name]) for one in whose if one.get(name) is not None}) > 1:
            raise RecordError("pieces of one stream name several accounts: whose it is cannot be told")


def refuse_piece(answer: Any, record: Mapping[str, Any]) -> None:
    """Refuse a record whose answer is a piece that cannot be joined with the others.

    Args:
        answer: what was answered.
        record: what says of a text that it is a piece: Ollama's `done`, or the name of a chunk.

    Raises:
        RecordError: it is one.
    """
    if record.get("done") is False or record.get("object") in _CHUNKS or is_piece(answer):
        raise RecordError(_ALONE)
