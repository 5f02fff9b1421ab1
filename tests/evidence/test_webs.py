"""Webs of shared hands, offices, and what one owner's customers have in common by nature."""

from dataclasses import replace

import numpy as np
import pytest
from made_log import E, made_content, made_log

from stillwatch.detection.explanations import explain
from stillwatch.detection.fdr import campaign_p
from stillwatch.evidence import Finding, LogProfile, Postings, all_families
from stillwatch.evidence.one_office import OFFICE

FAMILIES = all_families()
PAYMENT, DOMAIN, ADDRESS = 0, 1, 2


def log_of(
    cards: dict[int, list[int]], addresses: dict[int, list[int]], share: float = 1.0, topics: float = 1.0
) -> LogProfile:
    rows = [(PAYMENT, n, e) for n, who in cards.items() for e in who]
    rows += [(ADDRESS, 1000 + n, e) for n, who in addresses.items() for e in who]
    kind, name, entity = (np.array(column) for column in zip(*rows, strict=True))
    told = np.zeros((4, E), np.bool_)
    told[[PAYMENT, ADDRESS]] = True
    hands = Postings.build(
        entity, name.astype(np.uint64), np.full(len(entity), share), E, kind=kind.astype(np.int8), told=told
    )
    return made_log(hands=hands, content=made_content(topics=topics))


def webs(log: LogProfile, least: int = 5) -> list[list[int]]:
    return [web.tolist() for web in FAMILIES["infrastructure"].groups(log, least=least, seed=0)]


def office(log: LogProfile, members: np.ndarray) -> bool | None:
    (one,) = (e for e in explain(log, FAMILIES, members, members[:0]) if e.name == OFFICE)
    return one.holds


def test_cards_bridged_by_addresses_are_one_web() -> None:
    cards = {n: list(range(9 * n, 9 * n + 9)) for n in range(8)}
    addresses = {n: [9 * n, 9 * n + 9] for n in range(7)}
    assert webs(log_of(cards, addresses)) == [list(range(72))]
    assert webs(log_of(cards, {0: [100, 101]})) == [list(range(9 * n, 9 * n + 9)) for n in range(8)]


def test_what_many_hold_ties_nobody_to_a_tighter_web() -> None:
    found = webs(log_of({1: list(range(6)), 2: list(range(5, 700))}, {1: [900, 901]}))
    assert list(range(6)) in found
    assert list(range(700)) in found


@pytest.mark.parametrize(("cards", "holds"), [(1, True), (2, None), (5, None), (6, False), (10, False)])
def test_a_firm_in_one_place_has_a_few_cards_at_most(cards: int, holds: bool | None) -> None:
    at_one_place = {0: list(range(20))}
    several = {n: list(range(n, 20, cards)) for n in range(cards)}
    assert office(log_of(several, at_one_place), np.arange(20)) is holds
    # In two places those who share payments with one another are no office.
    two = {0: list(range(10)), 1: list(range(10, 20))}
    assert cards == 1 or office(log_of(several, two), np.arange(20)) is False


def test_one_owner_whose_accounts_ask_from_one_source_is_not_told_from_a_campaign() -> None:
    at_one_place = {0: list(range(20))}
    assert office(log_of({0: list(range(20))}, at_one_place, topics=0.0), np.arange(20)) is None


