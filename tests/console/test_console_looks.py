"""The log of looks when many write at once, and runs that are added to while a console is open."""

import json
import threading
from pathlib import Path

import pytest
from console_world import Open, make_places, open_console
from patience import until

from stillwatch.console.looks import Looks
from stillwatch.core import OutputUnwritable


def test_what_many_note_at_once_is_there_once_each_in_one_chain(tmp_path: Path) -> None:
    log = Looks(tmp_path / "audit.jsonl")

    def write(who: int) -> None:
        for n in range(25):
            log.note({"kind": "looked", "by": f"p{who}", "n": n})
            # On disk before who noted it goes on.
            assert f'"by":"p{who}","kind":"looked","n":{n}}}' in log.path.read_text()

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    entries = list(log.entries())
    assert sorted((one.body["by"], one.body["n"]) for one in entries) == [
        (f"p{who}", n) for who in range(8) for n in range(25)
    ]


def test_whoever_could_not_note_is_told_and_nobody_elses_entry_is_lost(tmp_path: Path) -> None:
    log = Looks(tmp_path / "state" / "audit.jsonl")
    (tmp_path / "state").write_text("a file where a folder should be")
    told: list[int] = []

    def write(who: int) -> None:
        try:
            log.note({"by": who})
        except OutputUnwritable:
            told.append(who)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert sorted(told) == list(range(6))
    (tmp_path / "state").unlink()
    log.note({"by": "later"})
    assert [one.body["by"] for one in log.entries()] == ["later"]


def test_a_run_that_was_added_to_is_read_anew_under_its_name(tmp_path: Path) -> None:
    with open_console(make_places(tmp_path)) as opened:
        ana = opened.visitor("ana", "analyst")
        before = opened.console.runs.all()[0]
        assert "Added since" not in ana.get("/runs/week").text
        told = json.loads((before.path / "run.json").read_text())
        fresh = before.path / "run.json.new"
        fresh.write_text(json.dumps({**told, "notes": ["Added since."]}))
        fresh.rename(before.path / "run.json")
        assert until(lambda: opened.console.runs.all()[0] is not before)
        after = opened.console.runs.all()[0]
        assert after.sha256 != before.sha256
        assert "Added since" in ana.get("/runs/week").text


@pytest.mark.parametrize("takes", ["gzip", "identity"])
def test_a_graph_is_the_same_packed_or_plain(opened: Open, takes: str) -> None:
    ana = opened.visitor(f"ana-{takes}", "analyst")
    found = ana.get("/runs/week/campaigns/C001/graph.json", headers={"Accept-Encoding": takes})
    assert found.headers.get("content-encoding") == (takes if takes == "gzip" else None)
    assert found.json()["total"] == len(found.json()["nodes"])
