"""Who is asking is told by the credential that the server behind reads, whichever header it reads and in which order."""

import base64
from pathlib import Path

import pytest
from attacked import HELLO, account_of, asked, guarded, record_of
from gateways import Act, decided

from stillwatch.core import BadSetting
from stillwatch.gateway import load_gateway_settings

CREDENTIALS = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "x-litellm-api-key")
CHAT = {"model": "m", "messages": HELLO}


@pytest.mark.parametrize(
    "headers",
    [
        ("Authorization: Bearer REAL", "Authorization: Bearer junk"),
        ("Authorization: Bearer junk", "Authorization: Bearer REAL"),
        ("Authorization: Bearer REAL", "authorization: Bearer REAL"),
        ("Authorization: Bearer junk", "x-api-key: REAL"),
        ("Authorization: Bearer REAL", "x-api-key: junk"),
        ("api-key: junk", "x-api-key: REAL"),
        ("Authorization: Bearer junk", "x-litellm-api-key: REAL"),
        ("Authorization: Bearer junk", "x_api_key: REAL"),
        ("x-api-key: REAL", "X-Api-Key: junk"),
        ("Authorization: Basic anVuazpqdW5r", "x-api-key: REAL"),
        ("Authorization: Digest username=junk, nonce=1", "x-api-key: REAL"),
        ("Authorization: Bearer junk REAL",),
        ("Authorization: Bearer REAL,junk",),
        ("Authorization: Bearer REAL\tjunk",),
        ("Authorization: Bearer REAL\xa0junk",),
        ("x-api-key: Bearer REAL",),
        ("Authorization: Bearer junk", "apikey: REAL"),
        ("Authorization: Bearer junk", "X-Auth-Token: REAL"),
        ("Authorization: Bearer junk", "x-functions-key: REAL"),
        ("apikey: junk", "x-access-token: REAL"),
    ],
)
def test_several_credentials_or_one_that_reads_two_ways_are_refused(tmp_path: Path, headers: tuple[str, ...]) -> None:
    blocked = decided("block", accounts=[account_of("REAL")])
    with guarded(tmp_path, blocked) as (url, behind):
        status, said = asked(url, "/v1/chat/completions", CHAT, *headers)
        assert status == 400
        assert b"ambiguous_credentials" in said
        assert not behind.seen


def test_a_key_in_the_query_is_a_credential_too(tmp_path: Path) -> None:
    blocked = decided("block", accounts=[account_of("REAL")])
    with guarded(tmp_path, blocked) as (url, behind):
        for query, headers, status in (
            ("key=REAL", (), 403),
            ("API-Key=REAL", (), 403),
            ("key=REAL", ("authorization: Bearer junk",), 400),
            ("key=REAL&key=junk", (), 400),
            ("key=junk", (), 200),
        ):
            assert asked(url, f"/v1/chat/completions?{query}", CHAT, *headers)[0] == status, query
        assert len(behind.seen) == 1


def test_exactly_the_identified_credential_is_forwarded(tmp_path: Path) -> None:
    with guarded(tmp_path) as (url, behind):
        for headers, path, sent in (
            (("Authorization: bearer   ONE",), "/v1/chat/completions", [("authorization", "Bearer ONE")]),
            (
                ("Authorization: Bearer ONE", "x-api-key: ONE"),
                "/v1/chat/completions",
                [("authorization", "Bearer ONE")],
            ),
            (("Authorization: Bearer ONE", "x-api-key: ONE"), "/v1/messages", [("x-api-key", "ONE")]),
            (("Authorization: Bearer", "x-api-key: ONE"), "/v1/messages", [("x-api-key", "ONE")]),
            (("Authorization: Bearer ",), "/v1/chat/completions", []),
        ):
            assert asked(url, path, {"model": "m", "messages": HELLO}, *headers)[0] == 200
            found = [(n.decode(), v.decode()) for n, v in behind.seen[-1].headers if n.decode() in CREDENTIALS]
            assert found == sent


def test_no_spelling_of_a_key_is_a_fresh_allowance(tmp_path: Path) -> None:
    plain = "Basic " + base64.b64encode(b"user:pass").decode()
    slow: Act = ("rate-limit", {"requests_per_minute": 1, "burst": 1})
    limited = decided(slow, accounts=[account_of("REAL"), account_of(plain)])
    with guarded(tmp_path, limited) as (url, _):
        spellings = ["Bearer REAL", "bearer REAL", "Bearer   REAL", "BEARER REAL "]
        assert [asked(url, "/v1/chat/completions", CHAT, f"authorization: {one}")[0] for one in spellings] == [
            200,
            429,
            429,
            429,
        ]
        basics = [plain, plain.replace("Basic", "BASIC"), plain.replace(" ", "  ")]
        assert [asked(url, "/v1/chat/completions", CHAT, f"authorization: {one}")[0] for one in basics] == [
            200,
            429,
            429,
        ]


