"""Rules of what may pass: a value and a ``Redaction`` in, what may pass out, or ``LEFT_OUT``.

``answer_shapes`` builds the allow-list of every known answer from these. Whatever a rule does not know, it leaves out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from stillwatch.core.reasoning_tags import (
    ReasoningFilter,
    is_reasoning_name,
    without_reasoning_across,
    without_reasoning_tags,
)
from stillwatch.core.remembered import remembers_short

__all__ = [
    "LEFT_OUT",
    "REASONING_PARTS",
    "Redaction",
    "Rule",
    "across",
    "arguments",
    "constant",
    "encoded",
    "identifier",
    "is_hidden",
    "kept",
    "logprobs",
    "many",
    "model",
    "number",
    "obj",
    "piece",
    "said_text",
    "scrubbed_arguments",
    "text",
    "typed",
    "unless_hidden",
    "without_logprobs",
    "word",
]


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is taken out of an answer.

    Attributes:
        hide_reasoning: reasoning in every form, and with it all log probabilities, which would spell it out.
        keep_summaries: leave what the upstream itself calls a summary.
        top_logprobs: at most so many alternatives a token; -1 takes log probabilities out whole; None leaves them.
        streaming: what a rule calls a piece is one of many, which the stream's own filters see to.
        within: the answer begins within reasoning, whose tag stands in what it goes on from.
        begun: what of a tag stands at the end of what it goes on from.
        opens: tells of the models that an answer names whether it does.
        under_way: more of the answer is to come, and may show that what is here was reasoning.
    """

    hide_reasoning: bool = False
    keep_summaries: bool = False
    top_logprobs: int | None = None
    streaming: bool = False
    within: bool = False
    begun: str = ""
    opens: Callable[..., bool] | None = None
    under_way: bool = False

    def __bool__(self) -> bool:
        return self.hide_reasoning or self.top_logprobs is not None

    def for_answer(self, body: object) -> Redaction:
        """The same for an answer, or an event of one, that says which model it is of."""
        if self.within or self.opens is None or not isinstance(body, Mapping):
            return self
        said = [body, body.get("response"), body.get("message")]
        models = [one["model"] for one in said if isinstance(one, Mapping) and isinstance(one.get("model"), str)]
        return replace(self, within=self.opens(*models))

    def pieces(self) -> Redaction:
        """The same for a stream."""
        return replace(self, streaming=True)

    def whole(self) -> Redaction:
        """The same for what comes whole."""
        return replace(self, streaming=False) if self.streaming else self


Rule = Callable[[Any, Redaction], Any]

LEFT_OUT = object()
_PROBABILITIES = ("logprob", "logit", "probabilit", "tokenprob")
_TOKENS_NAMES = frozenset(
    ("probs", "topprobs", "toptokens", "topntokens", "tokens", "tokenids", "alternatives", "prefill")
)
"""Names under which model servers give tokens with their probabilities, lowered and without ``_`` and ``-``."""
_WORD = re.compile(r"[\w.:/@+\-]{0,80}", re.ASCII)
_LONGEST_ID = 80
_DOCUMENTS = 4
"""JSON within texts of JSON is looked into so deep; nobody needs more, and what is deeper does not pass."""
REASONING_PARTS = ("thinking", "reasoning", "redacted_thinking", "reasoning_text", "summary_text")


def is_hidden(message: Mapping[str, Any]) -> bool:
    """Whether a message or a piece of one brings reasoning in a field of its own."""
    parts = message.get("content")
    apart = any(value and is_reasoning_name(name) for name, value in message.items())
    return apart or (
        isinstance(parts, list) and any(isinstance(p, Mapping) and p.get("type") in REASONING_PARTS for p in parts)
    )


def kept(rule: Rule, value: object, redaction: Redaction) -> Any:
    """What the rule lets pass, or None."""
    passed = rule(value, redaction)
    return None if passed is LEFT_OUT else passed


def number(value: Any, _: Redaction) -> Any:
    """A number, a truth value, or null."""
    return value if value is None or isinstance(value, int | float) else LEFT_OUT


def word(value: Any, _: Redaction) -> Any:
    """A name or a short code: no spaces, at most 80 characters."""
    return value if value is None or (isinstance(value, str) and _WORD.fullmatch(value)) else LEFT_OUT


