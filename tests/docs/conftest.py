"""What several pages are followed in: the folder of the tutorial, and one with a small log."""

from pathlib import Path

import pytest
from deliveries import small_world
from made_once import made_once
from page_commands import commands, shell


@pytest.fixture(scope="session")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the tutorial was followed, once for all processes: a week and its run."""

    def follow_all(folder: Path) -> None:
        folder.mkdir()
        with shell(folder) as follow:
            for command in commands("tutorial/first-scan.md"):
                follow.run(command)
        assert "C001" in follow.said
        assert (folder / "run" / "report.html").stat().st_size > 10_000

    return made_once(tmp_path_factory, "tutorial", follow_all)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with a small log of one's own, of people and one campaign, for a page that scans it again and again."""
    (tmp_path / "logs").mkdir()
    small_world(tmp_path / "logs")
    return tmp_path
