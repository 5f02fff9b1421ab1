"""What evidence is measured with, against small cases worked out by hand or by other means."""

import numpy as np
import pytest
from made_log import content_of
from scipy import sparse, stats

from stillwatch.evidence import (
    Postings,
    PromptSets,
    communities,
    intraclass_correlation,
    nearest,
    neighbours,
    tail_p,
    whiten,
)
from stillwatch.evidence import thresholds as t
from stillwatch.evidence.base import Level
from stillwatch.evidence.content import Content
from stillwatch.evidence.group_statistics import likeness, scatter, sharing
from stillwatch.evidence.log_profile import HOUR
from stillwatch.evidence.p_values import log10_sharing_tail
from stillwatch.evidence.postings import changes, distinct
from stillwatch.evidence.shared_levels import reached, shared_levels


def held(*things: list[int], entities: int = 1000, known: np.ndarray | None = None) -> Postings:
    """Each thing by who has it."""
    entity = np.concatenate([np.array(holders) for holders in things])
    name = np.repeat(np.arange(len(things)), [len(holders) for holders in things]).astype(np.uint64) + np.uint64(50)
    return Postings.build(entity, name, np.ones(len(entity)), entities, known)


# Postings.


def test_changes_and_distinct() -> None:
    assert changes(np.array([3, 3, 4, 7, 7])).tolist() == [True, False, True, True, False]
    assert distinct(np.array([7, 3, 4, 3, 7])).tolist() == [3, 4, 7]
    assert distinct(np.zeros(0, np.int64)).tolist() == []


def test_classes_of_rarity_by_share_of_those_known() -> None:
    sizes = [2, 3, 4, 20, 21, 150, 151]
    made = held(*[list(range(size)) for size in sizes])
    # Of 1,000: .002 or three at most are rare, up to .02 uncommon, up to .15 common.
    assert made.holders.tolist() == sizes
    assert made.classes.tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert made.rarity().tolist() == made.classes.tolist()
    half = held(*[list(range(size)) for size in sizes], known=np.arange(1000) < 500)
    assert half.classes.tolist() == [0, 0, 1, 2, 2, 3, 3]
    # A log that says something of too few is read as a part of a thousand.
    few = held(*[list(range(size)) for size in sizes], known=np.arange(1000) < 199)
    assert few.classes.tolist() == [0, 0, 1, 1, 2, 2, 3]
    many = held(list(range(5)), list(range(6)), list(range(7)), entities=3000)
    assert many.classes.tolist() == [0, 0, 1]


def test_things_of_one_entity_are_left_out_and_names_stay_beside_their_columns() -> None:
    made = held([1, 2], [5], [2, 3, 4], [9])
    assert made.names.tolist() == [50, 52]
    assert made.matrix.shape == (1000, 2)
    assert made.matrix[2].toarray().ravel().tolist() == [1.0, 1.0]
    assert made.matrix[5].nnz == made.matrix[9].nnz == 0
    assert made.known.all()


def test_chance_is_the_sum_of_squared_shares_of_a_class() -> None:
    made = held([0, 1], [2, 3, 4], list(range(10)), list(range(100)), list(range(200)))
    assert made.chance().tolist() == pytest.approx([0.002**2 + 0.003**2, 0.01**2, 0.1**2])
    part = held([0, 1], list(range(10)), known=np.arange(1000) < 100)
    assert part.chance().tolist() == pytest.approx([0.002**2, 0.01**2, 1e-6]), "of 1,000 at least"
    assert held([0, 1]).chance()[1:].tolist() == pytest.approx([1e-6, 1e-6]), "never none at all"
    assert held(*[list(range(140))] * 60).chance()[2] == 0.5
    nobody = held([0, 1], entities=4, known=np.zeros(4, bool))
    assert nobody.chance()[0] == pytest.approx(0.002**2)


