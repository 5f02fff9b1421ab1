"""Match weights: what strangers share says little, what few share says much, what is unknown says nothing."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_log import GROUP, E, made_content, made_log, made_postings

from stillwatch.engines import DuckDBEngine
from stillwatch.evidence import LogProfile, all_families
from stillwatch.linking import Linker, Links


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    with tempfile.TemporaryDirectory() as spill, DuckDBEngine(Path(spill), memory_mb=500, threads=2) as made:
        yield made


def pairs() -> tuple[np.ndarray, np.ndarray]:
    a, b = np.triu_indices(60, 1)
    return a.astype(np.int64), b.astype(np.int64)


def weighed(engine: DuckDBEngine, log: LogProfile) -> Links:
    return Linker(engine, log, all_families(), seed=0).weigh(*pairs())


def test_links_join_those_who_share_text_source_and_hands(engine: DuckDBEngine) -> None:
    log = made_log(content=made_content(pull=1.2), texts=made_postings(1, True), hands=made_postings(2, True))
    links = weighed(engine, log).likely()
    inside = np.isin(links.a, GROUP) & np.isin(links.b, GROUP)
    assert len(np.union1d(links.a[inside], links.b[inside])) >= 18
    assert inside.mean() > 0.95
    total = np.log2(1e-4 / (1 - 1e-4)) + sum(np.nan_to_num(weights) for weights in links.families.values())
    np.testing.assert_allclose(total, links.weight, atol=1e-6)
    np.testing.assert_allclose(links.probability, 1 / (1 + 2**-links.weight), rtol=1e-9)


def test_strangers_are_not_linked(engine: DuckDBEngine) -> None:
    assert len(weighed(engine, made_log()).likely().a) <= 2


def test_a_log_without_origin_says_nothing_of_infrastructure(engine: DuckDBEngine) -> None:
    log = made_log(content=made_content(pull=1.2), texts=made_postings(1, True), hands=None, sign_up=np.full(E, np.nan))
    links = weighed(engine, log).likely()
    assert len(links.a) > 0
    assert np.isnan(links.families["infrastructure"]).all()


def test_what_is_unknown_of_one_says_nothing_of_the_pair(engine: DuckDBEngine) -> None:
    log = made_log(content=made_content(pull=1.2), texts=made_postings(1, True))
    log.columns["sign_up"][:] = np.where(np.arange(E) % 2, np.nan, log.columns["sign_up"])
    hands = log.shared["infrastructure"]
    assert hands is not None
    hands.known[:] = False
    links = weighed(engine, log)
    either = (links.a % 2 == 1) | (links.b % 2 == 1)
    assert either.any()
    assert np.isnan(links.families["infrastructure"][either]).all()


def test_rates_are_measured_among_those_of_whom_it_is_known(engine: DuckDBEngine) -> None:
    """A thing that nine of ten do not say weighs as it would were they not there."""
    together = made_log(sign_up=(np.arange(E) % 9) * 40.0 * 86_400e6)
    sparse = made_log(sign_up=np.where(np.arange(E) % 10 == 0, together.columns["sign_up"], np.nan))
    whole, part = (Linker(engine, log, all_families(), 0)._weights["infrastructure"][-2] for log in (together, sparse))
    assert whole > 0.5
    assert part == pytest.approx(whole, abs=0.2)


def test_links_without_families_are_judged_on_the_rest(engine: DuckDBEngine) -> None:
    links = weighed(engine, made_log(content=made_content(pull=1.2), texts=made_postings(1, True)))
    rest = links.weight - np.nan_to_num(links.families["structure"])
    np.testing.assert_allclose(links.without(["structure"]), 1 / (1 + 2**-rest), rtol=1e-9)


def test_links_weighed_later_join_those_before_once(engine: DuckDBEngine) -> None:
    log = made_log(content=made_content(pull=1.2), texts=made_postings(1, True))
    linker = Linker(engine, log, all_families(), 0)
    a, b = pairs()
    first, all_of_it = linker.weigh(a[:900], b[:900]), linker.weigh(a, b)
    both = first.joined(linker.weigh(a[600:], b[600:]))
    assert set(zip(both.a.tolist(), both.b.tolist(), strict=True)) == set(
        zip(all_of_it.a.tolist(), all_of_it.b.tolist(), strict=True)
    )
    assert len(both.a) == len(all_of_it.a)
    assert both.weight.sum() == pytest.approx(all_of_it.weight.sum())
