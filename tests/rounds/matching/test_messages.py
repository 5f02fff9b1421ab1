"""The parsers and the endpoints under anything that anyone may send."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from stillwatch.alliance.hub import Hub, admit, create_app, create_collections
from stillwatch.core import BadMessage
from stillwatch.core.terms import FAMILIES
from stillwatch.rounds.matching import canonical
from stillwatch.rounds.messages import (
    Answer,
    Ask,
    Body,
    Counts,
    Graph,
    GraphGroup,
    Key,
    Matched,
    Present,
    Refusal,
    Round,
    Without,
    read,
    seal,
    sealed,
    write,
)
from stillwatch.rounds.relay import matching_router, open_round

tokens = st.integers(0, 5).flatmap(lambda n: st.tuples(st.binary(min_size=16 * n, max_size=16 * n), st.just(n)))
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(Key, st.binary(min_size=32, max_size=32)),
    st.builds(
        Ask,
        st.integers(1, 4).flatmap(lambda n: st.binary(min_size=32 * n, max_size=32 * n)),
        st.binary(min_size=32, max_size=32),
    ),
    st.builds(Answer, st.integers(3, 6).flatmap(lambda n: st.binary(min_size=32 * n, max_size=32 * n))),
    st.builds(Refusal, st.sampled_from(["budget", "roster", "malformed", "replaced"])),
    tokens.flatmap(lambda t: st.builds(Counts, st.just(t[0]), st.binary(min_size=t[1], max_size=t[1]), st.booleans())),
    st.tuples(tokens, st.dictionaries(st.sampled_from(FAMILIES), st.integers(-9, 9))).map(
        lambda both: Graph(both[0][0], bytes(both[0][1]), (GraphGroup((tuple(range(both[0][1])), ()), both[1]),))
    ),
    st.builds(Present, st.booleans()),
    st.lists(st.sampled_from(["alpha", "beta", "gamma"]), min_size=2, max_size=5).map(lambda m: Without(tuple(m))),
    tokens.map(lambda t: Matched(t[0], (3,) * t[1], (1,) * t[1], False)),
)


@given(bodies)
@settings(deadline=None)
def test_what_is_written_is_read(body: Body) -> None:
    assert read(write(body)) == body


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_message_or_none(raw: bytes) -> None:
    with suppress(BadMessage):
        read(raw)


@given(bodies, st.data())
@settings(max_examples=300, deadline=None)
def test_a_message_with_a_byte_changed_is_a_message_or_none(body: Body, data: st.DataObject) -> None:
    raw = bytearray(write(body))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadMessage):
        read(bytes(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xc1",
        b"\x91" * 5_000,
        write(Key(bytes(32))) + b"\x00",
        b"\x83" + write(Key(bytes(32)))[1:] + b"\xa4name\xa4card",  # a field more
        write(Key(bytes(31))),
        write(Ask(bytes(33), bytes(32))),
        write(Answer(bytes(97))),
        write(Counts(bytes(16), b"", True)),
        write(Graph(bytes(16), b"\x04", ())),
        write(Graph(bytes(16), b"\x00", (GraphGroup(((1,),), {}),))),
        write(Graph(b"", b"", (GraphGroup(((),), {"prices": 1}),))),
        write(Refusal("card-1")),
        write(Without(("alpha",))),
        write(Without(("alpha", "Mail@example"))),
        write(Matched(bytes(16), (3,), (), False)),
    ],
)
def test_what_does_not_fit_is_refused(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        read(raw)


@given(st.binary(max_size=64), st.sampled_from(range(5)))
@settings(deadline=None)
def test_a_seal_holds_for_its_message_alone(body: bytes, changed: int) -> None:
    place = ("r1", "alpha", "beta", 3)
    good = seal(b"k" * 32, *place, body)
    assert sealed(good, b"k" * 32, *place, body)
    others = [
        ("r2", "alpha", "beta", 3),
        ("r1", "beta", "alpha", 3),
        ("r1", "alpha", "gamma", 3),
        ("r1", "alpha", "beta", 4),
    ]
    if changed < 4:
        assert not sealed(good, b"k" * 32, *others[changed], body)
    else:
        assert not sealed(good, b"l" * 32, *place, body)


@given(st.lists(st.tuples(st.sampled_from(["payment", "domain", "address", "network", "tls"]), st.text(max_size=80))))
@settings(deadline=None)
def test_any_identifier_is_spelt_or_left_out(held: list[tuple[str, str]]) -> None:
    once = canonical(held)
    assert canonical(once) >= {thing for thing in once if thing[0] != "network"}


def test_spellings() -> None:
    held = [
        ("address", "::ffff:9.9.9.9"),
        ("address", "2620:fe::9"),
        ("address", "10.0.0.1"),
        ("address", "127.0.0.1"),
        ("domain", "MÜLLER.example."),
        ("domain", "not a domain"),
        ("payment", "  card-1 "),
        ("payment", ""),
    ]
    assert canonical(held) == {
        ("address", "9.9.9.9"),
        ("network", "9.9.9.0/24"),
        ("address", "2620:fe::9"),
        ("network", "2620:fe::/48"),
        ("domain", "xn--mller-kva.example"),
        ("payment", "card-1"),
    }


# --- the endpoints ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    hub = Hub.open(folder / "hub.db")
    create_collections(hub)
    token = admit(hub, "alpha")
    admit(hub, "beta")
    open_round(hub, Round("r1", ("alpha", "beta"), 2), "alpha")
    app = create_app(hub, routers=[matching_router()])
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {token}"}) as opened:
        yield opened
    hub.close()


segment = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
headers = st.one_of(
    st.just(""), st.binary(min_size=32, max_size=32).map(bytes.hex), st.text("0123456789abcdefgh-", max_size=70)
)


@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    st.one_of(st.just("r1"), segment),
    st.one_of(st.sampled_from(["beta", "*", "alpha", "gamma"]), segment),
    st.one_of(st.integers(-5, 2**70).map(str), segment),
    headers,
    st.one_of(st.binary(max_size=200), bodies.map(write)),
)
@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_post_makes_the_hub_fail(
    client: Any, method: str, round_id: str, to: str, seq: str, tag: str, raw: bytes
) -> None:
    path = "/matching/rounds/" + "/".join(quote(part, safe="") for part in (round_id, "to", to, seq))
    assert client.request(method, path, content=raw, headers={"Seal": tag}).status_code < 500


@given(
    st.sampled_from(["", "/inbox", "/matched", "/nothing"]),
    st.one_of(st.just("r1"), segment),
    st.dictionaries(
        st.sampled_from(["after", "members", "threshold"]), st.one_of(segment, st.integers().map(str)), max_size=3
    ),
    st.sampled_from(["GET", "PUT"]),
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_question_makes_the_hub_fail(
    client: Any, what: str, round_id: str, asked: dict[str, str], method: str
) -> None:
    path = f"/matching/rounds/{quote(round_id, safe='')}{what}"
    assert client.request(method, path, params=asked).status_code < 500


def test_a_number_is_used_once(client: Any) -> None:
    path, tag = "/matching/rounds/r1/to/beta/1000001", {"Seal": bytes(32).hex()}
    first, other = write(Key(bytes(32))), write(Key(b"1" * 32))
    assert client.put(path, content=first, headers=tag).status_code == 201
    assert client.put(path, content=first, headers=tag).status_code == 200
    assert client.put(path, content=other, headers=tag).status_code == 409


def test_nobody_without_a_token_comes_in(client: Any) -> None:
    nobody = {"Authorization": ""}
    for path in ("/matching/rounds/r1", "/matching/rounds/r1/inbox", "/matching/rounds/r1/matched"):
        assert client.get(path, headers=nobody).status_code == 401
    assert client.put("/matching/rounds/r1/to/beta/1", content=b"", headers=nobody).status_code == 401