def test_scarce_is_what_is_rare_or_uncommon() -> None:
    made = held([0, 1], list(range(20)), list(range(21)), list(range(200)))
    assert made.scarce.shape == made.matrix.shape
    assert np.asarray(made.scarce.sum(axis=0)).ravel().tolist() == [2, 20, 0, 0]
    assert made.scarce[0].toarray().ravel().tolist() == [1, 1, 0, 0]
    assert made.scarce[30].nnz == 0


def test_shared_things_are_counted_by_class() -> None:
    made = held([0, 1], [0, 1, 2], list(range(10)), list(range(100)), list(range(500)))
    a, b = np.array([0, 0, 2, 0, 600]), np.array([1, 2, 9, 50, 601])
    assert made.shared(a, b).tolist() == [[2, 1, 1], [1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert made.shared(b, a).tolist() == made.shared(a, b).tolist()


def test_only_the_rarest_of_a_busy_entitys_things_count() -> None:
    commoner, rarer = list(range(10)), [0, 1, 2, 3]
    made = held(commoner, rarer)
    assert made.shared(np.array([0]), np.array([1]), most=1).tolist() == [[0, 1, 0]]
    # The one that counts is the rarer; whoever lacks it has nothing in common.
    assert made.shared(np.array([0]), np.array([5]), most=1).tolist() == [[0, 0, 0]]
    assert made.shared(np.array([0]), np.array([5]), most=2).tolist() == [[0, 1, 0]]
    many = held(*[[0, 1]] * 40)
    assert many.shared(np.array([0]), np.array([1])).tolist() == [[t.THINGS_COMPARED, 0, 0]]


def test_common_things_propose_nobody() -> None:
    made = held([4, 9], list(range(20)), list(range(21)))
    rng = np.random.default_rng(0)
    assert sorted(len(block) for block in made.blocks(rng)) == [2, 20]
    assert sorted(len(block) for block in made.blocks(rng, size=20)) == [2, 20]
    cut = made.blocks(rng, size=19, rounds=3)
    assert sorted(len(block) for block in cut) == [2, 10, 10, 10, 10, 10, 10]


def test_levels_of_shared_things() -> None:
    made = held([0, 1], [0, 1, 2], list(range(10)), list(range(100)), known=np.arange(1000) < 900)
    pair = reached("hands", made, np.array([0, 1, 2, 8, 8, 8]), np.array([1, 2, 9, 50, 700, 950]))
    assert list(pair) == ["hands"]
    assert np.ma.filled(pair["hands"], -1).tolist() == [0, 1, 2, 3, 4, -1]
    levels = shared_levels("hands", made, (0.4, 0.3, 0.2, 0.1))
    chance = made.chance()
    assert levels == [
        Level("two rare things", "p.hands = 0", 0.4, float(chance[0] ** 1.5)),
        Level("one rare thing", "p.hands = 1", 0.3, float(chance[0])),
        Level("one uncommon thing", "p.hands = 2", 0.2, float(chance[1])),
        Level("one common thing", "p.hands = 3", 0.1, float(chance[2])),
    ]
    assert shared_levels("hands", None, (0.4, 0.3, 0.2, 0.1)) == []
    assert reached("hands", None, np.array([0]), np.array([1])) == {}


# Statistics of groups.


def test_likeness_is_the_mean_product_of_different_members() -> None:
    means = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    # Who was drawn twice is not like itself, and nobody is left to be like where one was drawn alone.
    groups = np.array([[0, 3, 5, 7], [8, 1, 2, 8], [4, 6, 4, 4], [2, 2, 2, 2]])
    for origin in (np.zeros(4, np.float32), np.array([1, -2, 0, 0.5], np.float32)):
        away = means - origin
        pairs = [[away[i] @ away[j] for i in g for j in g if i != j] for g in groups]
        by_hand = [np.mean(one) if one else 0.0 for one in pairs]
        assert likeness(means, groups, origin).tolist() == pytest.approx(by_hand, rel=1e-5, abs=1e-6)
    assert likeness(means, groups).tolist() == pytest.approx(likeness(means, groups, np.zeros(4, np.float32)).tolist())


def test_the_middle_beside_a_group_is_that_of_all_others_who_ask() -> None:
    rng = np.random.default_rng(1)
    owner = np.repeat(np.arange(1, 9), 3)
    made = whiten(rng.normal(size=(24, 6)).astype(np.float16), owner, 10, embedded=6)
    members = np.array([0, 2, 5])
    others = [1, 3, 4, 6, 7, 8]
    assert made.middle_beside(members) == pytest.approx(made.means[others].mean(axis=0), abs=1e-6)
    assert made.middle_beside(np.arange(10)) == pytest.approx(np.zeros(6), abs=1e-5)


def test_scatter_is_the_mean_distance_from_the_median_in_hours() -> None:
    assert scatter(np.array([[0, 1, 2, 7], [5, 5, 5, 5]]) * HOUR).tolist() == [2.0, 0.0]


def test_sharing_counts_members_that_share_what_is_scarce() -> None:
    made = held([0, 1], [1, 2, 3], list(range(4, 14)), list(range(100)))
    groups = np.array([[0, 1, 9, 50], [3, 2, 4, 5], [0, 2, 4, 60], [1, 1, 60, 61], [5, 4, 4, 0]])
    assert sharing(made, groups).tolist() == [2, 4, 0, 0, 2]


# p-values.


def test_a_rank_among_many_is_the_p_value() -> None:
    draws = np.arange(1, 1001).astype(float)
    assert tail_p(draws, 991.0) == pytest.approx(11 / 1001)
    assert tail_p(draws, 500.5) == pytest.approx(501 / 1001)
    assert tail_p(draws, -1.0) == 1.0
    assert tail_p(np.append(draws, np.nan), 500.5) == pytest.approx(501 / 1001)


@pytest.mark.parametrize("beyond", [2.0, 4.0, 7.0])
def test_beyond_the_draws_an_exponential_tail_goes_on(beyond: float) -> None:
    draws = stats.expon.ppf((np.arange(20_000) + 0.5) / 20_000)
    got = tail_p(draws, float(np.log(20_000) + beyond))
    assert got == pytest.approx(np.exp(-beyond) / 20_000, rel=0.9)
    assert got <= 1 / 20_001


def test_the_tail_is_fitted_to_the_hundred_largest_by_moments() -> None:
    draws = np.random.default_rng(3).normal(size=1000)
    ordered = np.sort(draws)
    threshold = (ordered[-100] + ordered[-101]) / 2
    excess = ordered[-100:] - threshold
    shape = max(0.5 * (1 - excess.mean() ** 2 / excess.var()), 0.0)
    scale = excess.mean() * (1 - shape)
    observed = ordered[-1] + 0.3
    by_hand = 0.1 * stats.genpareto.sf(observed - threshold, shape, scale=scale)
    assert tail_p(draws, observed) == pytest.approx(min(by_hand, 1 / 1001))
    few = draws[:80]
    ordered = np.sort(few)
    threshold = (ordered[-20] + ordered[-21]) / 2
    excess = ordered[-20:] - threshold
    shape = max(0.5 * (1 - excess.mean() ** 2 / excess.var()), 0.0)
    by_hand = 0.25 * stats.genpareto.sf(ordered[-1] + 0.3 - threshold, shape, scale=excess.mean() * (1 - shape))
    assert tail_p(few, ordered[-1] + 0.3) == pytest.approx(min(by_hand, 1 / 81))


def test_a_heavy_tail_is_read_as_heavy() -> None:
    draws = stats.genpareto.ppf((np.arange(4000) + 0.5) / 4000, 0.3)
    observed = float(stats.genpareto.isf(1e-6, 0.3))
    assert 1e-7 < tail_p(draws, observed) < 1e-4


def test_p_values_have_a_floor_and_constant_draws_no_tail() -> None:
    draws = np.random.default_rng(0).normal(size=400)
    assert tail_p(draws, 1e6) == t.P_FLOOR
    assert tail_p(np.zeros(400), 1.0) == pytest.approx(1 / 401)
    assert tail_p(np.zeros(400), 0.0) == 1.0
    assert tail_p(np.arange(t.LEAST_DRAWS - 1.0), 1e9) == 1.0
    assert tail_p(np.arange(t.LEAST_DRAWS * 1.0), 1e9) < 0.05
    assert tail_p(np.append(np.arange(t.LEAST_DRAWS - 1.0), np.inf), 1e9) == 1.0
    assert tail_p(draws, float("inf")) == 1.0


def test_sharing_tails() -> None:
    # Of ten, four hold a thing; three are drawn.
    got = log10_sharing_tail(np.array([3.0, 1.0, 0.0]), 3, np.array([4, 4, 4]), 10)
    assert got.tolist() == pytest.approx([np.log10(4 / 120), np.log10(1 - 20 / 120), 0.0])
    # In a small log the holders are a large part of it, and so are those who are drawn.
    assert log10_sharing_tail(np.array([20.0]), 20, np.array([20]), 50)[0] < -13
    assert log10_sharing_tail(np.array([900.0]), 900, np.array([900]), 10**6)[0] == -300


# Content.


def plain(means: list[list[float]], counts: list[int]) -> Content:
    """Content of which only counts and means matter."""
    array = np.array(means, np.float32)
    none = np.zeros((0, array.shape[1]), np.float32)
    return content_of(np.zeros(0, np.int64), none, np.array(counts), array, none)


def test_features_are_whitened_as_by_hand() -> None:
    rng = np.random.default_rng(1)
    features = (rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5)) + [1, 2, 3, 4, 5]).astype(np.float16)
    features[0, 0] = 500
    owner = np.sort(rng.integers(0, 20, 300))
    made = whiten(features, owner, 22, embedded=3)
    x = features.astype(np.float64)
    x = np.clip((x - x.mean(axis=0)) / x.std(axis=0), -t.CLIP, t.CLIP)
    covariance = x.T @ x / len(x)
    shrunk = (1 - t.SHRINK) * covariance + t.SHRINK * np.diag(np.diag(covariance))
    values, vectors = np.linalg.eigh(shrunk)
    white = (x - x.mean(axis=0)) @ (vectors / np.sqrt(values))
    # Up to the sign of each direction.
    np.testing.assert_allclose(np.abs(made.whitened), np.abs(white), atol=0.02)
    np.testing.assert_allclose(made.raw, x[:, :3], atol=0.01)
    assert made.raw.max() == pytest.approx(t.CLIP)
    assert made.counts.tolist() == np.bincount(owner, minlength=22).tolist()
    for entity in range(20):
        np.testing.assert_allclose(made.means[entity], made.whitened[owner == entity].mean(axis=0), atol=1e-4)
    assert not made.means[20:].any()
    assert made.dimensions == 5
    np.testing.assert_allclose(made.whitened.mean(axis=0), 0, atol=1e-4)


