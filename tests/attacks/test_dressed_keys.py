"""A key in quotes, under a name, with parameters behind it or escaped is the same key: some servers read it so, and no spelling is a fresh account."""

import base64
import itertools
from pathlib import Path

import pytest
from attacked import HELLO, account_of, asked, guarded
from gateways import decided

CHAT = "/v1/chat/completions"
BODY = {"model": "m", "messages": HELLO}
KEY = "sk-REAL"
OF_FUNCTIONS = "x7Hk3_Vq-Zt9" * 4 + "AzFuabcd=="

DRESSES = [
    '"{}"',
    "'{}'",
    "<{}>",
    "token={}",
    'token="{}"',
    "api_key={}",
    "api-key={}",
    "access_token={}",
    "oauth_token={}",
    "{};",
    "{};v=1",
    '"{}";v=2',
    "%73k-REAL",
    "sk%2DREAL",
    "{}%00",
]
SCHEMES = [
    "Authorization: Bearer ",
    "Authorization: Token ",
    "Authorization: ApiKey ",
    "Authorization: ",
    "x-api-key: ",
]
WHOLE = [
    # As Rails reads tokens, and as HTTP signatures name their signer.
    'Authorization: Token token="sk-REAL", nonce="1"',
    'Authorization: Token nonce="2", token="sk-REAL"',
    'Authorization: Signature version="1",keyId="sk-REAL",algorithm="rsa-sha256",signature="MTIz"',
    f"Authorization: Basic {base64.b64encode(KEY.encode()).decode()}",
    *(f"{name}: sk-REAL" for name in ("x-functions-key", "functions-key", "x-auth-key", "master-key", "access-key")),
    *(f"{name}: sk-REAL" for name in ("x-rapidapi-key", "x-user-key", "x-service-key", "x_openai_key", "api-secret")),
]
QUERIES = [
    "api.key={}",
    "api%20key={}",
    "api+key={}",
    "key%00={}",
    "key={}%00",
    "key=%00{}",
    "X-Amz-Credential={}/2026/r",
]
QUERIES += ["auth_key={}", "master_key={}", "functions-key={}", "key=token={}", "key=%22{}%22", "key={};a"]


def test_whoever_is_blocked_is_so_in_every_dress(tmp_path: Path) -> None:
    blocked = decided("block", accounts=[account_of(KEY), account_of(OF_FUNCTIONS)])
    with guarded(tmp_path, blocked) as (url, behind):
        for scheme, dress in itertools.product(SCHEMES, DRESSES):
            header = scheme + dress.format(KEY)
            assert asked(url, CHAT, BODY, header)[0] == 403, header
        for header in WHOLE:
            assert asked(url, CHAT, BODY, header)[0] == 403, header
        for query in QUERIES:
            assert asked(url, f"{CHAT}?{query.format(KEY)}", BODY)[0] == 403, query
        assert asked(url, f"{CHAT}?code={OF_FUNCTIONS}", BODY)[0] == 403
        assert behind.seen == []


@pytest.mark.parametrize("key", ["abcdefghij12", "dGhpcyBpcyBub25l", "QUJD"])
def test_a_key_behind_the_wrong_scheme_is_the_same_key(tmp_path: Path, key: str) -> None:
    """As LiteLLM takes it: what stands behind ``Basic``, as it is."""
    decoded = base64.b64decode(key)
    real = key if not decoded.isascii() or b" " in decoded else decoded.decode()
    with guarded(tmp_path, decided("block", accounts=[account_of(real)])) as (url, behind):
        for said in (f"Basic {key}", f"basic {key}", f"Bearer {real}"):
            assert asked(url, CHAT, BODY, f"Authorization: {said}")[0] == 403, said
        assert behind.seen == []


def test_one_allowance_is_one_in_all_of_them(tmp_path: Path) -> None:
    limited = decided(("rate-limit", {"requests_per_minute": 1, "burst": 1}), accounts=[account_of(KEY)])
    with guarded(tmp_path, limited) as (url, behind):
        for dress in ("{}", *DRESSES):
            asked(url, CHAT, BODY, f"Authorization: Bearer {dress.format(KEY)}")
        assert len(behind.seen) <= 2


@pytest.mark.parametrize(
    "headers",
    [
        ("Authorization: Token token=junk, token=sk-REAL",),
        ('Authorization: Token token="junk", key="sk-REAL"',),
        ("Authorization: Bearer junk", 'x-api-key: "sk-REAL"'),
    ],
)
def test_two_in_such_a_dress_are_two(tmp_path: Path, headers: tuple[str, ...]) -> None:
    with guarded(tmp_path) as (url, behind):
        status, said = asked(url, CHAT, BODY, *headers)
        assert (status, b"ambiguous_credentials" in said) == (400, True)
        status, said = asked(url, f"{CHAT}?code={OF_FUNCTIONS}", BODY, "Authorization: Bearer junk")
        assert (status, b"ambiguous_credentials" in said) == (400, True)
        assert behind.seen == []


def test_what_is_none_of_it_goes_on_as_it_came(tmp_path: Path) -> None:
    """A word called code, a key that ends in ``=``, what no server reads as a key; and nothing of it is a fault of ours."""
    headers = ("Authorization: Bearer c2stUkVBTA==", "Authorization: Digest username=a, realm=b, response=c")
    with guarded(tmp_path) as (url, behind):
        for header in headers:
            assert asked(url, f"{CHAT}?code=python", BODY, header)[0] == 200
            assert behind.seen[-1].all_of("authorization") == [header.partition(": ")[2]]
        assert asked(url, f"{CHAT}?key=Basic%20a%20b", BODY)[0] == 200
        assert asked(url, CHAT, BODY, 'Authorization: Token token="sk-REAL"')[0] == 200
        assert behind.seen[-1].all_of("authorization") == ['Token token="sk-REAL"']
