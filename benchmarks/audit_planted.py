"""A watermark, end to end: students of marked and of plain answers, through the command that a user has.

    answers with a watermark; a student of those answers; stillwatch audit --watermark-key-file

Called by ``audit.py``, whose makers are teacher and controls.
"""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats

from audit_families import STUDENT, Maker, audit_prompts, prompt_text
from stillwatch.cli import app
from stillwatch.lab import LocalTeacher, Provider, read_defences, read_exposure
from stillwatch.lab.models import make_tiny, save_model
from stillwatch.lab.teachers import load_model
from stillwatch.lab.training import TrainingSet, train

__all__ = ["planted"]

ANSWERS = 1_536
KEY = 20_261
TEACHER, CONTROLS = "maker-0", [f"maker-{i}" for i in range(2, 10)]


def planted(models: Path, out: Path) -> None:
    """Train what is not there yet, audit, print.

    Args:
        models: folder of the makers.
        out: for students and audits.
    """
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    prompts_file(out / "prompts.jsonl")
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


# --- watermark --------------------------------------------------------------------------------


def watermarks(models: Path, folder: Path) -> None:
    """Three students of marked answers, five of plain ones; p as the audit's report has it."""
    folder.mkdir(exist_ok=True)
    (folder / "key").write_text(f"{KEY}\n")
    task = Maker(0)
    model = load_model(models / TEACHER)
    print("\nWatermark: students of marked and of plain answers, through stillwatch audit (least p 0.0001)")
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
                f"  {mark or 'no watermark'}: p {test['p_value']:.4f}, z {test['statistic']:.1f}, corrected "
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
