"""The application: routers over one hub, bodies bounded before they are read, every refusal an error resource."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stillwatch.alliance.hub.attempts import Attempts
from stillwatch.alliance.hub.database import Hub
from stillwatch.alliance.hub.members import CurrentMember
from stillwatch.alliance.hub.problems import Problem, handle_problems
from stillwatch.alliance.hub.quotas import Quota
from stillwatch.alliance.hub.taxii import taxii_router
from stillwatch.alliance.hub.traffic import Pace, Traffic

__all__ = ["EVERYONES", "MAX_BODY", "USUAL", "create_app"]

MAX_BODY = 16 * 1024 * 1024
"""Bytes of the largest body that is read; said as ``max_content_length``."""

EVERYONES = Quota()
"""What a member may have where nothing else is said."""

USUAL = Pace()
"""What a member may ask for at a time where nothing else is said."""


def create_app(
    hub: Hub,
    routers: Sequence[APIRouter] = (),
    *,
    max_body: int = MAX_BODY,
    quota: Quota = EVERYONES,
    pace: Pace = USUAL,
) -> FastAPI:
    """The hub's application.

    Args:
        hub: opened; routes find it as ``request.app.state.hub``.
        routers: mounted beside TAXII's; their routes depend on ``CurrentMember`` and write to the journal.
        max_body: bytes of the largest body that is read.
        quota: what each member may have there.
        pace: what each may ask of it at a time.
    """
    app = FastAPI(
        title="Stillwatch alliance hub", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.hub = hub
    app.state.attempts = Attempts(hub)
    app.state.max_body = max_body
    app.state.quota = quota
    app.state.traffic = Traffic(pace)
    handle_problems(app)
    for router in (taxii_router, *routers):
        app.include_router(router)

    @app.get("/openapi.json", include_in_schema=False)
    def description(_: CurrentMember) -> JSONResponse:
        """What the hub's endpoints are, for members."""
        return JSONResponse(app.openapi())

    app.add_middleware(_Bounded, most=max_body)
    return app


class _Bounded:
    """Refuses a body that is too long, whether its length is said or not."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most:
                raise Problem(413, "the body is too long", f"at most {self.most} bytes")
            return message

        await self.app(scope, counted, send)
