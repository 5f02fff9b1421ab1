"""The page in a real browser: it opens offline, runs nothing and never scrolls sideways."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stillwatch.reporting import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH")

_QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


def chromium(tmp_path: Path, *arguments: str) -> str:
    command = [str(CHROMIUM), *_QUIET, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=600, check=True)
    return done.stdout.decode()


def test_the_page_opens_whole_and_hostile_text_did_not_become_markup(
    make_run: Callable[..., Path], tmp_path: Path
) -> None:
    page = write_report(make_run())
    shot = tmp_path / "page.png"
    chromium(tmp_path, f"--screenshot={shot}", "--window-size=1280,1600", page.as_uri())
    assert shot.stat().st_size > 50_000  # a blank page is a tenth of that
    dom = chromium(tmp_path, "--dump-dom", page.as_uri())
    assert dom.count("<article") == 2
    assert "<img" not in dom
    assert "<script" not in dom
    assert "&lt;img src=x onerror=alert(1)&gt;" in dom


@pytest.mark.parametrize("campaigns", [0, 2])
def test_no_screen_needs_scrolling_sideways(make_run: Callable[..., Path], tmp_path: Path, campaigns: int) -> None:
    page = write_report(make_run(campaigns=campaigns))
    ruler = tmp_path / "ruler.html"
    frames = "".join(
        f'<iframe src="{page.as_uri()}" width="{width}" height="900"></iframe>' for width in (360, 768, 1280)
    )
    measure = "[...document.querySelectorAll('iframe')].map(f => f.contentDocument.documentElement.scrollWidth)"
    ruler.write_text(
        f"<style>iframe {{ border: 0 }}</style>{frames}<p></p>"
        f"<script>onload = () => document.querySelector('p').textContent = {measure}.join(' ')</script>",
        encoding="utf-8",
    )
    dom = chromium(tmp_path, "--allow-file-access-from-files", "--dump-dom", ruler.as_uri())
    found = re.search(r"<p>([\d ]+)</p>", dom)
    assert found is not None
    assert [int(width) for width in found.group(1).split()] == [360, 768, 1280]
