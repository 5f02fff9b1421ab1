"""Views that people keep or send by a short address, and what they and their colleagues asked for lately."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused, local_path
from stillwatch.console.listing import write_rows

__all__ = ["follow", "forget", "save", "saved", "shorten"]

_MOST_SEEN = 50
_LONGEST_TITLE = 120
_NOT_SHOWN = ("page", "as", "did")


def saved(ask: Ask) -> Response:
    """Everybody's kept views; what one looked at lately, and for analysts what colleagues did."""
    if form := ask.file_form:
        ask.note("looked at kept views", form=form)
        return write_rows(form, "views", (asdict(one) for one in ask.console.views.all()))
    kept = [{"view": one, **_told(one.path)} for one in ask.console.views.all()]
    whose = None if ask.person.may("analyst") else ask.person.name
    seen = [{"view": one, **_told(one.path)} for one in ask.console.views.lately(whose, _MOST_SEEN)]
    offered = local_path(ask.query.get("path"))
    ask.note("looked at kept views")
    short = ask.query.get("short", "")
    known = offered != "/" and ask.console.short_links.find(short) == offered
    return ask.show(
        "saved.html.j2",
        kept=kept,
        seen=seen,
        offered=None if offered == "/" else offered,
        short=f"{ask.origin}/s/{short}" if known else None,
    )


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


def shorten(ask: Ask) -> Response:
    """Make a short address of a view, to be sent: nothing of what the view asks for is in it."""
    path = local_path(ask.form.get("path"))
    if path == "/" or path.startswith(("/s/", "/saved")):
        raise Refused(422, "A short address stands for a page of this console with its filters.")
    made = ask.console.short_links.make(ask.person.name, path)
    ask.note("made a short address", short=made, path=path)
    return ask.go(f"/saved?{urlencode({'path': path, 'short': made})}")


def follow(ask: Ask) -> Response:
    """To the page that a short address stands for, which asks for its own rights."""
    made = ask.named["short"]
    path = ask.console.short_links.find(made)
    if path is None:
        raise Refused(404, "That short address stands for nothing here.")
    ask.note("followed a short address", short=made)
    return ask.go(local_path(path))


def _told(path: str) -> dict[str, Any]:
    """What of a view's address a person reads."""
    parts = urlsplit(path)
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name not in _NOT_SHOWN]
    return {"where": unquote(parts.path).strip("/").replace("/", " / "), "asked": asked}
