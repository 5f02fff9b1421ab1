"""Answers that come in pieces, with only what may pass: one class an API, each keeping what the next piece needs.

An event is told by what it holds, not by the path asked for, and one of no known shape is left out. Text goes
through a ``ReasoningFilter`` for each place it can stand in. The arguments of tool calls are held back until
they are whole, because reasoning in them may be escaped or cut anywhere; nothing else waits. Items that are left
out leave no gap: what follows is numbered anew, or the clients' own libraries would stumble.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from stillwatch.core.reasoning_tags import ReasoningFilter, without_reasoning_tags
from stillwatch.gateway.allowed import Redaction, is_hidden, kept, scrubbed_arguments
from stillwatch.gateway.answer_shapes import CHUNK, ERROR
from stillwatch.gateway.endings import is_an_end
from stillwatch.gateway.events import Event, EventReader
from stillwatch.gateway.messages_stream import MESSAGE_EVENTS, MessagesStream
from stillwatch.gateway.responses_stream import ResponsesStream

__all__ = ["ChatStream", "StreamRedactor"]

_SAID = ("content", "text")
"""Where the text of an answer itself stands."""


class ChatStream:
    """Chunks of chat completions and of completions.

    Args:
        redaction: what is taken out.
        hold: keep text back until this upstream has shown that it tells its reasoning apart.
    """

    def __init__(self, redaction: Redaction, *, hold: bool) -> None:
        self._redaction = redaction.pieces()
        self._hold = hold
        self._texts: dict[tuple[Any, ...], ReasoningFilter] = {}
        self._arguments: dict[tuple[Any, ...], list[str]] = {}
        self._settled: set[Any] = set()
        self._ended: dict[tuple[Any, ...], ReasoningFilter] = {}
        self._in_doubt: dict[Any, str] = {}
        self._head: dict[str, Any] = {}
        self._under_way: set[Any] = set()
        self._announced: set[tuple[Any, ...]] = set()
        self._usage: Any = None
        self._over: set[Any] = set()

    def chunk(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """What may pass of one chunk, or None where nothing of it is left."""
        passed: dict[str, Any] = kept(CHUNK, body, self._redaction) or {}
        if not self._redaction.hide_reasoning:
            return passed
        given = [choice for choice in body["choices"] if isinstance(choice, Mapping)]
        choices = [self._choice(was, choice) for was, choice in zip(given, passed["choices"], strict=True)]
        passed["choices"] = [choice for choice in choices if choice is not None]
        self._head = {name: value for name, value in passed.items() if name not in ("choices", "usage")}
        self._spent(passed)
        return passed if passed["choices"] or passed.get("usage") or (not given and self._first("empty")) else None

    def _spent(self, passed: dict[str, Any]) -> None:
        """Say what was spent once no choice is under way: before, the difference tells each thought's length."""
        if passed.get("usage"):
            over = self._over and not self._under_way
            self._usage = None if over else passed.pop("usage")

    def _first(self, *what: Any) -> bool:
        """Whether something is said for the first time: said with every hidden piece, it would count them."""
        first = what not in self._announced
        self._announced.add(what)
        return first

    def rest(self) -> Iterator[dict[str, Any]]:
        """What is still held of choices that ended for a reason nobody knows, once the stream says that it is over."""
        for index, where in [*self._in_doubt.items()]:
            left: dict[str, Any] = {"index": index, "finish_reason": "stop", **({"delta": {}} if where else {})}
            choice = self._choice(left, dict(left)) or {}
            choice["finish_reason"] = None
            yield {**self._head, "choices": [choice]}
        if self._usage:
            yield {**self._head, "choices": [], "usage": self._usage}
            self._usage = None

    def _choice(self, was: Mapping[str, Any], choice: dict[str, Any]) -> dict[str, Any] | None:
        index = choice.get("index") or 0
        delta = choice.get("delta")
        if isinstance(was.get("delta"), Mapping) and is_hidden(was["delta"]):
            self._settled.add(index)
            for place, seen in self._texts.items():
                if place[0] == index:
                    seen.settle()
        ends = self._ends(index, was, "" if delta is None else "delta")
        self._stands(index, was.get("delta"), ends=ends)
        if not ends and self._holds(index):
            # Of a message that grows with every chunk nobody knows yet what of it is reasoning.
            choice.pop("message", None)
        if "text" in choice or (ends and delta is None):
            choice["text"] = self._piece(index, "text", choice.get("text"), ends=ends)
        if delta is not None:
            self._delta(index, delta, ends=ends)
        if ends:
            # What follows all the same is looked at as what follows nothing.
            for place in [place for place in self._texts if place[0] == index]:
                self._ended[place] = self._texts.pop(place)
        if delta is None:
            return choice if ends or choice.get("text") else None
        said = any(delta.get(name) for name in ("content", "refusal", "tool_calls", "function_call"))
        said = said or any((delta.get("audio") or {}).get(name) for name in ("data", "transcript"))
        greets = (delta.get("role") or delta.get("audio")) and self._first("choice", index)
        return choice if said or ends or greets else None

    def _stands(self, index: Any, delta: object, *, ends: bool) -> None:
        """Keep in mind which are under way. Behind its end one may stand again, empty, beside what was spent."""
        if ends:
            self._under_way.discard(index)
            self._over.add(index)
        elif index not in self._over or (isinstance(delta, Mapping) and any(delta.values())):
            self._under_way.add(index)

    def _ends(self, index: Any, was: Mapping[str, Any], where: str) -> bool:
        """Whether a choice ends, as far as is known: a reason that is not known may be given with every piece."""
        reason = was.get("finish_reason")
        ends = is_an_end(reason)
        if ends:
            self._in_doubt.pop(index, None)
        elif reason:
            self._in_doubt[index] = where
        return ends

    def _holds(self, index: Any) -> bool:
        return self._hold and index not in self._settled

    def _delta(self, index: int, delta: dict[str, Any], *, ends: bool) -> None:
        content = delta.get("content")
        if isinstance(content, list):
            for part in content:
                for name in ("text", "refusal"):
                    if isinstance(part.get(name), str):
                        part[name] = self._text(index, "content").feed(part[name])
            rest = self._text(index, "content").finish() if ends else ""
            delta["content"] = [*content, {"type": "text", "text": rest}] if rest else content
        elif content is not None or ends:
            delta["content"] = self._piece(index, "content", content, ends=ends)
        if delta.get("refusal") or (ends and (index, "refusal") in self._texts):
            delta["refusal"] = self._piece(index, "refusal", delta.get("refusal"), ends=ends)
        spoken = delta.get("audio") or {}
        if spoken.get("transcript") or (ends and (index, "transcript") in self._texts):
            said = self._piece(index, "transcript", spoken.get("transcript"), ends=ends)
            delta["audio"] = {**spoken, "transcript": said}
        self._calls(index, delta, ends=ends)

    def _calls(self, index: int, delta: dict[str, Any], *, ends: bool) -> None:
        """Hold arguments back; give each whole, once its choice ends."""
        calls = []
        for call in delta.get("tool_calls") or ():
            place = (index, "call", call.get("index") or 0)
            self._hold_arguments(place, call.get("function"))
            custom = call.get("custom")
            if custom and isinstance(custom.get("input"), str):
                self._arguments.setdefault((index, "custom", place[2]), []).append(custom["input"])
                custom["input"] = ""
            named = call.get("id"), (call.get("function") or {}).get("name"), (custom or {}).get("name")
            if any(named) and self._first(*place, *named):
                calls.append(call)
        if delta.get("function_call"):
            self._hold_arguments((index, "function"), delta["function_call"])
            name = delta["function_call"].get("name")
            if not (name and self._first(index, "function", name)):
                del delta["function_call"]
        if ends:
            for place in [place for place in self._arguments if place[0] == index]:
                given = "".join(self._arguments.pop(place))
                whole = without_reasoning_tags(given) if place[1] == "custom" else scrubbed_arguments(given)
                if place[1] == "custom":
                    calls.append({"index": place[2], "custom": {"input": whole}})
                elif place[1] == "call":
                    calls.append({"index": place[2], "function": {"arguments": whole}})
                else:
                    delta["function_call"] = {**delta.get("function_call", {}), "arguments": whole}
        if calls:
            delta["tool_calls"] = calls
        else:
            delta.pop("tool_calls", None)

    def _hold_arguments(self, place: tuple[Any, ...], function: dict[str, Any] | None) -> None:
        if function and isinstance(function.get("arguments"), str):
            self._arguments.setdefault(place, []).append(function["arguments"])
            function["arguments"] = ""

    def _text(self, *place: Any) -> ReasoningFilter:
        if place not in self._texts:
            within = self._redaction.within and place[0] not in self._settled and place[1] in _SAID
            self._texts[place] = ReasoningFilter(
                hold=self._holds(place[0]),
                after=self._ended.get(place),
                within=within,
                begun=self._redaction.begun if place[1] in _SAID else "",
            )
        return self._texts[place]

    def _piece(self, index: int, name: str, piece: object, *, ends: bool) -> str:
        seen = self._text(index, name)
        shown = seen.feed(piece) if isinstance(piece, str) else ""
        return shown + seen.finish() if ends else shown


