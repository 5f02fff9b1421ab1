"""Names by number are counted as numpy counts the names."""

import numpy as np

from stillwatch.evidence.numbers import Numbers


def test_numbers_are_counted_as_names_are() -> None:
    rng = np.random.default_rng(0)
    names = rng.choice(rng.integers(0, 2**63, 400).astype(np.uint64) * np.uint64(2), 5000)
    made = Numbers(names)
    assert np.array_equal(made.names[made.of], names)
    for size in (0, 1, 700, 5000):
        some = rng.choice(5000, size, replace=False)
        different, which, often = made.counted(made.of[some])
        expected = np.unique(names[some], return_inverse=True, return_counts=True)
        for got, wanted in zip((made.names[different], which, often), expected, strict=True):
            assert np.array_equal(got, wanted)


def test_where_names_are_given() -> None:
    made = Numbers(np.array([30, 10, 30, 20, 10], np.uint64))
    assert made.names.tolist() == [10, 20, 30]
    assert made.places(np.array([0, 2], np.int32)).tolist() == [1, 4, 0, 2]
    assert made.places(np.zeros(0, np.int32)).tolist() == []
