"""The application: from the table of routes to a server that holds every request to it.

What each request passes, in this order: the host is ours, a form comes from one of our pages, somebody is signed in,
the role suffices, the form holds the session's token; then its view runs, in a thread.
"""

from __future__ import annotations

import hmac
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from urllib.parse import parse_qs, quote, urlencode

from fastapi import FastAPI
from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from stillwatch.console.asking import Ask, Elsewhere, Refused, local_path
from stillwatch.console.case_file import Changed
from stillwatch.console.client_address import client_address
from stillwatch.console.guard import Guard
from stillwatch.console.pages import make_pages
from stillwatch.console.people import may
from stillwatch.console.routes import ROUTES, Route
from stillwatch.console.service import Console
from stillwatch.core import BadDecision, BadPolicy, OutputUnwritable, StillwatchError

__all__ = ["create_app"]

_LOG = logging.getLogger(__name__)
_OF_THE_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_BUSY", "SQLITE_CANTOPEN")
_NOT_WRITTEN = (
    "Nothing was done: what the console keeps cannot be written at this moment. "
    "Its operator finds why in the console's output; then do it again."
)
_MOST_BYTES = 256 * 1024
_MOST_AT_THE_DOOR = 8 * 1024
"""Of a form that comes from whoever it may be."""

_STATIC = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}


def create_app(console: Console) -> FastAPI:
    """The console's pages as an ASGI application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    pages = make_pages()
    for route in ROUTES:
        app.add_route(route.path, _endpoint(console, pages, route), methods=[route.method])
    app.add_route("/static/{file:path}", _static, methods=["GET"])
    app.add_middleware(Guard, url=console.places.url)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        ask = Ask(console, pages, _path(request), {}, {}, {}, {}, None, "")
        said = "There is no such page." if error.status_code == 404 else error.detail
        return _refusal(ask, request, error.status_code, said)

    return app


def _endpoint(console: Console, pages: Environment, route: Route) -> Callable[[Request], Awaitable[Response]]:
    cookie = _cookie_name(console)

    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request, _MOST_BYTES if route.role else _MOST_AT_THE_DOOR)
        except ClientDisconnect:
            return Response(status_code=400)  # whom nobody reads
        return await run_in_threadpool(answer, request, body)

    def answer(request: Request, body: bytes | None) -> Response:
        form = None if body is None else _form(body)
        ask = _ask(console, pages, request, form or {}, console.sessions.find(request.cookies.get(cookie)))
        try:
            _hold(route, ask, request, whole=form is not None)
            response = route.view(ask)
        except Elsewhere as elsewhere:
            response = ask.go(elsewhere.path)
        except Refused as refused:
            if refused.status == 401 and request.method == "GET" and not ask.fragment:
                asked = ask.path + (f"?{request.url.query}" if request.url.query else "")
                wanted = local_path(asked)
                return RedirectResponse("/sign-in" + (f"?{urlencode({'next': wanted})}" if wanted != "/" else ""), 303)
            response = _refusal(ask, request, refused.status, refused.said)
        except Exception as error:
            response = _refusal(ask, request, *_told(error, f"{route.method} {route.path}"))
        _set_cookie(response, ask, cookie)
        return response

    return endpoint


def _refusal(ask: Ask, request: Request, status: int, said: str) -> Response:
    shown = "There is nothing here" if status == 404 else "This cannot be shown"
    title = "That was not done" if request.method == "POST" else shown
    return ask.show("refused.html.j2", status=status, said=said, title=title)


def _of_the_disk(error: Exception) -> bool:
    """Whether something could not be written because of where it lies: no room, no leave, held by another."""
    return str(getattr(error, "sqlite_errorname", _OF_THE_DISK[0])).startswith(_OF_THE_DISK)


def _told(error: Exception, where: str) -> tuple[int, str]:
    """Status and plain words for what went wrong."""
    match error:
        case Changed():
            return 409, "The case has changed since you opened it: look again. Nothing was done."
        case BadDecision():
            return 409, f"{error.problem[:1].upper()}{error.problem[1:]}."
        case BadPolicy():
            return 422, f"{error.where}: {error.problem}. {error.hint or ''}"
        case OutputUnwritable() | sqlite3.OperationalError() if _of_the_disk(error):
            _LOG.error("%s: cannot be written: %s", where, " ".join(str(error).split()))
            return 503, _NOT_WRITTEN
        case StillwatchError():
            return 422, f"{error.problem}. {error.hint or ''}"
    # Whoever runs the console reads what it was, whoever asked that it was none of theirs.
    _LOG.error(where, exc_info=error)
    return 500, "That is a fault of the console, not yours. Its operator finds it in the console's output."


def _path(request: Request) -> str:
    """The path as it stands in an address: a run's name may hold any character, and links go on from here."""
    return quote(str(request.scope["path"]))


