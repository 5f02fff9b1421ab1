"""Safe access to the JSON of others: objects, texts, content parts, messages, tools.

Formats read foreign records through these, so that a surprise in a field becomes a sentence in the
dead-letter table and never an exception. Add here what two or more formats need.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from stillwatch.core.bodies.nobody import is_nobody
from stillwatch.core.bodies.packed_text import unpacked_text

__all__ = [
    "Fields",
    "Json",
    "Message",
    "RecordError",
    "content_text",
    "first",
    "identity",
    "listed",
    "may_be_json",
    "merged",
    "messages",
    "names_of_tools",
    "noted",
    "object_of",
    "object_or_empty",
    "of_frameworks",
    "parsed",
    "parsed_or_text",
    "parts_of",
    "plain_object",
    "reasoning_text",
    "shown",
    "stop_list",
    "whole",
]

_TEXT_PARTS = frozenset(("text", "input_text", "output_text", "refusal"))
_REASONING_PARTS = frozenset(("thinking", "reasoning", "summary_text", "reasoning_text"))

_PART_TYPES = (
    _TEXT_PARTS
    | _REASONING_PARTS
    | frozenset(
        ("image", "image_url", "input_image", "input_audio", "input_file", "file", "document", "tool_use",
         "tool_result", "tool_call", "tool-call", "tool-result", "redacted_thinking", "server_tool_use",
         "web_search_tool_result")
    )
)  # fmt: skip

Json = Mapping[str, Any]
"""An object of decoded JSON: a dict, which is told at a glance; whether a class is a ``Mapping`` takes longer than all
the rest."""

Fields = dict[str, Any]
"""Canonical column names to values, as a format gives them: unchecked, absent meaning null."""

_SHOWN = 80


class RecordError(ValueError):
    """Why one record cannot become an exchange, as a sentence for the dead-letter table.

    It never reaches a caller of Stillwatch: a bad record stops nothing.

    Attributes:
        part: of several records that were read together, the place of the one that it speaks of.
    """

    part: int = 0

    def of(self, part: int) -> RecordError:
        """The same, of the record in this place."""
        self.part = part
        return self


class Message(msgspec.Struct, gc=False):
    """One message of a conversation, its content reduced to text (null where it has none)."""

    role: str
    content: str | None = None


def shown(value: object) -> str:
    """``value`` as a person would quote it, cut to 80 characters."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


# An object or a list, or the text of one that was written as JSON text a second time; no `[1]`, `[INST]`, `{{name}}`.
_BEGINS = re.compile(r"""\s*"?(?:\{\s*(?:\\?["'}]|$)|\[\s*(?:["'{\]]|\[\s*["'{\[]|\\"|$))""")
_AS_PYTHON = re.compile(r"\s*[\[{]\s*(?:\{\s*)?'")
_LONGEST_LITERAL = 1 << 20


def may_be_json(text: str) -> bool:
    """Whether a text begins as JSON that a logger wrote as a string does."""
    return _BEGINS.match(text) is not None


def parsed(value: object, where: str) -> Any:
    """``value``, decoded first where a logger wrote the JSON, or what Python shows of it, as a string."""
    if not isinstance(value, str) or not _BEGINS.match(value):
        return value
    try:
        read = msgspec.json.decode(value)
        return msgspec.json.decode(read) if isinstance(read, str) else read
    except (msgspec.MsgspecError, RecursionError, ValueError):
        if _AS_PYTHON.match(value) and len(value) < _LONGEST_LITERAL:
            try:
                return ast.literal_eval(value.strip())
            except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
                pass
        # Loggers cut long bodies: half of a JSON text is of no use, but it says so.
        raise RecordError(f"`{where}`: JSON text that cannot be parsed: {shown(value)}") from None


def parsed_or_text(value: object, where: str) -> Any:
    """``value`` decoded, or as it is where it is what somebody wrote that only begins like JSON.

    Raises:
        RecordError: it is JSON that was cut.
    """
    try:
        return parsed(value, where)
    except RecordError:
        if isinstance(value, str) and not _is_cut(value.strip()):
            return value
        raise


def _is_cut(text: str) -> bool:
    """Whether a text breaks off within JSON; what goes on after it, or is none before its end, does not."""
    try:
        json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text) or error.msg.startswith("Unterminated")
    except RecursionError:
        return True
    return False


def object_of(value: object, where: str) -> Json:
    """``value`` as an object; null, and nothing else, is an empty one.

    Raises:
        RecordError: another type stands there.
    """
    if isinstance(value, dict):
        return value
    value = parsed(unpacked_text(value) if isinstance(value, str) else value, where)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise RecordError(f"`{where}`: expected an object, got {shown(value)}")


def object_or_empty(value: object) -> Json:
    """``value`` as an object, also as its JSON text; an empty one where it is anything else."""
    try:
        return object_of(value, "an object")
    except RecordError:
        return {}


def plain_object(value: object) -> Json:
    """``value`` where it is an object, no text of one; else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: object, where: str) -> Sequence[Any]:
    """``value`` as a list; null is an empty one.

    Raises:
        RecordError: another type stands there.
    """
    if isinstance(value, list):
        return value
    value = parsed(value, where)
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return value
    raise RecordError(f"`{where}`: expected a list, got {shown(value)}")


def first(record: Json, *names: str) -> Any:
    """The first of ``names`` that has a value other than null and the empty string."""
    for name in names:
        value = record.get(name)
        if value is not None and value != "":
            return value
    return None


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of several sources in one: a later layer wins, but null wins over nothing; notes are joined."""
    fields: dict[str, Any] = {}
    for layer in layers:
        before, note = fields.get("note"), layer.get("note")
        fields |= {name: value for name, value in layer.items() if value is not None}
        if before and note:
            fields["note"] = f"{before}; {note}"
    return fields


