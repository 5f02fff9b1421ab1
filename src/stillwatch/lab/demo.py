"""``stillwatch lab demo``: the whole of the lab, small enough for two cores and five minutes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.lab.grid import Progress, read_results, run_plan
from stillwatch.lab.page import Written, write_report
from stillwatch.lab.page.sections import attack_rows, guard_rows, radio_rows
from stillwatch.lab.plan import make_plan

__all__ = ["DEMO", "Demo", "demo"]

DEMO: dict[str, Any] = {
    "seeds": [0, 1, 2],
    "grid": [
        {"name": "ladder", "exposures": ["top-5", "text+cot"], "queries": [512, 1024, 2048]},
        {"name": "answers", "exposures": ["answer-only"]},
        {"name": "adaptive", "exposures": ["answer-only"], "attackers": ["adaptive"], "queries": [256]},
        {"name": "guardrail", "attackers": ["passive,keep-0.3", "passive,keep-1"]},
        {"name": "watermark", "defences": ["watermark-2"]},
        {"name": "second task", "tasks": ["addition"], "exposures": ["text+cot", "answer-only"], "queries": [1024]},
    ],
}
"""The plan: 39 students of two tasks, three seeds a point."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo found, printed as a few tables."""

    written: Written
    results: list[dict[str, Any]]
    seconds: float

    def __str__(self) -> str:
        lines = ["Recovery of the teacher's skill, mean of three seeds (95 % interval)"]
        for row in attack_rows(self.results):
            if row.recovery and "keep" not in row.attacker:
                found = f"{row.recovery.mean:4.0%} ({row.recovery.low:.0%} to {row.recovery.high:.0%})"
                lines.append(f"  {row.task:9} {row.exposure:12} {row.attacker:9} {row.queries:5,} queries  {found}")
        lines.append("Refusals of forbidden prompts, teacher and students of 2,048 exchanges")
        for guard in guard_rows(self.results):
            if guard.task == "codebook" and guard.exposure == "text+cot" and guard.queries == 2048:
                lines.append(
                    f"  keeps {guard.keep:4.0%} of the refusals: teacher {guard.teacher_refusal:.0%}, student "
                    f"{guard.refusal.mean:.0%}; answers {guard.harmful.mean:.0%} of them rightly"
                )
        lines.append("Watermark, p by permutation of the key (smallest possible .001)")
        for radio in radio_rows(self.results):
            lines.append(
                f"  {radio.task}, {radio.taught}: {radio.students} students, median p {radio.median_p:.3f}, "
                f"largest {radio.largest_p:.3f}"
            )
        return "\n".join([*lines, str(self.written), f"Took {self.seconds:.0f} s"])


def demo(out: Path, *, workers: int, progress: Progress | None = None) -> Demo:
    """Run the demo's plan in ``out``, write its report, and say what came out.

    Raises:
        OutputExists: ``out`` holds something else.
    """
    started = time.monotonic()
    run_plan(make_plan(DEMO), out, workers=workers, progress=progress)
    written = write_report(out)
    results = list({str(r["cell"]): r for group in read_results(out).values() for r in group}.values())
    return Demo(written, results, time.monotonic() - started)
