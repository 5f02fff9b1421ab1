"""A console over a small run whose every text means harm, and people who come in without a browser."""

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
from smallrun import CLEAR, MEMBERS, START, campaign, write_run

from stillwatch import tables
from stillwatch.console import Console, Places, serving
from stillwatch.core import AuditLog
from stillwatch.policy import DEFAULT_POLICY, decide, read_policy, read_registry, read_run, record

HOSTILE = '<script>window.pwned=1</script><img src=x onerror="window.pwned=1">\'"}}{{7*7}}'
ACCOUNT = f"m7 &?#/{HOSTILE}"
SECRET = "a zebra's own words"
SECOND = CLEAR[1:7]

_PLACE = tempfile.TemporaryDirectory(prefix="hostile-run-")


def write_hostile_run(folder: Path) -> Path:
    """Two campaigns; account m7, prompts, templates, summaries and reasons hold HOSTILE."""
    return Path(shutil.copytree(_once() / "week", folder, dirs_exist_ok=True))


@cache
def _once() -> Path:
    """A run, and a state in which it is decided: made once in a process, and copied from then on."""
    folder = Path(_PLACE.name)
    decide_run(_hostile_run(folder / "week"), folder / "state")
    return folder


def _hostile_run(folder: Path) -> Path:
    hours = [{"hour": START + timedelta(hours=n), "exchanges": 5 + n, "accounts": 4} for n in range(48)]
    first = campaign(summary=f"Eight accounts. {HOSTILE}", timeline=hours)
    second = campaign(
        campaign_id="C002", account_ids=SECOND, bystander_ids=[], accounts=len(SECOND), verdict="review", timeline=hours
    )
    write_run(folder, [first, second])
    for name in ("accounts", "campaigns", "templates", "exchanges.parquet/0000"):
        path = folder / f"{name}.parquet"
        table = pq.read_table(path, partitioning=None)
        rows = [_harmed(row) for row in table.to_pylist()]
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    links = [
        {
            "account_a": _renamed(MEMBERS[a]),
            "account_b": _renamed(MEMBERS[b]),
            "match_weight": 12.0 - a - b,
            "match_probability": 0.99,
            "structure": 9.0,
            "timing": 4.0,
            "shape": -2.0,
        }
        for a in range(8)
        for b in range(a)
    ]
    links.append({**links[0], "account_a": "m0", "account_b": CLEAR[0], "match_weight": 7.0})
    pq.write_table(pa.Table.from_pylist(links, schema=tables.LINKS), folder / "links.parquet")
    pq.write_table(pa.Table.from_pylist([], schema=tables.DEAD_LETTERS), folder / "dead_letters.parquet")
    info = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**info, "started": START.isoformat(), "notes": [HOSTILE]}))
    return folder


def _renamed(value: Any) -> Any:
    return ACCOUNT if value == "m7" else value


def _harmed(row: dict[str, Any]) -> dict[str, Any]:
    harmed = {
        name: [_renamed(one) for one in value] if isinstance(value, list) else _renamed(value)
        for name, value in row.items()
    }
    if "prompt" in harmed:
        harmed["prompt"] = f"{SECRET} {HOSTILE}"
    if "example" in harmed:
        harmed |= {"example": f"{SECRET} {HOSTILE} e", "shared": [HOSTILE]}
    if harmed.get("reasons"):
        harmed["reasons"] = [f"{reason} {HOSTILE}" for reason in harmed["reasons"]]
    return harmed


def decide_run(run: Path, state: Path) -> None:
    """Hold the run to the default policy, in the console's log."""
    policy, facts = read_policy(DEFAULT_POLICY), read_run(run, read_registry(_registry(state)))
    now = datetime.now(UTC)
    record(AuditLog(state / "decisions.jsonl"), decide(policy, facts, now), policy, facts, now)


def _registry(state: Path) -> Path:
    state.mkdir(exist_ok=True)
    path = state / "licences.yaml"
    path.write_text("licences: []")
    return path


def make_places(folder: Path, *, decided: bool = True, **more: Any) -> Places:
    """Where a console over a hostile run lies."""
    run, state = write_hostile_run(folder / "week"), folder / "state"
    if decided:
        shutil.copytree(_once() / "state", state, dirs_exist_ok=True)
    return Places(runs=run, state=state, **more)


@dataclass
class Visitor:
    """Somebody who is signed in, by links and forms alone."""

    http: httpx.Client
    name: str = ""
    csrf: str = ""

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return self.http.post(path, data={"csrf": self.csrf, **(form or {})}, **more)

    def seen(self, case: str) -> str:
        """What the case's page says is before this person."""
        found = re.search(r'name="seen" value="(\w+)"', self.get(f"/cases/{case}").text)
        return found[1] if found else ""

    def act(self, case: str, what: str, reason: str = "so it seems", **form: Any) -> httpx.Response:
        """Claim a case and do something about it."""
        self.post(f"/cases/{case}/claim")
        return self.post(f"/cases/{case}/{what}", {"seen": self.seen(case), "reason": reason, **form})


@dataclass
class Open:
    """A console that serves, and ways in."""

    url: str
    console: Console
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self, name: str, role: str) -> Visitor:
        """Somebody new, signed in."""
        token = self.console.people.invite(name, role, direct=True)
        visitor = Visitor(httpx.Client(base_url=self.url, timeout=120), name)
        assert visitor.http.post(f"/welcome/{token}").status_code == 303
        visitor.csrf = re.findall(r'name="csrf" value="([^"]+)"', visitor.get("/queue").text)[0]
        self.visitors.append(visitor)
        return visitor

    def cases(self) -> list[str]:
        """Ids of cases, the weightiest first."""
        return [one.decision.decision_id for one in self.console.cases.cases().standings.values()]


@contextlib.contextmanager
def open_console(places: Places) -> Iterator[Open]:
    """A console on loopback, in this process."""
    with serving(Console(places)) as served:
        opened = Open(served.url, served.console)
        try:
            yield opened
        finally:
            for visitor in opened.visitors:
                visitor.http.close()
            served.console.runs.close()
