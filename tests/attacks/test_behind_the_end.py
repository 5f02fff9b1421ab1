"""A model that is kept from ending, or whose tags are taken out of its text, thinks where nobody sees it: whoever is stripped cannot ask for that."""

import json
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, asked, guarded
from gateways import decided

ASKS: list[dict[str, Any]] = [
    {"ignore_eos": True},
    {"ignoreEos": 1},
    {"min_tokens": 4_000},
    {"min_new_tokens": "4000"},
    {"min_length": 4_000},
    {"skip_special_tokens": True},
    {"skip_special_tokens": "yes"},
]
PLACES = ["{}", "extra_body", "sampling_params", "parameters"]


@pytest.mark.parametrize("act", ["hide-reasoning", "summarise-reasoning"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/generate"])
def test_it_is_not_asked_for(tmp_path: Path, path: str, place: str, act: str) -> None:
    with guarded(tmp_path, decided(act, accounts=["a"]), account_from=("header:x-account",)) as (url, behind):
        for asks in ASKS:
            given = asks if place == "{}" else {place: {**asks, "top_k": 5}}
            body = {"model": "m", "prompt": "How many?", "messages": HELLO, **given}
            asked(url, path, body, "x-account: a")
            sent = json.loads(behind.seen[-1].body)
            assert not asks.keys() & {**sent, **sent.get(place, {})}.keys(), asks
            assert sent.get(place, {"top_k": 5}) == {"top_k": 5}
            asked(url, path, body, "x-account: b")
            assert json.loads(behind.seen[-1].body) == body


@pytest.mark.parametrize(
    ("act", "asks"),
    [
        ("hide-reasoning", {"skip_special_tokens": False, "max_tokens": 9}),
        ("strip-logprobs", {"ignore_eos": True, "min_tokens": 5}),
    ],
    ids=["what shows tags", "log probabilities alone are no reason"],
)
def test_what_hides_nothing_stays(tmp_path: Path, act: str, asks: dict[str, Any]) -> None:
    with guarded(tmp_path, decided(act, accounts=["a"]), account_from=("header:x-account",)) as (url, behind):
        body = {"model": "m", "messages": HELLO, **asks}
        asked(url, "/v1/chat/completions", body, "x-account: a")
        assert json.loads(behind.seen[-1].body) == body
