"""A hub that hands over the same messages again, or ever more in anybody's name, keeps no member beyond its wait."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from round_table import Table, seated

from stillwatch.core import BadMessage, EndpointFailed
from stillwatch.rounds import relay
from stillwatch.services.rounds import match_to_the_end

ROWS = [("payment", "card-1", 2)]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    with seated(tmp_path) as made:
        made.begin()
        yield made


def lie(monkeypatch: pytest.MonkeyPatch, hand_over: Any) -> None:
    """Have the hub hand over what ``hand_over`` makes of the letters that are there."""
    real = relay._letters

    def lying(connection: Any, round_id: str, recipient: str, after: int) -> Any:
        return hand_over(real(connection, round_id, recipient, 0), after)

    monkeypatch.setattr(relay, "_letters", lying)


def as_it_is(row: Any, **otherwise: Any) -> Any:
    names = ("n", "sender", "recipient", "seq", "seal", "body")
    return SimpleNamespace(**{name: getattr(row, name) for name in names} | otherwise)


def test_the_same_again_is_said(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    table.member("beta").step()
    lie(monkeypatch, lambda rows, after: rows)
    with pytest.raises(BadMessage, match="handed over before"):
        match_to_the_end(table.member("alpha"), ROWS, wait=3600, deadline=0)


def test_a_message_under_ever_new_places_is_one(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    table.member("beta").step()
    lie(monkeypatch, lambda rows, after: [as_it_is(row, n=after + n) for n, row in enumerate(rows, start=1)])
    alpha = table.member("alpha")
    with pytest.raises(EndpointFailed, match="not come along in time"):
        match_to_the_end(alpha, ROWS, wait=0.1, deadline=0)
    assert alpha.problems == []


@pytest.mark.parametrize("name", ["beta", "nobody", "x" * 100_000, "a\n\x1b[2J"])
def test_ever_new_messages_that_nobody_sealed_are_said_in_bounds(
    table: Table, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    table.member("beta").step()
    seqs = itertools.count()

    def forged(rows: list[Any], after: int) -> list[Any]:
        return [as_it_is(rows[0], n=after + n, sender=f"{name}{next(seqs)}") for n in range(1, 33)]

    lie(monkeypatch, forged)
    alpha = table.member("alpha")
    with pytest.raises(EndpointFailed, match="not come along in time"):
        match_to_the_end(alpha, ROWS, wait=0.1, deadline=0)
    assert 0 < len(alpha.problems) <= 1_001
    assert all(len(line) < 400 and line.isprintable() for line in alpha.problems)
    monkeypatch.undo()
    assert table.member("alpha").step()
