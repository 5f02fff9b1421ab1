"""What the commands of matching say when something is missing."""

from pathlib import Path

import pytest

from stillwatch.cli import app
from stillwatch.core import EndpointFailed, OutputExists, OutputUnwritable, UnreadableInput


def typed(*words: object) -> None:
    app([str(word) for word in words])


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    secrets = tmp_path / "secrets.json"
    secrets.write_text('{"beta": "' + "ab" * 32 + '"}')
    return {
        "run": tmp_path / "run",
        "secrets": secrets,
        "state": tmp_path / "alliance.db",
        "out": tmp_path / "joint.json",
    }


def test_who_is_not_enrolled_is_told_how(files: dict[str, Path]) -> None:
    with pytest.raises(UnreadableInput, match="enrol"):
        typed(
            "alliance", "match", files["run"], "--round", "r1", "--secrets", files["secrets"], "--state", files["state"]
        )


def test_join_overwrites_nothing(files: dict[str, Path]) -> None:
    files["out"].write_text("[]")
    with pytest.raises(OutputExists):
        typed(
            "alliance", "join", files["run"], "--round", "r1", "--secrets", files["secrets"], "--out", files["out"]
        )  # fmt: skip
    assert files["out"].read_text() == "[]"


@pytest.mark.parametrize("text", ["", "[]", '{"beta": 5}', '{"beta": "xyz"}', "\xff"])
def test_secrets_that_are_none(files: dict[str, Path], text: str) -> None:
    from stillwatch.alliance.member import enrol  # noqa: PLC0415

    token = files["secrets"].with_name("token")
    token.write_text("t")
    enrol(files["state"], "alpha", "http://127.0.0.1:9", token_file=token, ask=False)
    files["secrets"].write_text(text, encoding="latin-1")
    with pytest.raises(UnreadableInput, match="64 hexadecimal digits"):
        typed(
            "alliance", "match", files["run"], "--round", "r1", "--secrets", files["secrets"], "--state", files["state"]
        )


def test_two_commands_of_one_member_do_not_take_part_at_a_time(files: dict[str, Path]) -> None:
    """They would give up each other's asks."""
    from stillwatch.alliance.member import enrol  # noqa: PLC0415
    from stillwatch.rounds.matching import member_lock  # noqa: PLC0415

    token = files["secrets"].with_name("token")
    token.write_text("t")
    enrol(files["state"], "alpha", "http://127.0.0.1:9", token_file=token, ask=False)
    shared = ("--round", "r1", "--secrets", files["secrets"], "--state", files["state"])
    with (
        member_lock(files["state"].with_name("alliance-matching.db")),
        pytest.raises(OutputUnwritable, match="another command of this member"),
    ):
        typed("alliance", "match", files["run"], *shared)
    with pytest.raises(EndpointFailed, match="does not answer"):
        typed("alliance", "match", files["run"], *shared, "--wait", 0)
