"""The commands: who is let in, what is refused before anything listens, and a demonstration with data on its first screen."""

import re
from pathlib import Path

import pytest
from console_world import open_console

from stillwatch.cli import app
from stillwatch.console import Database, People
from stillwatch.console.demo import make_demo
from stillwatch.core import BadSetting


def test_a_link_is_printed_once_and_lets_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["console", "user", "add", "ada", "--role", "admin", "--state", str(tmp_path), "--url", "https://c.example/"])
    (token,) = re.findall(r"https://c\.example/welcome/(\S+)", capsys.readouterr().out)
    people = People(Database(tmp_path / "console.db"))
    came = people.use_link(token, "correct horse battery")
    assert came is not None
    assert (came.name, came.role) == ("ada", "admin")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "a run is shown, or a demonstration"),
        (["RUN", "--demo"], "a run is shown, or a demonstration"),
        (["RUN", "--host", "0.0.0.0"], "in the clear"),
        (["RUN", "--tls-key", "key.pem"], "TLS needs the certificate"),
        (["RUN"], "there is no finished run"),
    ],
)
def test_what_cannot_be_served_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    given = [str(tmp_path) if argument == "RUN" else argument for argument in arguments]
    with pytest.raises(BadSetting, match=said):
        app(["console", *given, "--state", str(tmp_path / "state")])


@pytest.mark.slow
def test_the_demonstration_has_campaigns_a_case_and_an_appeal_to_begin_with(tmp_path: Path) -> None:
    with open_console(make_demo(tmp_path, scale=0.0005)) as opened:
        ana = opened.visitor("ana", "analyst")
        assert "Two campaigns" in ana.get("/runs/february").text
        taken = ana.post("/queue/next").headers["location"]
        assert ana.act(taken.rsplit("/", 1)[1], "assess").status_code == 303
        assert "translation office" in ana.get(f"/appeals/{opened.console.cases.cases().appeals[0][0].appeal_id}").text
