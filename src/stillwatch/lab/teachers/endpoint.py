"""``openai:URL``: any OpenAI-compatible endpoint that one is entitled to query, such as vLLM or llama.cpp.

Every answer goes into a record file before it is used: a run that is stopped asks nothing twice. The
endpoint's rate limit is kept: after 429 or 503 nothing is sent before ``Retry-After`` has passed.
"""

from __future__ import annotations

import email.utils
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stillwatch.core import BadSetting, EndpointFailed

__all__ = ["Client", "EndpointSettings", "read_endpoint"]

_TRIES = 8
_LONGEST_WAIT_SECONDS = 60.0
_BUSY = (429, 500, 502, 503, 504)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key must not follow a redirect to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Leaves the redirect to be reported as an error."""
        return


_OPENER = urllib.request.build_opener(_NoRedirects)


class EndpointSettings(BaseModel):
    """The ``[endpoint]`` table of a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, description="The model's name at the endpoint.")
    entitlement: str = Field(
        default="", description="Why you may distil this model: whose it is, or which licence or contract allows it."
    )
    key_file: Path | None = Field(default=None, description="A file that holds the key, and nothing else.")
    max_tokens: int = Field(default=256, ge=1, description="Most tokens of an answer.")
    parallel: int = Field(default=4, ge=1, le=64, description="Requests under way at once.")
    timeout_seconds: float = Field(default=60.0, gt=0, description="For one answer.")


def read_endpoint(values: Mapping[str, Any]) -> EndpointSettings:
    """The settings of an endpoint, the statement of entitlement among them.

    Raises:
        BadSetting: a value is out of range, or there is no statement.
    """
    try:
        settings = EndpointSettings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadSetting(first["msg"], where=f"plan: endpoint.{name}", hint="see docs/howto/run-the-lab.md") from error
    if len(settings.entitlement.split()) < 3:
        raise BadSetting(
            "nothing is asked of an endpoint before you state why you may distil its model",
            where="plan: endpoint.entitlement",
            hint='in [endpoint]: entitlement = "our own model, served by us" or the licence that allows it',
        )
    return settings


class Client:
    """Speaks chat completions to one endpoint, from any number of threads.

    Args:
        url: up to and without ``/chat/completions``.
        settings: of the endpoint.
        record: JSONL file that every answer is added to; answers in it are not asked for again.
    """

    def __init__(self, url: str, settings: EndpointSettings, record: Path) -> None:
        if not url.startswith(("http://", "https://")):
            raise BadSetting(f"not an http address: {url}", where="setting teacher")
        self._url = url.rstrip("/") + "/chat/completions"
        self._settings = settings
        self._record = record
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._known = _read_record(record)
        self.sent = 0

    def ask(self, text: str, top: int | None, seed: int) -> dict[str, Any]:
        """The first choice of the endpoint's answer, recorded or fresh.

        Args:
            text: the user's message.
            top: most probable tokens to ask for at each place; None for no log-probabilities.
            seed: passed on; one text asked under two seeds is two queries.

        Raises:
            EndpointFailed: it refuses, or does not answer after several tries.
        """
        body: dict[str, Any] = {
            "model": self._settings.model,
            "messages": [{"role": "user", "content": text}],
            "max_tokens": self._settings.max_tokens,
            "temperature": 1.0,
            "seed": seed % 2**31,
        }
        if top is not None:
            body |= {"logprobs": True, "top_logprobs": top}
        request = json.dumps([self._url, body], sort_keys=True)
        if request not in self._known:
            choice = self._send(body)
            with self._lock, self._record.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"request": request, "choice": choice}) + "\n")
                self._known[request] = choice
        return self._known[request]

    def _send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        for attempt in range(_TRIES):
            time.sleep(max(self._not_before - time.monotonic(), 0.0))
            with self._lock:
                self.sent += 1
            try:
                with _OPENER.open(self._request(body), timeout=self._settings.timeout_seconds) as answer:
                    return dict(json.loads(answer.read())["choices"][0])
            except urllib.error.HTTPError as error:
                if error.code not in _BUSY:
                    said = error.read(500).decode(errors="replace")
                    raise self._failed(f"answers {error.code}: {said}") from error
                self._wait(attempt, error.headers.get("Retry-After"))
                last = f"answers {error.code}"
            except (OSError, http.client.HTTPException) as error:
                self._wait(attempt, None)
                last = f"does not answer: {error}"
            except (ValueError, LookupError, TypeError) as error:
                raise self._failed("answers something that is no chat completion") from error
        raise self._failed(f"{last}, {_TRIES} times")

    def _request(self, body: Mapping[str, Any]) -> urllib.request.Request:
        headers = {"Content-Type": "application/json"}
        if self._settings.key_file is not None:
            try:
                key = self._settings.key_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise BadSetting(f"the key cannot be read: {error.strerror}", where="endpoint.key_file") from error
            headers["Authorization"] = f"Bearer {key}"
        return urllib.request.Request(self._url, json.dumps(body).encode(), headers)  # noqa: S310 - http only, checked

    def _wait(self, attempt: int, asked: str | None) -> None:
        seconds = _retry_after(asked)
        if seconds is None:
            seconds = 0.5 * 2**attempt
        # One thread's refusal holds them all back.
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + min(seconds, _LONGEST_WAIT_SECONDS))

    def _failed(self, problem: str) -> EndpointFailed:
        return EndpointFailed(problem, where=self._url, hint="answers so far are recorded; the same command carries on")


def _retry_after(value: str | None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, as a number or as a date."""
    if value is None:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _read_record(path: Path) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                known[entry["request"]] = entry["choice"]
            except (ValueError, KeyError, TypeError):
                continue  # The last line of a run that was cut off: asked again.
    return known
