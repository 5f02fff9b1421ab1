"""How a request is refused: status, headers and a body in the words of the API that was asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import msgspec

__all__ = ["NOT_THIS_WAY", "About", "Refusal", "blocked", "crowded", "limited", "too_much", "unavailable", "unverified"]


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


@dataclass(frozen=True, slots=True)
class About:
    """The decision behind a refusal: its id, and where a customer reads its letter. The letter itself is sent there.

    Attributes:
        reference: the decision's id.
        url: of the letter, if there is a place for it.
    """

    reference: str
    url: str | None = None

    def said(self, what: str) -> str:
        """One line: what, by which decision, and where more is said."""
        return f"{what} Decision {self.reference}{f': {self.url}' if self.url else ''}."

    @property
    def more(self) -> dict[str, Any]:
        """Fields of the error."""
        return {"reference": self.reference, "url": self.url}


NOT_THIS_WAY = Refusal(403, "not_served_this_way", "This way is not open to this account.")
"""Of what is asked too little would be seen here for what is decided."""
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
}


def limited(wait_seconds: float, about: About) -> Refusal:
    """429: ask again later."""
    return Refusal(429, "rate_limited", about.said("Too many requests."), max(1, math.ceil(wait_seconds)), about.more)


def too_much(text: str, about: About) -> Refusal:
    """429 without a time: no waiting makes so much fit."""
    return Refusal(429, "too_much_at_once", about.said(text), more=about.more)


def crowded() -> Refusal:
    """429: too many requests of this account are under way."""
    return Refusal(429, "too_many_at_once", "Too many requests of this account are under way.", 1)


def unverified(url: str | None, about: About) -> Refusal:
    """403 with a challenge that a machine can read: who must prove what, where, and about which decision."""
    challenge = {"type": "account_verification", "url": url or about.url, "reference": about.reference}
    said = "This account is served once it has shown who it is" + (f" at {url}." if url else ".")
    return Refusal(403, "verification_required", about.said(said), more={**about.more, "challenge": challenge})


def blocked(about: About) -> Refusal:
    """403: not served."""
    return Refusal(403, "account_blocked", about.said("This account is not served."), more=about.more)


def unavailable(what: str) -> Refusal:
    """503: fails closed, as the operator chose."""
    return Refusal(503, "gateway_unavailable", f"Temporarily unavailable ({what}).", 1)
