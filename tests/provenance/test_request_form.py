"""Endpoints that refuse a setting are asked again without it, or with the name that they want, over a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audit_makers import PROMPTS, Maker
from makers_served import Server

from stillwatch.cli import app
from stillwatch.core import EndpointFailed
from stillwatch.services.audited_models import AskSettings, open_model

Body = dict[str, Any]
CHATS = [(("user", one.text),) for one in PROMPTS[:8]]


def thinker(body: Body) -> str:
    """Refuses as the reasoning models of OpenAI's API do, one thing at a time."""
    if "max_tokens" in body:
        return (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
    if "temperature" in body:
        return (
            "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1) is supported."
        )
    if "logprobs" in body:
        return "Unsupported parameter: 'logprobs' is not supported with this model."
    if body["max_completion_tokens"] < 16:
        return "Could not finish the message because max_tokens or model output limit was reached."
    return ""


def mute(body: Body) -> str:
    """Refuses the same without a word on what."""
    return "Bad request." if thinker(body) else ""


def without(*names: str) -> Callable[[Body], str]:
    return lambda body: next((f"Extra inputs are not permitted: {name}" for name in names if name in body), "")


@pytest.mark.parametrize(
    ("refuses", "taken"),
    [
        (thinker, {"max_completion_tokens", "seed"}),
        (mute, {"max_completion_tokens", "seed"}),
        (without("temperature"), {"max_tokens", "seed", "logprobs", "top_logprobs"}),
        (without("max_tokens"), {"max_completion_tokens", "temperature", "seed", "logprobs", "top_logprobs"}),
        (without("seed"), {"max_tokens", "temperature", "logprobs", "top_logprobs"}),
        (without("max_tokens", "temperature", "seed", "logprobs"), {"max_completion_tokens"}),
        (without("max_completion_tokens"), {"max_tokens", "temperature", "seed", "logprobs", "top_logprobs"}),
        (lambda body: "No." if "max_tokens" in body else "", {"max_completion_tokens", "temperature", "seed", "logprobs", "top_logprobs"}),
    ],
)  # fmt: skip
def test_what_is_refused_is_left_out_and_the_rest_is_kept(
    refuses: Callable[[Body], str], taken: set[str], tmp_path: Path
) -> None:
    server = Server({"m": Maker(0)}, refuses=refuses)
    try:
        model = open_model(f"openai:{server.url}#m", AskSettings(tmp_path))
        said = model.answers(CHATS)
        counts = model.token_counts(["a", "a longer text"])
        first = model.next_tokens(CHATS)
    finally:
        server.close()
    assert [text for text, _ in said] == [Maker(0).reply(chat[-1][1]) for chat in CHATS]
    assert counts == [4, 16]
    assert (first is not None) == ("logprobs" in taken)
    answered = [body for body in server.bodies if not refuses(body)]
    assert {frozenset(body) - {"model", "messages"} for body in answered[:8]} == {frozenset(taken)}
    assert bool(model.remarks) == ("temperature" not in taken)
    # Found out once, not for every prompt.
    assert len(server.bodies) <= len(CHATS) + 2 + 10 + 2


def test_what_refuses_every_form_is_told_with_its_first_words(tmp_path: Path) -> None:
    server = Server({"m": Maker(0)}, refuses=lambda body: "the messages are no good" if "seed" in body else "no")
    try:
        with pytest.raises(EndpointFailed, match="the messages are no good"):
            open_model(f"openai:{server.url}#m", AskSettings(tmp_path)).answers(CHATS)
    finally:
        server.close()
    assert len(server.bodies) <= 10


def test_a_reasoning_model_is_audited_and_the_report_says_that_its_answers_are_draws(tmp_path: Path) -> None:
    makers = {"suspect": Maker(500, Maker(0)), "teacher": Maker(0), **{f"c{i}": Maker(i) for i in range(1, 7)}}
    server = Server(makers, refuses=lambda body: thinker(body) if body["model"] == "suspect" else "")
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(json.dumps({"prompt": one.text, "answer": one.answer}) + "\n" for one in PROMPTS))
    try:
        spec = [f"openai:{server.url}#{name}" for name in makers]
        command = ["audit", spec[0], "--against", spec[1], "--controls", *spec[2:], "--out", str(tmp_path / "out")]
        app([*command, "--prompts", str(prompts), "--identity", "0"])
    finally:
        server.close()
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert found["grade"] in ("moderate", "strong")
    assert next(one for one in found["limits"] if "takes no temperature" in one).startswith("suspect")
    assert found["tokenizer"]["same"]
    assert {one["name"]: one["why_not"] for one in found["tests"]}["first-tokens"].startswith("not every model shows")
