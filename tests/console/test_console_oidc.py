"""Signing in by an OpenID Connect provider: the whole way, and every way in which somebody else might come along it."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from console_world import Open, make_places, open_console
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from oidc_provider import CLIENT, SECRET, FakeProvider, running_provider

from stillwatch.console.asking import local_path
from stillwatch.console.oidc_settings import read_oidc
from stillwatch.core import BadSetting

ADA = {"sub": "u-1", "preferred_username": "Ada", "groups": ["staff", "sw-analysts"], "email": "ada@example.org"}
BACK = "/sign-in/provider/back"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with running_provider() as provider:
        provider.present = ADA
        yield provider


def settings(folder: Path, provider: FakeProvider, **more: Any) -> Path:
    (folder / "secret").write_text(SECRET + "\n")
    told = {
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret_file": "secret",
        "roles": {"analyst": ["sw-analysts"], "approver": ["sw-approvers"], "admin": ["sw-admins"]},
        **more,
    }
    path = folder / "oidc.yaml"
    path.write_text(json.dumps(told))
    return path


@pytest.fixture
def opened(tmp_path: Path, provider: FakeProvider, request: pytest.FixtureRequest) -> Iterator[Open]:
    more = getattr(request, "param", {})
    with open_console(make_places(tmp_path, oidc=settings(tmp_path, provider, **more))) as opened:
        provider.back = opened.url + BACK
        yield opened


def browser(opened: Open) -> httpx.Client:
    return httpx.Client(base_url=opened.url, timeout=30)


def go(visitor: httpx.Client, wanted: str = "") -> httpx.Response:
    """There, to the provider and back; what the console says then."""
    there = visitor.get(f"/sign-in/provider{wanted}")
    assert there.status_code == 303, there.text
    back = httpx.get(there.headers["location"])
    assert back.status_code == 302, back.text
    return visitor.get(back.headers["location"])


def whose(visitor: httpx.Client) -> str:
    """Name and role that the bar shows; empty where nobody is signed in."""
    found = re.search(r'title="role: (\w+)">([^<]+?) <', visitor.get("/queue").text)
    return f"{found[2]} {found[1]}" if found else ""


def said(answer: httpx.Response) -> str:
    found = re.search(r'role="alert">([^<]+)<', answer.text)
    assert found, answer.text
    return found[1]


def why(opened: Open) -> str:
    """What the log says of the last sign-in that failed."""
    return next(
        str(one.body["why"])
        for one in reversed(list(opened.console.audit.entries()))
        if one.body["kind"] == "sign-in failed"
    )


def test_from_a_link_by_the_provider_to_the_page_that_was_asked_for(opened: Open, provider: FakeProvider) -> None:
    with browser(opened) as visitor:
        first = visitor.get("/queue?stage=all")
        assert first.headers["location"] == "/sign-in?next=%2Fqueue%3Fstage%3Dall"
        door = visitor.get(first.headers["location"]).text
        assert 'href="/sign-in/provider?next=%2Fqueue%3Fstage%3Dall"' in door
        there = visitor.get("/sign-in/provider?next=%2Fqueue%3Fstage%3Dall")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there.headers["location"]).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == opened.url + BACK
        assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
        back = httpx.get(there.headers["location"]).headers["location"]
        arrived = visitor.get(back)
        assert arrived.headers["location"] == "/queue?stage=all"
        assert whose(visitor) == "ada analyst"
        assert any(one.body["kind"] == "signed in by the provider" for one in opened.console.audit.entries())


def test_a_role_is_what_the_groups_say_at_each_sign_in_the_highest(opened: Open, provider: FakeProvider) -> None:
    for groups, role in (
        (["sw-analysts"], "ada analyst"),
        (["sw-analysts", "sw-admins", "x"], "ada admin"),
        ("sw-approvers", "ada approver"),
    ):
        provider.present = {**ADA, "groups": groups}
        with browser(opened) as visitor:
            assert go(visitor).status_code == 303
            assert whose(visitor) == role


@pytest.mark.parametrize("groups", [[], ["staff"], None, [{"name": "sw-admins"}], "sw-admins2", 7, {"sw-admins": 1}])
def test_who_has_no_group_with_a_role_stays_out(opened: Open, provider: FakeProvider, groups: Any) -> None:
    provider.present = {**ADA, "groups": groups}
    provider.userinfo = {"sub": "u-1"}
    with browser(opened) as visitor:
        answer = go(visitor)
        assert (answer.status_code, whose(visitor)) == (403, "")
        assert "none of your groups" in said(answer)


def test_a_name_of_somebody_here_is_never_given_to_whom_the_provider_calls_so(
    opened: Open, provider: FakeProvider
) -> None:
    opened.visitor("ada", "admin")
    with browser(opened) as visitor:
        answer = go(visitor)
        assert (answer.status_code, whose(visitor)) == (403, "")
        assert "somebody else" in said(answer)
    provider.present = {**ADA, "sub": "u-2", "preferred_username": "bo"}
    with browser(opened) as visitor:
        go(visitor)
        assert whose(visitor) == "bo analyst"
    provider.present = {**ADA, "sub": "u-3", "preferred_username": "bo"}
    with browser(opened) as visitor:
        assert go(visitor).status_code == 403
    # The same person under another name stays who they were.
    provider.present = {**ADA, "sub": "u-2", "preferred_username": "root"}
    with browser(opened) as visitor:
        go(visitor)
        assert whose(visitor) == "bo analyst"


def test_who_is_shut_out_stays_out_until_let_in_and_no_link_goes_round_the_provider(opened: Open) -> None:
    boss = opened.visitor("boss", "admin")
    with browser(opened) as visitor:
        go(visitor)
        assert "comes in by the provider" in boss.get("/people").text
        assert boss.post("/people", {"name": "ada", "role": "admin"}).status_code == 422
        boss.post("/people/shut-out", {"name": "ada"})
        assert whose(visitor) == ""
        assert "shut out" in said(go(visitor))
        boss.post("/people/let-in", {"name": "ada"})
        assert go(visitor).status_code == 303
        assert whose(visitor) == "ada analyst"
        assert visitor.post("/sign-in", data={"name": "ada", "password": ""}).status_code in (303, 403)


Twist = Callable[[dict[str, Any]], object]
TWISTS: dict[str, tuple[Twist, str]] = {
    "another's nonce": (lambda claims: claims.update(nonce="x"), "nonce"),
    "no nonce": (lambda claims: claims.pop("nonce"), "nonce"),
    "another issuer": (lambda claims: claims.update(iss="https://evil.example"), "issuer"),
    "another client": (lambda claims: claims.update(aud="another"), "audience"),
    "another client among several": (lambda claims: claims.update(aud=["a", "b"]), "audience"),
    "made for another": (lambda claims: claims.update(aud=[CLIENT, "b"], azp="b"), "authorized party"),
    "for several, of nobody": (lambda claims: claims.update(aud=[CLIENT, "b"]), "authorized party"),
    "no audience": (lambda claims: claims.pop("aud"), "audience"),
    "ended": (lambda claims: claims.update(exp=int(time.time()) - 120), "age"),
    "no end": (lambda claims: claims.pop("exp"), "age"),
    "an end that is text": (lambda claims: claims.update(exp="9999999999"), "age"),
    "of tomorrow": (lambda claims: claims.update(iat=int(time.time()) + 86_400), "age"),
    "of yesterday": (lambda claims: claims.update(iat=int(time.time()) - 86_400), "age"),
    "of nobody": (lambda claims: claims.update(sub=""), "subject"),
    "of a number": (lambda claims: claims.update(sub=7), "subject"),
}


@pytest.mark.parametrize("name", TWISTS)
def test_a_token_that_says_what_it_must_not_lets_nobody_in(opened: Open, provider: FakeProvider, name: str) -> None:
    provider.twist, wrong = TWISTS[name]
    with browser(opened) as visitor:
        answer = go(visitor)
        assert (answer.status_code, whose(visitor)) == (403, "")
        assert "cannot be believed" in said(answer)
    assert wrong in why(opened)


def _unsigned(provider: FakeProvider) -> Callable[[dict[str, Any]], str]:
    def sign(claims: dict[str, Any]) -> str:
        token = jwt.encode({"alg": "RS256"}, claims, provider.key)
        none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
        return f"{none}.{token.split('.')[1]}."

    return sign


def _by_hand(claims: dict[str, Any], secret: bytes) -> str:
    """What a library would not sign."""
    parts = [json.dumps(one).encode() for one in ({"alg": "HS256", "kid": "first", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    made = base64.urlsafe_b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).rstrip(b"=")
    return f"{signed.decode()}.{made.decode()}"


FORGED: dict[str, Callable[[FakeProvider], Callable[[dict[str, Any]], str]]] = {
    "no signature": _unsigned,
    "another key of the same name": lambda _: (
        lambda claims: jwt.encode({"alg": "RS256", "kid": "first"}, claims, RSAKey.generate_key(2048))
    ),
    "our own secret": lambda _: (
        lambda claims: jwt.encode({"alg": "HS256", "kid": "first"}, claims, OctKey.import_key(SECRET))
    ),
    "the public key as a secret": lambda provider: lambda claims: _by_hand(claims, provider.key.as_pem(private=False)),
    "claims that were changed": lambda provider: (
        lambda claims: ".".join(
            part if n != 1 else jwt.encode({"alg": "RS256"}, {**claims, "sub": "u-9"}, provider.key).split(".")[1]
            for n, part in enumerate(jwt.encode({"alg": "RS256", "kid": "first"}, claims, provider.key).split("."))
        )
    ),
    "nothing": lambda _: lambda claims: "",
    "no token": lambda _: lambda claims: "a.b.c",
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.filterwarnings("ignore:.*:joserfc.errors.SecurityWarning")
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(opened: Open, provider: FakeProvider, name: str) -> None:
    provider.sign = FORGED[name](provider)
    with browser(opened) as visitor:
        answer = go(visitor)
        assert (answer.status_code, whose(visitor)) == (403, "")
    assert "signature does not hold" in why(opened)


def test_a_new_key_of_the_provider_is_asked_for_once(opened: Open, provider: FakeProvider) -> None:
    with browser(opened) as visitor:
        assert go(visitor).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    opened.console.provider._keys = (time.monotonic() - 60, opened.console.provider._keys[1])  # type: ignore[index,union-attr]
    with browser(opened) as visitor:
        assert go(visitor).status_code == 303
    assert provider.asked_for_keys == 2
    # Whoever sends tokens of keys that are unknown does not have the provider asked each time.
    provider.sign = FORGED["another key of the same name"](provider)
    for _ in range(3):
        with browser(opened) as visitor:
            assert go(visitor).status_code == 403
    assert provider.asked_for_keys == 2


def test_the_way_back_belongs_to_the_browser_that_went(opened: Open, provider: FakeProvider) -> None:
    """A victim who is led to an attacker's way back does not become the attacker, nor the other way round."""
    with browser(opened) as attacker, browser(opened) as victim:
        there = attacker.get("/sign-in/provider")
        back = httpx.get(there.headers["location"]).headers["location"]
        for _ in range(2):
            answer = victim.get(back)
            assert (answer.status_code, whose(victim)) == (403, "")
            assert "no sign-in of this browser" in said(answer)
            victim.get("/sign-in/provider")  # with a way of its own under way
        assert provider.traded == 0
        assert attacker.get(back).status_code == 303
        # Used once: neither the cookie nor the code is there any more.
        attacker.cookies.delete("stillwatch")
        assert attacker.get(back).status_code == 403


