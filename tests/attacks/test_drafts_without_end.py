"""A draft policy of a few lines that would be worked out for years, or fill memory, is refused: nobody waits for it."""

from collections.abc import Iterator

import pytest
from console_world import Visitor, make_places, open_console

from stillwatch.policy import DEFAULT_POLICY

HUNDRED = f"[{','.join(map(str, range(100)))}]"
PLACE = "campaign.q_value <= 0.001"


def within(deep: int) -> str:
    """A list gone through for each entry of a list, so deep."""
    clause = "campaign.accounts > 0"
    for name in "abcdefgh"[:deep]:
        clause = f"{HUNDRED}.all({name}, {clause})"
    return clause


DOUBLED = ".".join(["['x']", *(f"map(a{n}, a{n} + a{n})" for n in range(60)), "all(a, size(a) > campaign.accounts)"])
DRAFTS = {
    "a list within lists": within(8),
    "texts that double": DOUBLED,
    "lists that double": DOUBLED.replace("'x'", "[1]"),
    "spaced": DOUBLED.replace("map(", "map  ("),
    "one long list": f"[{','.join(['1'] * 60_000)}].all(a, {HUNDRED} == {HUNDRED} && campaign.accounts > a)",
    "longer than any place": "(" * 40_000 + "campaign.accounts > 0" + ")" * 40_000,
    "deep": "(" * 20_000 + "campaign.accounts > 0" + ")" * 20_000,
}


@pytest.fixture(scope="module")
def analyst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with open_console(make_places(tmp_path_factory.mktemp("drafts"))) as opened:
        yield opened.visitor("ana", "analyst")


@pytest.mark.parametrize("name", DRAFTS)
def test_it_is_refused_and_the_next_is_tried(analyst: Visitor, name: str) -> None:
    draft = DEFAULT_POLICY.read_text(encoding="utf-8")
    assert PLACE in draft
    answer = analyst.post("/runs/week/policy/try", {"draft": draft.replace(PLACE, DRAFTS[name])})
    assert answer.status_code == 422
    assert "draft:" in answer.text
    assert analyst.post("/runs/week/policy/try", {"draft": draft}).status_code == 200


def test_a_list_is_gone_through_once_in_a_clause(analyst: Visitor) -> None:
    clause = "campaign.families.exists(one, one in ['timing', 'purpose'])"
    draft = DEFAULT_POLICY.read_text(encoding="utf-8").replace(PLACE, clause)
    assert analyst.post("/runs/week/policy/try", {"draft": draft}).status_code == 200
