"""The commands of the alliance as their user types them, with a hub in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stillwatch.cli import app
from stillwatch.core import BadSetting, UnreadableInput
from stillwatch.scanning.run import Run

COMMAND = [sys.executable, "-m", "stillwatch", "alliance"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--db", str(tmp_path / "hub.db"), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    told = re.search(r"(http://127\.0\.0\.1:\d+)/taxii2/", process.stdout.readline())
    assert told
    yield told[1]
    process.send_signal(signal.SIGINT)
    process.wait(timeout=120)
    process.stdout.close()


def say(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a command prints."""
    capsys.readouterr()
    app(["alliance", *map(str, arguments)])
    return capsys.readouterr().out


def test_from_admission_to_retraction(
    hub: str, acme_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    db = ("--db", tmp_path / "hub.db")
    for name in ("acme", "bolt"):
        (tmp_path / f"{name}.token").write_text(say(capsys, "admit", name, *db))
        state = ("--state", tmp_path / f"{name}.db")
        say(capsys, "enrol", name, "--hub", hub, "--token-file", tmp_path / f"{name}.token", *state)
    acme, bolt = ("--state", tmp_path / "acme.db"), ("--state", tmp_path / "bolt.db")
    publish = ("publish", acme_run.path, "--campaign", "C001", "--tlp", "amber")
    shown = say(capsys, *publish, "--draft", tmp_path / "draft.json", *acme)
    assert "accounts that claim to be strangers" in shown
    assert "nothing was sent" in shown
    # Nobody at the keyboard is no approval, and neither is a no.
    with pytest.raises(BadSetting, match="nobody is there"):
        say(capsys, *publish, *acme)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert "nothing was sent" in say(capsys, *publish, *acme)
    assert "0 of them indicators" in say(capsys, "pull", *bolt)
    assert re.search(r"sent \d\d+ objects", say(capsys, "approve", tmp_path / "draft.json", *acme))
    assert "Nothing is to be sent" in say(capsys, *publish, "--yes", *acme)
    assert "sent 0 objects" in say(capsys, "send", *acme)
    assert "0 of them indicators" not in say(capsys, "pull", *bolt)
    (campaign,) = re.findall(r"published (campaign--\S+)", say(capsys, "list", *acme))
    assert f"indicators of {campaign}" in say(capsys, "list", *bolt)
    say(capsys, "appeal", campaign, "--yes", *bolt)
    filed = re.search(r"appeal (bolt\.\S+): filed", say(capsys, "pull", *acme))
    assert filed
    say(capsys, "appeal", campaign, "--case", filed[1], "--status", "upheld", "--yes", *acme)
    say(capsys, "retract", campaign, "--reason", "appeal upheld", "--yes", *acme)
    assert f"taken back: {campaign}" in say(capsys, "pull", *bolt)
    assert "indicators of" not in say(capsys, "list", *bolt)
    assert "the chain holds" in say(capsys, "journal", *db)
    say(capsys, "circle", "pair", "--member", "acme", "bolt", "--tlp", "amber", *db)
    say(capsys, "expel", "bolt", *db)


def test_tokens_do_not_cross_a_network_in_the_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadSetting, match="in the clear"):
        say(capsys, "serve", "--host", "0.0.0.0", "--db", tmp_path / "hub.db")
    with pytest.raises(BadSetting, match="certificate and its key"):
        say(capsys, "serve", "--tls-key", tmp_path / "key.pem", "--db", tmp_path / "hub.db")


def test_who_is_not_enrolled_is_told_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnreadableInput, match="enrol"):
        say(capsys, "pull", "--state", tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(BadSetting, match="who asks"):
        say(capsys, "enrol", "acme", "--hub", "http://127.0.0.1:9", "--state", tmp_path / "a.db")


_BASE = """
import sys
absent = set(sys.argv.pop(1).split())
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
from stillwatch.cli import main
main(sys.argv[1:])
"""


_ALLIANCE = "fastapi starlette sqlalchemy httpx uvicorn stix2 psycopg"
_MATCH = ["alliance", "match", "run", "--round", "r1", "--secrets", "secrets.json"]


@pytest.mark.parametrize(
    ("absent", "arguments", "extra"),
    [
        (f"{_ALLIANCE} voprf", ["formats"], None),
        (f"{_ALLIANCE} voprf", ["alliance", "pull"], "alliance"),
        (f"{_ALLIANCE} voprf", ["alliance", "journal"], "alliance"),
        (f"{_ALLIANCE} voprf", _MATCH, "rounds"),
        ("voprf", ["alliance", "admit", "acme"], None),
        ("voprf", _MATCH, "rounds"),
    ],
)
def test_without_an_extra_the_rest_works_and_says_what_to_install(
    tmp_path: Path, absent: str, arguments: list[str], extra: str | None
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BASE, absent, *arguments], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == (2 if extra else 0)
    assert not extra or f"pip install 'stillwatch[{extra}]'" in done.stderr


def test_a_hub_carries_private_rounds_without_what_members_need(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _BASE, "voprf", "alliance", "serve", "--port", "0"]
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=unbuffered) as hub:
        assert hub.stdout is not None
        url = re.search(r"http://127\.0\.0\.1:\d+", hub.stdout.readline())
        assert url
        try:
            answer = httpx.get(f"{url.group()}/matching/rounds/r1", trust_env=False)
        finally:
            hub.terminate()
        # Who has no credentials is asked for them; a path that is not served would be 404.
        assert answer.status_code == 401
