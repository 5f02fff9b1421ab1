"""Bodies of model servers' own APIs, where they have no OpenAI shape: llama.cpp, SGLang, Triton.

| of | asked | answered |
| --- | --- | --- |
| llama.cpp ``/completion`` | ``prompt``, ``n_predict`` | ``content``, ``tokens_evaluated``, ``tokens_predicted`` |
| SGLang ``/generate`` | ``text``, ``sampling_params`` | ``text``, ``meta_info`` |
| Triton ``/generate`` | ``text_input``, ``parameters`` | ``text_output``, ``model_name`` |
| KServe v2 ``/infer`` | a tensor of ``inputs`` of type ``BYTES`` | one of ``outputs`` |
"""

from __future__ import annotations

from typing import Any

from stillwatch.core.bodies.shapes import Fields, Json, first, identity, object_of, stop_list

__all__ = ["asked_of_server", "is_of_server", "options_of_server", "response_fields"]

_TENSORS = ("text_input", "prompt", "text", "input", "input_text", "text_output", "output", "generated_text")
_PARAMETERS = ("temperature", "top_p", "top_k", "n", "seed")


def asked_of_server(body: Json) -> Fields:
    """What a request asks; nothing for other APIs' requests."""
    text = first(body, "text_input", "text") if "sampling_params" in body else body.get("text_input")
    if text is None:
        text = _of_tensor(body.get("inputs"))
    return {"operation": "generate", "prompt": text} if isinstance(text, str) else {}


def options_of_server(body: Json) -> Fields:
    """The parameters that a request keeps apart, or under names of its own."""
    given = body.get("sampling_params")
    if not isinstance(given, dict):
        return {"max_tokens": body["n_predict"]} if isinstance(body.get("n_predict"), int) else {}
    fields: Fields = {name: given.get(name) for name in _PARAMETERS}
    fields |= {"max_tokens": first(given, "max_new_tokens", "max_tokens"), "stop": stop_list(given.get("stop"))}
    return {name: value for name, value in fields.items() if value is not None}


def is_of_server(answer: object) -> bool:
    """Whether an answer, or the first of a stream's pieces, is one of these."""
    if isinstance(answer, list):
        answer = next((one for one in answer if isinstance(one, dict)), None)
    if not isinstance(answer, dict) or "choices" in answer:
        return False
    if isinstance(answer.get("content"), str):
        return "stop" in answer or "tokens_predicted" in answer
    return "meta_info" in answer or "text_output" in answer or _of_tensor(answer.get("outputs")) is not None


def _of_tensor(given: object) -> str | None:
    """The text of the one tensor of texts, or of the one that is named for it; several prompts at once are none."""
    tensors = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    held = [(str(one.get("name")).lower(), _texts_of(one)) for one in tensors if one.get("datatype") == "BYTES"]
    chosen = [texts for name, texts in held if name in _TENSORS] or [texts for _, texts in held]
    return chosen[0][0] if len(chosen) == 1 and len(chosen[0]) == 1 else None


def _texts_of(tensor: Json) -> list[str]:
    data = tensor.get("data")
    given = data if isinstance(data, list) else []
    flat = [one for part in given for one in (part if isinstance(part, list) else [part])]
    return [one for one in flat if isinstance(one, str)]


def response_fields(body: Any) -> Fields:
    """Canonical fields of an answer: one object, or the list of a stream's pieces."""
    pieces = [object_of(one, "response[]") for one in (body if isinstance(body, list) else [body])]
    last = pieces[-1]
    about = object_of(last.get("meta_info"), "meta_info")
    reason = about.get("finish_reason")
    # SGLang's pieces each hold all that came before; the others' go on in one another.
    whole = (
        [one.get("text") for one in pieces[-1:]]
        if about
        else [first(o, "content", "text_output") or _of_tensor(o.get("outputs")) for o in pieces]
    )
    return {
        "exchange_id": identity(about.get("id")),
        "model": first(last, "model", "model_name"),
        "response": "".join(text for text in whole if isinstance(text, str)) or None,
        "stop_reason": reason.get("type") if isinstance(reason, dict) else first(last, "stop_type") or reason,
        "input_tokens": first(about, "prompt_tokens") or last.get("tokens_evaluated"),
        "output_tokens": first(about, "completion_tokens") or last.get("tokens_predicted"),
    }
