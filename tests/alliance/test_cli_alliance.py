"""The commands of the alliance as their user types them, with a hub in a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest

from stillwatch.cli import app
from stillwatch.core import BadSetting, BadTable, EndpointFailed, UnreadableInput
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
    assert "of them 0 indicators" in say(capsys, "pull", *bolt)
    assert re.search(r"sent \d\d+ objects", say(capsys, "approve", tmp_path / "draft.json", *acme))
    assert "Nothing is to be sent" in say(capsys, *publish, "--yes", *acme)
    assert "sent 0 objects" in say(capsys, "send", *acme)
    assert "of them 0 indicators" not in say(capsys, "pull", *bolt)
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


def admitted(capsys: pytest.CaptureFixture[str], folder: Path, name: str, *more: str) -> Path:
    """The file with the token of a member that was let in."""
    path = folder / f"{name}.token"
    path.write_text(say(capsys, "admit", name, "--db", folder / "hub.db", *more))
    return path


def test_an_enrolment_that_would_not_work_fails_and_leaves_nothing(
    hub: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acme, bolt = admitted(capsys, tmp_path, "acme"), admitted(capsys, tmp_path, "bolt")
    (tmp_path / "wrong.token").write_text("nobody's")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{held.getsockname()[1]}"
        tried: list[tuple[str, Path, type[Exception], str]] = [
            (nowhere, acme, EndpointFailed, "does not answer.*\n.*nobody was enrolled"),
            (hub, tmp_path / "wrong.token", EndpointFailed, "401"),
            (hub, tmp_path / "no.token", UnreadableInput, "token cannot be read"),
            (hub, bolt, BadSetting, "as 'bolt'"),
            (f"{hub}/elsewhere/", acme, EndpointFailed, "404"),
        ]
        for url, token, error, said in tried:
            with pytest.raises(error, match=said):
                say(capsys, "enrol", "acme", "--hub", url, "--token-file", token, "--state", tmp_path / "acme.db")
    assert not (tmp_path / "acme.db").exists()


def test_what_a_clearance_hides_is_told_by_number(
    hub: str, acme_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clearances = {"acme": "amber+strict", "bolt": "green", "cole": "amber"}
    for name, clearance in clearances.items():
        token = admitted(capsys, tmp_path, name, "--clearance", clearance)
        say(capsys, "enrol", name, "--hub", hub, "--token-file", token, "--state", tmp_path / f"{name}.db")
    sent = say(
        capsys,
        "publish",
        acme_run.path,
        "--campaign",
        "C001",
        "--tlp",
        "amber",
        "--yes",
        "--state",
        tmp_path / "acme.db",
    )
    count = re.search(r"sent (\d+) objects", sent)
    assert count
    told = say(capsys, "pull", "--state", tmp_path / "bolt.db")
    hidden = re.search(r"above your clearance \(green\) the hub holds (\d+) objects? more", told)
    assert hidden
    # All that was sent but what every hub has from the start.
    assert 0 < int(hidden[1]) <= int(count[1])
    assert "above your clearance" not in say(capsys, "pull", "--state", tmp_path / "cole.db")
    # What a circle holds is for its members to know of.
    say(capsys, "circle", "pair", "--member", "acme", "cole", "--tlp", "amber", "--db", tmp_path / "hub.db")
    publish = ("publish", acme_run.path, "--campaign", "C001", "--tlp", "green", "--collection", "pair")
    (campaign,) = re.findall(r"published (campaign--\S+)", say(capsys, "list", "--state", tmp_path / "acme.db"))
    say(capsys, "retract", campaign, "--yes", "--state", tmp_path / "acme.db")
    say(capsys, *publish, "--yes", "--state", tmp_path / "acme.db")
    again = re.search(r"(\d+) objects? more", say(capsys, "pull", "--state", tmp_path / "bolt.db"))
    assert again
    assert again[1] == hidden[1]


def test_who_approves_reads_the_sentences_and_nobody_else_does(
    hub: str, acme_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, made = ("--state", tmp_path / "acme.db"), tmp_path / "draft.json"
    say(capsys, "enrol", "acme", "--hub", hub, "--token-file", admitted(capsys, tmp_path, "acme"), *state)
    shown = say(capsys, "publish", acme_run.path, "--campaign", "C001", "--draft", made, *state)
    fingerprints = re.findall(r"x-stillwatch-sentence-1' = '([0-9a-f]{16})'\]\n", shown)
    document = json.loads(made.read_text())
    sentences = document["sentences_that_stay_here"]
    assert set(sentences) == set(fingerprints)
    prompts = pq.read_table(acme_run.path / "exchanges.parquet", columns=["prompt"], partitioning=None)
    sent = [" ".join(text.split()) for text in prompts["prompt"].to_pylist() if text]
    for fingerprint, sentence in sentences.items():
        assert f"  {fingerprint}  {sentence}" in shown
        assert len(re.findall(r"[^\W_]+", sentence)) >= 5
        assert any(sentence in text for text in sent)
    assert not any(sentence in json.dumps(document["objects"]) for sentence in sentences.values())
    # What an approver read is what is approved.
    document["sentences_that_stay_here"][fingerprints[0]] = "something harmless"
    made.write_text(json.dumps(document))
    with pytest.raises(BadTable, match="changed after"):
        say(capsys, "approve", made, *state)


def test_lists_come_as_json_and_as_csv(hub: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = ("--state", tmp_path / "acme.db")
    say(capsys, "enrol", "acme", "--hub", hub, "--token-file", admitted(capsys, tmp_path, "acme"), *state)
    say(capsys, "pull", *state)
    told = json.loads(say(capsys, "list", "--json", *state))
    assert (told["name"], told["hub"]) == ("acme", hub)
    assert [row["kind"] for row in told["rows"]] == ["journal"]
    assert say(capsys, "list", "--csv", *state).splitlines()[0] == "kind,about,says"
    journal = json.loads(say(capsys, "journal", "--json", "--db", tmp_path / "hub.db"))
    assert {"n", "time", "hash", "action", "member"} <= set().union(*journal)
    assert len(say(capsys, "journal", "--csv", "--db", tmp_path / "hub.db").splitlines()) == len(journal) + 1


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
