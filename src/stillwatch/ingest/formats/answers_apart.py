"""Requests and answers that a program logs apart, as records that share an id.

| read | as |
| --- | --- |
| ``request_id``, ``req_id``, ``correlation_id``, ``call_id``, ``invocation_id`` | what both share |
| ``id``, ``trace_id``, ``event_id``, ``uuid`` beside ``event``, ``type``, ``direction``, ``phase`` | likewise |
| ``key`` beside ``request`` or ``response`` alone, as in Gemini's batches | likewise |
| a body under any name (``body``, ``payload``, ``data``, ``request``), told by what it holds | request or answer |
| the names of ``flat`` for a text that was asked, and for one that was answered | request or answer |

In any spelling (``requestId``), in whatever order, lines and files of the scan. The request says when, who and from
where; what the answer's record says beside (a status, counts) is taken where the request's has nothing. A request
whose answer is not in the log stands alone. Where an id comes again, each answer is of the request before it; where
that does not go up, the requests stand without answers, and say so. An answer alone is refused. CloudEvents of KServe
and of Azure Machine Learning are such records.

So are the pieces of a stream that a program logs one a record: they are put together by the shared id, or by the id of
their answer (``chatcmpl-...``), and the first that says what was asked says when and who. Pieces that name no answer
are refused, and none of them is an exchange of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Literal

from stillwatch.core.bodies.shapes import Json, RecordError, identity, noted, shown
from stillwatch.ingest.base import PartsFormat
from stillwatch.ingest.body_names import answer_in, asked_in, may_be_answer, may_be_either, may_be_request
from stillwatch.ingest.plain_names import ANSWERS, TEXTS, TIMES, known_names
from stillwatch.ingest.record import Fields
from stillwatch.ingest.registry import recognising
from stillwatch.ingest.spelling import squashed
from stillwatch.ingest.stream_pieces import id_of, is_piece, joined, piece_in, refuse_piece

__all__ = ["FORMAT"]

Side = Literal["request", "answer"]

_SHARED = frozenset(
    ("requestid", "reqid", "xrequestid", "correlationid", "callid", "llmcallid", "invocationid", "interactionid")
)
_PERHAPS_SHARED = ("id", "traceid", "eventid", "uuid")
_MARKS = frozenset((
    "event", "type", "direction", "phase", "kind", "stage", "eventtype", "eventname", "msg", "action", "side",
    "recordtype", "logtype", "messagetype",
))  # fmt: skip
_OF_OTHERS = frozenset((
    "role", "spanid", "parentid", "parentrunid", "parentspanid", "parentobservationid", "runtype", "spankind",
    "customid", "attributes", "resourcespans", "resourcelogs", "object", "schemaversion", "observations",
))  # fmt: skip
# Of a batch of Gemini's, in which nothing says when or who.
_OF_A_BATCH = frozenset(("key", "request", "response", "status", "error", "metadata"))
# Before the id of a stream, which may be another record's, too.
_STREAM = "stream "


@lru_cache(maxsize=4096)
def _shared_name(names: tuple[str, ...]) -> str | None:
    """The name of what a request's and an answer's records share, of records that may be such; else None."""
    if "key" in names and ("request" in names) != ("response" in names) and _OF_A_BATCH.issuperset(names):
        return "key"
    # A warehouse's names in capitals may be those of another format.
    spelt = {squashed(name): name for name in reversed(names) if name[:1].islower()}
    if not _OF_OTHERS.isdisjoint(spelt):
        return None
    known = known_names(names) or {}
    asked = [name for name in names if may_be_request(name)] + [name for name in TEXTS if name in known]
    answered = [name for name in names if may_be_answer(name)] + [name for name in ANSWERS if name in known]
    if bool(asked) == bool(answered) and (asked or not any(map(may_be_either, names))):
        # Both are a whole exchange.
        return None
    if (found := next((spelt[name] for name in spelt if name in _SHARED), None)) is not None:
        return found
    if _MARKS.isdisjoint(spelt):
        return None
    return next((spelt[name] for name in _PERHAPS_SHARED if name in spelt), None)


def _side(record: Json) -> Side | None:
    """Which half of an exchange a record is, by what it holds."""
    if asked_in(record) is not None:
        return "request"
    if answer_in(record) is not None:
        return "answer"
    known = known_names(tuple(map(str, record))) or {}
    if any(record[known[name]] for name in TEXTS if name in known):
        return "request" if not known.keys().isdisjoint(TIMES) else None
    return "answer" if any(isinstance(record[known[name]], str) for name in ANSWERS if name in known) else None


class AnswersApart(PartsFormat):
    """Puts the requests and the answers of a program's log together."""

    name: ClassVar[str] = "answers-apart"
    description: ClassVar[str] = "requests and answers of a program of one's own as records apart, joined on an id"
    general: ClassVar[bool] = True
    comes_at_once: ClassVar[bool] = True
    holds_nothing: ClassVar[str] = "an answer without a request"
    example: ClassVar[Mapping[str, Any]] = {
        "timestamp": "2026-11-24T00:00:00Z",
        "event": "llm.request",
        "request_id": "r-1",
        "user_id": "a-1",
        "body": {"model": "m", "messages": [{"role": "user", "content": "Why?"}]},
    }
    more_examples: ClassVar[Sequence[Mapping[str, Any]]] = (
        {
            "timestamp": "2026-11-24T00:00:01Z",
            "event": "llm.response",
            "request_id": "r-1",
            "status": 200,
            "body": {"model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Because."}}]},
        },
    )

    def recognises(self, record: Json) -> bool:
        """By an id that requests and answers share, beside one of the two and not the other; or by a piece of a
        stream."""
        if _shared_name(tuple(map(str, record))) is not None and _side(record) is not None:
            return True
        return piece_in(record) is not None

    def key(self, record: Json) -> str | None:
        """The id; None where it names nothing."""
        name = _shared_name(tuple(map(str, record)))
        if name is None and (piece := piece_in(record)) is not None:
            found = id_of(piece)
            if found is None and (shared := next((one for one in record if squashed(one) in _SHARED), None)):
                found = identity(record[shared])
            return None if found is None else f"{_STREAM}{found}"
        found = None if name is None else identity(record.get(name))
        return None if found is None else str(found)

    def join(self, parts: Sequence[Json]) -> Iterable[Fields | RecordError]:
        """An exchange a request.

        Raises:
            RecordError: no record of this id is a request.
        """
        if _shared_name(tuple(map(str, parts[0]))) is None and (piece := piece_in(parts[0])) is not None:
            if self.key(parts[0]) is None:
                refuse_piece(piece[1], parts[0])
            place, whole = joined(parts)
            return _read_whole(whole, place)
        sides = [_side(part) for part in parts]
        if "request" not in sides:
            name = _shared_name(tuple(map(str, parts[0])))
            if name is None:
                raise RecordError("neither a request nor an answer that shares an id")
            raise RecordError(f"an answer, and no request in the log has `{name}` {shown(self.key(parts[0]))}")
        places = [place for place, side in enumerate(sides) if side == "request"]
        if len(places) == 1:
            answers = [part for part, side in zip(parts, sides, strict=True) if side == "answer"]
            return _read(parts[places[0]], _one(answers), places[0])
        if sides == ["request", "answer"] * len(places):
            return [one for place in places for one in _read(parts[place], parts[place + 1], place)]
        lost = "answer" in sides
        return [one for place in places for one in _read(parts[place], None, place, lost=lost)]


