"""Attributes of spans under the names of others, told in those of OpenTelemetry's GenAI conventions.

OpenInference (Phoenix, Arize): ``llm.model_name``, ``llm.provider`` or ``llm.system``,
``llm.invocation_parameters``, ``llm.input_messages.0.message.content`` (or ``.contents.0.message_content.text``),
``llm.output_messages...``, ``llm.token_count.*``, ``llm.tools.0.tool.json_schema``, ``input.value`` and
``output.value`` of spans of kind ``LLM`` whose messages are not said. OpenLLMetry (Traceloop, LiteLLM):
``gen_ai.prompt.0.content``, ``gen_ai.completion.0.content``, ``llm.request.functions.0.name``,
``llm.request.type``, ``llm.is_streaming``, ``llm.user``, ``llm.top_k``,
``traceloop.association.properties.user_id`` and ``session_id``. Vercel's AI SDK: ``ai.prompt.messages`` or
``ai.prompt``, ``ai.prompt.tools``, ``ai.response.text``, ``ai.model.id``, ``ai.operationId``,
``ai.telemetry.metadata.userId`` and ``sessionId``. Langfuse: ``langfuse.observation.input``, ``output``, ``type``,
``model.name``, ``model.parameters`` and ``usage_details``, ``langfuse.user.id`` and ``session.id``. Logfire:
``request_data`` and ``response_data``. What has the conventions' own name keeps its value.
Whom a span's names name, LiteLLM's among them, and which goes before which, ``otel_genai`` says.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from typing import Any

from stillwatch.core.bodies.shapes import Json, first, parsed, plain_object
from stillwatch.core.bodies.traced import answer_fields, asked_fields, parameter_fields
from stillwatch.ingest.record import RecordError

__all__ = ["has_foreign_names", "is_foreign", "nested", "unified"]

_INDEXED = ("gen_ai.prompt.", "gen_ai.completion.", "llm.prompts.", "llm.completions.", "llm.request.functions.",
            "llm.input_messages.", "llm.output_messages.", "llm.tools.")  # fmt: skip
_PLAIN = {
    "gen_ai.request.model": ("llm.request.model", "llm.model_name", "ai.model.id", "langfuse.observation.model.name"),
    "gen_ai.provider.name": ("llm.provider", "llm.system", "llm.vendor", "ai.model.provider"),
    "gen_ai.request.stream": ("llm.is_streaming",),
    "gen_ai.request.top_k": ("llm.top_k",),
    "gen_ai.usage.input_tokens": (
        "llm.token_count.prompt", "llm.usage.prompt_tokens", "ai.usage.inputTokens", "ai.usage.promptTokens",
    ),
    "gen_ai.usage.output_tokens": (
        "llm.token_count.completion", "llm.usage.completion_tokens", "ai.usage.outputTokens",
        "ai.usage.completionTokens",
    ),
    "gen_ai.usage.reasoning_tokens": (
        "llm.token_count.completion_details.reasoning", "gen_ai.usage.reasoning_tokens", "ai.usage.reasoningTokens",
    ),
    "gen_ai.request.stop_sequences": ("llm.chat.stop_sequences",),
    "gen_ai.response.id": ("llm.response.id",),
    "session.id": (
        "traceloop.association.properties.session_id", "traceloop.association.properties.conversation_id",
        "langfuse.session.id", "ai.telemetry.metadata.sessionId",
    ),
    "user.id": (
        "traceloop.association.properties.user_id", "traceloop.association.properties.user", "langfuse.user.id",
        "ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id",
    ),
}  # fmt: skip
_KINDS = {
    "EMBEDDING": "embeddings", "TOOL": "execute_tool", "RETRIEVER": "retrieval", "RERANKER": "rerank", "LLM": "chat",
    "embedding": "embeddings", "rerank": "rerank", "chat": "chat", "completion": "text_completion",
    "tool": "execute_tool", "workflow": "invoke_workflow", "agent": "invoke_agent", "task": "invoke_workflow",
    "generation": "chat", "retriever": "retrieval", "ai.generateText.doGenerate": "chat",
    "ai.streamText.doStream": "chat", "ai.generateObject.doGenerate": "chat", "ai.streamObject.doStream": "chat",
    "ai.toolCall": "execute_tool", "ai.embed": "embeddings", "ai.embedMany": "embeddings",
    "ai.embed.doEmbed": "embeddings", "ai.embedMany.doEmbed": "embeddings",
}  # fmt: skip
_KIND_NAMES = (
    "openinference.span.kind",
    "llm.request.type",
    "traceloop.span.kind",
    "ai.operationId",
    "langfuse.observation.type",
)
# What a call was handed and gave back, as JSON or text; of which kinds of spans, where the names say so of none.
_VALUES: tuple[tuple[str, str, str | None], ...] = (
    ("input.value", "output.value", "openinference.span.kind"),
    ("ai.prompt.messages", "ai.response.text", None),
    ("ai.prompt", "ai.response.text", None),
    ("langfuse.observation.input", "langfuse.observation.output", "langfuse.observation.type"),
    ("request_data", "response_data", None),
)
_OF_CALLS = ("LLM", "generation")
_FOREIGN = ("openinference.", "llm.", "traceloop.", "ai.", "langfuse.", "request_data")
_PARAMETERS = ("temperature", "top_p", "top_k", "max_tokens", "seed", "stream", "logprobs", "top_logprobs")


def is_foreign(attributes: Json) -> bool:
    """Whether a span's attributes are named as OpenInference, OpenLLMetry and others name them."""
    return _begins(_FOREIGN, tuple(attributes))