def test_a_code_of_another_browser_fails_for_want_of_its_verifier(opened: Open, provider: FakeProvider) -> None:
    with browser(opened) as one, browser(opened) as other:
        stolen = parse_qs(
            urlsplit(httpx.get(one.get("/sign-in/provider").headers["location"]).headers["location"]).query
        )
        own = other.get("/sign-in/provider").headers["location"]
        state = parse_qs(urlsplit(own).query)["state"][0]
        answer = other.get(BACK, params={"code": stolen["code"][0], "state": state})
        assert (answer.status_code, whose(other)) == (403, "")
        assert provider.traded == 1


def test_what_the_provider_refuses_is_said(opened: Open, provider: FakeProvider) -> None:
    with browser(opened) as visitor:
        state = parse_qs(urlsplit(visitor.get("/sign-in/provider").headers["location"]).query)["state"][0]
        answer = visitor.get(BACK, params={"error": "access_denied<script>", "state": state})
        assert answer.status_code == 403
        assert "access_denied&lt;script&gt;" in answer.text
        state = parse_qs(urlsplit(visitor.get("/sign-in/provider").headers["location"]).query)["state"][0]
        assert visitor.get(BACK, params={"code": "x", "state": state, "iss": "https://evil.example"}).status_code == 403
        assert visitor.get(BACK).status_code == 403
        assert visitor.get(BACK, params={"code": "x"}).status_code == 403


