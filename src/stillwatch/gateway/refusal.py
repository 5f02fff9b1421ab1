"""How a request is refused: status, headers and a body in the words of the API that was asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import msgspec

__all__ = ["Refusal", "blocked", "crowded", "limited", "too_much", "unavailable", "unverified"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no answer.

    Attributes:
        status: of HTTP.
        code: for machines.
        message: for people.
        retry_after: seconds, where asking again helps.
        more: further fields of the error.
    """

    status: int
    code: str
    message: str
    retry_after: int | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def content(self, api: str | None) -> dict[str, Any]:
        """The body: Anthropic's shape for messages, OpenAI's for everything else."""
        error = {"type": _TYPES.get(self.status, "api_error"), "message": self.message, "code": self.code, **self.more}
        return {"type": "error", "error": error} if api == "messages" else {"error": {**error, "param": None}}

    def body(self, api: str | None) -> bytes:
        """The body as JSON."""
        return msgspec.json.encode(self.content(api))

    def headers(self) -> dict[str, str]:
        """What is said beside the body."""
        said = {"content-type": "application/json"}
        if self.retry_after is not None:
            said["retry-after"] = str(self.retry_after)
        return said


_TYPES = {
    400: "invalid_request_error",
    403: "permission_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
}


def limited(wait_seconds: float, text: str) -> Refusal:
    """429: ask again later."""
    return Refusal(429, "rate_limited", text or "Too many requests.", max(1, math.ceil(wait_seconds)))


def too_much(text: str, reference: str) -> Refusal:
    """429 without a time: no waiting makes so much fit."""
    return Refusal(429, "too_much_at_once", text, more={"reference": reference})


def crowded() -> Refusal:
    """429: too many requests of this account are under way."""
    return Refusal(429, "too_many_at_once", "Too many requests of this account are under way.", 1)


def unverified(text: str, url: str | None, reference: str) -> Refusal:
    """403 with a challenge that a machine can read: who must prove what, where, and about which decision."""
    challenge = {"type": "account_verification", "url": url, "reference": reference}
    said = text or "This account must be verified before it can be used."
    return Refusal(403, "verification_required", said, more={"challenge": challenge})


def blocked(text: str, reference: str) -> Refusal:
    """403: not served."""
    return Refusal(403, "account_blocked", text or "This account is not served.", more={"reference": reference})


def unavailable(what: str) -> Refusal:
    """503: fails closed, as the operator chose."""
    return Refusal(503, "gateway_unavailable", f"Temporarily unavailable ({what}).", 1)
