"""The command line's door: ``stillwatch``, and ``python -m stillwatch``.

Imports nothing slow before it stands ready for Ctrl-C: who stops a command while it still loads reads one line.
"""

import atexit
import gc
import os
import sys

_STOPPED = 130


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
        from stillwatch.cli import main as run  # noqa: PLC0415

        gc.enable()
        run()
    except KeyboardInterrupt:
        sys.stderr.write("stillwatch: stopped\n")
        left_with.append(_STOPPED)
        sys.exit(_STOPPED)
    except SystemExit as end:
        left_with.append(end.code)
        raise


def _end_if_stopped(left_with: list[object]) -> None:
    """End now, if by Ctrl-C: the interpreter would first take torch or Arrow apart, which takes it seconds."""
    if left_with == [_STOPPED]:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(_STOPPED)


if __name__ == "__main__":
    main()