def test_constant_features_and_no_features_raise_nothing() -> None:
    made = whiten(np.ones((30, 3), np.float16), np.repeat(np.arange(10), 3), 10, embedded=2)
    assert np.isfinite(made.whitened).all()
    none = whiten(np.zeros((0, 4), np.float16), np.zeros(0, np.int64), 3, embedded=2)
    assert none.means.shape == (3, 4)
    assert none.raw.shape == (0, 2)
    assert none.counts.tolist() == [0, 0, 0]
    assert len(nearest(none).a) == 0


def test_rows_of_members() -> None:
    made = whiten(
        np.random.default_rng(0).normal(size=(9, 3)).astype(np.float16),
        np.array([0, 0, 2, 2, 2, 3, 5, 5, 5]),
        7,
        embedded=1,
    )
    assert made.rows(np.array([2, 3])).tolist() == [2, 3, 4, 5]
    assert made.rows(np.array([0, 1, 5, 6])).tolist() == [0, 1, 6, 7, 8]


def test_z_is_the_scaled_product_of_means() -> None:
    made = plain([[1, 2, 2, 0], [2, 0, 1, 0]], [9, 4])
    assert made.z(np.array([0]), np.array([1])).tolist() == pytest.approx([np.sqrt(36) * 4 / 2])


