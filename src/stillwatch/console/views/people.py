"""Signing in and out, links that work once, who may come in."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused, local_path
from stillwatch.console.listing import write_rows
from stillwatch.console.people import ROLES, Person, TooManyTries
from stillwatch.core import BadSetting

__all__ = [
    "begin_session",
    "change_role",
    "everyone",
    "invite",
    "let_in",
    "passwords_count",
    "show_door",
    "shut_out",
    "sign_in",
    "sign_in_page",
    "sign_out",
    "welcome",
    "welcome_page",
]


def sign_in_page(ask: Ask) -> Response:
    """The form; who is signed in already goes on."""
    if ask.session is not None:
        return ask.go(local_path(ask.query.get("next")))
    return show_door(ask, wanted=local_path(ask.query.get("next")))


def show_door(ask: Ask, *, wanted: str, status: int = 200, wrong: str | None = None, name: str = "") -> Response:
    """The page on which people sign in."""
    provider = ask.console.provider
    return ask.show(
        "sign_in.html.j2",
        status=status,
        wrong=wrong,
        name=name,
        wanted=wanted,
        provider=provider and provider.settings.label,
        passwords=passwords_count(ask),
        nobody=provider is None and not ask.console.people.everyone(),
    )


def passwords_count(ask: Ask) -> bool:
    """Whether people of the console's own come in by a password."""
    return ask.console.provider is None or ask.console.provider.settings.passwords


def sign_in(ask: Ask) -> Response:
    """Begin a session, if name and password are somebody's."""
    name, password = ask.form.get("name", "").strip()[:80], ask.form.get("password", "")
    wanted = local_path(ask.form.get("next"))
    if not passwords_count(ask):
        raise Refused(403, "People come in by the provider alone here.")
    try:
        person = ask.console.people.sign_in(name, password, ask.address)
    except TooManyTries as error:
        if error.first:  # whoever goes on without end fills no disk
            ask.console.note(name or "nobody", "sign-in braked", address=ask.address)
        wrong = "Too many tries. Wait a quarter of an hour, or ask an admin for a new link."
        return show_door(ask, wanted=wanted, status=429, wrong=wrong, name=name)
    if person is None:
        ask.console.note(name or "nobody", "sign-in failed", address=ask.address)
        return show_door(ask, wanted=wanted, status=403, wrong="Name or password is wrong.", name=name)
    ask.console.note(person.name, "signed in", address=ask.address)
    begin_session(ask, person)
    return ask.go(wanted)


def begin_session(ask: Ask, person: Person) -> None:
    """A session with a cookie of its own; the browser's earlier one ends."""
    if ask.session is not None:
        ask.console.sessions.end(ask.session)
    ask.new_cookie = ask.console.sessions.begin(person)


def sign_out(ask: Ask) -> Response:
    """End the session."""
    ask.note("signed out")
    ask.console.sessions.end(ask.signed_in)
    ask.new_cookie = ""
    return ask.go("/sign-in")


def welcome_page(ask: Ask) -> Response:
    """Where a link leads: nothing happens until the form is sent, so that no preview of a link uses it up."""
    found = ask.console.people.of_link(ask.named["token"])
    if found is None:
        raise Refused(410, "This link was used, or has ended. Ask an admin for another.")
    return ask.show("welcome.html.j2", name=found[0], direct=found[1], wrong=None)


def welcome(ask: Ask) -> Response:
    """Use the link up."""
    found = ask.console.people.of_link(ask.named["token"])
    if found is None:
        raise Refused(410, "This link was used, or has ended. Ask an admin for another.")
    if not found[1] and not passwords_count(ask):
        raise Refused(403, "People come in by the provider alone here.")
    password, person, wrong = ask.form.get("password", ""), None, None
    if password != ask.form.get("again", password):
        wrong = "The two are not the same."
    else:
        try:
            person = ask.console.people.use_link(ask.named["token"], password)
        except BadSetting as error:
            wrong = f"{error.problem[:1].upper()}{error.problem[1:]}."
    if wrong is not None:
        return ask.show("welcome.html.j2", status=422, name=found[0], direct=found[1], wrong=wrong)
    if person is None:
        raise Refused(410, "This link was used, or has ended. Ask an admin for another.")
    ask.console.note(person.name, "came in by a link", address=ask.address)
    begin_session(ask, person)
    return ask.go("/")


def everyone(ask: Ask) -> Response:
    """Who may come in, as a page, CSV or JSON."""
    form = ask.query.get("as")
    if form in ("csv", "json"):
        people = ask.console.people.everyone()
        rows = (
            {"name": one["name"], "role": one["role"], "state": _state_of(one), "issuer": one["issuer"]}
            for one in people
        )
        return write_rows(form, "people", rows)
    return _people(ask)


def _state_of(one: Mapping[str, object]) -> str:
    if one["shut"]:
        return "shut out"
    return "comes in by the provider" if one["issuer"] else "comes in" if one["came"] else "invited"


def _people(ask: Ask, link: str | None = None, name: str | None = None) -> Response:
    known = ask.console.provider
    provider = known and known.settings.issuer
    everyone = ask.console.people.everyone()
    return ask.show(
        "people.html.j2", people=everyone, state_of=_state_of, roles=ROLES, link=link, name=name, provider=provider
    )


def invite(ask: Ask) -> Response:
    """Add somebody, or give them a new way in; the link is shown this once."""
    name, role = ask.form.get("name", "").strip(), ask.form.get("role", "")
    token = ask.console.people.invite(name, role)
    ask.note("invited", name=name, role=role)
    return _people(ask, f"/welcome/{token}", name)


def change_role(ask: Ask) -> Response:
    """Give somebody another role."""
    name, role = ask.form.get("name", ""), ask.form.get("role", "")
    ask.console.people.change_role(name, role)
    ask.note("changed a role", name=name, role=role)
    return ask.go("/people")


def shut_out(ask: Ask) -> Response:
    """Let somebody in no more."""
    name = ask.form.get("name", "")
    ask.console.people.shut_out(name)
    ask.note("shut out", name=name)
    return ask.go("/people")


def let_in(ask: Ask) -> Response:
    """Let somebody whom a provider lets in, and who was shut out, come in again."""
    name = ask.form.get("name", "")
    ask.console.people.let_in_again(name)
    ask.note("let in again", name=name)
    return ask.go("/people")