@pytest.mark.parametrize(
    "wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/%0d%0aX: y", ""]
)
def test_no_way_back_leads_off_the_console(opened: Open, wanted: str) -> None:
    with browser(opened) as visitor:
        there = visitor.get("/sign-in/provider", params={"next": wanted})
        back = httpx.get(there.headers["location"]).headers["location"]
        arrived = visitor.get(back).headers["location"]
        assert arrived == "/" or (arrived.startswith("/%0d") and "\r" not in arrived)
        # Nor where the cookie itself was changed.
        there = visitor.get("/sign-in/provider")
        flow = there.cookies["stillwatch-way"].partition(".")[0]
        back = httpx.get(there.headers["location"]).headers["location"]
        answer = httpx.get(back, cookies={"stillwatch-way": f"{flow}.%2F%2Fevil.example"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/cases/D1?did=D2#x", "/cases/D1?did=D2#x"),
        ("/runs/a%2Fb/account?id=%2F%2Fx", "/runs/a%2Fb/account?id=%2F%2Fx"),
        *(
            (bad, "/")
            for bad in (None, "", "cases", "//x", "/\\x", "\\\\x", "/a b", "/\tx", "/ä", "http://x", "/sign-out")
        ),
        *((bad, "/") for bad in ("/sign-in?next=/x", "/welcome/abc", "/" + "a" * 3000, "/\x00", "javascript:1", " /x")),
    ],
)
def test_what_an_address_may_lead_on_to(text: str | None, path: str) -> None:
    assert local_path(text) == path


