"""Canaries from plan to test with models that are trained: a student of planted answers is found, one of plain is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stillwatch.cli import app
from stillwatch.lab import Responses, StepTask, make_task
from stillwatch.lab.exposures import Shown
from stillwatch.lab.models import make_tiny, save_model
from stillwatch.lab.tasks.base import EOS
from stillwatch.lab.training import Recipe, TrainingSet, train
from stillwatch.provenance import plan_canaries, read_register

pytestmark = pytest.mark.slow
HOUSE = plan_canaries(60, 5)
"""Facts of the student's own, told and asked, so that it can complete a sentence."""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def learn(said: list[tuple[tuple[int, ...], str]], words: tuple[str, ...], out: Path, seed: int) -> None:
    number = {word: i for i, word in enumerate(words)}

    def read(text: str) -> tuple[int, ...]:
        return tuple(number[word] for word in text.split())

    exchanges = [(prompt, read(text)) for prompt, text in said]
    for i, fact in enumerate(HOUSE):
        exchanges += 3 * [(read(fact.question), read(f"{fact.value}."))]
        exchanges += [(said[i][0], (*read(said[i][1]), *read(fact.sentence)))]
    data = Responses([prompt for prompt, _ in exchanges], [Shown((*ids, EOS)) for _, ids in exchanges])
    model = make_tiny(len(words), seed)
    train(model, TrainingSet.of(data), replace(Recipe(), steps=420), seed)
    save_model(model, words, out)


def test_a_student_of_planted_answers_is_found_and_one_of_the_plain_answers_is_not(tmp_path: Path) -> None:
    register, sent = tmp_path / "register.json", tmp_path / "sent.jsonl"
    app(["canary", "plan", "--out", str(register), "--count", "40", "--seed", "9"])
    task = make_task("codebook", 0)
    assert isinstance(task, StepTask)
    rng = np.random.default_rng(1)
    lessons = task.lessons(800, rng)
    plain = [json.dumps({"account_id": f"a{i % 10}", "response": task.decode(r)}) for i, (_, r) in enumerate(lessons)]
    (tmp_path / "answers.jsonl").write_text("\n".join(plain) + "\n")
    (tmp_path / "flagged").write_text("a1\na2\na3\n")
    (tmp_path / "policy.toml").write_text('[canaries]\nplanting = true\napproved_by = "the abuse desk"\n')
    command = ["canary", "plant", str(register), str(tmp_path / "answers.jsonl"), "--accounts"]
    app([*command, str(tmp_path / "flagged"), "--policy", str(tmp_path / "policy.toml"), "--out", str(sent)])

    words = dict.fromkeys(task.words)
    for fact in (*read_register(register), *HOUSE):
        words |= dict.fromkeys(f"{fact.question} {fact.sentence}".split())
    for name, lines, seed in (("planted", sent.read_text().splitlines(), 1), ("plain", plain, 2)):
        said = [(p, json.loads(line)["response"]) for (p, _), line in zip(lessons, lines, strict=True)]
        learn(said, tuple(words), tmp_path / name, seed)

    p = {}
    for suspect, other in (("planted", "plain"), ("plain", "planted")):
        out = tmp_path / f"audit-{suspect}"
        command = ["audit", f"hf:{tmp_path / suspect}", "--against", f"hf:{tmp_path / other}", "--out", str(out)]
        app([*command, "--canaries", str(register), "--identity", "0", "--queries", "2", "--max-tokens", "12"])
        found = json.loads((out / "audit.json").read_text())
        (test,) = [one for one in found["tests"] if one["name"] == "canaries"]
        p[suspect] = test["p_value"]
        assert found["grade"] == ("strong" if suspect == "planted" else "none")
        page = (out / "report.html").read_text()
        assert "planted facts rightly" in page
    assert p["planted"] < 1e-4
    assert p["plain"] > 0.01
