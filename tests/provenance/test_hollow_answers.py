"""Answers that say nothing of their prompt, from an endpoint to the report: none of them makes two models alike."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from audit_makers import PROMPTS as ALL
from audit_makers import Maker, number
from makers_served import Server

from stillwatch.cli import app
from stillwatch.core import EndpointFailed
from stillwatch.provenance import AuditPlan, ScriptedModel, audit
from stillwatch.provenance.hollow import repeated
from stillwatch.services.audited_models import AskSettings, open_model

PROMPTS = ALL[:100]
TOKEN = {"content": [{"top_logprobs": [{"token": "I", "logprob": -0.01}, {"token": "The", "logprob": -5.0}]}]}


def said(text: str | None, ending: str = "stop", **message: str) -> dict[str, Any]:
    return {"message": {"content": text, **message}, "finish_reason": ending, "logprobs": TOKEN}


THOUGHT = "The user asks for a number. I shall think of all numbers first, one after another, until"
HOLLOW: dict[str, dict[str, Any]] = {
    "empty": said(""),
    "null": said(None),
    "whitespace": said(" \n\t\u00a0 "),
    "cut": said("To answer this question we first have to consider what a number is, and", "length"),
    "cut in thought": said(f"<think>{THOUGHT}", "length"),
    "thought alone": said(f"<think>{THOUGHT}.</think>\n"),
    "thought apart": said(None, reasoning_content=THOUGHT),
    "thought apart, cut": said("", "length", reasoning_content=THOUGHT),
    "filtered": said("I'm sorry, but the content is not available.", "content_filter"),
    "refusal field": said(None, refusal="I can't help with that."),
    "refused": said("I can't help with that."),
    "boilerplate": said("The service is busy at the moment. Please try again later."),
    "short boilerplate": said("Please try again."),
    "broken off": said("The upstream failed.", "error"),
    "null as a word": said("null"),
    "not available": said("N/A"),
    "the name of a fault": said("Service unavailable"),
    "a fault as JSON": said('{"error": "overloaded"}'),
    "no letters": said("\u2026"),
    "letters that nobody sees": said("\u200b\u2060"),
}
ECHOES: dict[str, Callable[[str], str]] = {
    "the prompt again": lambda text: text,
    "the prompt again, introduced": lambda text: f"You asked: {text.capitalize()}?",
    "a fault with a number": lambda text: f"Internal error, request {number(text)}: try again",
    "a fault with a time": lambda text: f"It is 10:{number(text) % 60:02}, ask later please",
}


def hard(text: str, share: float) -> bool:
    return number(text, "hollow") % 1000 < 1000 * share


Instead = Callable[[str, str], dict[str, Any] | None]


class Asked:
    """One server of makers for all tests of this file. What its controls say of their own is asked for once.

    Attributes:
        makers: by name.
        instead: what takes the place of a choice.
    """

    def __init__(self, folder: Path) -> None:
        self.makers = unrelated()
        self.instead: Instead = lambda *_: None
        self.url = ""
        self._folder = folder

    def run(self, out: Path, suspect: Maker, instead: Instead, *, of_controls: bool = False) -> Any:
        """Audit a suspect; ``of_controls`` says that ``instead`` has something for controls too."""
        self.makers["suspect"], self.instead = suspect, instead
        prompts = self._folder / "prompts.jsonl"
        prompts.write_text("".join(json.dumps({"prompt": one.text, "answer": one.answer}) + "\n" for one in PROMPTS))
        spec = [f"openai:{self.url}#{name}" for name in self.makers]
        kept = self._folder / "records"
        if kept.exists() and not of_controls:
            # As an audit that stopped when it had heard them.
            shutil.copytree(kept, out / "records")
        command = ["audit", spec[0], "--against", spec[1], "--controls", *spec[2:], "--out", str(out)]
        app([*command, "--prompts", str(prompts), "--identity", "0"])
        if not kept.exists() and not of_controls:
            shutil.copytree(out / "records", kept, ignore=shutil.ignore_patterns("suspect.jsonl", "teacher.jsonl"))
        return json.loads((out / "audit.json").read_text())


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    made = Asked(tmp_path_factory.mktemp("asked"))
    server = Server(made.makers, instead=lambda model, text: made.instead(model, text))
    made.url = server.url
    yield made
    server.close()


def unrelated() -> dict[str, Maker]:
    return {"suspect": Maker(77), "teacher": Maker(0), **{f"c{i}": Maker(i) for i in range(1, 6)}}


@pytest.mark.parametrize("kind", sorted(HOLLOW))
def test_what_says_nothing_makes_no_two_models_alike(kind: str, asked: Asked, tmp_path: Path) -> None:
    """Unrelated models that give the same hollow answer to the same two prompts in five, which the controls answer."""

    def instead(model: str, text: str) -> dict[str, Any] | None:
        return HOLLOW[kind] if model in ("suspect", "teacher") and hard(text, 0.4) else None

    found = asked.run(tmp_path / "out", Maker(77), instead)
    noticed = {one["name"] for one in found["tests"] if (one["holm_p"] or 1) <= 0.05}
    # Who refuses what is a finding, of no more than weak evidence: one filter before two models does it.
    refusing = kind in ("refused", "refusal field")
    assert noticed <= ({"refusals"} if refusing else set())
    assert found["grade"] in (("none", "weak") if refusing else ("none",))
    lost = sum(hard(one.text, 0.4) for one in PROMPTS)
    for name in ("suspect", "teacher"):
        counts = found["missing"][name]["behaviour"]
        assert sum(counts[why] for why in counts if why != "asked") >= lost
    assert "<th>suspect</th><td>behaviour</td>" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("kind", sorted(ECHOES))
def test_what_follows_from_the_prompt_alone_makes_no_two_models_alike(kind: str, asked: Asked, tmp_path: Path) -> None:
    def instead(model: str, text: str) -> dict[str, Any] | None:
        return said(ECHOES[kind](text)) if model in ("suspect", "teacher") and hard(text, 0.4) else None

    found = asked.run(tmp_path / "out", Maker(77), instead)
    assert found["grade"] == "none"
    assert found["missing"]["suspect"]["behaviour"]["repeated"] >= sum(hard(one.text, 0.4) for one in PROMPTS) - 2


@pytest.mark.parametrize("kind", ["thought alone", "refused", "boilerplate", "cut"])
def test_too_many_of_them_are_no_grade_of_behaviour(kind: str, asked: Asked, tmp_path: Path) -> None:
    hollow = HOLLOW[kind] | {"logprobs": None}

    def instead(model: str, text: str) -> dict[str, Any] | None:
        return hollow if model == "suspect" and hard(text, 0.8) else None

    found = asked.run(tmp_path / "out", Maker(500, Maker(0)), instead)
    made = {one["name"] for one in found["tests"] if one["p_value"] is not None}
    assert made <= {"refusals"}
    assert found["grade"] == "not graded" or kind == "refused"
    assert any("more than 50% of the answers are" in (one["why_not"] or "") for one in found["tests"])


def test_a_student_among_refusals_is_found_by_what_it_answers(asked: Asked, tmp_path: Path) -> None:
    refused = HOLLOW["refused"]

    def instead(_: str, text: str) -> dict[str, Any] | None:
        return refused if hard(text, 0.2) else None

    found = asked.run(tmp_path / "out", Maker(500, Maker(0)), instead, of_controls=True)
    assert found["grade"] in ("moderate", "strong")


def test_refusing_the_same_prompts_is_weak_and_the_report_says_why() -> None:
    def model(maker: Maker, name: str, share: float) -> ScriptedModel:
        own = maker.subject(name)
        refusal = "I can't help with that."
        return ScriptedModel(name, lambda chat: refusal if hard(chat[-1][1], share) else own.reply(chat), own.first)

    others = [model(Maker(i), f"c{i}", 0.0) for i in range(1, 9)]
    found = audit(model(Maker(77), "suspect", 0.3), model(Maker(0), "teacher", 0.3), others, AuditPlan(PROMPTS))
    assert found.grade == "weak"
    assert any("one filter before both makes it" in reason for reason in found.reasons)


def test_what_a_model_thinks_first_is_no_part_of_its_answer() -> None:
    thinks = ScriptedModel("m", lambda _: f"<think>{THOUGHT}</think> 4", lambda _: {"<think>": 0.0})
    plain = ScriptedModel("m", lambda _: "4", lambda _: {"4": 0.0})
    others = [Maker(i).subject(f"c{i}") for i in range(1, 5)]
    for one, shown in ((thinks, 0), (plain, len(PROMPTS))):
        named = ScriptedModel("suspect", one.reply, one.first)
        found = audit(named, Maker(0).subject("teacher"), others, AuditPlan(PROMPTS))
        assert set(found.answers["suspect"].texts) == {"4"}
        assert found.answers["suspect"].shown.sum() == shown


def test_the_same_choice_or_answer_many_times_is_no_boilerplate() -> None:
    texts = [
        "Blue",
        "Blue",
        "Blue",
        "So the answer is: 4",
        "So the answer is: 4",
        "So the answer is: 4",
        "I do not know",
    ]
    assert not repeated(texts).any()
    assert repeated(["I do not know.", "i do not know", "I do not know!", "Blue"]).tolist() == [True, True, True, False]


def test_an_error_with_status_200_is_asked_again_and_never_an_answer(tmp_path: Path) -> None:
    came: list[str] = []

    def instead(_: str, text: str) -> dict[str, Any] | None:
        came.append(text)
        return {"error": {"message": "overloaded", "code": 529}} if came.count(text) < 2 and text == "b" else None

    server = Server({"m": Maker(0)}, instead=instead)
    try:
        model = open_model(f"openai:{server.url}#m", AskSettings(tmp_path))
        assert [text for text, _ in model.answers([(("user", "a"),), (("user", "b"),)])] == [
            Maker(0).reply("a"),
            Maker(0).reply("b"),
        ]
    finally:
        server.close()
    assert came.count("b") == 2


def test_an_error_with_status_200_that_stays_is_told(tmp_path: Path) -> None:
    server = Server({"m": Maker(0)}, instead=lambda *_: {"error": {"message": "no such model", "code": 404}})
    try:
        with pytest.raises(EndpointFailed, match=r"answers 404: .*no such model"):
            open_model(f"openai:{server.url}#m", AskSettings(tmp_path)).answers([(("user", "a"),)])
    finally:
        server.close()
    assert not (tmp_path / "m.jsonl").exists() or not (tmp_path / "m.jsonl").read_text()
