"""An OpenAI-compatible endpoint: chat completions asked once, recorded, at the pace it allows.

Every answer goes into a record file before it is used: a run that is stopped asks nothing twice. The
endpoint's rate limit is kept: after 429 or 503 nothing is sent before ``Retry-After`` has passed.
"""

from __future__ import annotations

import email.utils
import http.client
import json
import math
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stillwatch.core.errors import BadSetting, EndpointFailed
from stillwatch.core.printed import one_line
from stillwatch.core.secret_files import read_secret
from stillwatch.endpoints.record import Record, as_asked
from stillwatch.endpoints.whole_answers import HttpInTime, HttpsInTime

__all__ = ["Endpoint"]

_TRIES = 8
_LONGEST_WAIT_SECONDS = 60.0
_LONGEST = 32 * 2**20
_PIECE = 64 * 1024
_BUSY = (429, 500, 502, 503, 504)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key must not follow a redirect to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Leaves the redirect to be reported as an error."""
        return


_OPENER = urllib.request.build_opener(_NoRedirects, HttpInTime, HttpsInTime)


class Endpoint:
    """Speaks chat completions to one endpoint, from any number of threads.

    Args:
        url: up to and without ``/chat/completions``.
        record: JSONL file that every answer is added to; what is in it is not asked for again.
        key_file: a file that holds the key, and nothing else.
        timeout_seconds: for one answer.
        where: of the address, for errors.
    """

    def __init__(
        self,
        url: str,
        record: Path,
        *,
        key_file: Path | None = None,
        timeout_seconds: float = 60.0,
        where: str = "setting teacher",
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise BadSetting(f"not an http address: {url}", where=where)
        try:
            parts = urllib.parse.urlsplit(url)
            whole = bool(parts.hostname) and parts.port != 0
        except ValueError:
            whole = False
        if not whole or "@" in parts.netloc or parts.query or parts.fragment:
            hint = "http://HOST:PORT/v1, with the key in a file"
            raise BadSetting("not an address that can be asked", where=where, hint=hint)
        self._url = url.rstrip("/") + "/chat/completions"
        self._key_file = key_file
        self._timeout = timeout_seconds
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._known = Record(record)
        self.sent = 0

    def complete(self, body: Mapping[str, Any], *, again: int = 0) -> dict[str, Any]:
        """The endpoint's answer to a request, recorded or fresh: ``choices``, and ``usage`` where it tells.

        Args:
            body: of a chat completion; the same body is the same request, unless it is asked again.
            again: how many times the same was asked before: a request of its own each time.

        Raises:
            EndpointFailed: it refuses, or does not answer after several tries.
            UnreadableInput: the key cannot be read.
        """
        request = json.dumps([self._url, body, again] if again else [self._url, body], sort_keys=True)
        answer = self._known.find(request)
        if answer is None:
            answer = self._send(body)
            with self._lock:
                self._known.add(request, answer)
        return answer

    def _send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        for attempt in range(_TRIES):
            time.sleep(max(self._not_before - time.monotonic(), 0.0))
            with self._lock:
                self.sent += 1
            try:
                with _OPENER.open(self._request(body), timeout=self._timeout) as answer:
                    said = _whole_letters(json.loads(_read(answer)))
                    if not said.get("choices") and said.get("error"):
                        last = self._told(said["error"])
                        self._wait(attempt, None)
                        continue
                    return {"choices": [as_asked(dict(said["choices"][0]), body)], "usage": said.get("usage")}
            except urllib.error.HTTPError as error:
                with error:
                    if error.code not in _BUSY:
                        raise self._failed(f"answers {error.code}: {_begins(error)}") from error
                self._wait(attempt, error.headers.get("Retry-After"))
                last = f"answers {error.code}"
            except (OSError, http.client.HTTPException) as error:
                self._wait(attempt, None)
                last = f"does not answer: {error}"
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                raise self._failed("answers something that is no chat completion") from error
        raise self._failed(f"{last}, {_TRIES} times")

    def _told(self, error: Any) -> str:
        """What an error says that some proxy sent with status 200; raised where asking again is no use."""
        code = error.get("code") if isinstance(error, Mapping) else None
        problem = f"answers {code if isinstance(code, int) else 'with an error'}: {json.dumps(error)[:500]}"
        if isinstance(code, int) and 400 <= code < 500 and code not in _BUSY:
            raise self._failed(problem)
        return problem

    def _request(self, body: Mapping[str, Any]) -> urllib.request.Request:
        headers = {"Content-Type": "application/json"}
        if self._key_file is not None:
            headers["Authorization"] = f"Bearer {read_secret(self._key_file, 'key')}"
        return urllib.request.Request(self._url, json.dumps(body).encode(), headers)  # noqa: S310 - http only, checked

    def _wait(self, attempt: int, asked: str | None) -> None:
        seconds = _retry_after(asked)
        if seconds is None:
            seconds = 0.5 * 2**attempt
        # One thread's refusal holds them all back.
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + min(seconds, _LONGEST_WAIT_SECONDS))

    def _failed(self, problem: str) -> EndpointFailed:
        return EndpointFailed(
            one_line(problem), where=self._url, hint="answers so far are recorded; the same command carries on"
        )


def _retry_after(value: str | None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, as a number or as a date."""
    if value is None:
        return None
    try:
        seconds = float(value)
        return None if math.isnan(seconds) else max(seconds, 0.0)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _begins(answer: urllib.error.HTTPError) -> str:
    """What a refusal begins with, as far as it comes."""
    try:
        return answer.read(500).decode(errors="replace")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"(the rest does not come: {error})"


def _read(answer: http.client.HTTPResponse) -> bytes:
    """The body of an answer, to a bound of size.

    Raises:
        ValueError: it is too long.
        IncompleteRead: it breaks off.
    """
    found = bytearray()
    while piece := answer.read1(_PIECE):
        found += piece
        if len(found) > _LONGEST:
            raise ValueError("too long")
    if answer.length:
        raise http.client.IncompleteRead(bytes(found), answer.length)
    return bytes(found)


def _whole_letters(value: Any) -> Any:
    """A JSON value whose half letters, which no file can hold, are question marks."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole_letters(name): _whole_letters(item) for name, item in value.items()}
    return [_whole_letters(item) for item in value] if isinstance(value, list) else value
