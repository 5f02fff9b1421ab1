"""Signals that end a command: which are heard, and that none is lost."""

import signal
import subprocess
import sys

import pytest
from patience import PATIENCE_SECONDS


def test_a_signal_that_was_told_to_be_passed_over_stays_so() -> None:
    """Under nohup a closed terminal ends nothing."""
    code = (
        "import signal\n"
        "from stillwatch.core.interrupts import ended_by, heed_termination, interrupt_held\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "heed_termination()\n"
        "with interrupt_held():\n"
        "    signal.raise_signal(signal.SIGHUP)\n"
        "signal.raise_signal(signal.SIGHUP)\n"
        "assert ended_by() is None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("dropper", ["__del__", "weakref"])
def test_an_end_asked_for_where_python_drops_exceptions_is_heard(number: int, dropper: str) -> None:
    """A library's own clean-up may be at work when the signal comes."""
    code = (
        "import signal, sys, time, weakref\n"
        "from stillwatch.core.interrupts import heed_termination\n"
        "class Dropped:\n"
        "    def __del__(self):\n"
        "        if sys.argv[2] == '__del__':\n"
        "            signal.raise_signal(int(sys.argv[1]))\n"
        "heed_termination()\n"
        "kept = Dropped()\n"
        "if sys.argv[2] == 'weakref':\n"
        "    watched = weakref.ref(kept, lambda _: signal.raise_signal(int(sys.argv[1])))\n"
        "try:\n"
        "    del kept\n"
        "    while True:\n"
        "        time.sleep(0.1)\n"
        "except KeyboardInterrupt as end:\n"
        "    print(type(end).__name__)\n"
    )
    command = [sys.executable, "-c", code, str(int(number)), dropper]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5 * PATIENCE_SECONDS)
    name = "KeyboardInterrupt" if number == signal.SIGINT else "Terminated"
    assert (done.stdout.split(), done.stderr) == ([name], "")


def test_other_exceptions_that_python_drops_are_told() -> None:
    code = (
        "from stillwatch.core.interrupts import heed_termination\n"
        "class Dropped:\n"
        "    def __del__(self):\n"
        "        raise ValueError('of its own')\n"
        "heed_termination()\n"
        "Dropped()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=5 * PATIENCE_SECONDS
    )
    assert "ValueError: of its own" in done.stderr
