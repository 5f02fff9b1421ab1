"""What is worked out before anybody asks is there for the first who asks, is made once, and has an end."""

import json
import threading
import time
from pathlib import Path

import pytest
from console_world import make_places, open_console, write_hostile_run
from smallrun import START

from stillwatch.console import Places
from stillwatch.console.ahead import Ahead
from stillwatch.console.drawn_parts import Parts
from stillwatch.console.views import campaign


def test_first_screens_and_large_graphs_ask_nothing_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "_LARGE", 8)
    for name, day in (("mon", 1), ("tue", 2)):
        run = write_hostile_run(tmp_path / "runs" / name)
        info = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**info, "started": START.replace(day=day).isoformat()}))
    with open_console(Places(runs=tmp_path / "runs", state=tmp_path / "state")) as opened:
        ana = opened.visitor("ana", "viewer")
        ahead = Ahead(opened.console)
        ahead.first()
        ahead.look()
        # A run that comes while the console runs is worked out at the next look.
        late = write_hostile_run(tmp_path / "runs" / "wed")
        info = json.loads((late / "run.json").read_text())
        (late / "run.json").write_text(json.dumps({**info, "started": START.replace(day=3).isoformat()}))
        time.sleep(0.6)
        ahead.look()
        opened.console.runs.stop()  # whoever asks a run's files now is refused
        for name in ("mon", "tue", "wed"):
            assert "Traffic and campaigns" in ana.get(f"/runs/{name}").text
            assert len(ana.get(f"/runs/{name}/campaigns/C001/graph.json").json()["nodes"]) == 10
            assert ana.get(f"/runs/{name}/campaigns/C002/graph.json").status_code == 422  # too small to be drawn ahead
        assert "Since mon" in ana.get("/runs/tue").text


def test_it_begins_and_ends_with_the_server(tmp_path: Path) -> None:
    with open_console(make_places(tmp_path)) as opened:
        ahead = Ahead(opened.console)
        ahead.begin()
        ahead.stop()
        assert not any(one.name == "ahead" for one in threading.enumerate())
        Ahead(opened.console).stop()  # that never began


def test_a_part_is_made_once_though_many_ask_and_again_where_making_it_failed() -> None:
    parts, made, begin = Parts(most=2), [], threading.Barrier(8)

    def make() -> str:
        time.sleep(0.02)
        made.append("a")
        return "a"

    def ask() -> None:
        begin.wait()
        assert parts.keep("a", make) == "a"

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert made == ["a"]
    with pytest.raises(ZeroDivisionError):
        parts.keep("b", lambda: 1 // 0)
    assert parts.keep("b", lambda: 2) == 2
    assert parts.keep("c", lambda: 3) == 3
    assert parts.keep("a", lambda: "anew") == "anew"
