"""Accounts of one payer ask alike where the payer is a customer, and no more than others where cards are dealt out."""

import numpy as np
import pytest
from handmade_families import prompt_sets
from made_hands import hands_of
from made_log import E, made_log

from stillwatch.detection.explanations import explain
from stillwatch.evidence import Explanation, LogProfile, all_families, whiten
from stillwatch.evidence.payers import payers_of

GROUP = np.arange(90)
PAYER = GROUP // 3


def paid(whose: str, *, seed: int = 0, across: bool = True, each: int = 3) -> LogProfile:
    """Ninety accounts that pay in threes, each with matters of its own, of its payer's, or both; at doors of two, each
    of accounts of two payers, or at one door a payer."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(E), 8)
    matter = rng.normal(size=(E, 40))
    of_payer = rng.normal(size=(E, 40))
    of_payer[GROUP] = of_payer[PAYER]
    own = {"account": 0.5 * matter, "payer": 0.5 * of_payer, "both": 0.35 * (matter + of_payer)}[whose]
    features = rng.normal(size=(len(owner), 40)) + own[owner]
    payer = GROUP // each
    cards = {int(n): GROUP[payer == n].tolist() for n in np.unique(payer)}
    doors = {n: [n, n + 1] for n in range(len(GROUP) - 1)} if across else cards
    content = whiten(features.astype(np.float16), owner, E, embedded=20)
    return made_log(hands=hands_of(cards, addresses=doors), content=content, prompt_sets=prompt_sets(E, {}))


def customers(log: LogProfile) -> Explanation:
    (one,) = (
        e for e in explain(log, all_families(), GROUP, GROUP[:0]) if e.name.startswith("customers of one framework")
    )
    return one


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("whose", "holds"), [("account", False), ("payer", True), ("both", True)])
def test_a_customer_asks_of_its_own_matters_by_all_of_its_accounts(whose: str, holds: bool, seed: int) -> None:
    found = customers(paid(whose, seed=seed))
    assert found.holds is holds
    assert ("30 payments" in found.statement) is (not holds)


def test_an_offices_people_ask_each_for_himself() -> None:
    assert payers_of(paid("account", across=False), GROUP, GROUP[:0]) is None
    assert customers(paid("account", across=False)).holds is True


def test_who_pays_each_for_himself_or_by_a_few_payments_says_nothing_of_payers() -> None:
    assert payers_of(paid("account", each=1), GROUP, GROUP[:0]) is None
    assert payers_of(paid("account", each=30), GROUP, GROUP[:0]) is None


def test_a_log_without_hands_has_no_payers() -> None:
    assert payers_of(made_log(hands=None), GROUP, GROUP[:0]) is None


def test_its_error_is_that_of_leaving_each_payment_out() -> None:
    """And its correlation is the mean product of prompts of two accounts of one payment, over all prompts' variance."""
    log = paid("both")
    found = payers_of(log, GROUP, GROUP[:0])
    assert found is not None
    n, sums = log.content.sums(GROUP)
    means = sums / n[:, None] - sums.sum(axis=0) / n.sum()
    rows = log.content.raw[log.content.rows(GROUP)].astype(np.float64)
    scatter = np.sum((rows - rows.mean(axis=0)) ** 2, axis=1).mean()

    def over(payers: list[int]) -> float:
        products = [
            means[a] @ means[b] for p in payers for a in GROUP for b in GROUP if PAYER[a] == PAYER[b] == p and a != b
        ]
        return float(np.mean(products) / scatter)

    left = np.array([over([p for p in range(30) if p != out]) for out in range(30)])
    assert found.correlation == pytest.approx(over(list(range(30))), rel=1e-4)
    assert found.standard_error == pytest.approx(np.sqrt(29 / 30 * np.sum((left - left.mean()) ** 2)), rel=1e-3)
