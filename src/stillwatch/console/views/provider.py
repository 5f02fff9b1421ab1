"""Signing in by an OpenID Connect provider: the way there, and the way back."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote, unquote

from starlette.responses import RedirectResponse, Response

from stillwatch.console.asking import Ask, Refused, local_path
from stillwatch.console.oidc_settings import NotLetIn
from stillwatch.console.people import TooManyTries
from stillwatch.console.views.people import begin_session, show_door
from stillwatch.core import BadSetting

__all__ = ["come_back", "go_there"]

_BACK = "/sign-in/provider/back"
_SECONDS = 600


def go_there(ask: Ask) -> Response:
    """To the provider, with a cookie that ties the way back to this browser."""
    provider, wanted = ask.console.provider, local_path(ask.query.get("next"))
    if provider is None:
        raise Refused(404, "This console knows no provider.")
    try:
        at, flow = provider.begin(ask.origin + _BACK)
    except NotLetIn as error:
        with suppress(TooManyTries):  # so many are written down, and no more
            ask.console.people.hold_back(ask.address, on=" on the way there")
            ask.console.note("nobody", "sign-in failed", address=ask.address, why=error.told)
        return show_door(ask, wanted=wanted, status=502, wrong=error.said)
    response = RedirectResponse(at, 303)
    kept = f"{flow}.{quote(wanted, safe='')}"
    secure = ask.origin.startswith("https:")
    response.set_cookie(_cookie(ask), kept, max_age=_SECONDS, httponly=True, samesite="lax", secure=secure)
    return response


def come_back(ask: Ask) -> Response:
    """From the provider: whoever it says has come gets a session, if one of their groups has a role."""
    provider = ask.console.provider
    if provider is None:
        raise Refused(404, "This console knows no provider.")
    flow, _, kept = ask.cookies.get(_cookie(ask), "").partition(".")
    wanted = local_path(unquote(kept))
    response = _come_back(ask, flow, wanted)
    # Used once, whatever became of it.
    response.delete_cookie(_cookie(ask), httponly=True, samesite="lax", secure=ask.origin.startswith("https:"))
    return response


def _come_back(ask: Ask, flow: str, wanted: str) -> Response:
    provider = ask.console.provider
    assert provider is not None  # noqa: S101
    try:
        ask.console.people.hold_back(ask.address)
        came = provider.finish(flow, ask.query, ask.origin + _BACK)
        person = ask.console.people.come_in(came.issuer, came.subject, came.name, came.role)
    except TooManyTries as error:
        if error.first:
            ask.console.note("nobody", "sign-in braked", address=ask.address)
        return show_door(ask, wanted=wanted, status=429, wrong="Too many tries. Wait a quarter of an hour.")
    except NotLetIn as error:
        ask.console.note("nobody", "sign-in failed", address=ask.address, why=error.told)
        return show_door(ask, wanted=wanted, status=403, wrong=error.said)
    except BadSetting as error:
        ask.console.note("nobody", "sign-in failed", address=ask.address, why=f"{error.where} {error.problem}")
        said = f"The provider knows you, but {error.where} {error.problem}: ask an admin."
        return show_door(ask, wanted=wanted, status=403, wrong=said)
    ask.console.people.forgive(ask.address)
    ask.console.note(person.name, "signed in by the provider", address=ask.address, role=person.role)
    begin_session(ask, person)
    return ask.go(wanted)


def _cookie(ask: Ask) -> str:
    return "__Host-stillwatch-way" if ask.origin.startswith("https:") else "stillwatch-way"
