"""Whether accounts have content of their own, where what is near in their prompts is too little to tell."""

import numpy as np
import pytest
from made_log import GROUP, E, made_content, made_log

from stillwatch.detection.explanations import explain
from stillwatch.evidence import Explanation, PromptSets, all_families


def sets(shared: int, of: int, *, seed: int) -> PromptSets:
    """Twenty prompts of its own for each account of the log; so many of the group's are of one list, taken at random."""
    rng = np.random.default_rng(seed)
    held = np.arange(E * 20).reshape(E, 20) + 1_000
    for account in GROUP:
        held[account, :shared] = rng.choice(of, shared, replace=False)
    return PromptSets(np.sort(held, axis=1).ravel().astype(np.uint64), np.arange(E + 1) * 20)


def customers(shared: int, of: int, *, seed: int = 0, each: int = 4, topics: float = 0.0) -> Explanation:
    content = made_content(seed, each=each, topics=topics)
    log = made_log(content=content, prompt_sets=sets(shared, of, seed=seed))
    (one,) = (
        e for e in explain(log, all_families(), GROUP, GROUP[:0]) if e.name.startswith("customers of one framework")
    )
    return one


@pytest.mark.parametrize("seed", range(3))
def test_who_has_dozens_of_questions_as_others_have_them_has_none_of_its_own(seed: int) -> None:
    assert customers(0, 60, seed=seed).holds is None
    found = customers(8, 70, seed=seed)
    assert found.holds is False
    assert "of a typical account's prompts" in found.statement


@pytest.mark.parametrize("seed", range(3))
def test_a_programs_own_questions_say_nothing(seed: int) -> None:
    """A dozen buttons, which everybody presses now and then."""
    assert customers(8, 12, seed=seed).holds is None


@pytest.mark.parametrize("seed", range(3))
def test_who_is_shown_to_ask_of_its_own_matters_does(seed: int) -> None:
    assert customers(8, 70, seed=seed, topics=1.0, each=12).holds is True


def test_what_cannot_be_told_is_likely_where_it_rather_is_so() -> None:
    """Content of their own, too little of it to show; and none."""
    rather, hardly = customers(0, 60, seed=0, topics=0.3), customers(0, 60, seed=0)
    assert (rather.holds, rather.likely) == (None, True)
    assert (hardly.holds, hardly.likely) == (None, False)
