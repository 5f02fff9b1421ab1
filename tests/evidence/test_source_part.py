"""Which of a group's prompts are of its common source, beside cover of other people's talk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.evidence import Content, whiten
from stillwatch.evidence.icc import icc_of, intraclass_correlation
from stillwatch.evidence.source_part import source_part
from stillwatch.evidence.thresholds import MARGIN

ENTITIES, EACH, GROUP = 300, 20, np.arange(30)


def asked(seed: int, *, cover: float, own: float = 0.6, pull: float = 1.2) -> tuple[Content, np.ndarray]:
    """Everybody has topics of their own; the group's prompts are of one source but for ``cover``. Also which are."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(ENTITIES), EACH)
    topics, source = rng.normal(size=(ENTITIES, 30)) * own, rng.normal(size=30)
    common = (owner < len(GROUP)) & (rng.random(len(owner)) >= cover)
    features = rng.normal(size=(len(owner), 30)) + np.where(common[:, None], pull * source, topics[owner])
    return whiten(features.astype(np.float16), owner, ENTITIES, embedded=30), common


@pytest.mark.parametrize("cover", [0.0, 0.3, 0.6])
def test_the_common_part_is_told_from_cover(cover: float) -> None:
    content, common = asked(1, cover=cover)
    rows = content.rows(GROUP)
    part = source_part(content, GROUP, content.whitened[rows], content.owner[rows])
    assert part.share == pytest.approx(1 - cover, abs=0.12)
    assert np.mean((part.posterior > 0.5) == common[rows]) > 0.85


def test_interchangeable_accounts_are_shown_so_through_half_of_cover() -> None:
    content, _ = asked(2, cover=0.5)
    rows = content.rows(GROUP)
    whole = intraclass_correlation(content.raw[rows], content.owner[rows])
    assert whole.icc > MARGIN
    assert icc_of(content, GROUP).icc < min(MARGIN, 0.6 * whole.icc)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_people_with_topics_of_their_own_are_never_shown_to_be_one_source(seed: int) -> None:
    content, _ = asked(seed, cover=1.0)
    assert icc_of(content, GROUP).p_value > 0.01


def test_without_others_everything_is_common() -> None:
    content, _ = asked(3, cover=0.5)
    everybody = np.arange(ENTITIES)
    part = source_part(content, everybody, content.whitened, content.owner)
    assert part.share == 1.0
    assert (part.posterior == 1.0).all()
