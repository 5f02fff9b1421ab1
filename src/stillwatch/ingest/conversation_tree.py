"""A chat's messages as exchanges: each answer with the path of messages that led to it.

Chat front ends keep trees, for a question can be edited and an answer asked for again. An answer is an exchange
with what stands above it; so is a question that nobody answered. The first answer to a question was asked for when
the question was; a further one, when it was itself begun.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stillwatch.ingest.record import Fields, Message, RecordError, shown

__all__ = ["Node", "exchanges_of"]


@dataclass(slots=True)
class Node:
    """A message of a tree.

    Attributes:
        id, parent: as the front end names them; a parent that is absent is none.
        role: ``user``, ``assistant``, ``system`` or another.
        text: what it says, null where it says nothing.
        time: when it was written, as in the log.
        answer: canonical fields of an answer: model, tokens, stop_reason and the like.
        asker: canonical fields of a question: whose it is, where each says so.
    """

    id: str
    parent: str | None
    role: str
    text: str | None
    time: Any
    answer: Fields = field(default_factory=dict)
    asker: Fields = field(default_factory=dict)


def exchanges_of(nodes: Sequence[Node], shared: Fields) -> Iterator[Fields | RecordError]:
    """The exchanges of a tree, in the order of its messages.

    Args:
        nodes: messages; of two with one id the first counts.
        shared: canonical fields that hold for each, such as the account and the session.
    """
    by_id: dict[str, Node] = {}
    for node in nodes:
        by_id.setdefault(node.id, node)
    answers: dict[str, list[Node]] = {}
    for node in by_id.values():
        if node.role == "assistant" and node.parent in by_id and by_id[node.parent].role != "assistant":
            answers.setdefault(node.parent, []).append(node)
    for node in by_id.values():
        if node.role == "assistant" and (node.parent is None or node.parent not in by_id):
            yield RecordError(f"an answer alone: what it answers ({shown(node.parent)}) is not in the log")
        if node.role != "user":
            continue
        path = _path(node, by_id)
        if path is None:
            yield RecordError(f"message {shown(node.id)} is its own ancestor")
            continue
        for place, answer in enumerate(answers.get(node.id) or [None]):
            yield _exchange(node, answer, path, shared, again=place > 0)


def _path(node: Node, by_id: Mapping[str, Node]) -> list[Message] | None:
    """The messages from the root to a node; None where they run in a circle."""
    found: list[Message] = []
    seen: set[str] = set()
    at: Node | None = node
    while at is not None:
        if at.id in seen:
            return None
        seen.add(at.id)
        found.append(Message(at.role, at.text))
        at = by_id.get(at.parent) if at.parent is not None else None
    return found[::-1]


def _exchange(node: Node, answer: Node | None, path: list[Message], shared: Fields, *, again: bool) -> Fields:
    asked = answer.time if again and answer is not None and answer.time is not None else node.time
    fields: Fields = {**shared, **node.asker, "time": asked, "messages": path, "exchange_id": (answer or node).id}
    if answer is not None:
        fields |= {
            "response": answer.text,
            **{name: value for name, value in answer.answer.items() if value is not None},
        }
    return fields
