"""Runs a page's commands top to bottom in one folder, as they are written but for addresses and names that stand for one's own."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from forked_commands import stillwatch

ROOT = Path(__file__).parent.parent.parent
_COMMAND = re.compile(r"^(?:    )?\$ (.+)|^    ((?:stillwatch|vllm|STILLWATCH_\w+=\S+) .+)", re.MULTILINE)
_SERVES = re.compile(r"\bstillwatch (?:gateway --upstream|alliance serve|console (?!user))")
# What a shell makes something of.
_SHELLS = re.compile(r"[|<>;&$*?~`#(){}]")

NEEDS = {
    r"\bvllm serve\b": "a GPU and vLLM",
    r"\balliance (?:match|join)\b": "another member at the same time",
    r"\balliance (?:sighted|opinion)\b": "what another member has published",
}
"""Commands that no test machine can run, and why; what they do is tested elsewhere."""


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def commands(name: str) -> list[str]:
    """The commands of a page, in order."""
    return [first or second for first, second in _COMMAND.findall(page(name))]


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page(name), re.DOTALL | re.MULTILINE)


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


class Shell:
    """A folder in which a page is followed; servers are ended with it.

    Args:
        folder: where commands run.
        ours: what of the page stands for one's own, and what it is here; values may be called for when they are needed.
    """

    def __init__(self, folder: Path, ours: Mapping[str, str | Callable[[str], str]] | None = None) -> None:
        self.folder = folder
        self.said = ""
        self.left_out: list[str] = []
        self._ours = ours or {}
        self._servers: list[subprocess.Popen[str]] = []

    def run(self, command: str) -> str:
        """Run one command to its end, or until it serves; what it printed."""
        if any(re.search(pattern, command) for pattern in NEEDS):
            self.left_out.append(command)
            return ""
        for theirs, here in self._ours.items():
            if theirs in command:
                command = command.replace(theirs, here if isinstance(here, str) else here(self.said))
        if _SERVES.search(command):
            return self._serve(command)
        if command.startswith("stillwatch ") and not _SHELLS.search(command):
            done = stillwatch(shlex.split(command)[1:], self.folder, environment(), timeout=600)
        else:
            done = subprocess.run(
                ["bash", "-c", command], cwd=self.folder, capture_output=True, text=True, env=environment(), timeout=600
            )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        self.said += done.stdout
        return done.stdout

    def _serve(self, command: str) -> str:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(),
        )
        self._servers.append(process)
        assert process.stdout
        told = ""
        for line in process.stdout:
            told += line
            if re.search(r"accounts are told by|listens at|admin +http", line):
                return told
        raise AssertionError(f"{command}\n{told}")

    def stop(self) -> None:
        """End the servers, as Ctrl-C does."""
        for process in self._servers:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)
        self._servers.clear()


@contextlib.contextmanager
def shell(folder: Path, ours: Mapping[str, str | Callable[[str], str]] | None = None) -> Iterator[Shell]:
    opened = Shell(folder, ours)
    try:
        yield opened
    finally:
        opened.stop()


def with_accounts(small: Path) -> None:
    """A file of all accounts of the small log, beside it."""
    lines = (small / "logs" / "log.jsonl").read_text().splitlines()
    whose = sorted({json.loads(line)["account_id"] for line in lines})
    rows = (json.dumps({"account_id": one, "plan": "pro"}) + "\n" for one in whose)
    (small / "accounts.jsonl").write_text("".join(rows))
