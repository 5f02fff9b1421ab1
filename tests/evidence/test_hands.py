"""What a group has in common by its hands: firms under their own names, and what ties accounts that signed up at once."""

from typing import Any

import numpy as np
import pytest
from handmade_families import prompt_sets
from made_hands import Things, hands_of
from made_log import DAY, E, made_content, made_log

from stillwatch.detection.explanations import explain
from stillwatch.detection.membership import firms_apart
from stillwatch.detection.nulls import Background
from stillwatch.evidence import (
    HOUR,
    Explanation,
    Finding,
    LogProfile,
    Observed,
    Postings,
    all_families,
)
from stillwatch.evidence.families.infrastructure import COHORT
from stillwatch.evidence.hands import doors_of, houses_of, owners_apart, ties_of, under_own_name
from stillwatch.evidence.one_office import OFFICE
from stillwatch.evidence.sign_ups import EVEN_VOLUMES

FAMILIES = all_families()
GROUP = np.arange(30)


def of_five(size: int = 30, each: int = 5) -> Things:
    """Everybody of a group in fives."""
    return {n: list(range(n * each, n * each + each)) for n in range(size // each)}


def office(log: LogProfile, members: np.ndarray = GROUP) -> Explanation:
    (one,) = (e for e in explain(log, FAMILIES, members, members[:0]) if e.name == OFFICE)
    return one


# Offices.


@pytest.mark.parametrize(
    ("shares", "holds"),
    [([0.4], None), ([0.4, 0.15, 0.1], None), ([1 / 6] * 6, False), ([0.15], False)],
    ids=["often at home", "two lines", "six addresses in turn", "now and then"],
)
def test_a_crew_of_one_door_that_is_often_at_home_is_an_office(shares: list[float], holds: bool | None) -> None:
    """Each pays for itself; the rest of what each sends comes from an address of its own."""
    size = len(GROUP)
    rows: list[tuple[int, int, int, float]] = [(2, n, e, share) for n, share in enumerate(shares) for e in range(size)]
    rows += [(2, 1_000 + e, e, 1 - sum(shares)) for e in range(size)] if sum(shares) < 0.99 else []
    rows += [(0, 5_000 + e, e, 1.0) for e in range(E)]
    kind, name, entity, share = (np.array(column) for column in zip(*rows, strict=True))
    told = np.ones((4, E), np.bool_)
    hands = Postings.build(entity, name.astype(np.uint64), share, E, kind=kind.astype(np.int8), told=told)
    asking_alike = made_content(pull=1.0)
    assert office(made_log(hands=hands, content=asking_alike), np.arange(size)).holds is holds


# Firms under their own names.


def test_a_firm_that_pays_by_one_card_under_its_own_name_is_one_firm() -> None:
    one = {0: GROUP.tolist()}
    asking_alike = made_content()
    assert office(made_log(hands=hands_of(one, one), content=asking_alike)).holds is True
    assert office(made_log(hands=hands_of(one), content=asking_alike)).holds is None
    # A name that many strangers have is a mail provider's.
    assert office(made_log(hands=hands_of(one, {0: list(range(400))}), content=asking_alike)).holds is None


@pytest.mark.parametrize("entities", [E, 80], ids=["of many", "a third of a small log"])
def test_what_is_said_of_a_firm_is_why_it_is_one(entities: int) -> None:
    one = {0: GROUP.tolist()}
    said = office(made_log(entities=entities, hands=hands_of(one, one, entities=entities)))
    assert said.holds is True
    assert "At most 100 % of them have one and the same payment" in said.statement


def test_several_firms_each_under_its_own_name_are_no_campaign() -> None:
    thirds = {n: list(range(10 * n, 10 * n + 10)) for n in range(3)}
    assert office(made_log(hands=hands_of(thirds, thirds), content=made_content())).holds is True
    assert office(made_log(hands=hands_of(thirds), content=made_content())).holds is None


@pytest.mark.parametrize(("brands", "firm"), [(1, True), (3, True), (4, False), (10, False)])
def test_a_firm_of_a_few_brands_is_one_firm_and_so_is_a_part_of_it(brands: int, firm: bool) -> None:
    """Seventeen writers of one of a content farm's three names had been called: one card paid for all three."""
    names = {n: list(range(n, 30, brands)) for n in range(brands)}
    hands = hands_of({0: GROUP.tolist()}, names, {0: GROUP.tolist()})
    assert under_own_name(hands, GROUP).all() == firm
    assert under_own_name(hands, np.array(names[0] if len(names[0]) > 2 else [0, 1, 2])).all() == firm


def test_firms_of_a_few_accounts_each_are_no_campaign_together() -> None:
    few = {0: list(range(9)), 1: list(range(9, 13))}
    members = np.arange(13)
    assert office(made_log(hands=hands_of(few, few), content=made_content()), members).holds is True
    assert office(made_log(hands=hands_of(few), content=made_content()), members).holds is False


def test_a_firm_in_a_group_of_strangers_is_tested_apart_from_them() -> None:
    firm = {0: list(range(6))}
    log = made_log(hands=hands_of(firm, firm))
    (rest, firms), (alone, others) = firms_apart(log, GROUP)
    assert rest.tolist() == others.tolist() == list(range(6, 30))
    assert firms.tolist() == alone.tolist() == list(range(6))


@pytest.mark.parametrize(
    ("names", "addresses"),
    [
        ({}, {}),  # a card alone
        ({0: list(range(3))}, {}),  # half of it has the name
        ({0: list(range(6))}, {0: [4, 5, 6]}),  # it shares an address with the others
    ],
)
def test_a_card_without_a_name_of_its_own_or_tied_to_the_rest_is_no_firm_apart(
    names: Things, addresses: Things
) -> None:
    log = made_log(hands=hands_of({0: list(range(6))}, names, addresses))
    assert [part.tolist() for part, _ in firms_apart(log, GROUP)] == [GROUP.tolist()]


def test_one_of_a_firms_accounts_at_anothers_address_makes_it_no_strangers() -> None:
    firm = {0: list(range(6))}
    log = made_log(hands=hands_of(firm, firm, {0: [5, 6]}))
    assert [part.tolist() for part, _ in firms_apart(log, GROUP)] == [list(range(6, 30)), list(range(6))]


@pytest.mark.parametrize(("colleagues", "firm"), [(1, True), (6, False)])
def test_a_few_at_a_firms_door_whose_payment_the_record_lacks_are_no_strangers_to_it(
    colleagues: int, firm: bool
) -> None:
    """Eight of one card and name send by one address, and others of the group by the same."""
    theirs, at = {0: list(range(8))}, {0: list(range(8 + colleagues))}
    assert under_own_name(hands_of(theirs, theirs, at), np.arange(8 + colleagues))[:8].all() == firm


@pytest.mark.parametrize(("strangers", "holds"), [(2, True), (6, False)])
def test_who_pays_for_himself_under_a_firms_name_is_of_the_firm(strangers: int, holds: bool) -> None:
    """Of ten, five pay by one payment and one of these has the firm's mail, as the rest has but for strangers."""
    named = list(range(4, 10 - strangers)) if strangers < 6 else [4]
    log = made_log(hands=hands_of({0: list(range(5))}, {0: named}))
    assert office(log, np.arange(10)).holds is holds


@pytest.mark.parametrize(("named", "holds"), [(8, False), (9, None), (20, None)])
def test_where_many_have_one_firms_mail_domain_the_others_may_be_its_people_too(named: int, holds: bool | None) -> None:
    """Thirty who each pay for themselves; of thirty on many cards a name decides nothing."""
    assert office(made_log(hands=hands_of(names={0: list(range(named))}))).holds is holds
    pairs = of_five(each=2)
    assert office(made_log(hands=hands_of(pairs, {0: list(range(named))}))).holds is False


@pytest.mark.parametrize(("outside", "theirs"), [(6, True), (11, True), (40, False)])
def test_a_mail_domain_of_nearly_all_of_a_group_is_a_firms_though_some_of_the_firm_are_not_of_it(
    outside: int, theirs: bool
) -> None:
    """Thirty-six of a crew that pays by two cards, of whom others do other work; of a domain that mostly strangers have
    nobody knows."""
    hands = hands_of({0: list(range(18)), 1: list(range(18, 36))}, {0: list(range(36 + outside))})
    doors = doors_of(hands, np.arange(36))
    assert (doors.mail, doors.owner) == ((1.0, 1.0) if theirs else (0.0, 0.5))


@pytest.mark.parametrize(("branches", "holds"), [(5, None), (1, False)], ids=["of branches", "of people"])
def test_a_part_of_a_large_firm_has_its_mail_domain_though_it_is_no_rare_one(branches: int, holds: bool | None) -> None:
    """A twentieth of the log has one mail domain: a firm's, whose branches pay each for five, or a public one."""
    size = E // 20
    cards = {n: list(range(n * branches, (n + 1) * branches)) for n in range(size // branches)}
    log = made_log(hands=hands_of(cards, {0: list(range(size))}), content=made_content(topics=1.0))
    assert office(log, np.arange(size // 2)).holds is holds


def test_whether_a_payment_is_known_is_not_whether_one_is_shared() -> None:
    hands = hands_of({n: [n] for n in range(30)}, {0: list(range(8))})
    assert "no two share a payment" in office(made_log(hands=hands)).statement
    hands.told[0] = False
    assert "no payment of theirs is known" in office(made_log(hands=hands)).statement


@pytest.mark.parametrize(
    ("cards", "mail", "told", "holds"),
    [(2, 30, True, None), (2, 8, True, False), (6, 30, True, False), (0, 30, False, None), (0, 8, False, False)],
)
def test_under_one_mail_domain_a_few_cards_or_none_known_hide_nothing(
    cards: int, mail: int, told: bool, holds: bool | None
) -> None:
    """Thirty keys, of which old ones make way for new ones at one hour, and whose requests one queue hands out."""
    paid = {n: list(range(n, 30, cards)) for n in range(cards)}
    hands = hands_of(paid, {0: list(range(mail))})
    hands.told[0] = told
    log = made_log(hands=hands, content=made_content(topics=0.0))
    seen = {name: Finding(name, "seen", 1.0, 0.0, 1e-9, "As one.") for name in ("timing", "dispatch")}
    (one,) = (e for e in explain(log, FAMILIES, GROUP, GROUP[:0], seen) if e.name == OFFICE)
    assert one.holds is holds


@pytest.mark.parametrize(("size", "firm"), [(2, False), (3, True)])
def test_three_accounts_may_be_a_firm_and_two_may_share_a_name_by_chance(size: int, firm: bool) -> None:
    theirs = {0: list(range(size))}
    assert (len(firms_apart(made_log(hands=hands_of(theirs, theirs)), GROUP)) == 2) is firm


def test_a_log_without_hands_has_no_firms() -> None:
    assert [part.tolist() for part, _ in firms_apart(made_log(hands=None), GROUP)] == [GROUP.tolist()]
    assert not under_own_name(hands_of(), GROUP).any()


# Tied, and signed up at once.


def infrastructure(log: LogProfile, members: np.ndarray = GROUP) -> Finding:
    family = FAMILIES["infrastructure"]
    return family.found(list(family.test(log, members, Background(log, 200, 7))))


def signed_up(hours: float, group: np.ndarray = GROUP) -> np.ndarray:
    """Everybody within years, the group within so many hours."""
    rng = np.random.default_rng(3)
    created = rng.uniform(0, 400, E) * DAY
    created[group] = 200 * DAY + rng.uniform(0, hours, len(group)) * HOUR
    return created


def test_what_ties_accounts_leaves_out_the_commonest_doors() -> None:
    pairs = {n: [2 * n, 2 * n + 1] for n in range(15)}
    assert ties_of(hands_of(of_five()), GROUP) == (1.0, 6)
    assert ties_of(hands_of(of_five()), GROUP, cards=1) == (25 / 30, 5)
    assert ties_of(hands_of(addresses=pairs), GROUP) == (26 / 30, 13)
    # A carrier's address ties nobody.
    assert ties_of(hands_of(addresses={n: [*who, 300 + n, 400 + n] for n, who in pairs.items()}), GROUP) == (0.0, 0)


@pytest.mark.parametrize(("times", "tied"), [(5, 26 / 30), (6, 0.0)])
def test_who_comes_from_an_address_now_and_then_is_not_tied_by_it(times: int, tied: float) -> None:
    """A course whose notebooks all run behind the addresses of one service, each request by another, had been called."""
    pairs: list[tuple[int, int]] = [(n, e) for n in range(15) for e in (2 * n, 2 * n + 1)]
    elsewhere = [(1_000 + 10 * e + n, e) for e in range(E) for n in range(times - 1)]
    name, entity = (np.array(column) for column in zip(*pairs, *elsewhere, strict=True))
    hands = Postings.build(
        entity,
        name.astype(np.uint64),
        np.full(len(name), 1 / times),
        E,
        kind=np.full(len(name), 2, np.int8),
        told=np.ones((4, E), np.bool_),
    )
    assert ties_of(hands, GROUP).share == pytest.approx(tied)


def test_mail_domains_tie_accounts_that_are_most_of_their_holders_but_for_the_commonest() -> None:
    of = of_five()
    assert ties_of(hands_of(names=of), GROUP) == (25 / 30, 5)
    shared = {n: [*who, *range(300 + 10 * n, 305 + 10 * n)] for n, who in of.items()}
    assert ties_of(hands_of(names=shared), GROUP) == (25 / 30, 5)
    # A public one, of whose holders they are the fewer, and a school's, which all have.
    assert ties_of(hands_of(names={n: [*who, 399] for n, who in shared.items()}), GROUP) == (0.0, 0)
    assert ties_of(hands_of(names={0: GROUP.tolist()}), GROUP) == (0.0, 0)


@pytest.mark.parametrize(
    ("hours", "pairs", "strangers"), [(48, 15, False), (48, 6, True), (24 * 400, 15, True), (48, 0, True)]
)
def test_many_doors_of_two_and_one_day_are_neither_a_class_nor_one_owners_customers(
    hours: float, pairs: int, strangers: bool
) -> None:
    doors = {n: [2 * n, 2 * n + 1] for n in range(pairs)}
    found = infrastructure(made_log(hands=hands_of(addresses=doors), sign_up=signed_up(hours)))
    assert (found.among_strangers > 0.01) is strangers


def cohort(
    hands: Postings, hours: float = 48, *, group: np.ndarray = GROUP, beat: float = 1.0, **given: Any
) -> Explanation:
    log = made_log(hands=hands, sign_up=signed_up(hours, group), **given)
    seen = Observed(1e-9, EVEN_VOLUMES, 0.1, 1.0, "They send as many each.")
    clock = FAMILIES["timing"].found([seen, Observed(beat, "beat", 0.1, 0.0, "They keep one beat.")])
    (one,) = (
        e for e in explain(log, FAMILIES, group, group[:0], {"timing": clock} if given else {}) if e.name == COHORT
    )
    return one


def test_who_signed_up_together_may_be_a_crew_part_of_which_a_firm_pays_for() -> None:
    of = of_five()
    assert cohort(hands_of({0: list(range(17))})).holds is None
    assert cohort(hands_of(names={0: list(range(17))})).holds is None
    # No firm pays by six cards, nor has it six mail domains.
    assert cohort(hands_of(of)).holds is False
    assert cohort(hands_of(names=of)).holds is False
    assert cohort(hands_of({0: list(range(17))}), hours=24 * 400).holds is False


@pytest.mark.parametrize(
    ("size", "requests", "spread", "holds"),
    [(66, 27, 0.1, None), (100, 27, 0.1, None), (101, 27, 0.1, False), (66, 27, 0.8, False), (66, 120, 0.1, False)],
    ids=["a class", "the largest class", "more than a class", "as each likes", "more than a task"],
)
def test_a_class_is_set_as_much_to_do(size: int, requests: int, spread: float, holds: bool | None) -> None:
    """Twenty-seven questions each, for pupils let in on one day, each of whom pays for himself, had been a campaign."""
    group = np.arange(size)
    asked = np.exp(np.random.default_rng(4).normal(np.log(requests), spread, E)).astype(np.int64)
    assert cohort(hands_of(), group=group, exchanges=asked).holds is holds
    # And each works at hours of its own.
    found = cohort(hands_of(), group=group, beat=1e-6, exchanges=asked)
    assert found.holds is False
    assert ("They keep one beat." in found.statement) is (holds is None)


def test_firms_that_came_on_one_day_are_no_firms() -> None:
    sixths = {n: list(range(6 * n, 6 * n + 6)) for n in range(5)}
    hands, content = hands_of(sixths), made_content()
    apart = np.random.default_rng(3).uniform(0, 400, E) * DAY
    assert office(made_log(hands=hands, content=content, sign_up=apart)).holds is None
    at_once = signed_up(48)
    assert office(made_log(hands=hands, content=content, sign_up=at_once)).holds is False


# Crews of one set.


def crews(size: int = 5, *, across: bool = False) -> Postings:
    """Thirty accounts in crews of so many, each with a card and a door; or each card at every door."""
    by_card = {n: list(range(size * n, size * n + size)) for n in range(30 // size)}
    by_door = {n: list(range(n, 30, 30 // size)) for n in range(30 // size)} if across else by_card
    return hands_of(by_card, addresses=by_door)


def test_houses_are_as_few_as_one_owner_knows_of_unless_more_are_asked_for() -> None:
    assert houses_of(crews(5), GROUP) is None
    found = houses_of(crews(5), GROUP, most=30)
    assert found is not None
    assert [np.sum(found == n) for n in range(6)] == [5] * 6
    assert houses_of(crews(5, across=True), GROUP, most=30) is None
    assert houses_of(crews(3), GROUP, most=30) is None
    assert houses_of(crews(3), GROUP, least=3, most=30) is not None
    doors = hands_of(addresses={n: list(range(5 * n, 5 * n + 5)) for n in range(6)})
    assert houses_of(doors, GROUP, most=30) is None
    assert houses_of(doors, GROUP, most=30, doors=True) is not None


@pytest.mark.parametrize(("outside", "found"), [(22, True), (200, False)], ids=["of one school", "of one country"])
def test_of_a_school_one_class_may_be_here(outside: int, found: bool) -> None:
    """Fifteen behind a door that others have too, who are not here, and fifteen behind another."""
    doors = {0: [*range(15), *range(100, 100 + outside)], 1: [*range(15, 30), *range(400, 400 + outside)]}
    assert (houses_of(hands_of(addresses=doors), GROUP, most=30, doors=True) is not None) is found


def test_exits_of_one_payer_are_no_houses() -> None:
    """Two doors, of twenty and of ten; a card that twelve of the first and six of the second have is one payer's."""
    doors = {0: list(range(20)), 1: list(range(20, 30))}
    assert houses_of(hands_of(addresses=doors), GROUP, most=30, doors=True) is not None
    card = hands_of({0: [*range(12), *range(20, 26)]}, addresses=doors)
    assert houses_of(card, GROUP, most=30, doors=True) is None


@pytest.mark.parametrize("cards", [1, 4])
def test_a_web_of_many_hands_beside_a_few_others_is_no_owners(cards: int) -> None:
    """Twenty-three accounts at addresses of two, one after the other, and seven of another owner: the first are an
    owner's where one card pays for most of them, and not where each of four pays for a few."""
    chain = {n: [n, n + 1] for n in range(22)}
    few = {n: list(range(6 * n, 6 * n + (20 if cards == 1 else 5))) for n in range(cards)}
    found = owners_apart(hands_of(few | {9: list(range(23, 30))}, addresses=chain), GROUP)
    assert (found is not None) is (cards == 1)


@pytest.mark.parametrize("across", [False, True])
def test_crews_with_hands_of_their_own_may_run_one_set_and_one_owners_accounts_may_not(across: bool) -> None:
    """Each sends twenty prompts of one set of thirty, and their payments are those of several owners."""
    rng = np.random.default_rng(8)
    same = {e: rng.choice(30, 20, replace=False).tolist() for e in GROUP.tolist()}
    log = made_log(hands=crews(5, across=across), prompt_sets=prompt_sets(E, same))
    hands = infrastructure(log)
    assert hands.among_strangers < 1e-4
    found = explain(log, FAMILIES, GROUP, GROUP[:0], {"infrastructure": hands})
    (one,) = [e for e in found if "published" in e.name]
    assert one.holds is (not across)
