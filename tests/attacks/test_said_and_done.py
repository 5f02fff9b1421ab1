"""What a letter says is what the gateway does, for every action and every two of them; and a refusal is no letter."""

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from attacked import HELLO, SECRET, asked, guarded
from gateways import Act, decided, known, standings
from marked_answers import THOUGHT, WHOLE, Answer, marks_in

from stillwatch.decisions import ACTIONS, Action
from stillwatch.gateway import GatewaySettings, Guard, write_snapshot
from stillwatch.policy.letter import consequence

PAGE = "https://example.org/who-you-are"
PROBES: list[Act] = [
    "observe",
    ("tag", {"tag": "seen"}),
    ("rate-limit", {"requests_per_minute": 2, "burst": 1}),
    ("cap-logprobs", {"top_logprobs": 1}),
    "strip-logprobs",
    "hide-reasoning",
    "summarise-reasoning",
    ("verify", {"url": PAGE}),
    ("watermark", {"key": "k1"}),
    "block",
]
ANYWHERE = {"webhook_url": "https://example.org/hook"}
CHAT: Any = {"model": "m", "messages": HELLO, "logprobs": True, "top_logprobs": 2, "max_tokens": 5, **ANYWHERE}
EVERY = [*((act,) for act in PROBES), *itertools.combinations(PROBES, 2)]
SAID = json.dumps(WHOLE["chat"](Answer(fields={"reasoning_content": THOUGHT}, logprobs=True))).encode()


def kind_of(act: Act) -> str:
    return act if isinstance(act, str) else act[0]


def made(act: Act) -> Action:
    return Action(act) if isinstance(act, str) else Action(*act)


def test_every_action_is_tried() -> None:
    assert [kind_of(act) for act in PROBES] == list(ACTIONS)


def called(acts: tuple[Act, ...]) -> str:
    return "+".join(map(kind_of, acts))


@pytest.mark.parametrize("acts", EVERY, ids=called)
def test_the_letter_says_what_is_done(tmp_path: Path, acts: tuple[Act, ...]) -> None:
    letter = consequence([made(act) for act in acts])
    decision = decided(*acts, accounts=["a"])
    with guarded(
        tmp_path, decision, account_from=("header:x-account",), watermark_body={"mark": "{key}"}, record=None
    ) as (url, behind):
        behind.answer = SAID
        status, said = asked(url, "/v1/chat/completions", CHAT, "x-account: a")
        assert (status == 403) == ("requests are refused" in letter)
        if status == 403:
            error = json.loads(said)["error"]
            assert (PAGE in letter) == (error.get("challenge", {}).get("url") == PAGE)
            assert ("until you have shown who you are" in letter) == (error["code"] == "verification_required")
            assert not behind.seen
            return
        (seen,) = behind.seen
        asks = json.loads(seen.body)
        choice = json.loads(said)["choices"][0]
        top = [len(token["top_logprobs"]) for token in (choice.get("logprobs") or {}).get("content") or []]
        assert (marks_in(said) == []) == ("reasoning is" in letter)
        assert (top == []) == ("without log probabilities" in letter)
        assert (max(top, default=0) == 1) == ("log probabilities of the 1 " in letter)
        assert ("mark" in asks) == ("watermark" in letter)
        assert (asks.keys() & ANYWHERE == set()) == ("to no webhook" in letter)
        felt = said != SAID or asks != CHAT
        later = [asked(url, "/v1/chat/completions", CHAT, "x-account: a")[0] for _ in range(3)]
        assert (429 in later) == ("2 answers a minute" in letter)
        assert ("Nothing changes for you." in letter) == (not felt and 429 not in later)


async def first_word_of_a_websocket(folder: Path, acts: tuple[Act, ...]) -> str:
    """What a client that opens one hears first."""
    (folder / "secret").write_bytes(SECRET)
    decision = decided(*acts, accounts=["a"])
    write_snapshot(folder / "snapshot", standings(folder / "log.jsonl", decision), known())
    chosen: dict[str, Any] = {"mode": "enforce", "jitter_seconds": 0, "account_from": ("header:x-account",)}
    settings = GatewaySettings(**chosen, snapshot=folder / "snapshot", secret_file=folder / "secret")
    heard: list[str] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        heard.append(message["type"])

    guard = Guard(behind, settings)
    asks = {"type": "websocket", "path": "/v1/realtime", "headers": [(b"x-account", b"a")], "query_string": b""}
    await guard(asks, receive, send)
    await guard.gate.close()
    return heard[0]


@pytest.mark.parametrize("acts", EVERY, ids=called)
def test_the_letter_says_whether_websockets_are_opened(tmp_path: Path, acts: tuple[Act, ...]) -> None:
    letter = consequence([made(act) for act in acts])
    closed = asyncio.run(first_word_of_a_websocket(tmp_path, acts)) == "websocket.close"
    assert closed == ("websockets and realtime sessions stay closed" in letter or "requests are refused" in letter)


def test_a_limit_is_spread_over_the_minute_and_said_to_be(tmp_path: Path) -> None:
    act: Act = ("rate-limit", {"requests_per_minute": 60})
    with guarded(tmp_path, decided(act, accounts=["a"]), account_from=("header:x-account",)) as (url, _):
        many = {**CHAT, "n": 60}
        answers = [asked(url, "/v1/chat/completions", one, "x-account: a")[0] for one in (many, CHAT)]
    assert answers == [200, 429]
    assert "60 answers a minute at most, spread over it" in consequence([made(act)])


def test_tokens_are_said_too() -> None:
    assert "9,000 tokens a minute" in consequence(
        [Action("rate-limit", {"requests_per_minute": 2, "tokens_per_minute": 9000})]
    )


@pytest.mark.parametrize("acts", [("block",), (("verify", {"url": PAGE}),), (PROBES[2],)])
@pytest.mark.parametrize("at", [None, "https://example.org/decisions/{decision}"])
def test_a_refusal_names_the_decision_and_where_its_letter_is_and_is_no_letter(
    tmp_path: Path, acts: tuple[Act, ...], at: str | None
) -> None:
    decision = decided(*acts, accounts=["a"], decision_id="D-1/2")
    with guarded(tmp_path, decision, account_from=("header:x-account",), decision_url=at) as (url, _):
        asked(url, "/v1/chat/completions", CHAT, "x-account: a")
        status, said = asked(url, "/v1/chat/completions", CHAT, "x-account: a")
        error = json.loads(said)["error"]
        assert status in (403, 429)
        assert len(said) < 700
        assert decision.customer_text not in error["message"]
        assert "\n" not in error["message"]
        assert "D-1/2" in error["message"]
        assert error["reference"] == "D-1/2"
        assert error["url"] == (at and "https://example.org/decisions/D-1%2F2")
        assert (error["url"] or "") in error["message"]
