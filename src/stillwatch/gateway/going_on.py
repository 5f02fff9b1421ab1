"""What an answer goes on from: whether a request opens reasoning itself, or begins a tag that the answer may end.

Servers go on from a prompt, from a turn that the model is said to have begun and, where they are asked to, from any
last turn. To know one more place, add its plain name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stillwatch.core.reasoning_tags import begun_tag, ends_within_reasoning
from stillwatch.gateway.amounts import ids_in
from stillwatch.gateway.setting_names import NESTED, NO_SETTINGS, plain_name
from stillwatch.gateway.texts import texts_of

__all__ = ["goes_on_from"]

_PROMPTS = frozenset(("prompt", "inputs", "responseprefix", "assistantprefix", "prefill")) | {"chattemplatekwargs"}
"""What a template is given may stand where the answer begins."""
_TURNS = frozenset(("messages", "input", "contents"))
_UNREAD = frozenset(("prompttokenids", "inputids", "promptembeds", "inputembeds"))
"""A prompt in which nobody here can read whether it opens reasoning."""
_OTHERS = frozenset(("user", "system", "developer", "tool", "function"))
_TEXTS = ("text", "content", "refusal")


def goes_on_from(body: Any) -> tuple[bool, str]:
    """Whether the answer goes on within reasoning; and what of a tag stands at the end of what it goes on from.

    >>> goes_on_from({"prompt": "Sum? <think>"}), goes_on_from({"prompt": "Sum? <thi"})
    ((True, ''), (False, '<thi'))
    """
    if not isinstance(body, Mapping):
        return False, ""
    begun: set[str] = set()
    for one in _objects(body):
        if ids_in(one) or any(value for name, value in one.items() if plain_name(name) in _UNREAD):
            return True, ""
        for text in _texts(one):
            if ends_within_reasoning(text):
                return True, ""
            begun.add(begun_tag(text.rstrip()))
    # Which of several prompts an answer goes on from is not told. Letters alone may begin a word as well.
    marked = {one for one in begun if one and not one.isalpha()}
    return len(marked) > 1, max(marked or begun, key=len, default="") if len(marked) < 2 else ""


def _objects(body: Mapping[Any, Any], deep: int = NESTED) -> Iterator[Mapping[Any, Any]]:
    """A request, and the objects in it that some servers lay over it."""
    yield body
    for name, value in body.items():
        if deep and isinstance(value, Mapping) and plain_name(name) not in NO_SETTINGS:
            yield from _objects(value, deep - 1)


def _texts(body: Mapping[Any, Any]) -> Iterator[str]:
    """Each text that the answer may go on from."""
    plain = {plain_name(name): value for name, value in body.items()}
    # An unknown word for yes is one: servers differ in what they take for it.
    any_turn = plain.get("continuefinalmessage") not in (None, False)
    any_turn |= plain.get("addgenerationprompt", True) is not True
    for name, value in plain.items():
        if name in _PROMPTS:
            yield from texts_of(value)
        turn = value[-1] if name in _TURNS and isinstance(value, list) and value else None
        if isinstance(turn, Mapping) and (any_turn or _is_the_models(turn)):
            # Servers put the parts of a turn together.
            yield "".join(_parts([turn.get("content"), turn.get("parts")]))


def _is_the_models(turn: Mapping[Any, Any]) -> bool:
    role = turn.get("role")
    return isinstance(role, str) and role.strip().lower() not in _OTHERS


def _parts(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, list):
        for one in said:
            yield from _parts(one)
    elif isinstance(said, Mapping):
        yield from _parts([said.get(name) for name in _TEXTS])
