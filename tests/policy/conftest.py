"""What the tests of policy share: the small run and its facts, the default policy and changes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from smallrun import Changed, write_run

from stillwatch.cli import main
from stillwatch.policy import DEFAULT_POLICY, Policy, RunFacts, read_policy, read_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


@pytest.fixture
def facts(run: Path) -> RunFacts:
    return read_run(run)


@pytest.fixture(scope="session")
def default() -> Policy:
    return read_policy(DEFAULT_POLICY)


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """The default policy with one text of it replaced."""

    def change(old: str, new: str) -> Policy:
        text = DEFAULT_POLICY.read_text()
        assert old in text
        path = tmp_path / "changed.yaml"
        path.write_text(text.replace(old, new))
        return read_policy(path)

    return change


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command; what it printed. ``fails`` is the text that its error must hold."""

    def call(*arguments: object, fails: str = "") -> str:
        if not fails:
            main([str(one) for one in arguments])
            return capsys.readouterr().out
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        assert ended.value.code == 2
        told = capsys.readouterr()
        assert fails in told.err
        return told.out

    return call