def model(value: Any, redaction: Redaction) -> Any:
    """The name of a model, which may hold slashes and be long."""
    short = isinstance(value, str) and len(value) <= 160
    return value if short and value.isascii() and " " not in value else word(value, redaction)


def identifier(value: Any, _: Redaction) -> Any:
    """An id. Some gateways append a thought signature to the ids of tool calls: it is cut off."""
    if not isinstance(value, str):
        return None if value is None else LEFT_OUT
    value = value.partition("__thought__")[0]
    if len(value) <= _LONGEST_ID and _WORD.fullmatch(value):
        return value
    return f"id_{hashlib.blake2b(value.encode(errors='replace'), digest_size=16).hexdigest()}"


def text(value: Any, redaction: Redaction) -> Any:
    """Text that was meant to be seen, less the reasoning between tags in it."""
    if not isinstance(value, str):
        return None if value is None else LEFT_OUT
    return without_reasoning_tags(value) if redaction.hide_reasoning else value


def piece(value: Any, redaction: Redaction) -> Any:
    """Text that comes in pieces where it is streamed: there as it is, and whoever streams it must filter it."""
    return value if redaction.streaming and isinstance(value, str) else text(value, redaction)


def across(parts: Any, redaction: Redaction) -> Any:
    """Parts of one text, without the reasoning that begins in one of them and ends in another."""
    if not (redaction.hide_reasoning and isinstance(parts, list)):
        return parts
    places = [
        (number, name)
        for number, part in enumerate(parts)
        if isinstance(part, Mapping) and part.get("type") not in REASONING_PARTS
        for name in ("text", "refusal")
        if isinstance(part.get(name), str)
    ]
    made = [dict(part) if isinstance(part, Mapping) else part for part in parts]
    apart = any(isinstance(part, Mapping) and part.get("type") in REASONING_PARTS for part in parts)
    texts = [parts[number][name] for number, name in places]
    within = redaction.within and not apart
    if redaction.under_way and not apart:
        seen = ReasoningFilter(within=within, begun=redaction.begun)
        clean = [seen.feed(one) for one in texts]
    else:
        clean = without_reasoning_across(texts, within=within, begun=redaction.begun)
    for (number, name), text_left in zip(places, clean, strict=True):
        made[number][name] = text_left
    return made


def said_text(value: Any, redaction: Redaction) -> Any:
    """The text of an answer itself, which may begin within reasoning."""
    opened = redaction.within or redaction.begun
    if opened and redaction.hide_reasoning and not redaction.streaming and isinstance(value, str):
        return without_reasoning_across([value], within=redaction.within, begun=redaction.begun)[0]
    return piece(value, redaction)