def noted(fields: Fields, sentence: str) -> None:
    """Add to what of a record could not be read."""
    before = fields.get("note")
    fields["note"] = f"{before}; {sentence}" if before else sentence


def identity(value: object) -> Any:
    """An identifier as text without blanks around it: numbers become their digits, empty text and nobody null."""
    if type(value) is str:
        value = value.strip()
        return None if value == "" or is_nobody(value) else value
    if value is None:
        return None
    # Data frames write whole numbers with a point.
    value = whole(value)
    return str(value) if type(value) is int else value


def whole(value: object) -> Any:
    """64.0 as 64, which is how data frames write counts; everything else unchanged."""
    return int(value) if type(value) is float and value.is_integer() and abs(value) < 2**63 else value


def _part_texts(parts: Iterable[Any], kinds: frozenset[str], keys: tuple[str, ...]) -> str | None:
    texts = []
    for part in parts:
        if isinstance(part, str):
            if kinds is _TEXT_PARTS:
                texts.append(part)
        elif isinstance(part, dict) and (part.get("type", "text") in kinds):
            text = first(part, *keys)
            if isinstance(text, str):
                texts.append(text)
    return "\n".join(texts) if texts else None


def parts_of(content: object) -> object:
    """A message's content; parts of the APIs' known types that were written as JSON text as a list.

    Any other text is what somebody said, though it be JSON.
    """
    if not isinstance(content, str) or content[:2] != "[{" or content[-2:] != "}]":
        return content
    try:
        found = parsed(content, "content")
    except RecordError:
        return content
    known = all(isinstance(part, dict) and part.get("type") in _PART_TYPES for part in found)
    return found if known else content


def content_text(content: object, where: str = "content") -> str | None:
    """Text of a message's content: a string, or its parts of type text joined by newlines.

    Images, tool calls and other parts have no text and are left out; null where nothing is left.

    Raises:
        RecordError: neither text, parts nor null.
    """
    content = parts_of(content)
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = content["parts"] if isinstance(content.get("parts"), list) else (content,)
    if not isinstance(content, list | tuple):
        raise RecordError(f"`{where}`: expected text or content parts, got {shown(content)}")
    return _part_texts(content, _TEXT_PARTS, ("text", "content", "refusal"))


def reasoning_text(content: object) -> str | None:
    """Reasoning among a message's content parts (thinking, reasoning, summaries), or null."""
    if not isinstance(content, list | tuple):
        return None
    return _part_texts(content, _REASONING_PARTS, ("thinking", "text", "content"))


def of_frameworks(item: Json) -> Json:
    """A message with the usual names, as Haystack (``_role``, ``_content``), LlamaIndex (``blocks``) and .NET's
    libraries (``Role``, ``Items`` or ``contents``) write one."""
    if "Role" in item and "role" not in item:
        item = {name[:1].lower() + name[1:]: value for name, value in item.items()}
        role = item["role"]
        item["role"] = first(role, "label", "Label", "value") if isinstance(role, dict) else role
    if "_role" in item and "_content" in item:
        return {"role": item["_role"], "content": item["_content"]}
    held = first(item, "blocks", "items", "contents") if item.get("content") is None else None
    if isinstance(held, list) and all(isinstance(one, dict) for one in held):
        texts = [first(one, "text", "Text") for one in held]
        return {**item, "content": [{"type": "text", "text": text} for text in texts if isinstance(text, str)]}
    return item


def messages(value: object, where: str = "messages") -> list[Message] | None:
    """A list of ``{role, content}`` objects as messages; null for null.

    Raises:
        RecordError: not a list, or an item without a role.
    """
    if value is None:
        return None
    made = []
    for position, item in enumerate(listed(value, where)):
        if isinstance(item, dict):
            role, content = item.get("role"), item.get("content")
            if type(role) is str and type(content) is str and content[:1] != "[":
                # As most are.
                made.append(Message(role, content))
                continue
            if "role" not in item and isinstance(item.get("from"), str):
                item = {**item, "role": item["from"], "content": first(item, "value", "content")}
            item = of_frameworks(item)
        if not isinstance(item, dict) or not isinstance(item.get("role"), str):
            if isinstance(item, dict) and isinstance(item.get("type"), str) and item["type"] != "message":
                # An item of the responses API: what a tool gave, or what the model did, which is no message.
                if item["type"] in ("function_call_output", "tool_result"):
                    made.append(Message("tool", content_text(first(item, "output", "content"), f"{where}[{position}]")))
                continue
            raise RecordError(f"`{where}[{position}]`: expected {{role, content}}, got {shown(item)}")
        content = item.get("content")
        if content is None:
            content = first(item, "parts", "message", "text")
        made.append(Message(item["role"], content_text(content, f"{where}[{position}].content")))
    return made


def names_of_tools(value: object, where: str = "tools") -> list[str] | None:
    """The names of offered tools, whichever way their definitions are nested.

    ``{"function": {"name"}}`` (OpenAI), ``{"name"}`` (Anthropic), ``{"toolSpec": {"name"}}`` (Bedrock),
    plain strings; a built-in tool without a name goes by its type.
    """
    if value is None:
        return None
    names = []
    for tool in listed(value, where):
        name: object = tool
        if isinstance(tool, dict):
            inner = first(tool, "function", "toolSpec")
            name = first(inner, "name") if isinstance(inner, dict) else first(tool, "name", "type")
        if not isinstance(name, str):
            raise RecordError(f"`{where}`: a tool without a name: {shown(tool)}")
        names.append(name)
    return names


def stop_list(value: object) -> Any:
    """Stop sequences as a list; one string is a list of one."""
    return [value] if isinstance(value, str) else value
