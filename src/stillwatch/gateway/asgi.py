"""Pure ASGI middleware: in front of vLLM (``--middleware stillwatch.gateway.Guard``) or of any ASGI server.

Nothing is encoded anew where nothing is changed: the request's bytes go on as they came, and so do the answer's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from stillwatch.gateway.answer import Answer, Send
from stillwatch.gateway.batches import NOT_IN_BATCHES, Batch
from stillwatch.gateway.caller import ANONYMOUS, identify
from stillwatch.gateway.client_request import ClientRequest, read_request
from stillwatch.gateway.credentials import Credential, sole_credential
from stillwatch.gateway.edits import edited_body
from stillwatch.gateway.elsewhere import form_goes_elsewhere, head_here, is_fetched_later, query_here
from stillwatch.gateway.gate import Admission, Gate
from stillwatch.gateway.incoming import Incoming, Receive, Refused, Scope, incoming, operation_of
from stillwatch.gateway.long_bodies import beside
from stillwatch.gateway.models_named import models_beside
from stillwatch.gateway.open_sockets import AGAINST_THE_RULES, OpenSocket
from stillwatch.gateway.parts_of_files import is_a_part
from stillwatch.gateway.paths import api_of
from stillwatch.gateway.refusal import NOT_THIS_WAY, Refusal, crowded
from stillwatch.gateway.sessions import opens_a_session
from stillwatch.gateway.settings import GatewaySettings, load_gateway_settings

__all__ = ["Guard"]

App = Callable[[Scope, Receive, Send], Awaitable[None]]

_NEVER_WHOLE = (b"accept-encoding", b"range", b"if-range")
"""What would have an answer come compressed or in part."""
_OTHER_TARGETS = frozenset((b"x-original-url", b"x-rewrite-url", b"x-original-uri", b"x-override-url"))
"""What some servers take for the target, in place of the one that was judged."""
_NOT_SENT_ELSEWHERE = Refusal(
    403, "not_sent_elsewhere", "Answers to this account are sent to no webhook, bucket or log."
)
TAGS_HEADER = b"x-stillwatch-tags"


class Guard:
    """Middleware that applies decisions to the requests of the app behind it.

    Args:
        app: the ASGI app.
        settings: what it was told; from environment and file where none are given.
        gate: the core, where it is shared.

    Raises:
        BadSetting: a setting cannot be used.
    """

    def __init__(self, app: App, settings: GatewaySettings | None = None, *, gate: Gate | None = None) -> None:
        self._app = app
        self.gate = gate or Gate(settings or load_gateway_settings())
        self._settings = self.gate.settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                await self.gate.close()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            shown = self._shown(scope)
            came = await incoming(scope, receive, self._settings)
        except Refused as refused:
            self.gate.meters.count("refused_unread", refused.refusal.code)
            await Answer(self.gate, Admission(self._request(scope, Incoming(None, receive))), send).refuse(
                refused.refusal
            )
            return
        # From here on there is one credential, for the server behind as for us.
        scope = {**scope, "headers": _as_inflated(shown.headers) if came.inflated else shown.headers}
        request = await beside(len(came.raw or b""), self._request, scope, came, shown)
        admission = await self.gate.admit(request)
        if came.closed and admission.refusal is None and self._settings.mode == "enforce":
            admission.refusal = Refusal(415, "encoding_not_supported", f"It cannot be read: {came.unread}.")
        if admission.refusal is None and admission.kept_nowhere and is_fetched_later(scope["path"]):
            admission.refusal = NOT_IN_BATCHES
        if admission.refusal is None and admission.redaction and came.unread and form_goes_elsewhere(came.raw or b""):
            admission.refusal = _NOT_SENT_ELSEWHERE
        if admission.refusal is None and admission.treatment.is_of_each_answer:
            unseen = opens_a_session(scope["path"], scope["headers"], came.body)
            unseen = unseen or is_a_part(scope["path"], came.query, scope["headers"])
            admission.refusal = NOT_THIS_WAY if unseen else None
        answer = Answer(self.gate, admission, send)
        broken = True
        try:
            if admission.refusal is not None:
                await answer.refuse(admission.refusal)
            else:
                await self._in_turn(scope, came, answer, admission, shown)
            broken = not answer.begun
        finally:
            answer.finish(broken=broken)

    async def _in_turn(
        self, scope: Scope, came: Incoming, answer: Answer, admission: Admission, shown: Credential
    ) -> None:
        """Serve, where the account has not too many under way. Behind no account may be everybody."""
        account = admission.request.caller.account_id
        bounded = self._settings.mode == "enforce" and account != ANONYMOUS
        if bounded and not self.gate.under_way.take(account):
            self.gate.meters.count("too_many_at_once")
            admission.refusal = crowded()
            await answer.refuse(admission.refusal)
            return
        try:
            if came.api is None and came.raw and not came.closed:
                await self._many(scope, came, answer, admission, shown)
            else:
                await self._serve(scope, came, answer, admission)
        finally:
            if bounded:
                self.gate.under_way.give_back(account)

    async def _many(
        self, scope: Scope, came: Incoming, answer: Answer, admission: Admission, shown: Credential
    ) -> None:
        """Serve a body that may hold many requests, each admitted as one of its own."""

        def made(api: str | None, body: Any) -> ClientRequest:
            caller = self._request(scope, Incoming(api, came.rest, body=body), shown).caller
            return read_request(api, body, caller, operation=admission.request.operation, pathway="batch")

        batch = Batch(self.gate, made)
        await batch.look(came)
        if came.more:
            came.rest = batch.passing(came.rest)

        async def send(message: MutableMapping[str, Any]) -> None:
            # Once it is refused, what the server makes of half a body is of no interest.
            if batch.refusal is None:
                await answer.send(message)

        try:
            if batch.refusal is None:
                await self._serve(scope, came, answer, admission, send)
        except Exception:
            if batch.refusal is None:
                raise
        admission.batched, admission.unmatched = batch.lines, admission.unmatched + batch.unread
        if batch.refusal is not None and not answer.begun:
            admission.refusal = batch.refusal
            await answer.refuse(batch.refusal)

    async def _serve(
        self, scope: Scope, came: Incoming, answer: Answer, admission: Admission, send: Send | None = None
    ) -> None:
        treatment = admission.treatment
        if came.whole and came.unread is None and (treatment.rules or admission.degraded_to):
            if treatment.watermark is not None and not self._settings.watermark_body:
                self.gate.meters.failed("watermark", "the setting watermark_body is empty", "nothing is watermarked")
            edited = await beside(len(came.raw or b""), edited_body, came.body, admission, self._settings)
            if edited is not None:
                came.raw = msgspec.json.encode(edited)
        raw = came.raw if came.whole else None
        if came.api and raw is not None:
            scope = {**scope, "headers": _as_json(scope["headers"])}
        if treatment.redaction:
            scope = _here(scope, kept_nowhere=admission.kept_nowhere)
        scope = _rewritten(scope, raw, treatment.tags, plain=raw is not None or bool(treatment.redaction))
        scope["stillwatch.account"] = admission.request.caller.account_id
        await self._app(scope, came.replayed(), send or answer.send)

    def _shown(self, scope: Scope) -> Credential:
        query = scope.get("query_string", b"")
        return sole_credential(scope["headers"], query, self._settings, api_of(scope["path"]))

    def _request(self, scope: Scope, came: Incoming, shown: Credential | None = None) -> ClientRequest:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        peer = scope.get("client")
        body = came.body if isinstance(came.body, dict) else {}
        key = shown.key if shown else None
        caller = identify(self._settings, self.gate.secret, headers, body, peer[0] if peer else None, key=key)
        return read_request(
            came.api,
            came.body,
            caller,
            operation=came.operation,
            unread=came.unread,
            beside=came.texts if came.api is None and isinstance(came.body, dict) else (),
            query=came.query,
            models=models_beside(came.path, came.query),
        )

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A websocket's messages are not read: whoever is treated in each answer gets none (``open_sockets``)."""
        came = Incoming(None, receive, operation_of(scope), unread="frames of a websocket are not read")
        try:
            shown = self._shown(scope)
        except Refused:
            self.gate.meters.count("refused_unread", "ambiguous_credentials")
            await _closed(receive, send)
            return
        scope = {**scope, "headers": shown.headers}
        request = self._request(scope, came, shown)
        admission = await self.gate.admit(request)
        closed = admission.refusal is not None or admission.treatment.is_of_each_answer
        if not closed and self._settings.other_paths == "refuse":
            closed = self._settings.mode == "enforce"
        account = request.caller.account_id
        bounded = not closed and self._settings.mode == "enforce" and account != ANONYMOUS
        if bounded and not self.gate.under_way.take(account):
            self.gate.meters.count("too_many_at_once")
            bounded, closed = False, True
        try:
            if closed:
                await _closed(receive, send)
                return
            stands = OpenSocket(self.gate, request, receive, send)
            scope = _rewritten(scope, None, admission.treatment.tags, plain=False)
            await self._app(scope, stands.receive, stands.send)
        finally:
            if bounded:
                self.gate.under_way.give_back(account)
            self.gate.finish(admission, status="403" if closed else "101")