def encoded(value: Any, redaction: Redaction) -> Any:
    """Base64, as pictures and sound come."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9+/=_\-]*", value) else LEFT_OUT


def unless_hidden(value: Any, redaction: Redaction) -> Any:
    """Whatever it is, unless reasoning is hidden; less log probabilities where those are limited."""
    if redaction.hide_reasoning:
        return LEFT_OUT
    return value if redaction.top_logprobs is None else without_logprobs(value)


@remembers_short(4096)
def _spells_out(name: str) -> bool:
    """Whether a field of this name holds tokens with what else could have stood there."""
    plain = name.lower().replace("_", "").replace("-", "")
    return plain in _TOKENS_NAMES or any(part in plain for part in _PROBABILITIES)


def without_logprobs(value: Any) -> Any:
    """A JSON value without fields named for log probabilities."""
    if isinstance(value, list):
        return [without_logprobs(item) for item in value]
    if isinstance(value, Mapping):
        return {name: without_logprobs(item) for name, item in value.items() if not _spells_out(str(name))}
    return value


def constant(value: object) -> Rule:
    """Always the same, where there is anything."""
    return lambda given, _: value if given is not None else None


def obj(**fields: Rule) -> Rule:
    """An object of these fields and no others."""

    def rule(value: Any, redaction: Redaction) -> Any:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            return LEFT_OUT
        passed = {name: fields[name](item, redaction) for name, item in value.items() if name in fields}
        return {name: item for name, item in passed.items() if item is not LEFT_OUT}

    return rule


def many(rule: Rule) -> Rule:
    """A list, less the entries that may not pass."""

    def each(value: Any, redaction: Redaction) -> Any:
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            return LEFT_OUT
        return [item for item in (rule(one, redaction) for one in value) if item is not LEFT_OUT]

    return each


def typed(rules: Mapping[str, Rule], default: str | None = None) -> Rule:
    """An object told by its ``type``; any other type is left out."""

    def rule(value: Any, redaction: Redaction) -> Any:
        kind = value.get("type", default) if isinstance(value, Mapping) else None
        return rules[kind](value, redaction) if isinstance(kind, str) and kind in rules else LEFT_OUT

    return rule


def _scrubbed(value: Any, deep: int = _DOCUMENTS) -> Any:
    """A JSON value without reasoning tags in its texts and without fields named for reasoning; and so JSON in texts."""
    if isinstance(value, str):
        return _scrubbed_text(value, deep)
    if isinstance(value, list):
        return [_scrubbed(item, deep) for item in value]
    if isinstance(value, Mapping):
        return {
            without_reasoning_tags(name): _scrubbed(item, deep)
            for name, item in value.items()
            if not is_reasoning_name(name)
        }
    return value


def _scrubbed_text(said: str, deep: int) -> str:
    """A text; where it is a JSON document itself, tags in it may be escaped once more, and fields have names."""
    said = without_reasoning_tags(said)
    if said.lstrip()[:1] not in ("{", "[", '"'):
        return said
    try:
        given = msgspec.json.decode(said)
    except (ValueError, RecursionError):
        return said
    if not isinstance(given, Mapping | list | str):
        return said
    clean = _scrubbed(given, deep - 1) if deep else None
    return said if clean == given and not _repeats(said) else msgspec.json.encode(clean).decode()


def scrubbed_arguments(given_text: str) -> str:
    """The arguments of a tool call without reasoning; empty where they are not JSON and so cannot be judged."""
    try:
        given = msgspec.json.decode(given_text) if given_text else None
        if not isinstance(given, Mapping | list):
            return ""
        clean = _scrubbed(given)
        return given_text if clean == given and not _repeats(given_text) else msgspec.json.encode(clean).decode()
    except (ValueError, RecursionError):
        return ""


def _repeats(given_text: str) -> bool:
    """Whether a name stands twice in one object: only one of its values was looked at."""
    lengths: list[int] = []

    def once(pairs: list[tuple[str, Any]]) -> None:
        lengths.append(len(pairs) - len({name for name, _ in pairs}))

    json.loads(given_text, object_pairs_hook=once)
    return any(lengths)


def arguments(value: Any, redaction: Redaction) -> Any:
    """Arguments of a tool call, as JSON text, of which a stream filters the pieces, or as an object."""
    if not redaction.hide_reasoning or (redaction.streaming and isinstance(value, str)):
        return value
    if isinstance(value, str):
        return scrubbed_arguments(value)
    return _scrubbed(value) if isinstance(value, Mapping) else LEFT_OUT


def _top(value: Any, redaction: Redaction) -> Any:
    most = redaction.top_logprobs
    if isinstance(value, Mapping):
        # Completions of old: token to log probability.
        likeliest = sorted((pair for pair in value.items() if isinstance(pair[1], int | float)), key=lambda p: -p[1])
        return dict(likeliest[:most])
    return value[:most] if isinstance(value, list) else None


_ALTERNATIVE = obj(token=unless_hidden, logprob=number, bytes=unless_hidden)
_TOKEN = obj(
    token=unless_hidden,
    logprob=number,
    bytes=unless_hidden,
    top_logprobs=lambda value, redaction: many(_ALTERNATIVE)(_top(value, redaction), redaction),
)
_CAPPED = obj(
    content=many(_TOKEN),
    refusal=many(_TOKEN),
    tokens=unless_hidden,
    token_logprobs=many(number),
    text_offset=many(number),
    top_logprobs=many(_top),
)


def logprobs(value: Any, redaction: Redaction) -> Any:
    """Log probabilities: as they are, capped, or none. Hidden reasoning takes them along."""
    if redaction.hide_reasoning or redaction.top_logprobs == -1:
        return [] if isinstance(value, list) else None
    if redaction.top_logprobs is None:
        return value
    return (many(_TOKEN) if isinstance(value, list) else _CAPPED)(value, redaction)
