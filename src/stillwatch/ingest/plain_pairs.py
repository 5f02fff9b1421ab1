"""Plain bodies of a request and its answer as an exchange, less what only the record around them says.

Ids stand as they are written: of a record with one that names nobody, or has blanks around it, its format is asked.
"""

from __future__ import annotations

from stillwatch.core.bodies import plain_anthropic, plain_openai
from stillwatch.core.bodies.plain_openai import is_text, messages_of, text_of
from stillwatch.ingest.record import Exchange

__all__ = ["of_anthropic", "of_openai"]


def of_openai(
    asked: plain_openai.Parameters, said: list[plain_openai.Said], answer: plain_openai.Answer
) -> Exchange | None:
    """What ``openai.request_fields`` and ``openai.response_fields`` say together; None where they are to be asked."""
    messages, reply, user = messages_of(said), answer.said(), asked.end_user()
    if messages is None or reply is None or user is None:
        return None
    went_in, came_out, reasoned = answer.counts()
    return Exchange(
        exchange_id=answer.id,
        time=answer.created or 0,
        account_id=user[0] or "",
        session_id=user[1],
        model=asked.model if asked.model is not None else answer.model,
        operation="chat.completions",
        messages=messages,
        tools=asked.names_of_tools(),
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=asked.top_k,
        n=asked.n,
        max_tokens=asked.most_tokens(),
        seed=asked.seed,
        stop=asked.stop,
        stream=asked.stream,
        logprobs=asked.logprobs,
        top_logprobs=asked.top_logprobs,
        response_format=asked.format_name(),
        response=reply[0],
        reasoning=reply[1],
        stop_reason=reply[2],
        input_tokens=went_in,
        output_tokens=came_out,
        reasoning_tokens=reasoned,
    )


def of_anthropic(asked: plain_anthropic.Asked, answer: plain_anthropic.Answer) -> Exchange | None:
    """What ``anthropic.request_fields`` and ``anthropic.response_fields`` say together; None where they are to be
    asked."""
    messages, user = messages_of(asked.messages), asked.end_user()
    if messages is None or user is None or not is_text(asked.system):
        return None
    said, thought = answer.texts()
    return Exchange(
        exchange_id=answer.id,
        account_id=user[0] or "",
        session_id=user[1],
        model=asked.model if asked.model is not None else answer.model,
        operation="messages",
        system=text_of(asked.system),
        messages=messages,
        tools=asked.names_of_tools(),
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=asked.top_k,
        max_tokens=asked.max_tokens,
        stop=asked.stop_sequences,
        stream=asked.stream,
        response=said,
        reasoning=thought,
        stop_reason=answer.stop_reason,
        input_tokens=answer.usage.input_tokens if answer.usage is not None else None,
        output_tokens=answer.usage.output_tokens if answer.usage is not None else None,
    )
