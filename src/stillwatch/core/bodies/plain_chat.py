"""Chat completions of two bodies as most are, as ``openai`` reads them together: columns of many, fields of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from stillwatch.core.bodies.columns import Column, Columns, columns_of, either, is_empty, named, told
from stillwatch.core.bodies.plain_openai import (
    Answer,
    Asked,
    Parameters,
    Said,
    Usage,
    account_and_session,
    is_text,
    settled,
)
from stillwatch.core.bodies.shapes import Fields, Json, Message, identity, stop_list

__all__ = ["chat_columns", "plain_chat", "set_end_users"]

_ASKED = (
    "model", "temperature", "top_p", "top_k", "n", "seed", "stop", "stream", "logprobs", "top_logprobs", "tools",
    "response_format", "max_completion_tokens", "max_tokens", "max_output_tokens", "safety_identifier", "user",
    "metadata",
)  # fmt: skip
_AS_THEY_ARE = _ASKED[1:10]
_SAID = ("content", "reasoning_content", "reasoning")
_NOTHING = Usage()
_COUNTED = ("prompt_tokens", "input_tokens", "completion_tokens", "output_tokens")


def plain_chat(request: Json, response: object) -> Fields | None:
    """``chat_columns`` of one request and its answer, as fields; None where ``openai`` is to read them.

    Args:
        request: a body.
        response: a body, decoded.
    """
    if not isinstance(response, dict) or "choices" not in response:
        return None
    try:
        asked, answer = msgspec.convert(request, Asked), msgspec.convert(response, Answer)
    except (msgspec.ValidationError, TypeError):
        return None
    user, reply, left = asked.end_user(), answer.said(), set[int]()
    (said,) = settled([asked.messages], left)
    if user is None or reply is None or left:
        return None
    fields = {name: getattr(asked, name) for name in _AS_THEY_ARE} | reply | answer.counts()
    fields |= {
        "exchange_id": identity(answer.id),
        "session_id": user[1],
        "model": asked.model if asked.model is not None else answer.model,
        "operation": "chat.completions",
        "messages": [Message(one.role, one.content) for one in said],
        "tools": asked.names_of_tools(),
        "max_tokens": asked.most_tokens(),
        "stop": stop_list(asked.stop),
        "response_format": asked.response_format.type if asked.response_format is not None else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def chat_columns(
    asked: Sequence[Parameters], said: Sequence[list[Said]], answers: Sequence[Answer]
) -> tuple[Columns, set[int]]:
    """Columns of requests and their answers, less the answers' time; places of those that ``openai`` is to read.

    Ids stand as they are written.

    Args:
        asked: requests.
        said: their messages, which are changed in place to what a column has.
        answers: what was answered, in the same order.
    """
    held = named(asked, _ASKED)
    identified, models, usage, choices = columns_of(answers, ("id", "model", "usage", "choices"))
    left: set[int] = set()
    columns: Columns = {name: held[name] for name in _AS_THEY_ARE}
    columns |= {
        "exchange_id": identified,
        "model": either(held["model"], models),
        "operation": ["chat.completions"] * len(answers),
        "messages": settled(said, left),
        "max_tokens": either(held["max_completion_tokens"], held["max_tokens"], held["max_output_tokens"]),
    }
    if not is_empty(held["tools"]):
        columns["tools"] = [one.names_of_tools() for one in asked]
    if not is_empty(formats := held["response_format"]):
        columns["response_format"] = [None if one is None else one.type for one in formats]
    set_end_users(columns, (held["safety_identifier"], held["user"], held["metadata"]), left)
    _set_replies(columns, choices, left)
    _set_counts(columns, usage)
    return columns, left


def set_end_users(columns: Columns, named: Sequence[Column], left: set[int]) -> None:
    """Set the account and the session that requests name, by texts of which the first that says something counts, and
    at last by their metadata."""
    *texts, metadata = named
    if not is_empty(metadata):
        texts.append([None if one is None else one.user_id for one in metadata])
    users = told(*texts) if texts else ()
    if is_empty(users):
        return
    found = [*map(account_and_session, users)]
    left.update(place for place, one in enumerate(found) if one is None)
    columns["account_id"] = [None if one is None else one[0] for one in found]
    columns["session_id"] = [None if one is None else one[1] for one in found]


def _set_replies(columns: Columns, choices: Column, left: set[int]) -> None:
    """Set what the answer that counts says: its text, its reasoning, why it ended."""
    odd = {place for place, of in enumerate(choices) if not of or not (len(of) == 1 or of[0].index == 0)}
    left |= odd
    chosen = [of[0] for of in choices] if not odd else [of[0] if of else None for of in choices]
    replies: list[Any] = [None if one is None else one.message for one in chosen]
    columns["stop_reason"] = [None if one is None else one.finish_reason for one in chosen]
    if None in replies:
        # Nobody asks what those say.
        known = next((one for one in replies if one is not None), None)
        replies = [one or known for one in replies]
        if known is None:
            return
    texts, thoughts, others = columns_of(replies, _SAID)
    strange = [place for place, text in enumerate(texts) if type(text) is not str or text == "" or text[:2] == "[{"]
    if strange:
        texts = [*texts]
        for place in strange:
            text = replies[place].said()
            texts[place] = None if text is None else text[0]
            if text is None:
                left.add(place)
    columns["response"] = texts
    if not (is_empty(thoughts) and is_empty(others)):
        thoughts = [one or two or None for one, two in zip(thoughts, others, strict=True)]
        left.update(place for place, one in enumerate(thoughts) if not is_text(one))
        columns["reasoning"] = thoughts


def _set_counts(columns: Columns, usage: Column) -> None:
    """Set how many tokens went in and came out, and those of reasoning."""
    usage = [one or _NOTHING for one in usage] if None in usage else usage
    *counted, of_old, of_new = columns_of(usage, (*_COUNTED, "completion_tokens_details", "output_tokens_details"))
    columns["input_tokens"] = either(counted[0], counted[1])
    columns["output_tokens"] = either(counted[2], counted[3])
    details = either(of_old, of_new)
    if not is_empty(details):
        columns["reasoning_tokens"] = [None if one is None else one.reasoning_tokens for one in details]
