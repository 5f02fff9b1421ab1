"""How a member reaches the hub's part of a round: the wire, apart from what is said over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import httpx
import msgspec

from stillwatch.core import BadMessage, EndpointAway, EndpointFailed
from stillwatch.endpoints import InTime
from stillwatch.rounds.messages import Matched, Round, read

__all__ = ["HttpMailbox", "Letter", "Mailbox"]

_LONGEST = 17 * 1024 * 1024  # bytes of an answer: the longest message that a hub takes, and what goes around it

_SECONDS = 600.0  # for one answer, however seldom it stands still

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as the hub hands it over: its place in the hub's order, who sent it under which number, seal, body."""

    n: int
    sender: str
    recipient: str
    seq: int
    seal: bytes
    body: bytes


class Mailbox(Protocol):
    """What a member needs of a hub."""

    def begin(self, round_: Round) -> None:
        """Open a round, or find it open."""

    def look(self, round_id: str) -> Round:
        """The round as the hub has it."""

    def post(self, round_id: str, recipient: str, seq: int, seal: bytes, body: bytes) -> None:
        """Hand over a message; the same again changes nothing."""

    def inbox(self, round_id: str, after: int) -> Sequence[Letter]:
        """Messages to this member beyond a place, some of them; none where there are no more."""

    def matched(self, round_id: str, after: bytes) -> Matched | None:
        """A page of matched tokens beyond one; None while some member has not closed its list."""


class HttpMailbox:
    """A hub behind an HTTP client that is already told who the member is.

    Args:
        client: has the hub's URL as its base and the member's token or certificate.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client, self._in_time = client, InTime(_SECONDS)

    def _ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> tuple[int, bytes]:
        """One request; the status that comes back, and the body, read to a bound and inflated by nobody."""
        plainly = {"Accept-Encoding": "identity", **(headers or {})}
        try:
            with (
                self._in_time.answer() as within,
                self._client.stream(method, path, headers=plainly, extensions=within, **more) as answer,
            ):
                raw = self._whole(answer)
        except (httpx.HTTPError, TimeoutError) as error:
            raise EndpointAway(f"the hub does not answer: {error}", where=str(self._client.base_url)) from error
        if answer.status_code >= 400:
            # What a hub refuses it refuses again; that it fails, is being started, or was asked too much, passes.
            passes = answer.status_code >= 500 or answer.status_code == 429
            said = raw[:300].decode(errors="replace")
            kind = EndpointAway if passes else EndpointFailed
            raise kind(f"the hub refuses with {answer.status_code}: {said}", where=f"{method} {path}")
        return answer.status_code, raw

    def _whole(self, answer: httpx.Response) -> bytes:
        if answer.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise BadMessage("the hub answers in a coding nobody asked for", where=str(self._client.base_url))
        found = bytearray()
        for piece in answer.iter_bytes():
            found += piece
            if len(found) > _LONGEST:
                raise BadMessage("the hub's answer is too long", where=str(self._client.base_url))
        return bytes(found)

    def begin(self, round_: Round) -> None:
        """Open a round, or find it open."""
        asked = {"members": ",".join(round_.members), "threshold": round_.threshold}
        self._ask("PUT", f"/matching/rounds/{round_.id}", params=asked)

    def look(self, round_id: str) -> Round:
        """The round as the hub has it."""
        return self._read(self._ask("GET", f"/matching/rounds/{round_id}")[1], Round)

    def post(self, round_id: str, recipient: str, seq: int, seal: bytes, body: bytes) -> None:
        """Hand over a message; the same again changes nothing."""
        path = f"/matching/rounds/{round_id}/to/{recipient}/{seq}"
        self._ask("PUT", path, content=body, headers={"Seal": seal.hex(), "Content-Type": "application/msgpack"})

    def inbox(self, round_id: str, after: int) -> Sequence[Letter]:
        """Messages to this member beyond a place, some of them; none where there are no more."""
        _, raw = self._ask("GET", f"/matching/rounds/{round_id}/inbox", params={"after": after})
        return [Letter(*row) for row in self._read(raw, list[tuple[int, str, str, int, bytes, bytes]])]

    def matched(self, round_id: str, after: bytes) -> Matched | None:
        """A page of matched tokens beyond one; None while some member has not closed its list."""
        status, raw = self._ask("GET", f"/matching/rounds/{round_id}/matched", params={"after": after.hex()})
        if status == 202:
            return None
        body = read(raw)
        if not isinstance(body, Matched):
            raise BadMessage("the hub answered something else than matches")
        return body

    def _read(self, raw: bytes, kind: type[T]) -> T:
        try:
            return msgspec.msgpack.decode(raw, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadMessage(
                f"the hub's answer is not of its form: {error}", where=str(self._client.base_url)
            ) from error
