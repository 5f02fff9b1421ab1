"""A hub on loopback and members that really talk over it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from round_table import Held, Table, seated

from stillwatch.rounds.matching import Participant


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    with seated(tmp_path) as made:
        yield made


@pytest.fixture
def held() -> Held:
    """What each member holds, and how many of its suspects hold it."""
    return {
        "alpha": {
            ("payment", "card-1"): 1,
            ("network", "9.9.9.0/24"): 2,
            ("domain", "mail.example"): 3,
            ("tls", "t1"): 1,
        },
        "beta": {("payment", "card-1"): 2, ("network", "9.9.9.0/24"): 1, ("domain", "t1.example"): 3, ("tls", "t1"): 1},
        "gamma": {("payment", "card-9"): 5, ("domain", "mail.example"): 1, ("tls", "t1"): 1, ("sentence", "card-1"): 9},
    }


@pytest.fixture
def run_round() -> Callable[[Mapping[str, Participant]], None]:
    def run(members: Mapping[str, Participant]) -> None:
        for _ in range(60):
            for member in members.values():
                member.step()
            if all(member.matched for member in members.values()):
                return
        raise AssertionError({name: member.problems for name, member in members.items()})

    return run
