"""Accounts with nothing in common but a text and addresses through which their requests pass by turns may be customers
of one service; who sits behind addresses of its own, pays together or keeps one clock is none."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_log import DAY, E, made_content, made_log, made_postings

from stillwatch.detection.explanations import explain
from stillwatch.evidence import Explanation, Finding, LogProfile, Postings, all_families
from stillwatch.evidence.one_service import SERVICE, one_service

FAMILIES = all_families()
GROUP = np.arange(20)
EACH = 24
CONTENT = made_content()
LOG = made_log(content=CONTENT, texts=made_postings(1, True), exchanges=np.full(E, EACH))


def hands(
    addresses: int, *, own: bool = False, paid: int = 0, kind: int = 2, through: float = 1.0, seed: int = 0
) -> Postings:
    """Of the group's requests a part comes from addresses in common, each account's from one of them or all by chance;
    ``paid`` of the group pay together and all others for themselves."""
    rng = np.random.default_rng(seed)
    chance = np.full(addresses, 1 / addresses)
    rows: list[tuple[int, int, int, float]] = []
    for e in range(len(GROUP)):
        uses = EACH * np.eye(addresses)[e % addresses] if own else rng.multinomial(EACH, chance)
        rows += [(kind, n, e, through * times / EACH) for n, times in enumerate(uses) if times]
    rows += [(2, 1_000 + e, e, 1.0) for e in range(len(GROUP), E)]
    rows += [(0, 5_000 if e < paid else 5_001 + e, e, 1.0) for e in range(E)]
    kinds, name, entity, share = (np.array(column) for column in zip(*rows, strict=True))
    told = np.ones((4, E), np.bool_)
    return Postings.build(entity, name.astype(np.uint64), share, E, kind=kinds.astype(np.int8), told=told)


def service(log: LogProfile, found: dict[str, Finding] | None = None, members: np.ndarray = GROUP) -> Explanation:
    (one,) = (e for e in explain(log, FAMILIES, members, members[:0], found or {}) if e.name == SERVICE)
    return one


def log_of(hands: Postings | None, *, text: bool = True, **given: Any) -> LogProfile:
    return made_log(content=CONTENT, hands=hands, texts=made_postings(1, text), exchanges=np.full(E, EACH), **given)


def holds(hands: Postings) -> bool | None:
    """As the explanation alone says, before any finding could contradict it."""
    return one_service(replace(LOG, shared={**LOG.shared, "infrastructure": hands}), GROUP).holds


@pytest.mark.parametrize(
    ("hands", "text", "holds"),
    [
        (hands(4), True, None),
        (hands(30), True, None),
        (hands(1), True, None),
        (hands(8, kind=3), True, None),
        (hands(4, own=True), True, False),
        (hands(4), False, False),
        (hands(4, through=0.3), True, False),
        (hands(4, paid=15), True, False),
        (None, True, False),
    ],
    ids=[
        "by turns",
        "many addresses",
        "one address",
        "networks",
        "an address each",
        "no text",
        "now and then",
        "one payer",
        "nothing known of hands",
    ],
)
def test_requests_that_pass_by_turns_through_a_few_addresses_may_be_a_services(
    hands: Postings | None, text: bool, holds: bool | None
) -> None:
    assert service(log_of(hands, text=text)).holds is holds


def test_customers_of_a_service_sign_up_when_each_likes() -> None:
    created = np.random.default_rng(3).uniform(0, 400, E) * DAY
    assert service(log_of(hands(4), sign_up=created)).holds is None
    created[GROUP] = created[0] + np.arange(len(GROUP)) * DAY / 24
    assert service(log_of(hands(4), sign_up=created)).holds is False


@pytest.mark.parametrize("family", ["timing", "dispatch"])
def test_one_clock_or_one_queue_is_no_services_customers(family: str) -> None:
    seen = {family: Finding(family, "seen", 1.0, 0.0, 1e-9, "They act as one.")}
    one = service(log_of(hands(4)), seen)
    assert one.holds is False
    assert "They act as one." in one.statement


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 10), st.integers(0, 10**6), st.booleans())
def test_what_whose_request_it_is_tells_of_its_address_goes_by_the_accounts_alone(
    addresses: int, seed: int, own: bool
) -> None:
    """However many addresses there are: by turns hardly anything is told, of one each all."""
    assert holds(hands(addresses, own=own, seed=seed)) is (False if own else None)
