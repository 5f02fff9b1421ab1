"""Answers that are none: they speak for no likeness, are counted, and in too great a number leave nothing to grade."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audit_makers import PROMPTS, Maker, number
from makers_served import Server

from stillwatch.cli import app
from stillwatch.provenance import (
    Audit,
    AuditPlan,
    Chat,
    Prompt,
    Reply,
    ScriptedModel,
    audit,
    audit_json,
    identity_probes,
)
from stillwatch.provenance.page import render_page

CUT: dict[str, Reply] = {
    "empty": ("", "stop"),
    "truncated": ("Let me think about this step by step. First, we", "length"),
    "filtered": ("I'm sorry, but I can't help with that.", "content_filter"),
}
"""What a model says where it does not answer: the same of every model."""


def hard(text: str, share: float) -> bool:
    return number(text, "hard") % 1000 < 1000 * share


def model(maker: Maker, name: str, share: float, why: str = "empty", *, own: bool = False) -> ScriptedModel:
    """A maker that leaves a share of prompts unanswered: the same that others do, or prompts of its own."""
    whole = maker.subject(name)

    def reply(chat: Chat) -> str | Reply:
        lost = hard(chat[-1][1] + (name if own else ""), share)
        return CUT[why] if lost else whole.reply(chat)

    return ScriptedModel(name, reply, whole.first, whole.count)


def against(suspect: Maker, share: Callable[[str], float], why: str = "empty", *, own: bool = False) -> Audit:
    makers = {"suspect": suspect, "teacher": Maker(0), **{f"c{i}": Maker(i) for i in range(1, 9)}}
    models = [model(one, name, share(name), why, own=own) for name, one in makers.items()]
    return audit(models[0], models[1], models[2:], AuditPlan(PROMPTS))


@pytest.mark.parametrize("why", sorted(CUT))
@pytest.mark.parametrize("seed", [77, 78, 79])
def test_unrelated_models_that_say_nothing_on_the_same_prompts_are_not_alike_for_that(seed: int, why: str) -> None:
    found = against(Maker(seed), lambda name: 0.4 if name in ("suspect", "teacher") else 0.0, why)
    assert found.grade in ("none", "weak")
    assert all(one.prompts < 200 for one in found.tests if one.p_value is not None and one.name != "first-tokens")


@pytest.mark.parametrize("own", [False, True])
def test_a_student_is_found_on_what_is_left(own: bool) -> None:
    found = against(Maker(500, Maker(0)), lambda _: 0.3, "truncated", own=own)
    assert found.grade in ("moderate", "strong")


def test_what_is_missing_anywhere_is_no_evidence_either_way() -> None:
    graded = []
    for seed in range(20, 32):
        found = against(Maker(seed), lambda name: 0.45 if number(name, "lost") % 2 else 0.1, own=seed % 2 == 0)
        graded.append(found.grade)
    assert set(graded) <= {"none", "weak"}
    assert np.mean([one == "weak" for one in graded]) <= 0.25


@pytest.mark.parametrize("who", ["suspect", "teacher", "c3"])
def test_too_much_missing_is_no_grade_and_says_of_whom(who: str) -> None:
    found = against(Maker(500, Maker(0)), lambda name: 0.7 if name == who else 0.0)
    made = {one.name: one for one in found.tests}
    assert all(made[name].p_value is None for name in ("wording", "choices", "errors", "refusals", "style"))
    assert f"more than 50% of the answers are missing of {who} (7" in made["refusals"].why_not
    assert f"said to several prompts of {who} (7" in made["wording"].why_not
    assert f"missing of {who}" in render_page(found)


def test_nothing_that_can_be_tested_is_not_graded() -> None:
    silent = ScriptedModel("suspect", lambda _: ("", "length"))
    controls = [Maker(i).subject(f"c{i}") for i in range(1, 6)]
    plan = AuditPlan(PROMPTS, probes=identity_probes(20, 0), unsafe=[Prompt(f"unsafe {i}") for i in range(40)])
    found = audit(silent, Maker(0).subject("teacher"), controls, plan)
    assert found.grade == "not graded"
    assert found.reasons[0].startswith("No test was made")
    assert found.guardrail == ()
    assert any("guardrail gap on unsafe prompts is not shown: more than 50%" in one for one in found.limits)
    said = json.loads(json.dumps(audit_json(found), allow_nan=False))
    none = {"empty": 0, "truncated": 0, "filtered": 0, "failed": 0}
    silent_on = {**none, "asked": 240, "truncated": 240, "refused": 0, "repeated": 0}
    assert said["missing"]["suspect"]["behaviour"] == silent_on
    assert said["missing"]["teacher"]["unsafe"] == {**none, "asked": 40}
    page = render_page(found)
    assert '<span class="here">' not in page
    assert "<th>suspect</th><td>identity</td>" in page


def test_guardrails_and_claims_are_read_from_whole_answers_alone() -> None:
    unsafe = [Prompt(f"unsafe {i}") for i in range(60)]
    models = [model(Maker(i), name, 0.3, "filtered") for i, name in enumerate(("suspect", "teacher", "c1", "c2", "c3"))]
    found = audit(models[0], models[1], models[2:], AuditPlan(PROMPTS, probes=identity_probes(40, 0), unsafe=unsafe))
    left = sum(not hard(one.text, 0.3) for one in unsafe)
    assert found.guardrail[0].suspect.total == found.guardrail[0].teacher.total == left
    assert found.guardrail[0].controls["c1"].total == left
    asked = sum(rate.total for rate in found.claims["suspect"].by_language.values())
    assert asked == 40 - found.missing["suspect"]["identity"]["filtered"] < 40


def test_answers_cut_by_an_endpoint_are_counted_and_no_likeness(tmp_path: Path) -> None:
    makers = {"suspect": Maker(77), "teacher": Maker(0), **{f"c{i}": Maker(i) for i in range(1, 9)}}
    server = Server(makers, cut=lambda text: hard(text, 0.4))
    try:
        spec = [f"openai:{server.url}#{name}" for name in makers]
        prompts = tmp_path / "prompts.jsonl"
        prompts.write_text("".join(json.dumps({"prompt": one.text, "answer": one.answer}) + "\n" for one in PROMPTS))
        command = ["audit", spec[0], "--against", spec[1], "--controls", *spec[2:], "--out", str(tmp_path / "out")]
        app([*command, "--prompts", str(prompts), "--identity", "0"])
    finally:
        server.close()
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    lost = sum(hard(one.text, 0.4) for one in PROMPTS)
    assert found["grade"] in ("none", "weak")
    assert found["missing"]["c1"]["behaviour"]["truncated"] == lost
    tests = {one["name"]: one for one in found["tests"]}
    assert tests["refusals"]["prompts"] == 240 - lost
    left = [Maker(seed).reply(one.text) for one in PROMPTS if not hard(one.text, 0.4) for seed in (77, 0)]
    refused = sum("can't" in a or "can't" in b for a, b in zip(left[::2], left[1::2], strict=True))
    assert tests["wording"]["prompts"] == 240 - lost - refused
    assert 0.9 * (240 - lost) < tests["first-tokens"]["prompts"] <= 240 - lost
    lines = [json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text().splitlines()]
    assert sum(one["missing"].get("teacher") == "truncated" for one in lines) == lost