def _one(answers: Sequence[Json]) -> Json | None:
    """Records of one answer as one: the pieces of a stream, or the last of several."""
    held = [found for one in answers if (found := answer_in(one)) is not None]
    if held and all(is_piece(one) for _, one in held):
        rest = {name: value for name, value in answers[-1].items() if name != held[-1][0]}
        return {**rest, "response": [one for _, one in held]}
    return answers[-1] if answers else None


def _read(request: Json, answer: Json | None, place: int, *, lost: bool = False) -> list[Fields | RecordError]:
    """The exchange that a request's record and its answer's make, read as the format of both together reads it."""
    return _read_whole(_whole(request, answer), place, lost=lost)


def _read_whole(whole: Json, place: int, *, lost: bool = False) -> list[Fields | RecordError]:
    """What a record of a request and its answer says, as the format that knows it reads it."""
    chosen = recognising(whole)
    if chosen is None:
        names = ", ".join(f"`{name}`" for name in [*whole][:6])
        return [RecordError(f"no format recognises the request, with the keys {names}").of(place)]
    found: list[Fields | RecordError] = []
    try:
        for one in chosen.read(whole):
            if isinstance(one, RecordError):
                found.append(one.of(place))
                continue
            fields = {**one, "part": place}
            if lost:
                noted(fields, "several requests have its id, and whose the answers are cannot be told")
            found.append(fields)
    except RecordError as error:
        found.append(error.of(place))
    return found


def _whole(request: Json, answer: Json | None) -> dict[str, Any]:
    """One record of both: the request's own, and of the answer's what that lacks, but when it came."""
    asked = asked_in(request)
    whole = dict(request)
    if asked is not None:
        del whole[asked[0]]
        whole["request"] = asked[1]
    if answer is None:
        return {**whole, "response": None}
    given = answer_in(answer)
    known = known_names(tuple(map(str, answer))) or {}
    times = {key for name, key in known.items() if name in TIMES}
    for name, value in answer.items():
        if name not in times and (given is None or name != given[0]) and whole.get(name) is None:
            whole[name] = value
    if given is not None:
        whole["response"] = given[1]
    return whole


FORMAT = AnswersApart()
