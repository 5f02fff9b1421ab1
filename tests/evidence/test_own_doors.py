"""Doors that many have, and mostly one group: a campaign that is much of its log makes its own addresses and mail domains
common, and they are its own all the same."""

from typing import Any

import numpy as np
import pytest
from made_hands import Things, hands_of
from made_log import E, made_log

from stillwatch.detection.nulls import Background
from stillwatch.evidence import LogProfile, Observed
from stillwatch.evidence.own_doors import own_doors

GROUP = np.arange(300)


def log_of(domains: Things, addresses: Things | None = None, **columns: Any) -> LogProfile:
    return made_log(hands=hands_of(None, domains, addresses), **columns)


def seen(log: LogProfile, members: np.ndarray = GROUP, kin: np.ndarray | None = None) -> Observed | None:
    aside = np.zeros(E, np.bool_)
    aside[members if kin is None else kin] = True
    return own_doors(log, members, Background(log, 100, 0).beside(aside))


def parts(count: int, of: np.ndarray = GROUP) -> Things:
    return {n: of[n::count].tolist() for n in range(count)}


@pytest.mark.parametrize(("domains", "found"), [(1, False), (2, True), (4, True)])
def test_several_mail_domains_of_a_group_alone_are_its_own_and_one_may_be_a_schools(domains: int, found: bool) -> None:
    observed = seen(log_of(parts(domains)))
    assert (observed is not None) is found
    if observed is not None:
        assert observed.p_value < 1e-9
        assert f"{domains} addresses, networks or mail domains" in observed.statement


def test_a_domain_and_an_address_each_of_all_are_one_houses() -> None:
    assert seen(log_of(parts(1), {0: GROUP.tolist()})) is None
    assert seen(log_of(parts(3), parts(1))) is None
    assert seen(log_of(parts(3), parts(4))) is not None


def test_an_address_in_a_network_of_its_own_is_one_door() -> None:
    """All of a school come from an address; half of them from a network that is its, too."""
    assert seen(log_of({}, {0: GROUP.tolist(), 1: GROUP[::2].tolist()})) is None
    assert seen(log_of({}, {0: GROUP[1::2].tolist(), 1: GROUP[::2].tolist()})) is not None


def test_of_what_everybody_has_a_group_has_its_share() -> None:
    everybody = {n: np.arange(n, E, 10).tolist() for n in range(10)}
    assert seen(log_of(everybody)) is None


def test_who_asks_as_the_group_does_is_no_stranger_to_it() -> None:
    """A third of a campaign is tested, and most of what has its doors are the other two thirds."""
    log = log_of(parts(4))
    assert seen(log, GROUP[:100]) is None
    assert seen(log, GROUP[:100], kin=GROUP) is not None


@pytest.mark.parametrize("column", ["country", "plan"])
def test_what_a_country_or_a_plan_has_is_no_groups(column: str) -> None:
    """All of one country are behind its mail providers, and most of that country are in the group."""
    of = np.full(E, 1, np.uint64)
    of[:350] = 2
    same = np.ones(E, np.uint64)
    given = {"country": same, "plan": same} | {column: of}
    assert seen(log_of(parts(4, np.arange(350)), None, **given)) is None
    assert seen(log_of(parts(4, np.arange(350)), None, country=same, plan=same)) is not None


def test_a_few_behind_such_doors_are_not_the_group() -> None:
    assert seen(log_of(parts(2, GROUP[:145]))) is None
    assert seen(log_of(parts(2, GROUP[:155]))) is not None


def test_a_log_without_hands_has_no_doors() -> None:
    assert seen(made_log(hands=None)) is None