async def _closed(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": AGAINST_THE_RULES})


def _here(scope: Scope, *, kept_nowhere: bool) -> Scope:
    """A request whose answer comes back this way, as far as query and head say."""
    query = query_here(scope.get("query_string", b""), kept_nowhere=kept_nowhere)
    return {**scope, "query_string": query, "headers": head_here(scope["headers"], kept_nowhere=kept_nowhere)}


def _as_inflated(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [pair for pair in headers if pair[0].replace(b"_", b"-") != b"content-encoding"]


def _as_json(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """A body that was read as JSON in UTF-8 goes on as that: as a form, or in another charset, it says other things."""
    others = [pair for pair in headers if pair[0].replace(b"_", b"-") != b"content-type"]
    return [*others, (b"content-type", b"application/json")]


def _rewritten(scope: Scope, raw: bytes | None, tags: tuple[str, ...], *, plain: bool) -> Scope:
    """The request's head as the app behind sees it; the client's own word for our headers is removed."""
    headers = []
    for name, value in scope["headers"]:
        spelt = name.replace(b"_", b"-")
        if spelt.startswith(b"x-stillwatch-") or spelt in _OTHER_TARGETS or (plain and name in _NEVER_WHOLE):
            continue
        if raw is not None and name in (b"content-length", b"transfer-encoding"):
            continue
        headers.append((name, value))
    if raw is not None:
        headers.append((b"content-length", str(len(raw)).encode()))
    if tags:
        said = ",".join(tags).encode("ascii", "replace")
        headers.append((TAGS_HEADER, bytes(code if 0x20 <= code < 0x7F else 0x3F for code in said)))
    rewritten = {**scope, "headers": headers}
    if plain:
        # Answers must pass through here, not go from file to socket.
        rewritten["extensions"] = {}
    return rewritten