def test_a_house_whose_common_moments_show_one_source_is_not_told_from_a_campaign() -> None:
    """Cover sets its accounts apart; what they send at once is of one source."""
    members = np.arange(20)
    log = log_of({0: list(range(20))}, {0: list(range(20))})
    assert office(log, members) is True
    rng = np.random.default_rng(4)

    def in_common(some: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        owner = np.repeat(some, 30)
        content = log.content
        raw, whitened = (rng.normal(size=(len(owner), one.shape[1])) for one in (content.raw, content.whitened))
        return raw.astype(np.float32), whitened.astype(np.float32), owner

    assert office(replace(log, in_common=in_common), members) is None


def test_a_crew_that_has_a_mail_domain_alone_keeps_no_queue() -> None:
    members = np.arange(20)

    def queued(kind: int) -> bool | None:
        hands = Postings.build(members, np.zeros(20, np.uint64), np.ones(20), E, kind=np.full(20, kind, np.int8))
        log = made_log(hands=hands, content=made_content())
        seen = {"dispatch": finding("dispatch", 1e-6)}
        (one,) = (e for e in explain(log, FAMILIES, members, members[:0], seen) if e.name == OFFICE)
        return one.holds

    assert queued(DOMAIN) is False
    assert queued(PAYMENT) is None


def test_one_payment_for_more_than_an_office_cannot_be_told_from_a_resellers() -> None:
    assert office(log_of({0: list(range(100))}, {0: [500, 501]}), np.arange(100)) is None
    assert office(log_of({0: list(range(500))}, {0: [600, 601]}), np.arange(500)) is False


def test_a_few_of_many_behind_one_payment_are_no_office_of_their_own() -> None:
    log = log_of({0: list(range(100))}, {0: [500, 501]})
    members = np.arange(10)
    assert office(log, members) is None
    assert office(log_of({0: list(range(40))}, {0: [500, 501]}), members) is True
    (one,) = (
        e for e in explain(log, FAMILIES, members, members[:0], {"timing": finding("timing", 1e-6)}) if e.name == OFFICE
    )
    assert one.holds is False
    assert "payment or uncommon e-mail domain, as 90 other accounts do, " in one.statement


def finding(family: str, p: float) -> Finding:
    return Finding(family, "seen", 1.0, 0.0, p, "Seen.")


def test_a_template_on_shared_hands_convicts_nobody() -> None:
    def p(**seen: float) -> float:
        return campaign_p([finding(name, value) for name, value in seen.items()], FAMILIES)

    assert p(structure=1e-12, semantics=0.4, timing=0.5, dispatch=0.6, infrastructure=1e-12) >= 0.4
    assert p(structure=1e-12, semantics=0.4, timing=1e-9, dispatch=0.6, infrastructure=1e-12) < 1e-8
    assert p(structure=0.4, semantics=1e-9, timing=0.5, dispatch=0.6, infrastructure=1e-12) < 1e-8


def test_a_template_on_several_payments_is_no_owners() -> None:
    texts = [finding("structure", 1e-12), finding("semantics", 0.4)]
    assert campaign_p([*texts, replace(finding("infrastructure", 1e-12), p_strangers=1e-9)], FAMILIES) < 1e-8
    assert campaign_p([*texts, replace(finding("infrastructure", 1e-12), p_strangers=1.0)], FAMILIES) >= 0.4
    # Questions that are nobody's own are those of several resellers' customers: it takes a text.
    mixed = [finding("structure", 0.4), replace(finding("semantics", 1e-9), p_strangers=1.0)]
    assert campaign_p([*mixed, replace(finding("infrastructure", 1e-12), p_strangers=1e-9)], FAMILIES) >= 0.4


def test_a_finding_rules_out_the_explanation_that_it_contradicts() -> None:
    log = log_of({0: list(range(100))}, {0: [500, 501]})
    members = np.arange(100)
    for p, holds in ((1e-6, False), (0.01, None)):
        (one,) = (
            e
            for e in explain(log, FAMILIES, members, members[:0], {"timing": finding("timing", p)})
            if e.name == OFFICE
        )
        assert one.holds is holds
        assert ("Against it speaks: Seen." in one.statement) is (holds is False)


@pytest.mark.parametrize(("joined", "text", "holds"), [(False, 1.0, None), (False, 1e-9, False), (True, 1.0, False)])
def test_webs_that_nothing_ties_to_one_another_may_be_as_many_resellers(
    joined: bool, text: float, holds: bool | None
) -> None:
    """Of four times ten accounts each ten pay by three cards and send by two addresses, which one more address may
    join; or all of them send one text."""
    members = np.arange(40)
    cards = {n: [10 * (n // 3) + place for place in range(10) if place % 3 == n % 3] for n in range(12)}
    doors = {n: [10 * (n // 2) + place for place in range(10) if place % 2 == n % 2] for n in range(8)}
    if joined:
        doors[99] = [0, 10, 20, 30]
    found = {"structure": Finding("structure", "seen", 1.0, 0.0, text, "One text.")}
    (one,) = (e for e in explain(log_of(cards, doors), FAMILIES, members, members[:0], found) if e.name == OFFICE)
    assert one.holds is holds
    assert ("They fall into 4 houses" in one.statement) is not joined
    # Payments alone, given to strangers, are no houses.
    assert office(log_of(cards, {99: [0, 900]}), members) is False


def crowds(log: LogProfile) -> list[list[int]]:
    return [crowd.tolist() for crowd in FAMILIES["infrastructure"].crowds(log, least=5)]


def test_who_shares_with_few_is_one_crowd_however_many_they_share_with() -> None:
    """Cards of two are no web; who has one is looked at beside all others who have."""
    pairs = {n: [2 * n, 2 * n + 1] for n in range(20)}
    office = {100: list(range(200, 230))}
    found = crowds(log_of(pairs | office, {0: [900, 901]}))
    assert list(range(40)) in found
    assert [*range(40), *range(200, 230)] in found
    assert [*range(40), 900, 901] in found
    assert webs(log_of(pairs, {0: [900, 901]})) == []


def test_what_many_have_makes_nobody_one_of_those_who_share() -> None:
    assert not any(set(range(300)) <= set(crowd) for crowd in crowds(log_of({0: list(range(300))}, {0: [900, 901]})))
