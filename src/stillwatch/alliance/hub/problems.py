"""What the hub refuses, as the error resource of TAXII 2.1 (section 3.6.1), and never as a stack trace."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

__all__ = ["TAXII", "Problem", "TaxiiResponse", "handle_problems"]

TAXII = "application/taxii+json;version=2.1"
"""The media type of everything the hub says."""

_SECONDS_TO_WAIT = 5
_log = logging.getLogger(__name__)


class Problem(HTTPException):
    """A request the hub refuses.

    Args:
        status: the HTTP status.
        title: what is wrong, in a few words.
        description: where, and what to do next.
        headers: further headers of the answer.
    """

    def __init__(self, status: int, title: str, description: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(status, title, headers)
        self.description = description


class TaxiiResponse(JSONResponse):
    """JSON under TAXII's media type."""

    media_type = TAXII


def _answer(status: int, title: str, description: str = "", headers: dict[str, str] | None = None) -> TaxiiResponse:
    body: dict[str, Any] = {"title": title, "http_status": str(status)}
    if description:
        body["description"] = description
    return TaxiiResponse(body, status, headers)


def handle_problems(app: FastAPI) -> None:
    """Answer every refusal and every fault with an error resource."""

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, error: HTTPException) -> TaxiiResponse:
        description = error.description if isinstance(error, Problem) else ""
        return _answer(error.status_code, str(error.detail), description, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def refuse_form(_: Request, error: RequestValidationError) -> TaxiiResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, "the request is not of the form it must have", where)

    @app.exception_handler(sa.exc.OperationalError)
    @app.exception_handler(sa.exc.TimeoutError)
    async def wait(request: Request, error: sa.exc.SQLAlchemyError) -> TaxiiResponse:
        # Another holds the database, its disk is full, or it is away: nothing was taken in, and asking again may help.
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        _log.error("%s %s: the database does not answer: %s", request.method, request.url.path, said)
        again = {"Retry-After": str(_SECONDS_TO_WAIT)}
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "the hub's database does not answer", "ask again later", again)

    @app.exception_handler(ClientDisconnect)
    async def leave(_: Request, __: ClientDisconnect) -> TaxiiResponse:
        # Nobody reads this answer; nothing was taken in.
        return _answer(HTTPStatus.BAD_REQUEST, "the client went away before its body was whole")

    @app.exception_handler(Exception)
    async def fail(request: Request, error: Exception) -> TaxiiResponse:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the hub failed; its operator's log says why")
