"""A key or a token that cannot be sent, and a password within a URL, are no part of what a command says of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_commands import stillwatch
from plain_server import Answer, answering

from stillwatch.alliance.store import Store

SECRET = "sk-Sesame"
FILES = {
    "two lines": f"{SECRET}\n{SECRET}\n".encode(),
    "a carriage return": f"{SECRET}\r{SECRET}".encode(),
    "letters beyond ASCII": f"{SECRET}\u00e9".encode(),
    "a letter that nobody sees": f"{SECRET}\u200b".encode(),
    "a control character": f"{SECRET}\x01x".encode(),
    "no text": SECRET.encode() + b"\xff\x00",
    "much": SECRET.encode() * 100_000,
    "nothing": b"\n",
}


class Nobody(Answer):
    """Knows no path."""

    def answer(self) -> None:
        self.say(b"{}", {})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(Nobody) as served:
        yield served


def refused(folder: Path, *words: str) -> str:
    done = stillwatch([*words], folder, os.environ, timeout=600)
    said = done.stdout + done.stderr
    assert (done.returncode, "Traceback" in said, "Sesame" in said) == (2, False, False), said
    return said


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_secret_that_cannot_be_sent_is_named_and_not_quoted(tmp_path: Path, url: str, name: str) -> None:
    (tmp_path / "file").write_bytes(FILES[name])
    enrol = ("alliance", "enrol", "alpha", "--hub", url, "--token-file", "file", "--state", "alpha.db")
    assert "the token cannot be read" in refused(tmp_path, *enrol)
    models = (f"a=openai:{url}#m", "--against", f"b=openai:{url}#m")
    audit = ("audit", *models, "--queries", "3", "--identity", "0", "--out", "out", "--key-file", "file")
    assert "the key cannot be read" in refused(tmp_path, *audit)


@pytest.mark.parametrize("where", ["127.0.0.1:9", "127.0.0.1:none", "[::1", ""])
def test_a_password_in_a_url_is_not_said(tmp_path: Path, where: str) -> None:
    there = f"http://user:{SECRET}@{where}"
    refused(tmp_path, "gateway", "--upstream", there, "--port", "0")
    refused(tmp_path, "alliance", "enrol", "alpha", "--hub", there, "--token-file", "no", "--state", "alpha.db")
    (tmp_path / "token").write_text("token")
    refused(tmp_path, "alliance", "enrol", "alpha", "--hub", there, "--token-file", "token", "--state", "alpha.db")
    models = (f"a=openai:{there}#m", "--against", f"b=openai:{there}#m")
    refused(tmp_path, "audit", *models, "--queries", "1", "--identity", "0", "--out", "out")


@pytest.mark.parametrize("url", [f"http://user:{SECRET}@127.0.0.1:9", f"http://127.0.0.1:9/?key={SECRET}"])
def test_an_address_that_is_kept_and_shown_holds_no_secret(tmp_path: Path, url: str) -> None:
    (tmp_path / "token").write_text("token")
    refused(tmp_path, "alliance", "enrol", "alpha", "--hub", url, "--token-file", "token", "--state", "alpha.db")
    Store(tmp_path / "alpha.db").remember({"name": "alpha", "hub": url, "token_file": str(tmp_path / "token")})
    refused(tmp_path, "alliance", "list", "--state", "alpha.db")
    refused(tmp_path, "audit", f"a=openai:{url}#m", "--against", f"b=openai:{url}#m", "--out", "out")
