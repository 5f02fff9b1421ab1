"""One request as a view sees it, and what views answer with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from stillwatch.console.listing import PAGE_ROWS, Listing, page_number
from stillwatch.console.pages import draw_part
from stillwatch.console.people import Person
from stillwatch.console.runs import Run
from stillwatch.console.service import Console
from stillwatch.console.sessions import Session
from stillwatch.core import StillwatchError

__all__ = ["Ask", "Elsewhere", "Refused", "local_path"]

_LONGEST_PATH = 2000


def local_path(text: str | None) -> str:
    """A path of this console that an address may lead on to; the first page where it is anything else.

    >>> local_path("/cases/D1?did=D2"), local_path("//evil.example/"), local_path("/\\\\evil.example")
    ('/cases/D1?did=D2', '/', '/')
    """
    wanted = text or "/"
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted and " " not in wanted
    if not plain or not wanted.startswith("/") or wanted.startswith("//") or len(wanted) > _LONGEST_PATH:
        return "/"
    parts = urlsplit(wanted)
    return "/" if parts.scheme or parts.netloc or parts.path.startswith(("/sign-", "/welcome")) else wanted


class Refused(Exception):
    """A request that is answered with a page that says why not.

    Args:
        status: of HTTP.
        said: what is wrong, for the person.
    """

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


class Elsewhere(Exception):
    """What is asked for is at another address of the console: a table that became shorter has no such page any more.

    Args:
        path: with its query.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(slots=True)
class Ask:
    """A request whose person, rights and form have been checked.

    Attributes:
        console: everything.
        pages: the templates.
        path: as it stands in the URL, every other character behind a percent sign.
        named: parts of the path that the route names.
        query, form: what the URL and the body say, of each name the last.
        chosen: of the form's names that may come often, all.
        session: None where nobody is signed in.
        address: of the browser.
        origin: scheme, name and port under which the browser asks.
        cookies: what it sent.
        fragment: whether a part of a page is asked for, not a page.
        takes_gzip: whether the browser reads compressed answers.
        new_cookie: a session's token to be set; empty to take it away; None to leave it.
    """

    console: Console
    pages: Environment
    path: str
    named: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    chosen: Mapping[str, list[str]]
    session: Session | None
    address: str
    origin: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)
    fragment: bool = False
    takes_gzip: bool = False
    new_cookie: str | None = field(default=None)

    @property
    def signed_in(self) -> Session:
        """The session, on a route that needs one."""
        if self.session is None:
            raise Refused(401, "Nobody is signed in.")
        return self.session

    @property
    def person(self) -> Person:
        """Who asks, on a route that needs somebody."""
        return self.signed_in.person

    @property
    def run(self) -> Run:
        """The run that the path names."""
        run = self.console.runs.find(self.named["run"])
        if run is None:
            raise Refused(404, f"There is no run {self.named['run']} here any more.")
        self.console.copies.want(run)
        return run

    @property
    def page_number(self) -> int:
        """Which page of a table is asked for."""
        return page_number(self.query.get("page"))

    @property
    def file_form(self) -> str | None:
        """The form of file that a table is asked for as, ``csv`` or ``json``; None: a page."""
        form = self.query.get("as")
        return form if form in ("csv", "json") else None

    @property
    def waiting(self) -> int:
        """How many cases wait for this person; 0 where nobody is signed in, or the log cannot be read."""
        try:
            return len(self.console.cases.cases().waiting_for(self.person)) if self.session else 0
        except StillwatchError:
            # Every page shows it, that which says what is wrong with the log among them.
            return 0

    def reason(self) -> str:
        """The reason that the form gives; there must be one."""
        said = self.form.get("reason", "").strip()
        if not said:
            raise Refused(422, "Give a reason: it stands in the log beside what you do.")
        if len(said) > 4000:
            raise Refused(422, "The reason is longer than 4,000 characters.")
        return said

    def note(self, what: str, **about: str | int | None) -> None:
        """Write down that this person looked at or did something."""
        self.console.note(self.person.name, what, **about)

    def listing(self, rows: list[dict[str, Any]], total: int, filters: tuple[str, ...] = ()) -> Listing:
        """A page of a table at this path, which its filters make one of the views that were looked at."""
        listing = self.rows_here(rows, total, filters)
        asked = f"{self.path}?{urlencode(listing.filters)}"
        if listing.filters.keys() - {"id"} and len(asked) <= _LONGEST_PATH:
            self.console.views.looked(self.person.name, asked)
        return listing

    def rows_here(
        self, rows: list[dict[str, Any]], total: int, filters: tuple[str, ...] = (), size: int = PAGE_ROWS
    ) -> Listing:
        """A page of a table at this path.

        Raises:
            Elsewhere: the table has rows, and fewer pages.
        """
        kept = {name: self.query[name] for name in filters if self.query.get(name)}
        listing = Listing(rows, total, self.page_number, self.path, kept, size)
        if total and not rows and self.page_number > 1:
            raise Elsewhere(listing.url(page=-(-total // size)))
        return listing

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page."""
        shown = {
            "ask": self,
            "me": self.session.person if self.session else None,
            "csrf": self.session.csrf if self.session else "",
            "run": None,
            **values,
        }
        return HTMLResponse(self.pages.get_template(template).render(shown), status)

    def part(self, template: str, **values: Any) -> Markup:
        """A part of a page, of these values alone: nothing of who asks gets into it."""
        return draw_part(template, **values)

    def go(self, path: str) -> Response:
        """To another page of the console, by GET."""
        return RedirectResponse(path, 303)
