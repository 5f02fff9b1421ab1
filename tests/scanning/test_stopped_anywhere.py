"""Ctrl-C at any line of a run's making leaves the run whole or nothing at all."""

import json
import subprocess
import sys
from pathlib import Path

STOPPED_AT_EACH_LINE = """
import contextlib
import json
import signal
import sys
from pathlib import Path

from stillwatch.core import Interrupted, interrupts
from stillwatch.scanning import building

WATCHED = {building.__file__, interrupts.__file__, contextlib.__file__}


def stopped_at(line, out):
    left = line

    def each_line(frame, event, argument):
        nonlocal left
        if event == "line":
            left -= 1
            if not left:
                signal.raise_signal(signal.SIGINT)
        return each_line

    def each_call(frame, event, argument):
        return each_line if frame.f_code.co_filename in WATCHED else None

    sys.settrace(each_call)
    try:
        with building.new_run(out) as partial:
            (partial / "written").touch()
    except (Interrupted, KeyboardInterrupt):
        pass
    finally:
        sys.settrace(None)
    return left <= 0


found = []
line = 0
while True:
    line += 1
    home = Path(sys.argv[1]) / str(line)
    home.mkdir()
    stopped = stopped_at(line, home / "run")
    if not stopped:
        break
    found.append(sorted(str(path.relative_to(home)) for path in home.rglob("*")))
print(json.dumps(found))
"""


def test_a_run_stopped_at_any_line_leaves_nothing_half_made(tmp_path: Path) -> None:
    (tmp_path / "stopped.py").write_text(STOPPED_AT_EACH_LINE)
    (tmp_path / "runs").mkdir()
    told = subprocess.run(
        [sys.executable, "stopped.py", "runs"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600
    )
    assert told.returncode == 0, told.stderr
    left = json.loads(told.stdout)
    assert len(left) > 30
    assert {tuple(paths) for paths in left} == {(), ("run", "run/written")}