@pytest.mark.parametrize("opened", [{"passwords": False, "label": "Staff <b>only</b>"}], indirect=True)
def test_where_the_provider_alone_lets_in_passwords_do_not(opened: Open) -> None:
    token = opened.console.people.invite("eve", "admin")
    with browser(opened) as visitor:
        door = visitor.get("/sign-in").text
        assert "Staff &lt;b&gt;only&lt;/b&gt;" in door
        assert "password" not in door
        assert visitor.post("/sign-in", data={"name": "eve", "password": "x" * 20}).status_code == 403
        form = {"password": "a long password", "again": "a long password"}
        assert visitor.post(f"/welcome/{token}", data=form).status_code == 403
        assert whose(visitor) == ""


@pytest.mark.parametrize("opened", [{"role_claim": "realm.roles", "name_claim": "email"}], indirect=True)
def test_claims_lie_deeper_or_are_asked_for_and_an_address_must_be_verified(
    opened: Open, provider: FakeProvider
) -> None:
    provider.present = {"sub": "u-1"}
    provider.userinfo = {"sub": "u-1", "email": "Ada@Example.org", "realm": {"roles": ["sw-approvers"]}}
    with browser(opened) as visitor:
        assert "not verified" in said(go(visitor))
        provider.userinfo["email_verified"] = True
        go(visitor)
        assert whose(visitor) == "ada@example.org approver"
    provider.userinfo["sub"] = "u-2"
    with browser(opened) as visitor:
        assert go(visitor).status_code == 403
    assert "somebody else" in why(opened)


@pytest.mark.parametrize("ways", [None, ["client_secret_basic"], ["client_secret_post", "client_secret_basic"]])
def test_the_console_shows_the_provider_who_it_is(opened: Open, provider: FakeProvider, ways: list[str] | None) -> None:
    provider.discovery = {"token_endpoint_auth_methods_supported": ways} if ways else {}
    with browser(opened) as visitor:
        assert go(visitor).status_code == 303
        assert whose(visitor) == "ada analyst"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"issuer": "https://evil.example"}, "calls itself"),
        ({"authorization_endpoint": "http://evil.example/authorize"}, "without TLS"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "without TLS"),
        ({"authorization_endpoint": None}, "without TLS"),
    ],
)
def test_a_provider_that_is_not_as_it_must_be_is_told_and_nobody_is_led_there(
    opened: Open, provider: FakeProvider, change: dict[str, Any], told: str
) -> None:
    provider.discovery = change
    with browser(opened) as visitor:
        answer = visitor.get("/sign-in/provider")
        assert (answer.status_code, whose(visitor)) == (502, "")
        assert "does not answer as it must" in said(answer)
    assert told in why(opened)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("", "issuer"),
        ("issuer: [", "used"),
        ("issuer: http://id.example\nclient_id: a\nroles: {admin: [a]}", "without TLS"),
        ("issuer: https://id.example?x=1\nclient_id: a\nroles: {admin: [a]}", "no address"),
        ("issuer: https://id.example\nclient_id: a\nroles: {boss: [a]}", "boss"),
        ("issuer: https://id.example\nclient_id: a\nroles: {admin: []}", "nobody could come in"),
        ("issuer: https://id.example\nclient_id: a\nroles: {admin: [a]}\nrole_clam: x", "role_clam"),
        ("issuer: https://id.example\nclient_id: a\nroles: {admin: [a]}\nscopes: [email]", "openid"),
        ("issuer: https://id.example\nclient_id: a\nroles: {admin: [a]}\nclient_secret_file: none", "secret"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, told: str, problem: str) -> None:
    path = tmp_path / "oidc.yaml"
    path.write_text(told)
    with pytest.raises(BadSetting, match=problem):
        read_oidc(path)
