"""What reaches the terminal: results to standard output and to the letter, the rest to standard error."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from stillwatch.cli import screen
from stillwatch.cli.bars import bars_on


def test_what_is_said_is_printed_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"[bold]{'long ' * 60}[/bold] 127.0.0.1"
    screen.say(text)
    assert capsys.readouterr() == (f"{text}\n", "")


def test_what_is_shown_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show(Text.assemble(("name", "bold"), "  [what it is]"))
    assert capsys.readouterr().out == "name  [what it is]\n"


def test_a_complaint_spoils_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    screen.complain(f"/tmp/{'x' * 200}: [red]no[/red]\n  next: check the path")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"stillwatch: /tmp/{'x' * 200}: [red]no[/red]\n  next: check the path\n"


@pytest.mark.parametrize(("typed", "agreed"), [("y", True), (" YES ", True), ("n", False), ("", False), ("yep", False)])
def test_only_yes_is_yes(
    typed: str, agreed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    assert screen.confirm("Send it?") is agreed
    assert capsys.readouterr().out == "Send it? [y/N] "


def test_a_stage_is_done_when_the_next_begins() -> None:
    drawn = Progress(console=Console(file=io.StringIO()))
    bars = screen.Bars(drawn)
    bars.advance(1)
    bars.start("reading", 10)
    bars.advance(4)
    assert [task.completed for task in drawn.tasks] == [4]
    bars.start("linking")
    bars.start("writing", 2)
    assert [(task.description, task.finished) for task in drawn.tasks] == [
        ("reading", True),
        ("linking", True),
        ("writing", False),
    ]


def test_progress_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    with screen.progress() as bars:
        bars.start("reading", 10)
    assert capsys.readouterr().out == ""


def drawn_line(amount: int, total: int | None, *, bytes_counted: bool) -> str:
    screen_file = io.StringIO()
    clock = iter(range(1000))
    with bars_on(Console(file=screen_file, width=200, force_terminal=True), bytes_counted=bytes_counted) as drawn:
        drawn.get_time = lambda: float(next(clock))
        bars = screen.Bars(drawn)
        bars.start("reading", total)
        for _ in range(4):
            bars.advance(amount)
        drawn.refresh()
    return screen_file.getvalue()


def test_bars_say_how_far_how_fast_and_how_long() -> None:
    line = drawn_line(10, 100, bytes_counted=False)
    assert "40 %, 40 of 100, " in line
    assert "/s, " in line
    assert " left" in line
    assert "40 %, 4.0 MB of 10.0 MB" in drawn_line(1_000_000, 10_000_000, bytes_counted=True)
    assert "%" not in drawn_line(1, None, bytes_counted=False).replace("\x1b", "")
