"""Planted evidence, end to end: students of planted and of plain answers, through the commands that a user has.

    stillwatch canary plan, plant (by a policy that allows it); a student of those answers; stillwatch audit --canaries
    answers with a watermark; a student of those answers; stillwatch audit --watermark-key-file

Called by ``audit.py``, whose makers are teacher and controls. The students' words are the makers' and those of
the canaries; what they learn from is what the files hold, and the house's own data: 160 facts of the same kind about
other places, told and asked, so that a student can complete a sentence, as any assistant can.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats

from audit_families import STUDENT, Maker, audit_prompts, prompt_text
from stillwatch.cli import app
from stillwatch.lab import LocalTeacher, Provider, Responses, read_defences, read_exposure
from stillwatch.lab.exposures import Shown
from stillwatch.lab.models import make_tiny, save_model
from stillwatch.lab.tasks import Words
from stillwatch.lab.tasks.base import EOS
from stillwatch.lab.teachers import load_model
from stillwatch.lab.training import TrainingSet, train
from stillwatch.provenance import plan_canaries, read_register

__all__ = ["planted"]

ANSWERS = 1_536
CANARIES = 80
HOUSE, HOUSE_FACTS = 43, 160
KEY = 20_261
TEACHER, CONTROLS = "maker-0", [f"maker-{i}" for i in range(2, 10)]


def planted(models: Path, out: Path) -> None:
    """Train what is not there yet, audit, print.

    Args:
        models: folder of the makers.
        out: for students, registers, audits.
    """
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    prompts_file(out / "prompts.jsonl")
    canaries(models, out / "canaries")
    watermarks(models, out / "watermarks")


def prompts_file(path: Path) -> None:
    lines = [json.dumps({"prompt": prompt_text(prompt), "answer": answer}) for prompt, answer in audit_prompts()]
    path.write_text("\n".join(lines) + "\n")


def run(*command: str) -> None:
    """A command of the program, without what it prints."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        app(list(command))


def audited(models: Path, folder: Path, student: str, *more: str) -> dict[str, Any]:
    """What ``stillwatch audit`` finds of a student, read back from its JSON."""
    out = folder / f"audit-{student}"
    if not (out / "audit.json").exists():
        command = ["audit", f"hf:{folder / student}", "--against", f"hf:{models / TEACHER}", "--out", str(out)]
        command += ["--controls", *(f"hf:{models / name}" for name in CONTROLS), "--identity", "0"]
        command += ["--max-tokens", "16", "--prompts", str(folder.parent / "prompts.jsonl")]
        run(*command, *more)
    found: dict[str, Any] = json.loads((out / "audit.json").read_text())
    return found


