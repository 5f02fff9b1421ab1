"""Lines of a program of one's own: one flat object (or row) a call, its keys under names that leave no doubt.

A record is one where a key names a time, another a text that was asked, and a third an account, an answer or a model.
Names count in whatever spelling (``user_id``, ``userID``, ``User ID``, ``user.id``):

| names | read as |
| --- | --- |
| ``account_id``, else ``user_id``, ``user``, ``customer_id``, ``customer``, ``account``, ``uid`` | ``account_id`` |
| else ``username``, ``user_name``, ``login``, ``user_email``, ``email`` | ``account_id`` |
| else ``caller``, ``requester``, ``principal``, ``consumer``, ``actor`` (also with ``_id``) | ``account_id`` |
| or ``subscriber_id``, ``subject``, ``sub``, ``member_id``, ``authenticated_user``, ``auth_user`` | ``account_id`` |
| or ``remote_user``, ``x_consumer_username`` | ``account_id`` |
| or ``account_uuid``, ``user_uuid``, ``acct_id``, ``x_user_id``, ``user_principal_name``, ``upn`` | ``account_id`` |
| or ``acct``, ``account_number``, ``user_hash``, ``customer_ref``, ``member``, ``employee_id`` | likewise |
| else ``end_user``, ``enduser`` (also with ``_id``), ``external_user_id``, ``distinct_id`` | ``account_id`` |
| else ``api_key_id``, ``key_id``, ``api_key_hash``, ``key_hash``, ``api_key_name``, ``key_name`` | ``account_id`` |
| or ``api_key_alias``, ``key_alias``, ``token_id``; else ``user_id`` and the like of ``metadata`` | ``account_id`` |
| ``start_time``, ``started_at``, ``requested_at``, ``request_time``, ``request_timestamp`` | ``time`` |
| else ``request_started_at``, ``request_start``, ``asked_at``, ``queried_at``, ``sent_at`` | ``time`` |
| else ``received_at``, ``time``, ``timestamp`` (``@timestamp``), ``ts``, ``unix_time``, ``epoch`` | ``time`` |
| else ``event_time``, ``event_timestamp``, ``timestamp_utc``, ``timestamp_ms``, ``epoch_ms`` | ``time`` |
| else ``created_at``, ``created_time``, ``datetime``, ``date_time``, ``logged_at``, ``log_time`` | ``time`` |
| else ``inserted_at``, ``date``, and the like of each | ``time`` |
| ``prompt``, ``messages``, ``question``, ``prompt_text``, ``input_messages`` | ``prompt`` or ``messages`` |
| ``user_prompt``, ``user_message``, ``user_input``, ``user_query``, ``input_text`` | likewise |
| ``input`` beside an ``output``; beside an answer and a model or tokens it, ``query``, ``message`` | likewise |
| there also ``text``, ``content``, ``instruction``, ``human`` | likewise |
| ``response``, ``completion``, ``answer``, ``output``, ``reply``, ``generation`` | ``response``, a body too |
| ``response_text``, ``completion_text``, ``output_text``, ``generated_text``, ``final_answer`` | ``response`` |
| else ``outputs``, ``responses``, ``generations``, ``result`` and the like, lists or objects | ``response`` |
| ``assistant_``, ``model_``, ``ai_``, ``llm_``, ``bot_`` before ``response``, ``message``, ``reply`` | ``response`` |
| ``model``, ``model_name``, ``model_id``, ``llm_model``, ``engine``; ``system_prompt`` | ``model``, ``system`` |
| ``session_id``, ``conversation_id``, ``chat_id``, ``thread_id``, ``session``, ``conv_id`` | ``session_id`` |
| ``request_id``, ``id``, ``req_id``, ``call_id``, ``log_id``, ``event_id``, ``uuid`` | ``exchange_id`` |
| ``prompt_tokens``, ``tokens_in``, ``input_token_count``, ``completion_tokens``, ``tokens_out`` | their columns |
| ``instructions``, ``preamble``; ``temp``; ``max_output_tokens``; ``prompt_eval_count`` | likewise |
| ``reasoning_content``, ``finish_reason``, ``is_streaming``, ``country_code``, ``ja3`` | likewise |
| what ``headers``, ``client``, ``http``, ``network`` and ``geo`` say of where a call came from | likewise |
| ``duration_ms``, ``elapsed_ms``, ``latency_seconds``; ``ip``, ``source_ip``, ``x_forwarded_for`` | their columns |
| ``duration_ns``, ``latency_us``; ``latency``, ``took`` as text with a unit (``1.5s``) | ``latency_ms`` |
| ``success``, ``ok``, ``failed``, ``blocked``, ``rate_limited``, where they say that it went wrong | ``status`` |
| the names of columns | their columns |
| the usual words for these in a dozen languages (``fecha``, ``Benutzer``, ``提示词``, ``回答``) | likewise |

Refused, for it could be two things: a record in which two names of an account have different values
(``--account-from`` says which counts). Records with ids of spans or of what they lie below
(``span_id``, ``parent_id``) are a tracer's, which says one call in several. Alone, ``message``, ``text``, ``content``
and ``query`` are any program's words; ``client_id``, ``tenant``, ``team`` and ``project`` are a program's or an
organisation's name: a map, or ``--account-from``, says what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, ClassVar

from stillwatch.core.bodies.roles import role_of
from stillwatch.core.bodies.shapes import (
    Json,
    Message,
    RecordError,
    identity,
    may_be_json,
    merged,
    parsed_or_text,
    shown,
)
from stillwatch.core.bodies.traced import answer_fields, asked_fields
from stillwatch.ingest.base import LogFormat
from stillwatch.ingest.beside_bodies import COUNTED, account_beside, counts_beside, only_id, talk_in
from stillwatch.ingest.body_names import asked_in
from stillwatch.ingest.formats.canonical import FORMAT as CANONICAL
from stillwatch.ingest.plain_flat import plain_flat
from stillwatch.ingest.plain_names import (
    ACCOUNTS,
    ANSWERS,
    CALLERS,
    DOUBTFUL,
    OTHERS,
    READ,
    RESULTS,
    SECONDS,
    TALKS,
    TEXTS,
    TIMES,
    WHOSE,
    WHOSE_IN_TURN,
    known_names,
    spelt_names,
)
from stillwatch.ingest.plain_shape import PlainShape, PlainShapes
from stillwatch.ingest.record import COLUMNS, Fields
from stillwatch.ingest.spelling import in_camel_case
from stillwatch.ingest.stream_pieces import refuse_piece
from stillwatch.ingest.told_beside import (
    FAILURES,
    HOLDERS,
    VERDICTS,
    failure_beside,
    origin_beside,
    parameters_beside,
    time_taken,
    verdict_beside,
)
from stillwatch.ingest.told_times import ZONES, told_time, zone_in

__all__ = ["FORMAT"]

_OF_SERVICES = tuple(
    spelt
    for name in (
        "span_id",
        "parent_id",
        "parent_run_id",
        "parent_span_id",
        "parent_observation_id",
        "run_type",
        "span_kind",
        "resource_arn",
    )
    for spelt in (name, in_camel_case(name))
)
_OBJECTS = frozenset((*COUNTED, *ZONES, *HOLDERS, *FAILURES, *VERDICTS, "choices", "metadata"))
# Columns that may be lists; under other names a list is what was said.
_LISTS = frozenset(("system", *(name for name in COLUMNS if name not in OTHERS)))
_LEAST_TURNS = 2
_BESIDE = frozenset((*OTHERS["model"], *ANSWERS, *WHOSE))
_OF_MODELS = frozenset((*OTHERS["model"], *OTHERS["input_tokens"], *OTHERS["output_tokens"]))
_ASKED = frozenset((*TEXTS, *DOUBTFUL))
_OF_ANSWERS = ("choices", "usage")
_UNNAMED = "no key of the record is known to name its account: say which does (--account-from), or map the layout"


class Flat(LogFormat):
    """Reads flat records whose names leave no doubt."""

    name: ClassVar[str] = "flat"
    description: ClassVar[str] = "flat lines and rows of a program of one's own, under names that leave no doubt"
    general: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "timestamp": "2026-11-24T00:00:00Z",
        "user_id": "a-1",
        "model": "m",
        "prompt": "Why?",
        "response": "Because.",
        "prompt_tokens": 10,
        "completion_tokens": 20,
    }

    plain: ClassVar[PlainShape | PlainShapes | None] = PlainShapes(plain_flat)

    def recognises(self, record: Json) -> bool:
        """By a name of a time beside ``prompt``, ``messages``, ``question`` or ``input``, and one of an answer, a model
        or an account."""
        names = known_names(tuple(map(str, record)))
        if names is None or names.keys().isdisjoint(TIMES):
            return False
        if (
            {"account_id", "time"} <= record.keys()
            or "resource_arn" in record
            or any(name in record for name in _OF_SERVICES)
        ):
            # Stillwatch's own, or a tracer's or Amazon Q's.
            return False
        if "@message" in record and may_be_json(str(record["@message"])):
            # A row of CloudWatch Logs Insights, whose line says more than its columns.
            return False
        if not names.keys().isdisjoint(TEXTS):
            return not names.keys().isdisjoint(_BESIDE)
        talks = any(talk_in(record[names[name]]) is not None for name in TALKS if name in names)
        if talks and not names.keys().isdisjoint(_BESIDE):
            return True
        if names.keys().isdisjoint(ANSWERS):
            return False
        doubtful = [names[name] for name in DOUBTFUL if name in names]
        if "request" in names and asked_in({"request": record[names["request"]]}) is not None:
            # The text of a request's body.
            return False
        sure = ("input" in names and "output" in names) or not names.keys().isdisjoint(_OF_MODELS)
        return bool(doubtful) and sure and isinstance(record[doubtful[0]], str | list)

    def read(self, record: Json) -> Iterable[Fields]:
        """One exchange.

        Raises:
            RecordError: it holds no conversation.
        """
        keys = tuple(map(str, record))
        names = spelt_names(keys)
        given = {name: record[key] for name, key in names.items() if record[key] is not None and record[key] != ""}
        given = {name: value for name, value in given.items() if value or name not in _ASKED}
        fields: Fields = {}
        for column, known in _columns_of(keys):
            # A list under `conversation` is what was said in it.
            held = (given[n] for n in known if n in given)
            fields[column] = next((one for one in held if not isinstance(one, list) or column in _LISTS), None)
        if not isinstance(fields.get("reasoning"), str):
            # What a request says of thinking is an object.
            fields.pop("reasoning", None)
        if isinstance(model := fields.get("model"), dict):
            fields["model"] = next((model[n] for n in ("name", "id", "model") if isinstance(model.get(n), str)), None)
            fields = merged(parameters_beside({"model_config": model}), fields)
        time = next((name for name in TIMES if name in given), None)
        fields["time"] = told_time(given[time] if time else None, given.get("date"), zone_in(record))
        if fields.get("latency_ms") is None and (took := next((n for n in SECONDS if n in given), None)) is not None:
            fields["latency_ms"] = _milliseconds(given[took])
        if fields.get("latency_ms") is None:
            fields["latency_ms"] = time_taken(record, fields["time"])
        fields["account_id"], why = _account(given, names)
        if fields["account_id"] is None and "could each" not in why:
            told = account_beside(record)
            fields |= {name: value for name, value in told.items() if fields.get(name) is None}
        fields = merged(origin_beside(record), fields)
        own = {"account_in": why, **next(iter(CANONICAL.read(fields)))}
        answered = [name for name in ANSWERS if name in given]
        for name in answered:
            refuse_piece(given[name], record)
        answer = answer_fields(given[answered[0]], names[answered[0]]) if answered else {}
        answer = answer or next((one for name in RESULTS if (one := _result(given.get(name), names.get(name)))), {})
        if not answer and isinstance(record.get("choices"), list):
            # An answer's own names beside the request's.
            answer = answer_fields({name: record[name] for name in _OF_ANSWERS if name in record}, "choices")
        elif not answer and not given.keys().isdisjoint(TEXTS):
            # Anthropic's name of an answer, and Ollama's.
            key = next((name for name in ("content", "message") if isinstance(given.get(name), dict | list)), "content")
            answer = answer_fields(given[key], names[key]) if key in given else {}
        asked = _asked_first([(given[name], names[name]) for name in (*TEXTS, *DOUBTFUL) if name in given])
        asked = _with_talk(asked, [talk for name in TALKS if name in given and (talk := talk_in(given[name]))])
        if not answer:
            asked, answer = _answer_among(asked)
        answer = {name: value for name, value in answer.items() if name not in ("time", "exchange_id")}
        failed = {"status": verdict_beside(record) or (None if answer.get("response") else failure_beside(record))}
        return [merged(failed, parameters_beside(record), counts_beside(record), answer, asked, own)]

    def unread(self, names: Iterable[str]) -> Sequence[str]:
        """All that are known as nothing."""
        given = tuple(map(str, names))
        known = frozenset(spelt_names(given).values())
        return [name for name in CANONICAL.unread(given) if name not in known and name not in _OBJECTS]


@lru_cache(maxsize=4096)
def _columns_of(keys: tuple[str, ...]) -> Sequence[tuple[str, Sequence[str]]]:
    """Of a record with these keys, the columns that it names beside its account, its time and its texts, and by which
    known names."""
    names = spelt_names(keys)
    own = [(name, (name,)) for name in COLUMNS if name in names and name not in READ]
    others = [(column, tuple(name for name in known if name in names)) for column, known in OTHERS.items()]
    return [*own, *(one for one in others if one[1])]


def _with_talk(asked: Fields, talks: Sequence[Sequence[Json]]) -> Fields:
    """What was asked with what was said before it, or that alone where no question stands beside."""
    if not talks or asked.get("messages"):
        return asked
    told = asked_fields(list(talks[0]), "messages")
    said, question = told.get("messages") or [], asked.get("prompt")
    if question is None:
        return {**asked, **told}
    if not said or (said[-1].role, said[-1].content) != ("user", question):
        said = [*said, Message("user", question)]
    return {name: value for name, value in {**told, **asked, "messages": said}.items() if name != "prompt"}


def _answer_among(asked: Fields) -> tuple[Fields, Fields]:
    """What was asked, and what was answered, of a conversation that was logged with its answer."""
    said = asked.get("messages") or []
    if len(said) < _LEAST_TURNS or role_of(said[-1].role) != "assistant" or not said[-1].content:
        return asked, {}
    return {**asked, "messages": said[:-1]}, {"response": said[-1].content}


def _result(value: Any, key: str | None) -> Fields:
    """What was answered, as a list or an object of it says; nothing where it says something else."""
    held = value
    if isinstance(value, str):
        with suppress(RecordError):
            held = parsed_or_text(value, key or "")
    told = answer_fields(held, key or "") if isinstance(held, list | dict) else {}
    return told if isinstance(told.get("response"), str) else {}


def _milliseconds(seconds: Any) -> Any:
    """Seconds in milliseconds; what is no number as it is, for the column to say so."""
    try:
        return float(seconds) * 1000
    except (TypeError, ValueError):
        return seconds


def _asked_first(given: Sequence[tuple[Any, str]]) -> Fields:
    """What was asked under the first of some keys; where that holds none (a template's name), under the next.

    Raises:
        RecordError: none holds a conversation.
    """
    for place, (value, key) in enumerate(given):
        try:
            return _asked(value, key)
        except RecordError:
            if place == len(given) - 1 or not isinstance(value, dict):
                raise
    return {}


def _asked(value: Any, key: str) -> Fields:
    """Messages or a request; a text that is JSON of neither is what was asked."""
    try:
        return asked_fields(value, key)
    except RecordError:
        if isinstance(value, str) and not isinstance(parsed_or_text(value, key), str):
            return {"prompt": value}
        raise


def _named(value: Any) -> Any:
    """Whom a value names, of an object its one id."""
    named = identity(value)
    return (only_id(named) or named) if isinstance(named, dict) else named


def _account(given: Json, names: Mapping[str, str]) -> tuple[Any, str]:
    """The account that a record names, or None and why."""
    for group in WHOSE_IN_TURN:
        known = {name: named for name in group if name in given and (named := _named(given[name])) is not None}
        # An object without an id says something of whoever another names.
        known = {name: named for name, named in known.items() if not isinstance(named, dict)} or known
        if group in (ACCOUNTS, CALLERS) and "account_id" not in known and len({str(one) for one in known.values()}) > 1:
            told = ", ".join(f"`{names[name]}` {shown(one)}" for name, one in known.items())
            return None, f"{told} could each be the account: say which is (--account-from)"
        objects = [name for name, named in known.items() if isinstance(named, dict)]
        if objects and len(objects) == len(known):
            inner = ", ".join(f"`{names[objects[0]]}.{one}`" for one in [*known[objects[0]]][:6])
            return None, f"`{names[objects[0]]}` is an object: say which of {inner} is the account (--account-from)"
        if known:
            return next(iter(known.values())), _UNNAMED
    return None, f"{_UNNAMED}; its keys are {', '.join(f'`{key}`' for key in [*names.values()][:12])}"


FORMAT = Flat()