class StreamRedactor:
    """Bytes of a stream in, bytes with only what may pass out.

    Args:
        redaction: what is taken out.
        hold: keep text back until this upstream has shown that it tells its reasoning apart.
    """

    def __init__(self, redaction: Redaction, *, hold: bool = True) -> None:
        self._redaction = redaction
        self._hold = hold
        self._begun = False
        self._reader = EventReader()
        self._apart(redaction)

    def _apart(self, redaction: Redaction) -> None:
        self._chat = ChatStream(redaction, hold=self._hold)
        self._messages = MessagesStream(redaction, hold=self._hold)
        self._responses = ResponsesStream(redaction, hold=self._hold)

    def feed(self, piece: bytes) -> bytes:
        """What may pass of the stream so far and was not given yet."""
        return b"".join(event.encoded() for came in self._reader.feed(piece) for event in self.event(came))

    def event(self, event: Event) -> Iterator[Event]:
        """What may pass of one event: nothing, itself made smaller, or several."""
        if event.data == b"[DONE]":
            yield from (Event(None, msgspec.json.encode(left)) for left in self._chat.rest())
            yield Event(None, b"[DONE]")
            return
        try:
            body = msgspec.json.decode(event.data)
        except (ValueError, RecursionError):
            return
        if isinstance(body, Mapping):
            for passed in self.bodies(body):
                kind = passed.get("type")
                # The name is the event's own only where it repeats the type.
                name = kind if event.name and isinstance(kind, str) else "error" if event.name == "error" else None
                yield Event(name, msgspec.json.encode(passed))

    def rest(self) -> Iterator[dict[str, Any]]:
        """What is still held once the stream is over, where no event says so."""
        yield from self._chat.rest()

    def bodies(self, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What may pass of one event's body; of one that is built as nobody foresaw, nothing more."""
        try:
            yield from self._bodies(body)
        except (TypeError, AttributeError, KeyError, ValueError, RecursionError):
            return

    def _bodies(self, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        kind = body.get("type")
        if not self._begun:
            # Which model it is of, its first event says.
            self._begun = True
            self._apart(self._redaction.for_answer(body))
        if isinstance(body.get("choices"), list):
            chunk = self._chat.chunk(body)
            if chunk is not None:
                yield chunk
        elif isinstance(kind, str) and kind.startswith("response."):
            yield from self._responses.event(kind, body)
        elif kind in MESSAGE_EVENTS:
            yield from self._messages.event(str(kind), body)
        elif isinstance(body.get("error"), Mapping) or kind == "error":
            error = kept(ERROR, body.get("error") or body, self._redaction)
            yield {"type": "error", "error": error} if kind == "error" and "error" in body else {"error": error}