def test_directions_are_free_of_noise_and_zero_for_ordinary_entities() -> None:
    # d = 4: telling are those whose n |m|^2 exceeds 4 + 3 sqrt(8) = 12.485.
    made = plain([[3, 0, 0, 0], [0, 1.766, 0, 0], [0, 1.768, 0, 0], [5, 0, 0, 0]], [4, 4, 4, 0])
    assert made.scale().tolist() == pytest.approx([1 / np.sqrt(9 - 1), 0, 1 / np.sqrt(1.768**2 - 1), 0], rel=1e-5)
    assert made.unit()[0].tolist() == pytest.approx([3 / np.sqrt(8), 0, 0, 0])


def test_nearest_are_those_beyond_both_lines() -> None:
    long, part = 8.0, 0.5
    means = [[long, 0, 0, 0], [long, 0, 0, 0], [0, long, 0, 0], [long * part, 0, long, 0], [0, 0, 0, 0.1]]
    made = plain(means, [5, 5, 5, 5, 5])
    found = nearest(made)
    cosine = {(a, b): c for a, b, c in zip(found.a.tolist(), found.b.tolist(), found.cosine.tolist(), strict=True)}
    assert set(cosine) == {(0, 1)}
    assert cosine[0, 1] == pytest.approx(64 / (64 - 4 / 5), rel=1e-5)
    assert found.z.tolist() == pytest.approx([5 * 64 / 2], rel=1e-5)
    # The cosine of the third with the first is .45, short of the line; a longer part lies beyond it.
    means[3][0] = long * 0.7
    assert set(
        zip(
            *(side.tolist() for side in (nearest(plain(means, [5] * 5)).a, nearest(plain(means, [5] * 5)).b)),
            strict=True,
        )
    ) == {
        (0, 1),
        (0, 3),
        (1, 3),
    }
    weak = plain([[2.2, 0, 0, 0], [2.2, 0, 0, 0]], [4, 4])
    assert len(nearest(weak).a) == 1
    assert weak.z(np.array([0]), np.array([1]))[0] > t.LINK_Z
    faint = plain([[1.8, 0, 0, 0], [1.6, 0.9, 0, 0]], [4, 4])
    assert faint.z(np.array([0]), np.array([1]))[0] < t.LINK_Z
    assert len(nearest(faint).a) == 0


