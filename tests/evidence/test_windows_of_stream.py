"""Windows of one stream: honest ones pass as often as they should, a planted source is found and shown."""

import numpy as np
import pytest
from made_people import EACH, SHAPE, WIDTH, at_large_of, people, source

from stillwatch.evidence import AtLarge, people_at_large
from stillwatch.evidence.composition import several_tasks
from stillwatch.evidence.lens import alike, fit_lens
from stillwatch.evidence.stream_thresholds import LIKE_AT_LARGE, LONGEST_PROMPT

SIZE = 200


def talk(rng: np.random.Generator, size: int) -> np.ndarray:
    """A sample of the stream of sixty strangers."""
    features, _ = people(rng, 60)
    return features[rng.choice(len(features), size, replace=False)]


@pytest.fixture(scope="module")
def at_large() -> AtLarge:
    return at_large_of(0)


def test_honest_windows_pass_as_often_as_they_should(at_large: AtLarge) -> None:
    rng = np.random.default_rng(1)
    null = at_large.null(SIZE, 600, at_large.even, seed=2)
    p = np.array([window.p_value for window in null.test([talk(rng, SIZE) for _ in range(300)])])
    for level in (0.01, 0.05, 0.2):
        assert np.mean(p <= level) <= level + 3 * np.sqrt(level * (1 - level) / len(p))
    assert np.mean(p <= 0.5) > 0.2


def test_a_planted_source_is_found_and_its_prompts_are_named(at_large: AtLarge) -> None:
    rng = np.random.default_rng(3)
    window = np.concatenate([talk(rng, SIZE - 20), source(rng, 20)])
    weights, explained = at_large.weighed(at_large.cells.of(window))
    assert explained >= LIKE_AT_LARGE
    (result,) = at_large.null(SIZE, 600, weights, seed=4).test([window])
    assert result.p_value < 1e-3
    assert 0.03 <= result.share <= 0.2
    assert np.mean(result.carriers >= SIZE - 20) > 0.8
    assert result.lift[SIZE - 20 :].mean() > result.lift[: SIZE - 20].mean()


def test_a_stream_of_one_task_is_not_like_people_at_large(at_large: AtLarge) -> None:
    features = source(np.random.default_rng(5), 300)
    assert at_large.weighed(at_large.cells.of(features))[1] < LIKE_AT_LARGE


def test_what_most_of_a_stream_is_like_is_no_part_that_hides(at_large: AtLarge) -> None:
    rng = np.random.default_rng(5)
    windows = [np.concatenate([talk(rng, SIZE // 2), source(rng, SIZE // 2)]) for _ in range(3)]
    assert at_large.null(SIZE, 600, at_large.even, seed=0).test(windows) == []


def test_where_all_weight_is_on_who_is_drawn_nobody_is_held_against_anybody(at_large: AtLarge) -> None:
    weights = np.where(at_large.owner < 3, 1.0, 0.0)
    rng = np.random.default_rng(5)
    windows = [np.concatenate([talk(rng, SIZE // 2), source(rng, SIZE // 2)]) for _ in range(3)]
    null = at_large.null(SIZE, 600, weights / weights.sum(), seed=0)
    assert null.test(windows) == []
    assert null.tested([(1.0, np.zeros(SIZE))]) == []


def test_another_mix_of_the_same_people_is_no_finding() -> None:
    """A third of the log asks of something else; a relay of the others differs from the log, and is no finding."""
    rng = np.random.default_rng(6)

    def log(accounts: int) -> tuple[np.ndarray, np.ndarray]:
        features, owner = people(rng, accounts)
        features[owner % 3 == 0] += 4.0 * np.eye(WIDTH)[0]
        return features, owner

    made = people_at_large(log(250)[0], log(250), seed=0)
    assert made is not None
    window = talk(rng, SIZE)
    weights, explained = made.weighed(made.cells.of(window))
    assert explained >= LIKE_AT_LARGE
    weighed, even = (made.null(SIZE, 600, each, seed=1).test([window])[0] for each in (weights, made.even))
    assert even.p_value < 0.01 < weighed.p_value


def test_windows_drawn_are_of_whole_accounts(at_large: AtLarge) -> None:
    rows, outside = at_large.null(SIZE, 300, at_large.even, seed=0).windows(20)
    assert rows.shape == (20, SIZE)
    for window, beyond in zip(rows, outside, strict=True):
        assert len(set(window.tolist())) == SIZE
        assert np.sum(~beyond) <= 300 // EACH + 1
        assert not beyond[at_large.owner[window]].any()


def test_accounts_with_one_task_are_no_people_at_large() -> None:
    rng = np.random.default_rng(7)
    features, owner = people(rng, 150)
    for account in range(0, 150, 3):
        features[owner == account] = 6 * rng.normal(size=WIDTH) @ SHAPE + 0.1 * features[owner == account]
    kept = several_tasks(fit_lens(features)(features), owner)
    assert set(owner[~kept]) == set(range(0, 150, 3))


def test_too_few_are_no_background() -> None:
    rng = np.random.default_rng(8)
    assert people_at_large(people(rng, 40)[0], people(rng, 200), seed=0) is None
    assert people_at_large(people(rng, 200)[0], people(rng, 40), seed=0) is None


def test_a_lens_leaves_no_feature_larger_than_another_and_no_prompt_longer() -> None:
    rng = np.random.default_rng(9)
    features = rng.normal(size=(4000, WIDTH)) @ SHAPE
    features[:, 0] = 1.0
    seen = fit_lens(features)(np.concatenate([features, 100 * features[:1]]))
    assert np.isfinite(seen).all()
    longest = LONGEST_PROMPT * WIDTH**0.25
    assert np.linalg.norm(seen, axis=1).max() <= longest * 1.001
    pairs = seen[:2000] @ seen[2000:4000].T
    # Half of all prompts are longer than a prompt may be, and shortened: their products are smaller.
    assert 0.6 < pairs.std() <= 1.1


def test_likeness_grows_faster_than_the_product_above_nothing() -> None:
    one = np.array([[2.0]], np.float32)
    assert alike(one, one)[0, 0] == pytest.approx(4 + 8)
    assert alike(one, -one)[0, 0] == pytest.approx(-4)