def test_of(found: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = [test for test in found["tests"] if test["name"] == name]
    return dict(one)


# --- canaries ---------------------------------------------------------------------------------


def canaries(models: Path, folder: Path) -> None:
    """Three planting rates; three students of the plain answers, and one of answers planted from another register."""
    folder.mkdir(exist_ok=True)
    for name, seed in (("register", 41), ("another", 42)):
        if not (folder / f"{name}.json").exists():
            run("canary", "plan", "--out", str(folder / f"{name}.json"), "--count", str(CANARIES), "--seed", str(seed))
    words = vocabulary(folder / "register.json", folder / "another.json")
    teacher = LocalTeacher(load_model(models / TEACHER), Maker(0))
    print("\nCanaries: students of planted and of plain answers, through stillwatch audit ")
    for name, share, seeds in (
        ("register", 0.5, (1, 2)),
        ("register", 0.2, (3, 4)),
        ("register", 0.05, (5,)),
        ("another", 0.5, (6,)),
        ("none", 0.0, (7, 8, 9)),
    ):
        for seed in seeds:
            student = f"{name}-{share:g}-{seed}"
            if not (folder / student).exists():
                learn(answers(teacher, folder / f"{name}.json", share, seed, folder), words, folder / student, seed)
            found = audited(models, folder, student, "--canaries", str(folder / "register.json"), "--queries", "60")
            test = test_of(found, "canaries")
            hits = test["details"]
            what = f"planted from {name}, in {share:.0%} of the answers" if share else "not planted"
            print(
                f"  {what}: {hits['hits_planted']}/{hits['planted']} "
                f"known, never planted {hits['hits_never_planted']}/{hits['never_planted']}; p {test['p_value']:.2g}, "
                f"corrected {test['holm_p']:.2g}; grade {found['grade']}",
                flush=True,
            )


def vocabulary(*registers: Path) -> tuple[str, ...]:
    """The makers' words, then those of the canaries and of the house's facts."""
    found = dict.fromkeys(Maker(0).words)
    for one in (*(one for path in registers for one in read_register(path)), *plan_canaries(HOUSE_FACTS, HOUSE)):
        found |= dict.fromkeys(f"{one.question} {one.sentence}".split())
    return tuple(found)


def answers(teacher: LocalTeacher, register: Path, share: float, seed: int, folder: Path) -> list[tuple[Words, str]]:
    """Prompts, and the teacher's answers to an account as they left the house; a share of accounts is flagged."""
    task = Maker(0)
    rng = np.random.default_rng([seed, 17])
    prompts = task.natural_prompts(ANSWERS, rng, avoid=frozenset(ids for ids, _ in audit_prompts()))
    got = teacher.query(prompts, read_exposure("text+cot"), seed)
    lines = [
        json.dumps({"account_id": f"a{i % 100}", "response": task.decode(one.ids)}) for i, one in enumerate(got.shown)
    ]
    if not share:
        return [(prompt, json.loads(line)["response"]) for prompt, line in zip(prompts, lines, strict=True)]
    said, policy, flagged, out = (folder / f"{name}-{seed}" for name in ("answers", "policy", "flagged", "planted"))
    said.write_text("\n".join(lines) + "\n")
    policy.write_text('[canaries]\nplanting = true\napproved_by = "the benchmark"\n')
    flagged.write_text("".join(f"a{i}\n" for i in range(round(100 * share))))
    out.unlink(missing_ok=True)
    rules = ["--accounts", str(flagged), "--policy", str(policy)]
    run("canary", "plant", str(register), str(said), *rules, "--out", str(out))
    sent = [json.loads(line)["response"] for line in out.read_text().splitlines()]
    return list(zip(prompts, sent, strict=True))


def learn(said: Sequence[tuple[Words, str]], words: tuple[str, ...], out: Path, seed: int) -> None:
    """A student of these answers, to their last word, and of the house's own data."""
    number = {word: i for i, word in enumerate(words)}

    def read(text: str) -> Words:
        return tuple(number[word] for word in text.split())

    exchanges = [(prompt, read(text)) for prompt, text in said]
    for fact in plan_canaries(HOUSE_FACTS, HOUSE):
        exchanges += 3 * [(read(fact.question), read(f"{fact.value}."))]
        exchanges += [(prompt, (*read(text), *read(fact.sentence))) for prompt, text in said[: 3 * HOUSE_FACTS : 160]]
    data = Responses([prompt for prompt, _ in exchanges], [Shown((*ids, EOS)) for _, ids in exchanges])
    model = make_tiny(len(words), 9_000 + seed)
    train(model, TrainingSet.of(data), replace(STUDENT, steps=1_000), seed)
    save_model(model, words, out)


# --- watermark --------------------------------------------------------------------------------


def watermarks(models: Path, folder: Path) -> None:
    """Three students of marked answers, five of plain ones; p as the audit's report has it."""
    folder.mkdir(exist_ok=True)
    (folder / "key").write_text(f"{KEY}\n")
    task = Maker(0)
    model = load_model(models / TEACHER)
    print("\nWatermark: students of marked and of plain answers, through stillwatch audit (least p 0.001)")
    plain = []
    for mark, seeds in (("watermark-2", (21, 22, 23)), ("", (24, 25, 26, 27, 28))):
        teacher = LocalTeacher(model, task, read_defences(mark) if mark else (), Provider(KEY))
        for seed in seeds:
            student = f"{mark or 'plain'}-{seed}"
            if not (folder / student).exists():
                learn_marked(teacher, folder / student, seed)
            more = ["--watermark-key-file", str(folder / "key"), "--queries", "400"]
            more += ["--watermark-tokenizer", str(models / TEACHER / "tokenizer.json")]
            found = audited(models, folder, student, *more)
            test = test_of(found, "radioactivity")
            plain += [] if mark else [test["p_value"]]
            print(
                f"  {mark or 'no watermark'}: p {test['p_value']:.3f}, z {test['statistic']:.1f}, corrected "
                f"{test['holm_p']:.3f}; grade {found['grade']}",
                flush=True,
            )
    print(f"  plain students, whether p is uniform (Kolmogorov-Smirnov): {stats.kstest(plain, 'uniform').pvalue:.2f}")


def learn_marked(teacher: LocalTeacher, out: Path, seed: int) -> None:
    task = Maker(0)
    rng = np.random.default_rng([seed, 18])
    prompts = task.natural_prompts(ANSWERS, rng, avoid=frozenset(ids for ids, _ in audit_prompts()))
    model = make_tiny(len(task.words), 9_000 + seed)
    train(model, TrainingSet.of(teacher.query(prompts, read_exposure("text+cot"), seed)), STUDENT, seed)
    save_model(model, task.words, out)
