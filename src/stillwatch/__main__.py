"""The command line's door: ``stillwatch``, and ``python -m stillwatch``.

Imports nothing slow before it stands ready for Ctrl-C: who stops a command while it still loads reads one line.
"""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_STOPPED = 130
_SAID = "stillwatch: stopped\n"


def main() -> None:
    """Run the command line and exit."""
    left_with: list[object] = []
    # First in, called last: after every other clean-up.
    atexit.register(_end_if_stopped, left_with)
    # Our matrices are small, and a second thread of the algebra waits for the first at full speed: a scan took half as
    # long again, and twice as long beside another. Read when NumPy is loaded, here or in a worker.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        # What is loaded now stays: to look through it for garbage is a tenth of a start.
        gc.disable()
        with _nothing_to_clean():
            from stillwatch.cli import main as run  # noqa: PLC0415
            from stillwatch.core.interrupts import heed_termination  # noqa: PLC0415
        gc.enable()
        heed_termination()
        run()
    except KeyboardInterrupt:
        sys.stderr.write(_SAID)
        left_with.append(_STOPPED)
        sys.exit(_STOPPED)
    except SystemExit as end:
        left_with.append(end.code)
        raise


@contextmanager
def _nothing_to_clean() -> Iterator[None]:
    """End at once at Ctrl-C: raised while modules load it may come out of any of them, as a traceback."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda _number, _frame: (os.write(2, _SAID.encode()), os._exit(_STOPPED)))
    try:
        yield
    finally:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)


def _end_if_stopped(left_with: list[object]) -> None:
    """End now, if by Ctrl-C: the interpreter would first take torch or Arrow apart, which takes it seconds."""
    if left_with == [_STOPPED]:
        # Loaded, or nobody could have stopped it in order.
        interrupts: Any = sys.modules.get("stillwatch.core.interrupts")
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            if interrupts is not None and (number := interrupts.ended_by()) is not None:
                # Whoever asked it to end is told that it did.
                interrupts.leave_to_the_system()
                signal.raise_signal(number)
            os._exit(_STOPPED)


if __name__ == "__main__":
    main()
