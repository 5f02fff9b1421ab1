"""What was read for one group is kept for the next, as much of it as there is room for."""

import numpy as np
import pytest

from stillwatch.profiles import rows_at_hand
from stillwatch.profiles.rows_at_hand import RowsAtHand


class Reader:
    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def __call__(self, keys: np.ndarray) -> np.ndarray:
        self.asked.append(keys.tolist())
        return np.stack([keys, keys**2], axis=1).astype(np.float32)


def test_what_was_read_is_not_read_again() -> None:
    reader = Reader()
    rows = RowsAtHand(reader)
    for keys in ([5, 3, 9], [9, 4, 5, 9], [3, 4], []):
        found = rows.of(np.array(keys, np.int64))
        assert found.tolist() == [[key, key**2] for key in keys]
    assert reader.asked == [[3, 5, 9], [4], []]


def test_where_there_is_no_room_what_came_last_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_at_hand, "MOST_NUMBERS", 6)
    reader = Reader()
    rows = RowsAtHand(reader)
    for keys in ([1, 2], [2, 3, 4], [4, 3], [1, 2, 3, 4, 5], [5, 4]):
        assert rows.of(np.array(keys))[:, 0].tolist() == keys
    # Two, then two more in place of them; five are never kept.
    assert reader.asked == [[1, 2], [3, 4], [1, 2, 5], [4]]
