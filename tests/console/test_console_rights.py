"""Every path with every role, as the table says; and what a form must hold before it changes anything."""

import httpx
import pytest
from console_world import ACCOUNT, Open, Visitor, make_places, open_console
from fastapi.routing import APIRoute
from starlette.routing import Route as Mounted

from stillwatch.console import ROLES, create_app
from stillwatch.console.routes import ROUTES, Route


@pytest.fixture(scope="module")
def people(opened: Open) -> dict[str, Visitor]:
    return {role: opened.visitor(f"the-{role}", role) for role in ROLES}


def filled(opened: Open, path: str) -> str:
    return path.format(run="week", campaign="C001", case=opened.cases()[0], appeal="A-none", token="none", short="none")


# Signing out would end the session of whoever asks: it is tested with people.
@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.role and r.path != "/sign-out"], ids=lambda r: f"{r.method} {r.path}"
)
def test_each_role_may_what_the_table_says_and_no_more(opened: Open, people: dict[str, Visitor], route: Route) -> None:
    path = filled(opened, route.path)
    with httpx.Client(base_url=opened.url, timeout=120) as nobody:
        assert nobody.request(route.method, path).status_code in (303, 401)
    for role in ROLES:
        who = people[role]
        # Without the form's token nothing changes, and what is refused for the role is refused before.
        answer = who.get(path, params={"id": ACCOUNT}) if route.method == "GET" else who.http.post(path)
        may = ROLES.index(role) >= ROLES.index(route.role or "viewer")
        if not may:
            assert answer.status_code == 403, role
            assert "needs the role" in answer.text
        elif route.method == "POST":
            assert answer.status_code == 403, role
            assert "another session" in answer.text
        else:
            assert answer.status_code in (200, 303, 404, 422), answer.text


def test_the_application_has_no_path_that_the_table_lacks(opened: Open) -> None:
    mounted = {
        (method, one.path)
        for one in create_app(opened.console).routes
        if isinstance(one, Mounted | APIRoute)
        for method in one.methods or ()
        if method != "HEAD"
    }
    assert mounted == {(route.method, route.path) for route in ROUTES} | {("GET", "/static/{file:path}")}


def test_forms_of_other_sites_change_nothing(opened: Open, people: dict[str, Visitor]) -> None:
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        answer = people["analyst"].post("/queue/next", headers=headers)
        assert answer.status_code == 403
        assert "another site" in answer.text
    assert not opened.console.claims.held()


def test_another_name_of_the_machine_is_refused(opened: Open) -> None:
    with httpx.Client(base_url=opened.url) as http:
        assert http.get("/sign-in", headers={"host": "evil.example"}).status_code == 421


def test_every_answer_forbids_scripts_from_elsewhere_and_being_kept(opened: Open, people: dict[str, Visitor]) -> None:
    for path in ("/sign-in", "/nowhere", "/queue", "/static/console.js", "/runs/week/account?id=m0"):
        headers = people["viewer"].get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert people["viewer"].get("/queue").headers["cache-control"] == "no-store"


def test_cookies_are_unreadable_and_secure_behind_tls(tmp_path_factory: pytest.TempPathFactory) -> None:
    places = make_places(tmp_path_factory.mktemp("tls"), decided=False, url="https://console.example")
    with open_console(places) as opened:
        token = opened.console.people.invite("ada", "admin", direct=True)
        answer = httpx.post(f"{opened.url}/welcome/{token}")
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("__host-")
        for part in ("httponly", "secure", "samesite=lax", "path=/"):
            assert part in cookie
        assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "path", ["../console.db", "..%2f..%2fapp.py", "vendor/../../app.py", "vendor", "", "x.js", "app.py"]
)
def test_nothing_but_static_files_is_served(opened: Open, path: str) -> None:
    with httpx.Client(base_url=opened.url) as http:
        assert http.get(f"/static/{path}").status_code == 404


def test_who_looked_and_who_was_refused_is_in_the_log(opened: Open, people: dict[str, Visitor]) -> None:
    people["viewer"].get("/runs/week/campaigns/C001")
    people["viewer"].get("/people")
    said = [(one.body["by"], one.body["kind"]) for one in opened.console.audit.entries()]
    assert ("the-viewer", "looked at a campaign") in said
    assert ("the-viewer", "refused") in said
