"""Campaigns keep their names from look to look, whatever joins, parts, leaves and comes back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.detection import KnownCampaign, Named, identify
from stillwatch.detection.identity import Identified

NOTHING: frozenset[int] = frozenset()


def crew(first: int, last: int) -> frozenset[str]:
    return frozenset(f"a{number}" for number in range(first, last))


def known(name: str, accounts: frozenset[str], texts: frozenset[int] = NOTHING, current: bool = True) -> KnownCampaign:
    return KnownCampaign(name, accounts, texts, current)


def ids(found: Identified) -> list[str]:
    return [one.campaign_id for one in found.found]


def test_first_names_go_by_strength() -> None:
    found = identify([(crew(0, 9), NOTHING), (crew(9, 30), NOTHING)], [])
    assert [(one.campaign_id, one.state) for one in found.found] == [("C001", "new"), ("C002", "new")]


def test_a_campaign_that_grows_tenfold_keeps_its_name() -> None:
    found = identify([(crew(0, 400), NOTHING)], [known("C004", crew(0, 40))])
    assert found.found == (Named("C004", "known"),)


def test_a_name_goes_where_most_accounts_go_and_the_rest_is_split_from_it() -> None:
    found = identify([(crew(0, 12), NOTHING), (crew(12, 40), NOTHING)], [known("C001", crew(0, 40))])
    assert found.found == (Named("C002", "split", "C001"), Named("C001", "known"))


def test_of_two_that_merge_the_larger_goes_on_and_the_smaller_is_told() -> None:
    before = [known("C001", crew(0, 10)), known("C002", crew(10, 40))]
    found = identify([(crew(0, 40), NOTHING)], before)
    assert ids(found) == ["C002"]
    assert found.merged == {"C001": "C002"}


def test_what_merged_and_parts_again_has_its_old_name() -> None:
    before = [known("C001", crew(0, 10), current=False), known("C002", crew(0, 40))]
    found = identify([(crew(10, 40), NOTHING), (crew(0, 10), NOTHING)], before)
    assert found.found == (Named("C002", "known"), Named("C001", "returned"))


def test_what_vanishes_is_told_once_and_comes_back_under_its_name() -> None:
    assert identify([], [known("C001", crew(0, 10))]).gone == ("C001",)
    assert identify([], [known("C001", crew(0, 10), current=False)]).gone == ()
    found = identify([(crew(5, 15), NOTHING)], [known("C001", crew(0, 10), current=False)])
    assert found.found == (Named("C001", "returned"),)


def test_fresh_accounts_with_the_old_texts_are_the_old_campaign() -> None:
    before = [known("C001", crew(0, 10), frozenset({1, 2, 3, 4}))]
    assert ids(identify([(crew(50, 60), frozenset({3, 4}))], before)) == ["C001"]
    assert ids(identify([(crew(50, 60), frozenset({4, 5, 6}))], before)) == ["C002"]


def test_accounts_go_before_texts() -> None:
    """The crew goes on with another text, while strangers take its old one up."""
    before = [known("C001", crew(0, 10), frozenset({1}))]
    found = identify([(crew(50, 60), frozenset({1})), (crew(0, 10), frozenset({2}))], before)
    assert found.found == (Named("C002", "split", "C001"), Named("C001", "known"))


def test_two_campaigns_without_texts_or_accounts_in_common_are_two() -> None:
    assert ids(identify([(crew(10, 20), NOTHING)], [known("C001", crew(0, 10))])) == ["C002"]


CREWS = st.lists(st.tuples(st.frozensets(st.sampled_from("abcdefghij"), min_size=1), st.just(NOTHING)), max_size=5)


@settings(deadline=None, max_examples=100)
@given(CREWS, st.lists(st.tuples(st.frozensets(st.sampled_from("abcdefghij"), min_size=1), st.booleans()), max_size=5))
def test_names_are_unique_lasting_and_nothing_is_forgotten(
    found: list[tuple[frozenset[str], frozenset[int]]], before: list[tuple[frozenset[str], bool]]
) -> None:
    old = [known(f"C{n:03d}", accounts, current=current) for n, (accounts, current) in enumerate(before, start=1)]
    told = identify(found, old)
    names = ids(told)
    assert len(set(names)) == len(names) == len(found)
    assert all(int(one.campaign_id[1:]) > len(old) for one in told.found if one.state in ("new", "split"))
    current = {one.campaign_id for one in old if one.current}
    assert current <= set(names) | set(told.merged) | set(told.gone)
    assert set(told.merged.values()) <= set(names)
    assert not set(names) & (set(told.merged) | set(told.gone))


@settings(deadline=None, max_examples=100)
@given(CREWS)
def test_the_same_campaigns_keep_their_names_whatever_their_order(
    found: list[tuple[frozenset[str], frozenset[int]]],
) -> None:
    apart: list[tuple[frozenset[str], frozenset[int]]] = []
    taken: frozenset[str] = frozenset()
    for accounts, texts in found:
        if accounts - taken:
            apart.append((accounts - taken, texts))
            taken |= accounts
    first = identify(apart, [])
    old = [known(one.campaign_id, accounts) for one, (accounts, _) in zip(first.found, apart, strict=True)]
    again = identify(apart[::-1], old)
    assert ids(again) == ids(first)[::-1]
    assert not again.merged
    assert not again.gone
