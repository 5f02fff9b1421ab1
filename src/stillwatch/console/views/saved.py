"""Views that people keep, and what they and their colleagues asked for lately."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused, local_path

__all__ = ["forget", "save", "saved"]

_MOST_SEEN = 50
_LONGEST_TITLE = 120
_NOT_SHOWN = ("page", "as", "did")


def saved(ask: Ask) -> Response:
    """Everybody's kept views; what one looked at lately, and for analysts what colleagues did."""
    kept = [{"view": one, **_told(one.path)} for one in ask.console.views.all()]
    whose = None if ask.person.may("analyst") else ask.person.name
    seen = [{"view": one, **_told(one.path)} for one in ask.console.views.lately(whose, _MOST_SEEN)]
    offered = local_path(ask.query.get("path"))
    ask.note("looked at kept views")
    return ask.show("saved.html.j2", kept=kept, seen=seen, offered=None if offered == "/" else offered)


def save(ask: Ask) -> Response:
    """Keep a view under a title."""
    path, title = local_path(ask.form.get("path")), " ".join(ask.form.get("title", "").split())
    if path == "/" or not title:
        raise Refused(422, "A view is kept with its address in this console and a title.")
    if len(title) > _LONGEST_TITLE:
        raise Refused(422, f"The title is longer than {_LONGEST_TITLE} characters.")
    if not ask.console.views.save(ask.person.name, title, path):
        raise Refused(422, "You keep so many views that none more is kept: forget some first.")
    ask.note("kept a view", title=title, path=path)
    return ask.go("/saved")


def forget(ask: Ask) -> Response:
    """Keep one's own view no longer."""
    number = ask.form.get("view", "")
    known = number.isascii() and number.isdigit() and len(number) < 12
    if not known or not ask.console.views.forget(int(number), ask.person.name):
        raise Refused(404, "That is no view of yours.")
    ask.note("forgot a view", view=int(number))
    return ask.go("/saved")


def _told(path: str) -> dict[str, Any]:
    """What of a view's address a person reads."""
    parts = urlsplit(path)
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name not in _NOT_SHOWN]
    return {"where": unquote(parts.path).strip("/").replace("/", " / "), "asked": asked}
