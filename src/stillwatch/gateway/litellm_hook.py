"""LiteLLM's callback: ``callbacks: stillwatch.gateway.litellm_hook.proxy_handler_instance`` in its configuration.

Settings come from the environment (``STILLWATCH_GATEWAY_CONFIG``). LiteLLM knows who asks: its user id is the account,
its organisation or team the organisation, unless ``account_from`` names a header or the body. The request is
recorded as the client sent it, from ``proxy_server_request``, before LiteLLM or we change anything.

An answer of no known shape is withheld (502), as it is by the other surfaces. So is, in enforce mode, an answer to a
request that was not admitted here, or has had its answer.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, NoReturn

import msgspec
from fastapi import HTTPException
from litellm.integrations.custom_logger import CustomLogger

from stillwatch.gateway.answer_shapes import UnknownShape, redacted_body
from stillwatch.gateway.caller import Caller, identify
from stillwatch.gateway.client_request import ClientRequest, answer_fields, read_request
from stillwatch.gateway.edits import edited_request
from stillwatch.gateway.gate import Admission, Gate
from stillwatch.gateway.json_body import without_surrogates
from stillwatch.gateway.refusal import NOT_THIS_WAY, Refusal
from stillwatch.gateway.settings import load_gateway_settings
from stillwatch.gateway.streams import StreamRedactor

__all__ = ["StillwatchCallback"]

_APIS = {
    "completion": "chat",
    "acompletion": "chat",
    "text_completion": "completions",
    "atext_completion": "completions",
    "responses": "responses",
    "aresponses": "responses",
    "anthropic_messages": "messages",
    "aanthropic_messages": "messages",
}
_PASSED_THROUGH = frozenset(("pass_through_endpoint", "llm_passthrough_route", "allm_passthrough_route"))
_UNSEEN = _PASSED_THROUGH | {"file_content", "afile_content", "run_thread_stream", "arun_thread_stream"}
"""Calls of whose answers LiteLLM shows a callback nothing: what would be taken out of them cannot be."""
_KEPT_OPEN = frozenset(("_arealtime", "_aresponses_websocket", "arealtime_calls")) | {
    "acreate_realtime_client_secret",
    "acreate_realtime_transcription_session",
}
"""Calls that open a connection in which nothing is seen, or give a key to one."""
_MOST_OPEN = 20_000
# Not LiteLLM's own id of a call: that is whatever the client says in `x-litellm-call-id`.
_BESIDE = "proxy_server_request"
_LOGGED = "litellm_logging_obj"
_NAME = "stillwatch_request"
_BY_PLACE = "object "
_OWN_FIELDS = frozenset(
    ("metadata", "litellm_metadata", "proxy_server_request", "litellm_call_id", "litellm_logging_obj", "secret_fields")
)


class StillwatchCallback(CustomLogger):  # type: ignore[misc]  # LiteLLM is not installed where types are checked
    """Applies decisions inside a LiteLLM proxy.

    Args:
        gate: the core; from the environment's settings where none is given.
    """

    def __init__(self, gate: Gate | None = None) -> None:
        super().__init__()
        self.gate = gate or Gate(load_gateway_settings())
        # Data that has its name by its place is held, so that no other takes that meanwhile.
        self._open: OrderedDict[str, tuple[Admission, Mapping[str, Any]]] = OrderedDict()

    async def async_pre_call_hook(
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: str
    ) -> Any:
        """Take the request down, refuse it or change it."""
        called = str(getattr(call_type, "value", call_type))
        api = _APIS.get(called)
        admission = await self.gate.admit(self._request(api, user_api_key_dict, data, called))
        if admission.refusal is None:
            admission.refusal = self._refusal(admission, data, called)
        if admission.refusal is not None:
            self.gate.finish(admission, status=str(admission.refusal.status))
            refusal = admission.refusal
            headers = {name: value for name, value in refusal.headers().items() if name != "content-type"}
            raise HTTPException(refusal.status, detail=refusal.content(api)["error"], headers=headers)
        if api is None:
            # LiteLLM does not say of every kind of call that it is over.
            self.gate.finish(admission, status="sent on")
            admission = _without_texts(admission)
        name = _named(data)
        self._open[name] = admission, data if name.startswith(_BY_PLACE) else {}
        while len(self._open) > _MOST_OPEN:
            # Of a call that never ended nothing more is known.
            self.gate.finish(self._open.popitem(last=False)[1][0], status="unfinished")
        edited = edited_request(data, admission, self.gate.settings) if api and admission.treatment.rules else None
        if edited is not None:
            data.clear()
            data.update(edited)
        return data

    async def async_post_call_success_hook(self, data: dict[str, Any], user_api_key_dict: Any, response: Any) -> Any:
        """Leave out of a whole answer what may not pass."""
        admission = self._taken(data)
        if admission is None:
            return response if self._passes_unknown() else _withheld()
        await self.gate.acknowledged(admission)
        body = _plain(response)
        self._finish(admission, [_encoded(body)], streamed=False)
        redaction = admission.redaction
        if not redaction:
            return response
        try:
            passed = redacted_body(body, redaction)
        except UnknownShape as error:
            self.gate.meters.count("unreadable_answers")
            raise HTTPException(502, detail=f"The answer cannot be shown to this account: {error}") from None
        return _like(response, passed)

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: dict[str, Any]
    ) -> AsyncIterator[Any]:
        """Leave out of a stream what may not pass."""
        admission = self._taken(request_data)
        if admission is None:
            if not self._passes_unknown():
                _withheld()
            async for chunk in response:
                yield chunk
            return
        await self.gate.acknowledged(admission)
        redaction = admission.redaction
        redactor = StreamRedactor(redaction, hold=self.gate.settings.hold_untagged) if redaction else None
        came: list[bytes] = []
        last: Any = None
        try:
            async for chunk in response:
                raw = chunk.encode() if isinstance(chunk, str) else chunk
                if isinstance(raw, bytes):
                    came.append(raw)
                    shown = redactor.feed(raw) if redactor else raw
                    if shown:
                        yield shown if isinstance(chunk, bytes) else shown.decode()
                    continue
                body, last = _plain(chunk), chunk
                came.append(b"data: " + _encoded(body) + b"\n\n")
                if redactor is None:
                    yield chunk
                else:
                    for passed in redactor.bodies(body):
                        yield _like(chunk, passed)
            if redactor is not None and last is not None:
                for passed in redactor.rest():
                    yield _like(last, passed)
        finally:
            self._finish(admission, came, streamed=True)

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: Any,
        traceback_str: str | None = None,
    ) -> None:
        """Bring a call that failed into the record."""
        admission = self._taken(request_data)
        if admission is not None:
            self.gate.finish(admission, status=str(getattr(original_exception, "status_code", 500)))

    def _refusal(self, admission: Admission, data: Mapping[str, Any], called: str) -> Refusal | None:
        """Why a call is not served of which too little is seen here for what is decided."""
        treatment, settings = admission.treatment, self.gate.settings
        changed = bool(treatment.redaction) or treatment.watermark is not None
        if (called in _UNSEEN and changed) or (called in _KEPT_OPEN and treatment.is_of_each_answer):
            return NOT_THIS_WAY
        headless = called in _PASSED_THROUGH and not data.get(_BESIDE)
        by_head = any(one.startswith("header:") for one in (*settings.account_from, settings.org_from or ""))
        snapshot = self.gate.snapshot
        if headless and by_head and settings.other_paths != "pass" and snapshot is not None and snapshot.treats:
            # Whoever is refused elsewhere would be anybody here.
            self.gate.meters.failed("account_unknown", "LiteLLM shows no head of what it passes through", settings.mode)
            if settings.mode == "enforce":
                return Refusal(403, "account_unknown", "What is passed through does not show whose account it is.")
        return None

    def _taken(self, data: Mapping[str, Any]) -> Admission | None:
        """The admission of the request that this is the data of; an answer is given once."""
        found = self._open.pop(_name_of(data), None)
        return found[0] if found else None

    def _passes_unknown(self) -> bool:
        """Whether an answer to a request that we know nothing of may pass: only where nothing is ever held back."""
        self.gate.meters.failed(
            "unknown_request", "an answer came to a request that was not admitted here", f"{self.gate.settings.mode}"
        )
        return self.gate.settings.mode == "shadow"

    def _finish(self, admission: Admission, parts: list[bytes], *, streamed: bool) -> None:
        texts = self.gate.settings.record_answers
        fields = answer_fields(admission.request.api, parts, streamed=streamed, texts=texts)
        self.gate.finish(admission, status="200", answer=fields)

    def _request(self, api: str | None, key: Any, data: Mapping[str, Any], call_type: str) -> ClientRequest:
        request = data.get("proxy_server_request") or {}
        headers = {str(name).lower(): str(value) for name, value in (request.get("headers") or {}).items()}
        body = request.get("body") if isinstance(request.get("body"), Mapping) else None
        as_asked = body or {name: value for name, value in data.items() if name not in _OWN_FIELDS}
        metadata = data.get("metadata") or data.get("litellm_metadata") or {}
        peer = metadata.get("requester_ip_address") if isinstance(metadata, Mapping) else None
        settings = self.gate.settings
        # LiteLLM has read the key already, from whichever header it takes: what it says of it is what holds.
        told = getattr(key, "api_key", None)
        caller = identify(settings, self.gate.secret, headers, as_asked, peer, key=str(told) if told else None)
        user = getattr(key, "user_id", None)
        caller = Caller(
            user if user and settings.account_from == ("key",) else caller.account_id,
            caller.org_id or getattr(key, "org_id", None) or getattr(key, "team_id", None),
            caller.api_key_id,
            caller.client_address,
            caller.user_agent,
        )
        # What LiteLLM puts beside the request is no text of the client's.
        given = {name: value for name, value in as_asked.items() if name not in _OWN_FIELDS}
        return read_request(api, given, caller, operation=None if api else call_type, pathway="litellm")


def _without_texts(admission: Admission) -> Admission:
    """What an answer is still held to, once its request is in the record: thousands wait for calls that never end."""
    request = replace(admission.request, fields={}, prompt="", system=None, texts=(), _encoded=b"")
    return replace(admission, request=request)


def _named(data: dict[str, Any]) -> str:
    """A new name for this request, kept in what LiteLLM itself puts beside it and no client can write."""
    name = uuid.uuid4().hex
    beside, logged = data.get(_BESIDE), data.get(_LOGGED)
    if isinstance(beside, dict):
        beside[_NAME] = name
    elif hasattr(logged, "__dict__"):
        setattr(logged, _NAME, name)
    else:
        # Whatever is added to such a body would be sent on with it.
        return f"{_BY_PLACE}{id(data)}"
    return name


def _name_of(data: Mapping[str, Any]) -> str:
    beside, logged = data.get(_BESIDE), data.get(_LOGGED)
    name = beside.get(_NAME) if isinstance(beside, dict) else None
    return str(name or getattr(logged, _NAME, None) or f"{_BY_PLACE}{id(data)}")


def _withheld() -> NoReturn:
    raise HTTPException(502, detail="The answer cannot be shown: its request was not admitted here.")


def _encoded(body: Any) -> bytes:
    try:
        return msgspec.json.encode(body, enc_hook=str)
    except UnicodeEncodeError:
        return msgspec.json.encode(without_surrogates(body), enc_hook=str)


def _plain(value: Any) -> Any:
    """An answer of LiteLLM's as JSON values."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return value


def _like(was: Any, passed: dict[str, Any]) -> Any:
    """What passes, as the kind of object that it came as, with what LiteLLM keeps beside it."""
    if isinstance(was, Mapping) or not hasattr(was, "model_dump"):
        return passed
    made = type(was)(**passed)
    hidden = getattr(was, "_hidden_params", None)
    if hidden is not None:
        made._hidden_params = {name: hidden[name] for name in hidden if name in _PASSING_HIDDEN}
    return made


_PASSING_HIDDEN = frozenset({"model_id", "cache_key", "api_base", "response_cost", "litellm_call_id"})


def __getattr__(name: str) -> Any:
    # Made when LiteLLM asks for it, and once.
    if name == "proxy_handler_instance":
        globals()[name] = StillwatchCallback()
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
