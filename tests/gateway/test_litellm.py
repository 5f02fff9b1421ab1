"""A real LiteLLM proxy, in an environment of its own, with our callback in it and a real model server behind it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from gateways import decided
from leftovers import FORGIVEN, collected  # noqa: F401
from litellm_served import PEER, litellm_before
from loaded_late import late
from marked_answers import THOUGHT, marks_in
from patience import until

if TYPE_CHECKING:
    import anthropic
    import openai
else:
    anthropic, openai = late("anthropic"), late("openai")

HELLO: Any = [{"role": "user", "content": "How many apples?"}]

pytestmark = [
    FORGIVEN,
    pytest.mark.slow,
    pytest.mark.skipif(not PEER.exists(), reason="make peers installs LiteLLM"),
]


@pytest.fixture(scope="module")
def litellm(upstream: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A LiteLLM proxy; its URL and the folder of its record."""
    decisions = [
        decided("hide-reasoning", accounts=["bad"], decision_id="D1"),
        decided("block", accounts=["blocked"], decision_id="D2"),
        decided(("rate-limit", {"requests_per_minute": 1, "burst": 1}), accounts=["fast"], decision_id="D3"),
    ]
    with litellm_before(upstream, tmp_path_factory.mktemp("litellm"), *decisions) as served:
        yield served


def client(url: str, account: str) -> "openai.OpenAI":
    return openai.OpenAI(
        base_url=f"{url}/v1", api_key="sk-master", default_headers={"x-account": account}, max_retries=0
    )


def chat(url: str, account: str, **more: Any) -> Any:
    return client(url, account).chat.completions.create(model="fields", messages=HELLO, **more)


def test_it_hides_reasoning_from_those_it_is_decided_about_alone(litellm: tuple[str, Path]) -> None:
    url, _ = litellm
    assert THOUGHT in repr(chat(url, "good"))
    whole = chat(url, "bad", n=2, logprobs=True, top_logprobs=2)
    assert [choice.message.content for choice in whole.choices] == ["four apples"] * 2
    assert marks_in(repr(whole).encode()) == []
    assert "".join(
        chunk.choices[0].delta.content or "" for chunk in chat(url, "bad", stream=True) if chunk.choices
    ) == ("four apples")
    assert marks_in("".join(repr(chunk) for chunk in chat(url, "bad", stream=True)).encode()) == []
    assert marks_in("".join(repr(chunk) for chunk in chat(url, "good", stream=True)).encode())


def test_responses_and_messages_too(litellm: tuple[str, Path]) -> None:
    url, _ = litellm
    answer = client(url, "bad").responses.create(model="fields", input="x")
    assert answer.output_text == "four apples"
    with client(url, "bad").responses.create(model="fields", input="x", stream=True) as stream:
        seen = "".join(repr(event) for event in stream)
    assert "four" in seen
    assert marks_in((repr(answer) + seen).encode()) == []
    claude = anthropic.Anthropic(base_url=url, api_key="sk-master", default_headers={"x-account": "bad"}, max_retries=0)
    message = claude.messages.create(model="claude-fields", messages=HELLO, max_tokens=9)
    with claude.messages.stream(model="claude-fields", messages=HELLO, max_tokens=9) as events:
        seen = "".join(repr(event) for event in events)
        final = events.get_final_message()
    assert [block.to_dict().get("text") for block in (*message.content, *final.content)] == ["four apples"] * 2
    assert marks_in((repr(message) + seen).encode()) == []


def test_it_refuses_as_decided(litellm: tuple[str, Path]) -> None:
    url, _ = litellm
    with pytest.raises(openai.PermissionDeniedError) as refused:
        chat(url, "blocked")
    assert "D2" in refused.value.response.text
    chat(url, "fast")
    with pytest.raises(openai.RateLimitError) as limited:
        chat(url, "fast")
    assert int(limited.value.response.headers["retry-after"]) > 0


def recorded(folder: Path) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for file in folder.glob("*.jsonl") for line in file.read_bytes().splitlines()]


def test_it_records_what_the_client_asked(litellm: tuple[str, Path]) -> None:
    url, folder = litellm
    chat(url, "bad", logprobs=True, top_logprobs=3)
    last = until(
        lambda: [one for one in recorded(folder) if one["account_id"] == "bad" and one.get("top_logprobs") == 3]
    )
    assert last[-1]["logprobs"] is True
    assert last[-1]["response"] == "four apples"
    assert "sk-master" not in json.dumps(recorded(folder))


def test_other_kinds_of_calls_are_recorded_too(litellm: tuple[str, Path]) -> None:
    url, folder = litellm
    with pytest.raises(openai.APIStatusError):
        # The model server has no embeddings.
        client(url, "good").embeddings.create(model="fields", input=["one text", "another"])
    with pytest.raises(openai.PermissionDeniedError):
        client(url, "blocked").embeddings.create(model="fields", input="x")
    expected = [("good", "one text\nanother", "sent on"), ("blocked", "x", "403")]

    def asked() -> list[tuple[str, str, str]]:
        lines = [one for one in recorded(folder) if "embed" in one["operation"]]
        return [(one["account_id"], one["prompt"], one["status"]) for one in lines]

    until(lambda: len(asked()) >= len(expected))
    assert asked() == expected
