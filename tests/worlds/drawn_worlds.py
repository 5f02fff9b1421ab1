"""Random worlds on disk, as tests look at them: what was designed, who is in it, and what each asked."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from stillwatch.range import simulate_design
from stillwatch.range.design import draw_design

Row = dict[str, Any]


def rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def seconds(row: Row, column: str = "time") -> float:
    return datetime.fromisoformat(row[column]).timestamp()


class World:
    """A world on disk: its design, its accounts, and what each asked in the order of time."""

    def __init__(self, out: Path) -> None:
        self.design = json.loads((out / "design.json").read_bytes())
        self.truth = {row["account_id"]: row for row in rows(out / "truth.jsonl")}
        self.file = {row["account_id"]: row for row in rows(out / "accounts.jsonl")}
        self.records = [row for path in sorted((out / "logs").iterdir()) for row in rows(path)]
        self.asked: dict[str, list[Row]] = {}
        for row in self.records:
            self.asked.setdefault(row["account_id"], []).append(row)

    def members(self, name: str = "campaign-1") -> dict[str, list[Row]]:
        return {one: its for one, its in self.asked.items() if self.truth[one]["campaign"] == name}


def world_of(out: Path, kind: str, **fixed: Any) -> World:
    """A world of a kind with more of its one campaign fixed."""
    design = draw_design(4, kind)
    (one,) = design.campaigns
    simulate_design(replace(design, campaigns=(replace(one, **fixed),)), out)
    return World(out)


PLAIN: dict[str, Any] = {
    "text": "bare", "origin": "distillation", "public": False, "samples": 1, "pools": 1, "cover": "none", "volume": "even",
    "cover_share": (0.0, 0.0), "customers": 0, "outside": 0, "event": "none", "banned": 0.0, "hours": "human",
}  # fmt: skip
