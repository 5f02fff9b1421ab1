"""A chat completion of two bodies as most are, as ``openai`` reads them together, for records whose format has decoded
them."""

from __future__ import annotations

import msgspec

from stillwatch.core.bodies.plain_openai import Answer, Asked, messages_of
from stillwatch.core.bodies.shapes import Fields, Json, identity, stop_list

__all__ = ["plain_chat"]


def plain_chat(request: Json, response: object) -> Fields | None:
    """Fields of a request and its answer, less the answer's time; None where ``openai`` is to read them.

    Args:
        request: a body.
        response: a body, decoded.
    """
    if not isinstance(response, dict) or "choices" not in response or "usageMetadata" in response:
        return None
    try:
        asked, answer = msgspec.convert(request, Asked), msgspec.convert(response, Answer)
    except (msgspec.ValidationError, TypeError):
        return None
    messages, reply, user = messages_of(asked.messages), answer.said(), asked.end_user()
    if messages is None or reply is None or user is None:
        return None
    went_in, came_out, reasoned = answer.counts()
    fields = {
        "exchange_id": identity(answer.id),
        "session_id": user[1],
        "model": asked.model if asked.model is not None else answer.model,
        "operation": "chat.completions",
        "messages": messages,
        "tools": asked.names_of_tools(),
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "top_k": asked.top_k,
        "n": asked.n,
        "max_tokens": asked.most_tokens(),
        "seed": asked.seed,
        "stop": stop_list(asked.stop),
        "stream": asked.stream,
        "logprobs": asked.logprobs,
        "top_logprobs": asked.top_logprobs,
        "response_format": asked.format_name(),
        "response": reply[0],
        "reasoning": reply[1],
        "stop_reason": reply[2],
        "input_tokens": went_in,
        "output_tokens": came_out,
        "reasoning_tokens": reasoned,
    }
    return {name: value for name, value in fields.items() if value is not None}
