"""Rounds of the real commands, a process each: killed in the middle nothing differs, and an absent one stops nobody."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from forked_commands import Forked
from killed_hub import free_port
from round_table import NAMES

from stillwatch import scan
from stillwatch.alliance.hub import Hub, admit, create_collections, journal_entries
from stillwatch.alliance.member import enrol
from stillwatch.range import simulate, split
from stillwatch.rounds.messages import Ask, read


@dataclass
class Alliance:
    """A hub and three members in a folder; every command is a process."""

    folder: Path
    port: int
    runs: dict[str, Path]
    running: list[Forked] = field(default_factory=list)

    def start(self, *words: object) -> Forked:
        command = Forked(["alliance", *map(str, words)], self.folder)
        self.running.append(command)
        return command

    def serve(self) -> Forked:
        hub = self.start("serve", "--db", self.folder / "hub.db", "--port", self.port)
        hub.says("listens")
        return hub

    def member(self, what: str, name: str, round_id: str, *more: object) -> Forked:
        shared = ("--secrets", self.folder / f"{name}.json", "--state", self.folder / f"{name}.db", "--wait", 600)
        return self.start(what, self.runs[name], "--round", round_id, *shared, *more)

    def join(self, name: str, round_id: str, *more: object) -> Forked:
        return self.member("join", name, round_id, "--out", self.result(name, round_id), *more)

    def result(self, name: str, round_id: str) -> Path:
        return self.folder / f"{name}-{round_id}.json"

    def journal(self, round_id: str) -> list[dict[str, object]]:
        with closing(sqlite3.connect(self.folder / "hub.db", timeout=120)) as db:
            bodies = [json.loads(body) for (body,) in db.execute("SELECT body FROM journal ORDER BY n")]
        return [body for body in bodies if body.get("round") == round_id]

    def posted(self, name: str, round_id: str) -> int:
        return sum(one["member"] == name and str(one["action"]).startswith("post") for one in self.journal(round_id))

    def has_posted(self, name: str, round_id: str, posts: int) -> bool:
        return self.posted(name, round_id) >= posts

    def asked(self, sender: str, recipient: str) -> int:
        with closing(sqlite3.connect(self.folder / "hub.db", timeout=120)) as db:
            rows = db.execute("SELECT body FROM matching_post WHERE sender = ? AND recipient = ?", (sender, recipient))
            bodies = [read(body) for (body,) in rows if body]
        return sum(len(body.elements) // 32 for body in bodies if isinstance(body, Ask))

    def charged(self, name: str, peer: str) -> int:
        with closing(sqlite3.connect(self.folder / f"{name}-matching.db", timeout=120)) as db:
            return int(
                db.execute("SELECT coalesce(sum(elements), 0) FROM charge WHERE peer = ?", (peer,)).fetchone()[0]
            )


def killed(command: Forked, when: Callable[[], bool]) -> None:
    """By SIGKILL, once something is so."""
    command.runs_until(when)
    command.kill()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What each of three providers found in its own log."""
    folder = tmp_path_factory.mktemp("week")
    simulate("september", scale=0.003, seed=11, out=folder / "week")
    places = split(folder / "week", folder / "providers", providers=3, most=4, seed=11)
    for place in places:
        scan(place / "logs", out=place / "run", accounts=place / "accounts.jsonl", workers=1)
    return {name: place / "run" for name, place in zip(NAMES, places, strict=True)}


@pytest.fixture
def alliance(runs: dict[str, Path], tmp_path: Path) -> Iterator[Alliance]:
    made = Alliance(tmp_path, free_port(), runs)
    hub = Hub.open(tmp_path / "hub.db")
    create_collections(hub)
    for name in NAMES:
        token = tmp_path / f"{name}.token"
        token.write_text(admit(hub, name))
        enrol(tmp_path / f"{name}.db", name, f"http://127.0.0.1:{made.port}", token_file=token, ask=False)
        secrets = {
            other: "".join(sorted(name + other)).encode().hex().ljust(64, "0") for other in NAMES if other != name
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(secrets))
    hub.close()
    yield made
    for command in made.running:
        command.close()


