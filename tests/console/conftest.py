"""What the console's tests share: one console over a hostile run that none of them changes for the others, and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_world import Open, make_places, open_console
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A console with two cases; whoever changes one says so in their test's name."""
    with open_console(make_places(tmp_path_factory.mktemp("console"))) as opened:
        yield opened


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Open]:
    """A console of the test's own."""
    with open_console(make_places(tmp_path)) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
