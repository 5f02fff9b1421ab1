"""An allowance lets through what it says at one moment, no request less for a rounding error and none more."""

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stillwatch.gateway import shared_state
from stillwatch.gateway.shared_state import MemoryState


@given(st.floats(1, 2e9), st.integers(1, 5_000), st.integers(1, 40))
# The machine is up for little less than a power of two: the sum of now and a minute has one digit less.
@example(4090.123, 1, 1)
@example(8150.7, 7, 1)
@example(1.77e9 + 0.123456, 7, 30)
def test_exactly_a_burst_passes_at_one_moment(now: float, per_minute: int, burst: int) -> None:
    async def asked() -> list[float]:
        state = MemoryState()
        return [await state.take("a", per_minute, burst) for _ in range(burst + 1)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_state, "time", SimpleNamespace(monotonic=lambda: now))
        *let_through, refused = asyncio.run(asked())
    assert let_through == [0.0] * burst
    assert refused == pytest.approx(60 / per_minute, abs=1e-3)