def has_foreign_names(names: tuple[str, ...]) -> bool:
    """Whether ``unified`` would tell a span with attributes of these names otherwise."""
    return _begins(_FOREIGN, names) or _begins(_INDEXED, names)


@lru_cache(maxsize=4096)
def _begins(beginnings: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether one of some names begins so; spans of one program have the same names."""
    return any(str(name).startswith(beginnings) for name in names)


def unified(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes with those of the conventions beside them; unchanged where none has another's name.

    Raises:
        RecordError: a text that stands for messages was cut.
    """
    if not is_foreign(attributes) and not _begins(_INDEXED, tuple(attributes)):
        return attributes
    told = dict(attributes)
    for name, others in _PLAIN.items():
        if told.get(name) is None and (value := first(attributes, *others)) is not None:
            told[name] = value
    kind = first(attributes, *_KIND_NAMES)
    if kind is not None and "gen_ai.operation.name" not in told:
        told["gen_ai.operation.name"] = _KINDS.get(str(kind), "invoke_workflow")
    tree = nested({name: value for name, value in attributes.items() if str(name).startswith(_INDEXED)})
    llm, gen_ai = plain_object(tree.get("llm")), plain_object(tree.get("gen_ai"))
    whole = {name: attributes.get(f"llm.{name}") for name in ("input_messages", "output_messages", "tools")}
    asked = _first_list(llm.get("input_messages"), whole["input_messages"], gen_ai.get("prompt"), llm.get("prompts"))
    given = _first_list(
        llm.get("output_messages"), whole["output_messages"], gen_ai.get("completion"), llm.get("completions")
    )
    _put(told, "gen_ai.input.messages", [_message(one, "user") for one in asked])
    _put(told, "gen_ai.output.messages", [_message(one, "assistant") for one in given])
    if given and (reason := first(plain_object(given[0]), "finish_reason")) is not None:
        _put(told, "gen_ai.response.finish_reasons", [reason])
    functions = plain_object(llm.get("request")).get("functions")
    defined = _first_list(llm.get("tools"), whole["tools"], functions, attributes.get("ai.prompt.tools"))
    tools = [_tool(one) for one in defined]
    _put(told, "gen_ai.tool.definitions", tools)
    _openinference(told, attributes)
    _langfuse(told, attributes.get("langfuse.observation.usage_details"))
    return told


def _langfuse(told: dict[str, Any], usage: object) -> None:
    """Token counts as JSON text; what cannot be read is none."""
    with contextlib.suppress(RecordError):
        counts = plain_object(parsed(usage, "usage_details"))
        for name in ("input", "output"):
            _put(told, f"gen_ai.usage.{name}_tokens", first(counts, name, f"{name}_tokens"))


def _openinference(told: dict[str, Any], attributes: Json) -> None:
    """Parameters as JSON text, and the values that stand for messages nobody wrote out."""
    given = first(attributes, "llm.invocation_parameters", "langfuse.observation.model.parameters")
    for name, value in parameter_fields(given).items():
        if name in _PARAMETERS:
            _put(told, f"gen_ai.request.{name}", value)
        elif name == "stop":
            _put(told, "gen_ai.request.stop_sequences", value)
        elif name == "n":
            _put(told, "gen_ai.request.choice.count", value)
        elif name == "tools" and value:
            _put(told, "gen_ai.tool.definitions", value)
    for asked, answered, kind in _VALUES:
        if kind is None or attributes.get(kind) in _OF_CALLS:
            _read_values(told, attributes.get(asked), attributes.get(answered), asked)


def _read_values(told: dict[str, Any], asked: object, answered: object, where: str) -> None:
    """What stands for messages, where nobody wrote those out."""
    if asked is not None and first(told, "gen_ai.input.messages", "gen_ai.prompt") is None:
        fields = asked_fields(asked, where)
        if fields.get("messages"):
            told["gen_ai.input.messages"] = [{"role": one.role, "content": one.content} for one in fields["messages"]]
        elif fields.get("prompt"):
            told["gen_ai.input.messages"] = [{"role": "user", "content": fields["prompt"]}]
        _put(told, "gen_ai.system_instructions", fields.get("system"))
    if answered is not None and first(told, "gen_ai.output.messages", "gen_ai.completion") is None:
        answer = answer_fields(answered, where)
        if answer.get("response"):
            told["gen_ai.output.messages"] = [{"role": "assistant", "content": answer["response"]}]


def _put(told: dict[str, Any], name: str, value: Any) -> None:
    if told.get(name) is None and value is not None and value != []:
        told[name] = value


def _first_list(*values: object) -> list[Any]:
    for value in values:
        value = parsed(value, "llm")
        if isinstance(value, list) and value:
            return value
    return []


def _message(one: object, role: str) -> dict[str, Any]:
    """A message of either tracer; OpenInference calls its fields ``message.role``, flat or nested."""
    item = plain_object(one)
    item = (
        plain_object(nested(item).get("message")) or item if any(str(k).startswith("message") for k in item) else item
    )
    content = item.get("content")
    if content is None:
        parts = [plain_object(nested(plain_object(part))) for part in _first_list(item.get("contents"))]
        texts = [plain_object(part.get("message_content")).get("text") for part in parts]
        content = "\n".join(text for text in texts if isinstance(text, str)) or None
    if isinstance(content, str) and content.lstrip().startswith("[{"):
        # Parts, which OpenLLMetry writes as text.
        try:
            content = parsed(content, "content")
        except RecordError:
            pass
        else:
            if not all(isinstance(part, dict) and "type" in part for part in content):
                content = item["content"]
    return {"role": item.get("role") or role, "content": content}


def _tool(one: object) -> Any:
    if isinstance(one, str):
        # Vercel's AI SDK writes each as text.
        with contextlib.suppress(RecordError):
            one = parsed(one, "tools")
    item = nested(plain_object(one)) if isinstance(one, dict) else one
    inner = plain_object(item).get("tool")
    schema = plain_object(inner).get("json_schema") if isinstance(inner, dict) else None
    found = parsed(schema, "llm.tools") if schema is not None else item
    return found if first(plain_object(found), "name", "function", "toolSpec") is not None else None


def nested(flat: Json) -> dict[str, Any]:
    """``{"a.0.b": 1}`` as ``{"a": [{"b": 1}]}``: names with dots as objects, with numbers as lists in their order."""
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = str(name).split(".")
        place = tree
        for step in path:
            below = place.setdefault(step, {})
            if not isinstance(below, dict):
                below = place[step] = {}
            place = below
        if not isinstance(place.get(last), dict):
            place[last] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in map(str, value)):
        return [_lists(value[name]) for name in sorted(value, key=lambda one: int(str(one)))]
    return {name: _lists(inner) for name, inner in value.items()}
