"""Asked the same again: how far a model agrees with itself, in memory and over a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from audit_makers import PROMPTS, Maker
from makers_served import Server

from stillwatch.cli import app
from stillwatch.provenance import Answers
from stillwatch.provenance.steadiness import steadiness


def test_agreement_with_itself_is_over_whole_answers_asked_twice() -> None:
    first = Answers("m", ("answer: 1", "answer: 2", "", "answer: 4"))
    second = Answers("m", ("answer: 1", "answer: 3", "", "answer: 4"), None, ("stop", "stop", "stop", "length"))
    found = steadiness([first, second])
    assert found is not None
    assert (found.pairs, found.same, found.choices) == (2, 0.5, 0.5)
    # Of "answer : 2" and "answer : 3" three of seven words and neighbours are in common.
    assert found.wording == pytest.approx((1 + 3 / 7) / 2)
    assert steadiness([first]) is None
    assert steadiness([Answers("m", ("",)), Answers("m", ("",))]) is None


class Wavering(Maker):
    """Answers every second time in other words."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.heard: dict[str, int] = {}

    def reply(self, text: str) -> str:
        self.heard[text] = self.heard.get(text, 0) + 1
        return super().reply(text) + (" then" if self.heard[text] % 2 == 0 else "")


def test_every_asking_is_a_request_of_its_own_and_none_is_sent_twice(tmp_path: Path) -> None:
    makers = {"suspect": Wavering(77), "teacher": Maker(0), **{f"c{i}": Maker(i) for i in range(1, 4)}}
    server = Server(makers, logprobs=False)
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(json.dumps({"prompt": one.text, "answer": one.answer}) + "\n" for one in PROMPTS[:40]))
    spec = [f"openai:{server.url}#{name}" for name in makers]
    command = ["audit", spec[0], "--against", spec[1], "--controls", *spec[2:], "--out", str(tmp_path / "out")]
    command += ["--prompts", str(prompts), "--identity", "0", "--askings", "3"]
    try:
        app(command)
        asked = sum(body["messages"][-1]["content"].startswith("question") for body in server.bodies)
        assert 5 * 3 * 40 <= asked <= 5 * (3 * 40 + 1)
        (tmp_path / "out" / "audit.json").unlink()
        again = len(server.bodies)
        app(command)
        assert len(server.bodies) <= again + 5
    finally:
        server.close()
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert found["steadiness"]["teacher"] == {"pairs": 120, "same": 1.0, "wording": 1.0, "choices": 1.0}
    # Of three askings the second alone has another ending: one pair in three is the same.
    assert found["steadiness"]["suspect"]["same"] == pytest.approx(1 / 3)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Asked the same again" in page
    assert found["cost"]["queries"] == 5 * (3 * 40 + 41)
