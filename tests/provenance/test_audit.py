"""Audits from end to end: in memory, over HTTP on loopback, on folders; their files, their page, their errors."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audit_makers import PROMPTS, Maker
from makers_served import Server

from stillwatch.cli import app
from stillwatch.core import BadSetting, EndpointFailed, OutputExists
from stillwatch.lab.models import make_tiny, save_model
from stillwatch.provenance import (
    AuditPlan,
    Mark,
    Prompt,
    ScriptedModel,
    audit,
    audit_json,
    identity_probes,
    write_audit,
)
from stillwatch.provenance.page import render_page
from stillwatch.services.audit import AuditFiles, AuditSizes, make_plan, run_audit
from stillwatch.services.audited_models import AskSettings, open_model
from stillwatch.watermark import GreenWords, is_green

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
UNSAFE = [Prompt(f"unsafe {i}") for i in range(40)]


def plan(**changes: Any) -> AuditPlan:
    settings = {
        "prompts": PROMPTS,
        "probes": identity_probes(20, 0),
        "unsafe": UNSAFE,
    }
    return AuditPlan(**{**settings, **changes})


def controls(count: int = 8) -> list[ScriptedModel]:
    return [Maker(i).subject(f"control-{i}") for i in range(1, 1 + count)]


STUDENT = Maker(500, Maker(0))


def test_a_student_is_graded_strong_and_everything_is_in_the_json() -> None:
    found = audit(STUDENT.subject("suspect"), Maker(0).subject("teacher"), controls(), plan())
    assert found.grade == "strong"
    said = json.loads(json.dumps(audit_json(found), allow_nan=False))
    names = [one["name"] for one in said["tests"]]
    assert names == [
        "identity", "wording", "choices", "errors", "refusals", "style", "first-tokens",
    ]  # fmt: skip
    for one in said["tests"]:
        assert one["null"]
        assert one["assumption"]
        assert one["p_value"] is not None or one["why_not"]
    wording = said["tests"][1]
    assert set(wording["controls"]) == {f"control-{i}" for i in range(1, 9)}
    assert len(wording["null_points"]) == 44
    assert wording["excess"] > 0.2
    assert said["tokenizer"]["same"]
    assert said["guardrail"][0]["suspect"]["total"] == 40
    assert said["judge"]["specificity"]["low"] > 0.9
    assert any("A null result" in one for one in said["limits"])


def test_an_unrelated_suspect_is_not_accused_and_the_report_says_what_that_leaves_open() -> None:
    found = audit(Maker(77).subject("suspect"), Maker(0).subject("teacher"), controls(), plan())
    assert found.grade in ("none", "weak")
    assert any("null result excludes little" in one for one in found.limits)


def test_a_student_with_a_tokenizer_that_no_control_has_is_weak_and_the_report_says_why() -> None:
    def other(one: ScriptedModel) -> ScriptedModel:
        return replace(one, count=lambda text: 2 * len(text))

    asked = plan(unsafe=())
    models = STUDENT.subject("suspect"), Maker(0).subject("teacher")
    found = audit(*models, [other(one) for one in controls()], asked)
    assert found.grade == "weak"
    assert any("no control is known to have it" in reason for reason in found.reasons)
    assert "No control is known to have it" in render_page(found)
    assert json.loads(json.dumps(audit_json(found)))["tokenizer"]["of_no_control"]
    # One control of the family is enough to show what a family has in common.
    mixed = [*(other(one) for one in controls()[1:]), controls()[0]]
    assert audit(*models, mixed, asked).grade == "strong"
    untold = [replace(one, count=None) for one in models]
    found = audit(untold[0], untold[1], controls(), asked)
    assert any("does not tell how many tokens" in one for one in found.limits)


def test_without_controls_nothing_is_claimed() -> None:
    found = audit(STUDENT.subject("suspect"), Maker(0).subject("teacher"), [], plan())
    assert found.grade == "not graded"
    assert all(one.p_value is None for one in found.tests)
    assert found.reasons[0] == "No test was made: this says nothing about the suspect."
    assert "Needs 3 controls or more; there are 0." in found.reasons
    assert any("nothing is excluded" in one for one in found.limits)
    assert found.need.detectable == float("inf")


def test_a_watermark_is_read_back_and_another_key_is_not() -> None:
    def marked(key: int | None, seed: int) -> ScriptedModel:
        def reply(chat: Any) -> str:
            rng = np.random.default_rng([seed, len(chat[-1][1]), *chat[-1][1].encode()])
            word, said = 0, []
            for _ in range(12):
                words = rng.integers(40, size=6)
                green = words if key is None else words[is_green(key, word, words, 0.25)]
                word = int(green[0] if len(green) else words[0])
                said.append(word)
            return " ".join(map(str, said))

        return ScriptedModel(f"m{seed}", reply)

    def encode(text: str) -> list[int]:
        return [int(word) for word in re.findall(r"\d+", text)]

    models = [marked(None, i) for i in range(2, 5)]
    for key, expected in ((11, True), (12, False)):
        mark = Mark(GreenWords(key, 0.25, (999, 9_999)), encode)
        found = audit(marked(11, 0), marked(None, 1), models, AuditPlan(PROMPTS, mark=mark))
        (test,) = [one for one in found.tests if one.name == "radioactivity"]
        assert ((test.p_value or 1) <= 0.001) == expected
        page = render_page(found)
        assert ("the controls play no part in that" in page) == expected
        # A key that does not fit is told from 999 others, one that does from ten times as many.
        assert ("Among 10,000 keys, the provider" in page) == expected
        assert "somebody may have published it in between" in page


def test_the_page_needs_nothing_and_hostile_names_stay_text(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    found = audit(STUDENT.subject(hostile), Maker(0).subject("teacher"), controls(), plan())
    page = write_audit(found, tmp_path / "out", PROMPTS)
    text = page.read_text()
    assert "<img" not in text
    assert "&lt;img" in text
    assert "<script" not in text
    assert not re.findall(r"(?:src|href)=", text.replace("img src=x", ""))
    assert text.count('class="strip"') > 10
    assert "None of the 44 other pairs of models lies as far beyond what was expected of it." in text
    assert "at most 1 in 1,000 is graded so or higher" in text
    assert text.index("What this does not show") < text.index("The tests")
    assert "Distillation alone leaves no mark" not in text
    lines = (tmp_path / "out" / "answers.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["said"]["teacher"]


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH")
def test_the_page_opens_in_a_browser_and_never_scrolls_sideways(tmp_path: Path) -> None:
    found = audit(STUDENT.subject("a-suspect-with-a-long-name" * 3), Maker(0).subject("teacher"), controls(), plan())
    page = write_audit(found, tmp_path, PROMPTS)
    ruler = tmp_path / "ruler.html"
    frames = "".join(f'<iframe src="{page.as_uri()}" width="{w}" height="900"></iframe>' for w in (360, 768, 1280))
    measure = "[...document.querySelectorAll('iframe')].map(f => f.contentDocument.documentElement.scrollWidth)"
    ruler.write_text(
        f"<style>iframe {{ border: 0 }}</style>{frames}<p></p>"
        f"<script>onload = () => document.querySelector('p').textContent = {measure}.join(' ')</script>"
    )
    command = [
        str(CHROMIUM), "--headless", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", ruler.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, timeout=600, check=True).stdout.decode()
    widths = re.search(r"<p>([\d ]+)</p>", dom)
    assert widths is not None
    assert [int(one) for one in widths.group(1).split()] == [360, 768, 1280]


# --- over HTTP ----------------------------------------------------------------------------------


MODELS = {"suspect": STUDENT, "teacher": Maker(0), **{f"c{i}": Maker(i) for i in range(1, 9)}}


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server(MODELS)
    yield one
    one.close()


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.jsonl"
    path.write_text("".join(json.dumps({"prompt": one.text, "answer": one.answer}) + "\n" for one in PROMPTS))
    return path


def test_the_command_audits_over_http_carries_on_and_never_overwrites(
    server: Server, prompts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = [f"openai:{server.url}#{name}" for name in MODELS]
    out = tmp_path / "audit"
    command = ["audit", spec[0], "--against", spec[1], "--controls", *spec[2:], "--out", str(out), "--identity", "20"]
    command += ["--prompts", str(prompts), "--unsafe", str(prompts), "--guardrail", "10"]
    command += ["--price-in", "1", "--price-out", "2", "--queries", "140"]
    app([*command, "--plan-only"])
    said = capsys.readouterr().out
    assert "four times in five" in said
    assert "cost: 2,110 requests" in said
    assert not server.bodies
    app(command)
    assert "evidence: strong" in capsys.readouterr().out
    asked = len(server.bodies)
    assert asked <= 2110 + 10
    found = json.loads((out / "audit.json").read_text())
    assert found["cost"]["price"] > 0
    assert {one["name"] for one in found["tests"] if one["p_value"] is not None} >= {"wording", "errors"}
    with pytest.raises(OutputExists):
        app(command)
    # A run that was cut off before its end asks nothing twice.
    (out / "audit.json").unlink()
    app(command)
    assert len(server.bodies) == asked


def test_an_endpoint_without_log_probabilities_is_audited_without(prompts: Path, tmp_path: Path) -> None:
    server = Server(MODELS, logprobs=False)
    try:
        spec = [f"{name}=openai:{server.url}#{name}" for name in MODELS]
        plan_ = make_plan(
            spec[0], spec[1], AuditFiles(prompts=prompts), AuditSizes(identity=0, queries=60), maker="", system="Hi."
        )
        settings = AskSettings(tmp_path / "out" / "records")
        run_audit(spec[0], spec[1], spec[2:], plan_, tmp_path / "out", settings)
    finally:
        server.close()
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    (first,) = [one for one in found["tests"] if one["name"] == "first-tokens"]
    assert first["why_not"] == "not every model shows log-probabilities"
    assert any(body["messages"][0] == {"role": "system", "content": "Hi."} for body in server.bodies)
    assert found["suspect"] == "suspect"


def test_what_is_no_model_is_refused_with_a_hint(server: Server, tmp_path: Path) -> None:
    settings = AskSettings(tmp_path)
    with pytest.raises(BadSetting, match="openai:URL"):
        open_model("gpt", settings)
    with pytest.raises(BadSetting, match="http"):
        open_model("openai:ftp://x", settings)
    gone = open_model(f"openai:{server.url}#none", settings)
    with pytest.raises(EndpointFailed, match="404"):
        gone.answers([(("user", "hi"),)])
    twice = Maker(0).subject("same")
    with pytest.raises(BadSetting, match="one name"):
        audit(twice, twice, [], plan())


def test_an_answer_that_a_filter_withheld_is_told_as_such(tmp_path: Path) -> None:
    served = Server({"m": Maker(0)}, withheld=lambda text: text == "bad")
    try:
        model = open_model(f"openai:{served.url}#m", AskSettings(tmp_path))
        assert model.answers([(("user", "bad"),), (("user", "hi"),)]) == [
            ("I", "content_filter"),
            (Maker(0).reply("hi"), "stop"),
        ]
    finally:
        served.close()


@pytest.mark.parametrize(
    ("sizes", "where"),
    [(AuditSizes(level=0.2), "level"), (AuditSizes(queries=0), "queries"), (AuditSizes(effect=0), "effect")],
)
def test_sizes_out_of_range_are_refused(sizes: AuditSizes, where: str) -> None:
    with pytest.raises(BadSetting, match=where):
        make_plan("hf:a", "hf:b", AuditFiles(), sizes, maker="", system="")


@pytest.mark.slow
def test_the_commands_of_the_how_to_page_run(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "howto" / "audit-a-suspect.md").read_text(encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    lines = re.findall(r"^    \$ (.+)", text, re.MULTILINE)
    assert lines
    for line in lines:
        step = ["bash", "-c", line]
        done = subprocess.run(step, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PATH": path})
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert "four times in five" in done.stdout


@pytest.mark.slow
def test_folders_are_audited_weights_and_all(tmp_path: Path, prompts: Path) -> None:
    words = ["<pad>", "<bos>", "<eos>", "question", *(str(i) for i in range(300))]
    for seed in range(5):
        save_model(make_tiny(len(words), seed), words, tmp_path / f"m{seed}")
    shutil.copytree(tmp_path / "m0", tmp_path / "copy")
    spec = [f"hf:{tmp_path / name}" for name in ("copy", "m0", "m1", "m2", "m3")]
    command = ["audit", spec[0], "--against", spec[1], "--controls", *spec[2:], "--out", str(tmp_path / "out")]
    app([*command, "--prompts", str(prompts), "--queries", "40", "--identity", "0", "--max-tokens", "8"])
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert found["lineage"]["p_value"] == pytest.approx(0.0001)
    assert found["tokenizer"]["same"]
    assert "Distillation alone leaves no mark" in (tmp_path / "out" / "report.html").read_text()