def test_nearest_of_many_keeps_the_nearest_and_does_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    means = np.zeros((60, 30), np.float32)
    means[:, 0] = 9
    means[:, 1:] = rng.normal(size=(60, 29)) * 0.7
    made = content_of(
        np.zeros(0, np.int64), np.zeros((0, 30), np.float32), np.full(60, 9), means, np.zeros((0, 1), np.float32)
    )
    every = nearest(made, most=59)
    assert len(every.a) == 60 * 59 // 2
    assert np.all(every.a < every.b)
    cosine = made.unit() @ made.unit().T
    np.fill_diagonal(cosine, -1)
    expected = {tuple(sorted((i, int(j)))) for i in range(60) for j in np.argsort(-cosine[i])[:5]}
    few = nearest(made, most=5)
    assert set(zip(few.a.tolist(), few.b.tolist(), strict=True)) == expected
    for table, pending in ((7, 3), (400, 50)):
        monkeypatch.setattr(neighbours, "_TABLE", table)
        monkeypatch.setattr(neighbours, "_CHUNK", table)
        monkeypatch.setattr(neighbours, "_PENDING", pending)
        few = nearest(made, most=5)
        assert set(zip(few.a.tolist(), few.b.tolist(), strict=True)) == expected


# Interchangeability.


def by_anova(vectors: np.ndarray, owner: np.ndarray) -> float:
    """One-way random effects, as textbooks have it, traces for variances."""
    groups = [vectors[owner == one].astype(np.float64) for one in np.unique(owner)]
    groups = [group for group in groups if len(group) >= 2]
    n = np.array([len(group) for group in groups])
    grand = np.concatenate(groups).mean(axis=0)
    between = sum(len(g) * np.sum((g.mean(axis=0) - grand) ** 2) for g in groups) / (len(groups) - 1)
    within = sum(np.sum((g - g.mean(axis=0)) ** 2) for g in groups) / (n.sum() - len(groups))
    typical = (n.sum() - np.sum(n**2) / n.sum()) / (len(groups) - 1)
    return float((between - within) / (between + (typical - 1) * within))


