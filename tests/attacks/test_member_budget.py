"""The budget that a member gave its peers when it matched holds while it joins: they cannot ask for more then."""

import json
from pathlib import Path

import pytest
from alliance_served import alliance

from stillwatch.alliance.member.enrolment import enrol
from stillwatch.cli.alliance.rounds import _participant, join_command
from stillwatch.rounds.relay import matching_router


@pytest.mark.parametrize(("said", "holds"), [(None, 7), (3, 3)])
def test_join_keeps_to_the_budget_of_match(tmp_path: Path, said: int | None, holds: int) -> None:
    secrets, token, state = tmp_path / "secrets.json", tmp_path / "token", tmp_path / "own.db"
    secrets.write_text(json.dumps({"beta": "0" * 64}))
    with alliance(tmp_path, "alpha", "beta", routers=[matching_router()]) as met:
        token.write_text(str(met.members["alpha"].credentials.token))
        enrol(state, "alpha", met.url, token_file=token)
        with _participant(state, secrets, "first", None, 2, 7, wait=600) as part:
            assert part._limits.elements == 7
        with _participant(state, secrets, "first", None, None, said, wait=600) as part:
            assert part._limits.elements == holds
    assert "budget" in join_command.__annotations__