def found(command: Forked) -> str:
    """What it printed to its end, but for notices of a hub that was away."""
    return "".join(line for line in command.ended().splitlines(True) if not line.startswith("stillwatch: "))


def calm(alliance: Alliance) -> dict[str, str]:
    """A round that nobody disturbs; what each was told."""
    told = {name: found(one) for name, one in [(n, alliance.member("match", n, "calm")) for n in NAMES]}
    for one in [alliance.join(name, "calm") for name in NAMES]:
        one.ended()
    return told


@pytest.mark.slow
def test_killed_members_and_a_killed_hub_change_no_result(alliance: Alliance) -> None:
    hub = alliance.serve()
    told = calm(alliance)
    assert all(re.search(r"[1-9]\d* of [1-9]\d* identifiers are held by others", said) for said in told.values())
    alpha, *rest = (alliance.member("match", name, "rough") for name in NAMES)
    # Alpha dies after its first key, its first ask, its first answer, and the hub when alpha's counts are in.
    for posts in (1, 3, 5):
        killed(alpha, partial(alliance.has_posted, "alpha", "rough", posts))
        alpha = alliance.member("match", "alpha", "rough")
        if posts == 3:
            killed(hub, partial(alliance.has_posted, "alpha", "rough", 4))
            hub = alliance.serve()
    assert dict(zip(NAMES, map(found, (alpha, *rest)), strict=True)) == told
    for name in NAMES:
        for peer in NAMES:
            assert alliance.charged(name, peer) == alliance.asked(peer, name)
    joining = [alliance.join(name, "rough") for name in NAMES]
    killed(joining[0], partial(alliance.has_posted, "alpha", "rough", alliance.posted("alpha", "rough") + 1))
    joining[0] = alliance.join("alpha", "rough")
    for one in joining:
        one.ended()
    for name in NAMES:
        assert alliance.result(name, "rough").read_text() == alliance.result(name, "calm").read_text()
    told_of = [one for one in alliance.journal("rough") if str(one["action"]).startswith("post")]
    numbers = [(one["member"], one["to"], one["seq"]) for one in told_of]
    assert len(numbers) == len(set(numbers))
    opened = Hub.open(alliance.folder / "hub.db")
    assert len(list(journal_entries(opened))) > len(numbers)
    opened.close()


@pytest.mark.slow
def test_a_hub_that_is_not_there_yet_is_waited_for(alliance: Alliance) -> None:
    for begin in (partial(alliance.member, "match"), alliance.join):
        early = [begin(name, "early") for name in NAMES]
        for one in early:
            one.says("asking it again")
        serving = alliance.serve()
        for one in early:
            one.ended()
        serving.kill()
    assert {alliance.result(name, "early").is_file() for name in NAMES} == {True}


@pytest.mark.slow
def test_two_of_three_finish_without_the_third_and_say_so(alliance: Alliance) -> None:
    alliance.serve()
    there = [alliance.member("match", name, "r1", "--deadline", 3) for name in ("alpha", "beta")]
    for said in [one.ended() for one in there]:
        assert re.search(r"[1-9]\d* of [1-9]\d* identifiers are held by others", said)
        assert "without gamma, who did not come" in said
    # Nor does one that sends no graph stop the other; it finds the other's when it comes.
    for name, silent in (("alpha", True), ("beta", False)):
        said = alliance.join(name, "r1", "--deadline", 3).ended()
        assert "without gamma" in said
        assert ("beta sent no graph" in said) == silent
        assert json.loads(alliance.result(name, "r1").read_text()) == [] or not silent
    said = alliance.member("match", "gamma", "r1").ended(status=2)
    assert "alpha went on without this member" in said