async def _body(request: Request, most: int) -> bytes | None:
    """The whole body; None where it is too long, and then it is not read on."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > most:
            return None
    return bytes(read)


def _form(body: bytes) -> dict[str, list[str]] | None:
    """Names and values of a form; None where it has more of them than any form here."""
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20_000)
    except ValueError:
        return None


def _ask(console: Console, pages: Environment, request: Request, form: Mapping[str, list[str]], session: object) -> Ask:
    return Ask(
        console,
        pages,
        _path(request),
        request.path_params,
        dict(request.query_params),
        {name: values[-1] for name, values in form.items()},
        form,
        session,  # type: ignore[arg-type]
        _address(console, request),
        (console.places.url or f"{request.url.scheme}://{request.headers.get('host', '')}").rstrip("/"),
        request.cookies,
        fragment=request.headers.get("hx-request") == "true",
        takes_gzip="gzip" in request.headers.get("accept-encoding", ""),
    )


def _address(console: Console, request: Request) -> str:
    peer = request.client.host if request.client else ""
    return client_address(peer, request.headers.getlist("x-forwarded-for"), console.proxies)


def _hold(route: Route, ask: Ask, request: Request, *, whole: bool) -> None:
    """Hold a request to the table.

    Raises:
        Refused: it may not.
    """
    if not whole:
        raise Refused(413, "That is more than a form of this console holds.")
    if route.method == "POST" and not _same_origin(request):
        raise Refused(403, "That form came from another site.")
    if route.role is None:
        return
    if ask.session is None:
        raise Refused(401, "Nobody is signed in: your session has ended.")
    if not may(ask.session.person.role, route.role):
        ask.note("refused", path=ask.path, role=ask.session.person.role)
        raise Refused(403, f"That needs the role {route.role}; you are {ask.session.person.role}.")
    if route.method == "POST" and not hmac.compare_digest(ask.form.get("csrf", "").encode(), ask.session.csrf.encode()):
        raise Refused(403, "The form is of another session: go back, load the page again and repeat it.")


def _same_origin(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def _cookie_name(console: Console) -> str:
    secure = bool(console.places.url and console.places.url.startswith("https:"))
    return "__Host-stillwatch" if secure else "stillwatch"


def _set_cookie(response: Response, ask: Ask, name: str) -> None:
    if ask.new_cookie is None:
        return
    kept = {"secure": name.startswith("__Host-"), "httponly": True, "samesite": "lax", "path": "/"}
    if ask.new_cookie:
        response.set_cookie(name, ask.new_cookie, **kept)  # type: ignore[arg-type]
    else:
        response.delete_cookie(name, **kept)  # type: ignore[arg-type]


async def _static(request: Request) -> Response:
    """Our own files and vendored ones; style sheets of every page come from ``drawing``."""
    name = str(request.path_params["file"])
    parts = name.split("/")
    kind = _STATIC.get(name.rsplit(".", 1)[-1])
    if kind is None or any(part in ("", ".", "..") for part in parts) or "\\" in name:
        raise HTTPException(404)
    home = "stillwatch.drawing" if parts[0] == "drawing" else "stillwatch.console"
    file = files(home).joinpath("static", *(parts[1:] if parts[0] == "drawing" else parts))
    if not file.is_file():
        raise HTTPException(404)
    # Names of vendored files hold their versions: those never change.
    kept = "public, max-age=31536000, immutable" if parts[0] == "vendor" else "no-cache"
    return Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": kept})