def test_icc_is_the_textbooks() -> None:
    rng = np.random.default_rng(4)
    owner = np.repeat(np.arange(8), [2, 3, 1, 5, 4, 2, 6, 1])
    vectors = (rng.normal(size=(8, 6))[owner] * 0.6 + rng.normal(size=(len(owner), 6)) + 3).astype(np.float32)
    shuffled = rng.permutation(len(owner))
    found = intraclass_correlation(vectors[shuffled], owner[shuffled])
    whole = by_anova(vectors, owner)
    assert found.icc == pytest.approx(whole, rel=1e-4)
    left = np.array([by_anova(vectors[owner != one], owner[owner != one]) for one in (0, 1, 3, 4, 5, 6)])
    error = np.sqrt(5 / 6 * np.sum((left - left.mean()) ** 2)) * (1 + 2 / 6)
    assert found.standard_error == pytest.approx(error, rel=1e-3)
    assert found.p_value == pytest.approx(stats.t.cdf((whole - t.MARGIN) / error, 5), rel=1e-3)
    assert found.p_apart == pytest.approx(stats.t.sf(whole / error, 5), rel=1e-3)


def test_icc_needs_three_accounts_of_two_prompts() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(9, 4)).astype(np.float32)
    assert np.isfinite(intraclass_correlation(vectors[:6], np.repeat(np.arange(3), 2)).icc)
    two = intraclass_correlation(vectors[:7], np.array([0, 0, 0, 1, 1, 1, 2]))
    assert np.isnan(two.icc)
    assert np.isnan(two.standard_error)
    assert (two.p_value, two.p_apart) == (1.0, 1.0)
    same = intraclass_correlation(np.ones((6, 4), np.float32), np.repeat(np.arange(3), 2))
    assert same.icc == 0.0
    assert same.standard_error == pytest.approx(1e-6)


# Prompt sets, and groups.


def test_repeats_are_told_of_each_member() -> None:
    sets = PromptSets(np.array([1, 2, 3, 2, 9, 4, 1], np.uint64), np.array([0, 3, 5, 5, 6, 7]))
    assert sets.repeats(np.array([0, 1, 2, 3, 4])).tolist() == pytest.approx([2 / 3, 0.5, 0.0, 0.0, 1.0])
    assert sets.repeats(np.array([1, 3])).tolist() == [0.0, 0.0]


def test_communities_are_largest_first_and_dense() -> None:
    def clique(first: int, size: int) -> list[tuple[int, int]]:
        return [(i, j) for i in range(first, first + size) for j in range(i + 1, first + size)]

    a, b = np.array(clique(0, 4) + clique(4, 6) + clique(10, 5) + [(20, 21)]).T
    found = communities(a, b, np.full(len(a), 0.9), 30, resolution=0.05, least=4)
    assert [group.tolist() for group in found] == [[4, 5, 6, 7, 8, 9], [10, 11, 12, 13, 14], [0, 1, 2, 3]]
    assert len(communities(a, b, np.full(len(a), 0.9), 30, resolution=0.05, least=5)) == 2
    assert communities(a, b, np.full(len(a), 0.9), 30, resolution=0.95, least=4) == []
    # A few threads between two groups, each by itself dense, do not join them.
    a, b = np.append(a, 0), np.append(b, 9)
    assert len(communities(a, b, np.full(len(a), 0.9), 30, resolution=0.1, least=4)) == 3


def test_a_matrix_of_postings_keeps_shares() -> None:
    made = Postings.build(np.array([0, 1, 2]), np.array([7, 7, 8], np.uint64), np.array([0.25, 0.5, 0.75]), 4)
    assert isinstance(made.matrix, sparse.csr_matrix)
    assert made.matrix.toarray().tolist() == [[0.25], [0.5], [0.0], [0.0]]
