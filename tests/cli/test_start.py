"""What holds of a command's process from its start."""

import os
import subprocess
import sys

import pytest

_THREADS = """
import os, sys
from stillwatch.__main__ import main
sys.argv = ["stillwatch", "--version"]
try:
    main()
except SystemExit:
    pass
import numpy
print("threads:", len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(sys.platform != "linux" or (os.cpu_count() or 1) < 2, reason="threads are counted in /proc")
@pytest.mark.parametrize(("told", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_matrices_take_one_thread_unless_somebody_says_otherwise(told: dict[str, str], threads: int) -> None:
    mine = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", _THREADS], env=mine | told, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"threads: {threads}"