def test_a_header_that_names_the_account_stands_once(tmp_path: Path) -> None:
    blocked = decided("block", accounts=["a-bad"])
    with guarded(tmp_path, blocked, account_from=("header:x-account",)) as (url, behind):
        for second in ("x-account: a-good", "X_Account: a-good"):
            assert asked(url, "/v1/chat/completions", CHAT, "x-account: a-bad", second)[0] == 400
            assert asked(url, "/v1/chat/completions", CHAT, second, "x-account: a-bad")[0] == 400
        assert asked(url, "/v1/chat/completions", CHAT, "x-account: a-bad")[0] == 403
        assert not behind.seen


def test_an_operators_own_header_for_keys_is_one_of_them(tmp_path: Path) -> None:
    blocked = decided("block", accounts=[account_of("REAL")])
    with guarded(tmp_path, blocked, key_headers=("X-House-Key",)) as (url, behind):
        for headers, status in (
            (("x-house-key: REAL",), 403),
            (("x_house_key: REAL",), 403),
            (("x-house-key: REAL", "authorization: Bearer junk"), 400),
            (("x-house-key: REAL", "x-house-key: junk"), 400),
            (("x-house-key: junk",), 200),
        ):
            assert asked(url, "/v1/chat/completions", CHAT, *headers)[0] == status, headers
        assert [one.all_of("x-house-key") for one in behind.seen] == [["junk"]]


def test_cookies_are_no_second_credential(tmp_path: Path) -> None:
    for passes in (False, True):
        folder = tmp_path / str(passes)
        folder.mkdir()
        with guarded(folder, pass_cookies=passes) as (url, behind):
            for more in ((), ("authorization: Bearer junk",)):
                sent = ("cookie: token=REAL", "Cookie: session=REAL", *more)
                assert asked(url, "/v1/chat/completions", CHAT, *sent)[0] == 200
                assert len(behind.seen[-1].all_of("cookie")) == (2 if passes else 0)


KEY = "sk-" + "a1B2" * 12
LONGER = [
    *(
        f"Authorization: Bearer {KEY}{behind}"
        for behind in ("x", ":1", "/1", "?a", "#1", ";v=1", "=", "%00", ".", "\x80")
    ),
    f"x-api-key: {KEY}-2",
    f"Authorization: Token {KEY}-2",
    f"Authorization: {KEY}-2",
    f"Authorization: AWS4-HMAC-SHA256 Credential={KEY}-2/20260101/r/s/aws4_request, Signature=0",
    f"Authorization: Basic {base64.b64encode(KEY.encode()).decode()}",
]


def test_where_it_is_said_what_a_key_looks_like_no_ending_is_a_fresh_allowance(tmp_path: Path) -> None:
    with guarded(tmp_path, key_form="sk-[A-Za-z0-9]{48}") as (url, behind):
        for header in LONGER:
            status, answer = asked(url, "/v1/chat/completions", {"model": "m", "messages": HELLO}, header)
            assert status in (400, 401), (header, status)
            assert status == 400 or b"key_of_another_form" in answer
        status, _ = asked(url, f"/v1/chat/completions?key={KEY}-2", {"model": "m", "messages": HELLO})
        assert status == 401
        assert not behind.seen
        # A header that is only called as keys are does not stand in for one, nor go on as one.
        asked(url, "/v1/chat/completions", {"model": "m", "messages": HELLO}, f"x-house-api-key: {KEY}-2")
        assert behind.seen.pop().all_of("x-house-api-key") == []
        for header in (f"Authorization: Bearer {KEY}", f"x-api-key: {KEY}", f"x-house-api-key: {KEY}"):
            assert asked(url, "/v1/chat/completions", {"model": "m", "messages": HELLO}, header)[0] == 200
    # Of the header that was none there is no account.
    assert {line["account_id"] for line in record_of(tmp_path)} == {account_of(KEY), "anonymous"}


def test_a_form_that_is_none_is_said() -> None:
    with pytest.raises(BadSetting, match="key_form"):
        load_gateway_settings(key_form="sk-[")
