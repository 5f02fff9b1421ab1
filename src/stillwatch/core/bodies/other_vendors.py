"""Bodies of vendors whose APIs have no OpenAI shape, told in it.

| of | asked | answered |
| --- | --- | --- |
| DashScope, Replicate | ``input`` as an object, ``parameters`` | ``output`` as an object, or a list of texts |
| ERNIE, Workers AI | ``messages``, ``system`` | ``result``: a text, or an object with ``response`` |
| Hunyuan | ``Messages`` | ``Choices``, also in ``Response`` |
| Spark | ``parameter.chat``, ``payload.message.text`` | ``payload.choices.text``, ``payload.usage.text`` |
| OCI | ``chatRequest``, ``servingMode.modelId`` | ``chatResponse``, ``modelId`` |
| Vertex AI's predictions | one of ``instances``, ``parameters`` | the first of ``predictions`` |
| watsonx | ``input``, ``parameters``, ``model_id`` | the first of ``results`` |
| SageMaker's JumpStart | ``inputs`` | a list with a ``generation`` |
| Titan | ``inputText``, ``textGenerationConfig`` | the first of ``results`` |

To read another, add a function to ``_ASKED`` or ``_ANSWERED`` that gives its body in OpenAI's shape, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from stillwatch.core.bodies.shapes import Json, RecordError, first, plain_object

__all__ = ["answered_elsewhere", "asked_elsewhere"]

_SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARAMETERS = {
    "max_new_tokens": "max_tokens", "maxOutputTokens": "max_tokens", "maxTokenCount": "max_tokens",
    "max_output_tokens": "max_tokens",
    "topP": "top_p", "topK": "top_k", "stopSequences": "stop", "stop_sequences": "stop",
}  # fmt: skip


_QUESTIONS = ("question", "query", "input", "text", "message", "user_input")


def _snaked(value: Any) -> Any:
    """Objects with their names in lower case and underscores, all the way down; parts by their type in lower case."""
    if isinstance(value, list):
        return [_snaked(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {_SEAM.sub("_", str(name)).lower(): _snaked(one) for name, one in value.items()}
    return {**found, "type": found["type"].lower()} if isinstance(found.get("type"), str) else found


def _parameters(value: Any) -> dict[str, Any]:
    return {_PARAMETERS.get(name, name): one for name, one in plain_object(value).items()}


def _in_object(body: Json) -> Json | None:
    held = body.get("input")
    if not isinstance(held, dict):
        return None
    told = {"model": body.get("model"), **_parameters(body.get("parameters")), **_parameters(held)}
    if told.get("messages") is None and told.get("prompt") is None:
        # Of LangServe: the one variable of its prompt.
        asked = [one for name, one in held.items() if name in _QUESTIONS and isinstance(one, str)]
        told |= {"prompt": asked[0]} if len(asked) == 1 else {}
    if isinstance(told.get("prompt"), str) and isinstance(system := told.pop("system_prompt", None), str):
        told["messages"] = [{"role": "system", "content": system}, {"role": "user", "content": told.pop("prompt")}]
    return told


def _capital(body: Json) -> Json | None:
    return plain_object(_snaked(body)) if isinstance(body.get("Messages"), list) else None


def _spark(body: Json) -> Json | None:
    said = plain_object(plain_object(body.get("payload")).get("message")).get("text")
    chat = plain_object(plain_object(body.get("parameter")).get("chat"))
    return {**chat, "model": chat.get("domain"), "messages": said} if isinstance(said, list) else None


def _oci(body: Json) -> Json | None:
    if not isinstance(asked := body.get("chatRequest"), dict):
        return None
    return {**_snaked(asked), "model": plain_object(body.get("servingMode")).get("modelId")}


def _instances(body: Json) -> Json | None:
    given = body.get("instances")
    if not isinstance(given, list) or not given:
        return None
    if len(given) > 1:
        raise RecordError(f"`instances`: a batch of {len(given)} prompts, whose answers cannot be told apart")
    one = plain_object(given[0]) if not isinstance(given[0], str) else {"prompt": given[0]}
    told = {**_parameters(body.get("parameters")), **_parameters(one)}
    if isinstance(said := told.get("messages"), list):
        told["messages"] = [{**m, "role": first(m, "role", "author")} for m in said if isinstance(m, dict)]
        if isinstance(context := told.pop("context", None), str):
            told["messages"].insert(0, {"role": "system", "content": context})
    return told


def _watsonx(body: Json) -> Json | None:
    if "model_id" not in body or not isinstance(body.get("input"), str):
        return None
    return {**_parameters(body.get("parameters")), "model": body["model_id"], "prompt": body["input"]}


def _titan(body: Json) -> Json | None:
    if not isinstance(body.get("inputText"), str) or not isinstance(given := body.get("textGenerationConfig"), dict):
        return None
    return {**_parameters(given), "model": body.get("model"), "prompt": body["inputText"]}


_ASKED: tuple[Callable[[Json], Json | None], ...] = (_in_object, _capital, _spark, _oci, _instances, _watsonx, _titan)


def asked_elsewhere(body: Json) -> Json | None:
    """A request in OpenAI's shape; None where it is none of these vendors'.

    Raises:
        RecordError: it asks several things at once.
    """
    if body.get("messages") is not None or body.get("prompt") is not None:
        # Whatever else it has, it has OpenAI's shape.
        return None
    return next((told for tell in _ASKED if (told := tell(body)) is not None), None)


def _message(text: Any, **beside: Any) -> Json:
    return {**beside, "choices": [{"message": {"role": "assistant", "content": text}}]}


def _output(body: Json) -> Json | None:
    held = body.get("output")
    if isinstance(held, list) and held and all(isinstance(one, str) for one in held):
        counted = plain_object(body.get("metrics"))
        usage = {"input_tokens": counted.get("input_token_count"), "output_tokens": counted.get("output_token_count")}
        return _message("".join(held), id=body.get("id"), model=body.get("model"), usage=usage)
    if not isinstance(held, dict) or "message" in held:
        return None
    choices = held.get("choices") if isinstance(held.get("choices"), list) else None
    about = {"id": first(body, "request_id", "id"), "usage": body.get("usage")}
    if choices:
        return {**about, "choices": choices}
    return _message(held["text"], **about) if isinstance(held.get("text"), str) else None


def _result(body: Json) -> Json | None:
    held = body.get("result")
    if isinstance(held, str) and "usage" in body:
        return _message(held, **{name: body.get(name) for name in ("id", "created", "usage", "model")})
    if isinstance(held, dict) and isinstance(held.get("response"), str):
        return _message(held["response"], usage=held.get("usage"))
    return None


def _choices(body: Json) -> Json | None:
    held = body["Response"] if isinstance(body.get("Response"), dict) else body
    return _snaked(held) if isinstance(held.get("Choices"), list) else None


def _payload(body: Json) -> Json | None:
    held = plain_object(body.get("payload"))
    said = plain_object(held.get("choices")).get("text")
    if not isinstance(said, list) or not said:
        return None
    text = "".join(str(one["content"]) for one in said if isinstance(one, dict) and one.get("content"))
    return _message(text, usage=plain_object(held.get("usage")).get("text"))


def _chat_response(body: Json) -> Json | None:
    held = body.get("chatResponse")
    return {**_snaked(held), "model": body.get("modelId")} if isinstance(held, dict) else None


def _predictions(body: Json) -> Json | None:
    given = body.get("predictions")
    one = given[0] if isinstance(given, list) and given else None
    if isinstance(one, dict) and isinstance(several := one.get("candidates"), list) and several:
        one = several[0]
    text = first(one, "content", "text", "generated_text", "output") if isinstance(one, dict) else one
    return _message(text) if isinstance(text, str) else None


def _results(body: Json) -> Json | None:
    given = body.get("results")
    one = given[0] if isinstance(given, list) and given and isinstance(given[0], dict) else {}
    if isinstance(one.get("outputText"), str):
        counts = {"input_tokens": body.get("inputTextTokenCount"), "output_tokens": one.get("tokenCount")}
        return _message(one["outputText"], usage=counts)
    if not isinstance(one.get("generated_text"), str):
        return None
    usage = {"input_tokens": one.get("input_token_count"), "output_tokens": one.get("generated_token_count")}
    told = _message(one["generated_text"], model=body.get("model_id"), usage=usage)
    told["choices"][0]["finish_reason"] = one.get("stop_reason")
    return told


_ANSWERED: tuple[Callable[[Json], Json | None], ...] = (
    _output, _result, _choices, _payload, _chat_response, _predictions, _results,
)  # fmt: skip


def _streamed(pieces: list[Json]) -> Json | None:
    """The pieces of a stream as one answer: of Cohere's second chat API, or of another that each piece is read by."""
    if any(one.get("type") == "content-delta" for one in pieces):
        deltas = [plain_object(one.get("delta")) for one in pieces]
        said = [
            plain_object(plain_object(plain_object(one.get("message")).get("content"))).get("text") for one in deltas
        ]
        about = next((one for one in reversed(deltas) if "usage" in one), {})
        whole = _message("".join(text for text in said if isinstance(text, str)), usage=about.get("usage"))
        whole["choices"][0]["finish_reason"] = about.get("finish_reason")
        return {**whole, "id": pieces[0].get("id")}
    known = [told for one in pieces if (told := answered_elsewhere(one)) is not None]
    if len(known) < len(pieces) or not known:
        return None
    texts = [
        plain_object(plain_object(one["choices"][0]).get("message")).get("content")
        for one in known
        if one.get("choices")
    ]
    spoken: list[str] = [text for text in texts if isinstance(text, str)]
    if not spoken:
        return known[-1]
    # Where each piece holds all that came before it, the last is the answer.
    grows = all(after.startswith(before) for before, after in pairwise(spoken))
    last = known[-1]
    return {
        **last,
        "choices": [{**last["choices"][0], "message": {"content": spoken[-1] if grows else "".join(spoken)}}],
    }


def answered_elsewhere(body: Any) -> Json | None:
    """An answer in OpenAI's shape; None where it is none of these vendors'."""
    if isinstance(body, list) and len(body) > 1 and all(isinstance(one, dict) and "choices" not in one for one in body):
        return _streamed(body)
    if isinstance(body, list) and len(body) == 1 and isinstance(plain_object(body[0]).get("generation"), dict):
        return {"choices": [{"message": body[0]["generation"]}]}
    if not isinstance(body, dict) or "choices" in body:
        return None
    return next((told for tell in _ANSWERED if (told := tell(body)) is not None), None)
