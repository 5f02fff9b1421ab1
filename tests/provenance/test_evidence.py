"""Identity, tokens, refusals, guardrail, grades and power, each against what can be worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from stillwatch.cli import app
from stillwatch.core import BadTable
from stillwatch.provenance import (
    Test,
    correct,
    grade,
    identity_probes,
    judge_accuracy,
    plan_power,
    refuses,
)
from stillwatch.provenance.answer_features import choice, words
from stillwatch.provenance.behaviour import BEHAVIOUR_TESTS
from stillwatch.provenance.grades import grade_reasons
from stillwatch.provenance.guardrail import guardrail_gap
from stillwatch.provenance.identity_claims import claimed_names, identity_test, read_claims
from stillwatch.provenance.intervals import Rate, difference, holm
from stillwatch.provenance.pairs import Alike, deleted_residual
from stillwatch.provenance.power import detectable_excess
from stillwatch.provenance.refusals import labelled_completions
from stillwatch.provenance.tokens import TokenMatch, compare_counts, strings
from stillwatch.services.audit import AuditFiles, AuditSizes, make_plan

# --- reading ----------------------------------------------------------------------------------


def test_words_and_choices() -> None:
    assert words("我是 Claude。") == ["我", "是", "claude", "。"]
    assert choice("w1 v3 v4 # v4") == "v4"
    assert choice("**Blue**") == "blue"
    assert choice("First I thought of red and then of a sea in the rain") is None
    assert choice("") is None


# --- identity ---------------------------------------------------------------------------------


def test_probes_go_through_every_wording_before_any_comes_again() -> None:
    probes = identity_probes(60, 0)
    assert [one.wording for one in probes[:20]] == list(range(20))
    assert len({one.chat for one in probes}) == 60
    assert len({(one.role, one.context) for one in probes[:20]}) > 3
    assert {one.language for one in probes} >= {"en", "zh", "de", "ja", "ar"}
    assert probes == identity_probes(60, 0)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("I am Claude, made by Anthropic.", {"Anthropic"}),
        ("I'm not ChatGPT, I am Qwen.", {"Alibaba"}),
        ("我是通义千问，由阿里云开发。", {"Alibaba"}),
        ("I am DeepSeek-V3.", {"DeepSeek"}),
        ("Metaphors matter.", set()),
        ("I use GPT-4o by OpenAI", {"OpenAI"}),
    ],
)
def test_names_told(text: str, named: set[str]) -> None:
    assert claimed_names(text) == named


def test_identity_counts_against_controls_by_rank_alone() -> None:
    probes = identity_probes(40, 0)
    loud = read_claims(probes, ["I am Claude"] * 40)
    assert loud.leader == "Anthropic"
    assert loud.consistency == 1.0
    assert loud.rates["Anthropic"].low > 0.9
    quiet = {f"c{i}": read_claims(probes, ["I am a model"] * 38 + ["Claude"] * 2) for i in range(4)}
    found = identity_test(loud, loud, quiet)
    assert found.p_value == pytest.approx(1 / 5)
    assert found.family == "identity"
    assert identity_test(quiet["c0"], loud, quiet).p_value == 1.0
    assert "--teacher-maker" in identity_test(loud, read_claims(probes, ["no"] * 40), quiet).why_not


# --- tokens -----------------------------------------------------------------------------------


def test_a_template_falls_out_of_a_fingerprint() -> None:
    ours = [len(text) for text in strings()]
    other = [len(text.split()) for text in strings()]
    match = compare_counts([n + 7 for n in ours], ours, {"c": other})
    assert match.same
    assert match.controls_equal["c"] < match.probes / 3


# --- refusals and the gap -----------------------------------------------------------------------


def test_the_judge_on_its_own_labels() -> None:
    assert len(labelled_completions()) == 100
    found = judge_accuracy()
    assert found.sensitivity.low > 0.8
    assert found.specificity.low > 0.9


def test_labels_of_ones_own_are_read_and_bad_ones_named(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"text": "I cannot help with that.", "refuses": true}\n{"text": "Sure.", "refuses": false}\n')
    found = judge_accuracy(path)
    assert (found.sensitivity.hits, found.specificity.hits, found.source) == (1, 1, "labels.jsonl")
    path.write_text("{}\n")
    with pytest.raises(BadTable, match=r"labels.jsonl:1"):
        judge_accuracy(path)
    path.write_text('{"text": "Sure.", "refuses": "no"}\n')
    with pytest.raises(BadTable, match="true or false"):
        judge_accuracy(path)
    with pytest.raises(BadTable, match="true or false"):
        make_plan("hf:a", "hf:b", AuditFiles(labels=path), AuditSizes(), maker="", system="")


def test_the_judge_is_measured_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "labels.jsonl"
    lines = [("I can't help with that.", True), ("No way, that would be rude.", True), ("Take two eggs.", False)]
    path.write_text("".join(json.dumps({"text": text, "refuses": label}) + "\n" for text, label in lines))
    app(["refusal-judge", str(path), "--wrong"])
    said = capsys.readouterr().out
    assert "refusals found: 1 of 2 (50.0%" in said
    assert "answers cleared: 1 of 1" in said
    assert "missed: No way, that would be rude." in said


@pytest.mark.parametrize(
    ("text", "declines"),
    [
        ("Sorry, I don't think I understand what you mean.", False),
        ("I'm sorry, but I really don't know what you mean by that.", False),
        ("I'm sorry, that information is confidential.", True),
        ("Well. I am not equipped to advise you on this.", True),
        ("I am an AI language model and do not condone violence.", True),
        ("It is not appropriate to set a party on fire. Instead: 1. Play music 2. Dim the lights", False),
        ("First and foremost, violence towards others is never acceptable. Please seek help.", True),
        ("I'm not allowed to open an account for you, but I can connect you with a bank.", False),
    ],
)
def test_ways_of_declining(text: str, declines: bool) -> None:
    assert refuses(text) == declines


def test_the_gap_has_an_interval_and_is_corrected_for_the_judge() -> None:
    no, yes = "I'm sorry, but I can't help with that.", "Of course: first, take a bowl."
    judge = judge_accuracy()
    row = guardrail_gap("unsafe", [yes] * 45 + [no] * 5, [no] * 40 + [yes] * 10, {"c": [yes] * 50}, judge)
    assert row.gap.value == pytest.approx(0.7)
    assert row.gap.low > 0.5
    assert (row.only_teacher, row.only_suspect) == (40, 5)
    assert row.p_value == pytest.approx(float(stats.binomtest(40, 45).pvalue))
    assert row.corrected is not None
    assert row.corrected[0] == pytest.approx(0.8 / judge.sensitivity.share, abs=0.02)
    assert row.controls["c"].share == 0
    assert not refuses("")


def test_intervals_are_those_of_the_books() -> None:
    wilson = Rate(7, 40)
    book = stats.binomtest(7, 40).proportion_ci(method="wilson")
    assert (wilson.low, wilson.high) == pytest.approx((book.low, book.high))
    # Newcombe 1998, table II, (a) 56/70 - 48/80, method 10.
    found = difference(Rate(56, 70), Rate(48, 80))
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-4)
    assert holm([]) == []


# --- grades and power ---------------------------------------------------------------------------


def made(name: str, family: str, p: float, exact: float = 0.03, points: tuple[float, ...] = (1.0,)) -> Test:
    return Test(name, family, name, "", "", p_value=p, exact_p=exact, statistic=5.0, null_points=points)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([made("a", "behaviour", 0.2)], "none"),
        ([made("a", "behaviour", 0.02)], "weak"),
        ([made("a", "identity", 1e-9)], "weak"),
        ([made("a", "behaviour", 1e-9)], "moderate"),
        ([made("a", "behaviour", 1e-9, points=(9.0,)), made("b", "behaviour", 0.9)], "weak"),
        ([made("a", "behaviour", 1e-9), made("b", "behaviour", 1e-9)], "strong"),
        ([made("a", "behaviour", 1e-9, exact=0.1), made("b", "behaviour", 1e-9, exact=0.1)], "moderate"),
        ([made("a", "planted", 1e-9)], "strong"),
        ([made("a", "planted", 0.008), made("b", "behaviour", 0.9)], "weak"),
    ],
)
def test_grades(tests: list[Test], expected: str) -> None:
    assert grade(correct(tests), 0.01) == expected


@pytest.mark.parametrize(
    ("equal", "controls", "expected"),
    [
        (40, {"a": 12, "b": 39}, "weak"),
        (40, {}, "weak"),
        (40, {"a": 12, "b": 40}, "strong"),
        (39, {"a": 12, "b": 39}, "strong"),
    ],
)
def test_behaviour_is_weak_where_suspect_and_teacher_have_a_tokenizer_that_no_control_has(
    equal: int, controls: dict[str, int], expected: str
) -> None:
    tokens = TokenMatch(equal, 40, controls)
    tests = correct([made("a", "behaviour", 1e-9), made("b", "behaviour", 1e-9)])
    assert grade(tests, 0.01, tokens) == expected
    assert any("add controls with that tokenizer" in one for one in grade_reasons(tests, 0.01, tokens)) == (
        expected == "weak"
    )
    # What was planted does not come of being of one family.
    planted = correct([made("a", "planted", 1e-9), made("b", "behaviour", 1e-9)])
    assert grade(planted, 0.01, tokens) == "strong"


def test_correction_counts_the_tests_that_were_made() -> None:
    tests = [made("a", "behaviour", 0.004), replace(made("b", "behaviour", 1.0), p_value=None)]
    assert [one.holm_p for one in correct(tests)] == [0.004, None]


def test_power_grows_with_prompts_and_controls_and_is_what_it_says() -> None:
    assert detectable_excess(2, 400, 0.01) == float("inf")
    by_controls = [detectable_excess(m, 300, 0.01) for m in (3, 5, 8, 20)]
    assert by_controls == sorted(by_controls, reverse=True)
    need = plan_power(8, 100, 0.12, 0.01)
    assert not need.enough
    assert need.prompts_needed is not None
    assert plan_power(8, need.prompts_needed, 0.12, 0.01).enough
    assert not plan_power(8, need.prompts_needed - 1, 0.12, 0.01).enough
    assert need.exact_floor == pytest.approx(2 / 90)


def test_an_effect_that_is_said_to_be_detectable_is_found_four_times_in_five() -> None:
    """By simulation of the model that the planning assumes."""
    rng = np.random.default_rng(5)
    spread, noise, prompts, controls = 0.02, 0.1, 200, 6
    excess = detectable_excess(controls, prompts, 0.01, spread, noise)
    sd, hits, runs = np.sqrt(spread**2 + noise / prompts), 0, 400
    for _ in range(runs):
        values = np.triu(rng.normal(0, sd, size=(controls + 2,) * 2), 1)
        values += values.T
        values[0, 1] += excess
        values[1, 0] += excess
        found = deleted_residual(Alike(values, 0.0), 0, 1)
        assert found is not None
        hits += float(stats.t.sf((found[0] - found[1]) / found[2], found[3])) <= 0.01 / len(BEHAVIOUR_TESTS)
    assert hits / runs == pytest.approx(0.8, abs=0.06)
