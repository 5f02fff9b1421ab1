"""What holds of every command: it explains itself, is joined to the rest, and an option means one thing."""

import contextlib
import importlib
import io
import pkgutil
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import get_args

import cyclopts
import pytest
from cyclopts.argument import Argument
from rich.console import Console

import stillwatch.cli
from stillwatch.cli import app, main


def every_command(group: cyclopts.App, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], cyclopts.App]]:
    for name in group:
        if not name.startswith("-"):
            yield (*path, name), group[name]
            yield from every_command(group[name], (*path, name))


COMMANDS = dict(every_command(app))
RUNNABLE = {path: command for path, command in COMMANDS.items() if command.default_command}

# The same name in another sense, as (command, option); each was public before the rule.
OTHER_SENSES = {("alliance publish", "--accounts"), ("gateway", "--state")}


def arguments(command: cyclopts.App) -> Iterator[Argument]:
    yield from (one for one in command.assemble_argument_collection() if one.show)


def in_docstring(command: cyclopts.App) -> dict[str, str]:
    """What a command says of its arguments itself."""
    assert command.default_command is not None
    _, _, section = (command.default_command.__doc__ or "").partition("----------\n")
    return {
        name: " ".join(text.split())
        for names, text in re.findall(r"^    (\w[\w, ]*)\n((?:        .+\n?)+)", section, re.MULTILINE)
        for name in names.split(", ")
    }


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
def test_help_explains_the_command_and_each_of_its_arguments(path: tuple[str, ...]) -> None:
    screen = io.StringIO()
    app([*path, "--help"], console=Console(file=screen, width=400, color_system=None))
    text = screen.getvalue()
    assert text.startswith(" ".join(["Usage: stillwatch", *path]))
    assert not re.search("--(no|empty)-", text)
    for argument in arguments(RUNNABLE[path]) if path in RUNNABLE else ():
        (row,) = re.findall(rf"^│[ *]+{re.escape(argument.name)}\b(.*)│$", text, re.MULTILINE)
        said = re.sub(r"\[[^]]*\]|--\S+", "", row)
        assert re.search("[a-z]{2}", said), argument.name


def test_a_command_mistyped_is_told_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    for words, known in ((["nonsense"], "scan, simulate"), (["alliance", "nonsense"], "enrol, publish")):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code != 0
        printed = capsys.readouterr()
        assert f"Available commands: {known}" in " ".join((printed.out + printed.err).split())


def test_every_command_that_is_written_is_joined() -> None:
    joined = {command.default_command for command in RUNNABLE.values()}
    written = set()
    for module in pkgutil.walk_packages(stillwatch.cli.__path__, "stillwatch.cli."):
        for name, group in vars(importlib.import_module(module.name)).items():
            if name.endswith("_app") and isinstance(group, cyclopts.App):
                written |= {one.default_command for _, one in every_command(group) if one.default_command}
    assert len(written) > 30
    assert written <= joined


def test_an_option_of_one_name_has_one_type() -> None:
    types: dict[str, set[object]] = defaultdict(set)
    for path, command in RUNNABLE.items():
        for argument in arguments(command):
            if argument.name.startswith("--") and (" ".join(path), argument.name) not in OTHER_SENSES:
                # Whether it may be left out is the command's own matter.
                alternatives = (
                    set(get_args(argument.hint)) - {NoneType} if NoneType in get_args(argument.hint) else set()
                )
                types[argument.name] |= alternatives or {argument.hint}
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


def test_what_several_commands_say_of_an_option_is_written_once() -> None:
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path, command in RUNNABLE.items():
        for name, text in in_docstring(command).items():
            said[name, text].add(" ".join(path))
    assert len(said) > 80
    assert {what: commands for what, commands in said.items() if len(commands) > 1} == {}


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["scan", "--help"], ["lab", "run", "--help"]])
def test_nothing_but_the_command_line_is_loaded_to_explain_it(words: list[str]) -> None:
    code = f"import sys\nfrom stillwatch.cli import app\napp({words!r})\nprint('loaded', *sys.modules)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split()[1:])
    ours = {name for name in loaded if name.startswith("stillwatch.")}
    assert {name for name in ours if not name.startswith("stillwatch.cli")} == {
        "stillwatch.core", "stillwatch.core.cells", "stillwatch.core.counted", "stillwatch.core.errors",
        "stillwatch.core.interrupts",
        "stillwatch.core.printed",
    }  # fmt: skip
    groups = {f"stillwatch.cli.{name}" for name in ("alliance", "console", "gateway", "lab", "policy")}
    assert ours & groups == {f"stillwatch.cli.{name}" for name in words[:-2]}
    heavy = {"duckdb", "fastapi", "httpx", "numpy", "pyarrow", "pydantic", "rich.markdown", "rich.progress", "scipy"}
    assert not loaded & (
        heavy | {"cyclopts.completion", "splink", "tokenizers", "torch", "uvicorn", "wordllama", "yaml"}
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell: str, tmp_path: Path) -> None:
    script = tmp_path / "completion"
    words = ["--install-completion", "--shell", shell, "--output", str(script)]
    with contextlib.suppress(SystemExit):
        main(words)
    text = script.read_text()
    assert "simulate" in text
    assert "--default-account" in text


def test_who_stops_a_command_while_it_loads_reads_one_line() -> None:
    code = (
        "import os, signal, sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'stillwatch.cli.scan':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from stillwatch.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stillwatch: stopped\n")


def test_who_stops_a_command_waits_for_no_unloading_but_for_every_clean_up() -> None:
    code = (
        "import atexit, sys\n"
        "import stillwatch.cli\n"
        "from stillwatch.__main__ import main\n"
        "class Large:\n"
        "    def __del__(self):\n"
        "        print('unloaded')\n"
        "sys.modules['kept'] = large = Large()\n"
        "def run():\n"
        "    atexit.register(print, 'cleaned up')\n"
        "    raise {raised}\n"
        "stillwatch.cli.main = run\n"
        "main()\n"
    )
    said = {}
    for raised in ("SystemExit(130)", "KeyboardInterrupt", "SystemExit(2)"):
        done = subprocess.run(
            [sys.executable, "-c", code.replace("{raised}", raised)], capture_output=True, text=True, timeout=120
        )
        said[raised] = (done.returncode, done.stdout.splitlines())
    assert said == {
        "SystemExit(130)": (130, ["cleaned up"]),
        "KeyboardInterrupt": (130, ["cleaned up"]),
        "SystemExit(2)": (2, ["cleaned up", "unloaded"]),
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["scan", "none", "--out", "run", "--window", "3x"],
            "setting window: not in the form that it must have (got '3x')",
        ),
        (["scan", "none", "--out", "run", "--default-time", "soon"], "setting default_time: "),
        (["show", "none"], "none/campaigns.parquet: cannot be read as a table: there is no such file"),
        (["policy", "check", "none"], "none: the policy cannot be read: there is no such file"),
        (["policy", "check", "."], ".: the policy cannot be read: Is a directory"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_of_our_own(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith(f"stillwatch: {said}")
