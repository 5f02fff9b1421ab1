"""Requests and answers under the names that programs of one's own and other loggers give them.

What a key is called says little (``payload``, ``body``, ``data``); what lies under it says whether it is a request's
body, of any API, or an answer's. To know another name, add it to ``_ASKED``, ``_ANSWERED`` or ``_EITHER``, in lower
case and without underscores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.core.bodies.model_servers import asked_of_server, is_of_server
from stillwatch.core.bodies.ollama import is_ollama
from stillwatch.core.bodies.other_vendors import answered_elsewhere, asked_elsewhere
from stillwatch.core.bodies.shapes import RecordError, object_of
from stillwatch.ingest.plain_names import ANSWERS
from stillwatch.ingest.registry import recognising
from stillwatch.ingest.spelling import in_lower_case, squashed
from stillwatch.ingest.stream_pieces import is_piece

__all__ = [
    "Bodies",
    "answer_in",
    "asked_in",
    "may_be_answer",
    "may_be_either",
    "may_be_request",
    "paired",
]

Bodies = tuple[str, Any]
"""A key and what lies under it, decoded."""

_SIDES = ("body", "payload", "json", "data", "params", "content", "raw", "text", "object", "dict", "args")
_EITHER = ("body", "payload", "data", "content", "message", "json")


def _names(*words: str) -> frozenset[str]:
    return frozenset((*words, *(word + side for word in words for side in _SIDES))) | {
        side + word for word in words for side in ("raw", "llm", "model", "api", "http", "openai")
    }


_ASKED = _names("request", "req", "input", "inputs", "query", "call") | {
    "kwargs",
    "functionkwargs",
    "params",
    "args",
    "instance",
    # SGLang's dumps of requests.
    "obj",
    "requestparameters",
}
_ANSWERED = _names("response", "resp", "res", "output", "outputs", "result", "reply", "answer", "completion") | {
    "requestresponse",
    "llmresponsetext",
    "prediction",
    "chunk",
    "streamchunk",
    "chunks",
    *(side + what for side in ("response", "stream", "streamed", "sse", "completion") for what in ("chunks", "events")),
    "streamedresponse",
    "responsestream",
    "finalresponse",
    "out",
    "responseobj",
    "responseelements",
    "returnvalue",
    "returned",
}
_FRAME = frozenset(("method", "url", "headers", "statusCode", "status_code", "status", "path"))
_OF_REQUESTS = ("messages", "contents", "prompt", "input", "inputs", "inputText")
_OF_ANSWERS = (
    "choices", "candidates", "output", "generated_text", "generation", "generations", "completion", "outputs",
    "outputText", "results", "text_output",
)  # fmt: skip
_SAID = frozenset(("response", "completion", "answer", "reply", *(name for name in ANSWERS if "_" in name)))
# Of an object that holds an answer's text alone.
_ITS_TEXT = frozenset(("content", "text"))


def may_be_request(name: str) -> bool:
    """Whether what has this name is a request, if it is either."""
    return squashed(name) in _ASKED


def may_be_answer(name: str) -> bool:
    """Whether what has this name is an answer, if it is either."""
    return squashed(name) in _ANSWERED


def may_be_either(name: str) -> bool:
    """Whether what has this name may be a request and may be an answer."""
    return name in _EITHER


def _opened(value: Any) -> Any:
    """An object, also as JSON text or in base64; None for anything else."""
    try:
        return object_of(value, "body") if isinstance(value, dict | str) else None
    except RecordError:
        return None


def _within(body: Any) -> Any:
    """The body that has an HTTP frame around it; itself where it has none."""
    if isinstance(body, Mapping) and "body" in body and not _FRAME.isdisjoint(body) and not _is_record(body):
        return _opened(body["body"])
    return body


def _is_request(body: Any) -> bool:
    body = _within(body)
    if not isinstance(body, Mapping):
        return False
    if not any(body.get(name) for name in _OF_REQUESTS) and not asked_of_server(body) and not _is_of_vendor(body):
        return False
    if not _SAID.isdisjoint(body):
        # It holds what was answered too: names of a record that stand in an object.
        return False
    # An answer of the responses API repeats its `input`.
    return "choices" not in body and not ("input" in body and "output" in body) and not _is_record(body)


def _is_of_vendor(body: Mapping[str, Any]) -> bool:
    try:
        return asked_elsewhere(dict(body)) is not None
    except RecordError:
        # Several prompts at once are one's, too.
        return True


def _is_record(body: Mapping[str, Any]) -> bool:
    """Whether an object is a record of some log, in an envelope, and not the body of one; an answer that the API stores
    is an answer."""
    known = recognising(body)
    return known is not None and known.name not in ("openai-stored", "http-request")


def _is_answer(body: Any) -> bool:
    body = _within(body)
    if is_piece(body):
        return True
    if not isinstance(body, Mapping) or _is_record(body):
        return False
    if any(isinstance(body.get(name), list | str) for name in _OF_ANSWERS):
        return True
    if len(body) == 1 and isinstance(next(iter(body.values())), str):
        return not _ITS_TEXT.isdisjoint(body)
    said = body.get("content")
    if isinstance(said, list) and ("stop_reason" in body or body.get("type") == "message"):
        return True
    return is_of_server(body) or is_ollama(body) or answered_elsewhere(body) is not None


def _under(record: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {
        key: value
        for key, value in record.items()
        if isinstance(key, str) and ((name := squashed(key)) in names or name in _EITHER)
    }


def asked_in(record: Mapping[str, Any]) -> Bodies | None:
    """The body of a request that a record has under one key alone."""
    held = [(key, _opened(value)) for key, value in _under(record, _ASKED).items()]
    found = [one for one in held if _is_request(one[1])]
    return found[0] if len(found) == 1 else None


def answer_in(record: Mapping[str, Any]) -> Bodies | None:
    """The body of an answer, or the text of a stream, that a record has under one key."""
    for key, value in _under(record, _ANSWERED).items():
        if isinstance(value, list) and value and squashed(key) in _ANSWERED:
            return key, value
        if isinstance(value, str) and value.lstrip().startswith(("data:", "event:")):
            return key, value
        if _is_answer(body := _opened(value)):
            return key, body
    return None


def paired(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A record with its bodies as ``request`` and ``response``; None where it has no request under another name."""
    asked = asked_in(record)
    if asked is None or squashed(asked[0]) == "request":
        # Where the name is the usual one, only its spelling is not.
        return None
    answered = answer_in({key: value for key, value in record.items() if key != asked[0]})
    if answered is None:
        # An error in place of an answer, which the reader of answers tells.
        left = [key for key in record if key != asked[0] and isinstance(key, str) and squashed(key) in _ANSWERED]
        answered = (left[0], record[left[0]]) if left else None
    taken = {asked[0], *([answered[0]] if answered else [])}
    rest = {key: value for key, value in record.items() if key not in taken and key != "request"}
    spelt = [in_lower_case(key) for key in rest]
    if len({*spelt}) == len(spelt):
        rest = dict(zip(spelt, rest.values(), strict=True))
    return {**rest, "request": asked[1], **({"response": answered[1]} if answered else {})}
