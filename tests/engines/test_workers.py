"""A pool that is left by an error or by Ctrl-C is gone, whatever its workers were at."""

import os
import signal
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import pytest

from stillwatch.engines import worker_pool


def leave_by_an_error() -> None:
    with worker_pool(2) as pool:
        assert pool.submit(os.getpid).result()
        for _ in range(5):
            pool.submit(time.sleep, 3600)
        raise ValueError("enough")


def test_leaving_by_an_error_ends_what_is_under_way() -> None:
    with pytest.raises(ValueError, match="enough"):
        leave_by_an_error()
    deadline = time.monotonic() + 120
    while active_children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not active_children()


def test_workers_that_still_load_hear_no_ctrl_c(tmp_path: Path) -> None:
    """The whole group of processes is signalled, as a terminal does it, while workers import."""
    script = tmp_path / "loading.py"
    script.write_text(
        "import os, pathlib, time\n"
        "if __name__ != '__main__':\n"
        "    pathlib.Path(f'loading-{os.getpid()}').touch()\n"
        "    time.sleep(3600)\n"
        "else:\n"
        "    from stillwatch.engines import worker_pool\n"
        "    try:\n"
        "        with worker_pool(2) as pool:\n"
        "            [pool.submit(os.getpid) for _ in range(4)][0].result()\n"
        "    except KeyboardInterrupt:\n"
        "        print('stopped')\n"
    )
    process = subprocess.Popen(
        [sys.executable, script.name],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("loading-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=120)
    assert (out, errors) == ("stopped\n", "")


def test_a_start_is_not_cut_in_two_by_ctrl_c(tmp_path: Path) -> None:
    """Interrupted at many moments of its start, with other threads about that can be handed the signal."""
    script = tmp_path / "starting.py"
    script.write_text(
        "import os, signal, threading, time\n"
        "if __name__ == '__main__':\n"
        "    from multiprocessing import active_children\n"
        "    from stillwatch.engines import worker_pool\n"
        "    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()\n"
        "    for moment in range(12):\n"
        "        try:\n"
        "            threading.Timer(moment / 500, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "            with worker_pool(2) as pool:\n"
        "                pool.submit(time.sleep, 3600).result()\n"
        "        except KeyboardInterrupt:\n"
        "            print('stopped', flush=True)\n"
        "        while active_children():\n"
        "            time.sleep(0.02)\n"
    )
    done = subprocess.run([sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr, done.stdout.count("stopped")) == (0, "", 12)


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """It shuts no pool down, and their own ends of its pipes keep them from hearing of its end."""
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, signal, sys, time\n"
        "from stillwatch.engines import worker_pool\n"
        "if __name__ == '__main__':\n"
        "    with worker_pool(2) as pool:\n"
        "        for number in {pool.submit(os.getpid).result() for _ in range(20)}:\n"
        "            print(number)\n"
        "        sys.stdout.flush()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n",
        encoding="utf-8",
    )
    # What they print to is closed only when they end.
    done = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split()
