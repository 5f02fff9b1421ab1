"""A telling name that an object gives twice is found, wherever else the name stands."""

import json
import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.ingest.repeated_names import repeated_name

NAMES = ("request", "user", "time", "x", "\\u0072equest")
TEXTS = ("1", "2", "null", '"request"', '"\\"request\\": 1"', '"\\u0072equest"', '"request\\":"')


def value(rng: random.Random, depth: int) -> str:
    """Any JSON value with these names in it, at any depth, as names and as texts."""
    kind = rng.random() if depth < 3 else 1.0
    if kind < 0.4 or not depth:
        pairs = (
            f'"{rng.choice(NAMES)}"{rng.choice((" ", ""))}: {value(rng, depth + 1)}' for _ in range(rng.randrange(5))
        )
        return "{" + ", ".join(pairs) + "}"
    if kind < 0.5:
        return "[" + ", ".join(value(rng, depth + 1) for _ in range(rng.randrange(3))) + "]"
    return rng.choice(TEXTS)


class Pairs(list[tuple[str, Any]]):
    """An object's names and values."""


def twice(raw: str) -> set[str]:
    """Names of an object that have two values."""
    pairs = json.loads(raw, object_pairs_hook=Pairs)
    return {one for one, held in pairs for other, inner in pairs if one == other and held != inner}


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_stands_twice_is_found(seed: int) -> None:
    raw = value(random.Random(seed), 0)
    found = repeated_name(raw.encode(), msgspec.json.decode(raw))
    # A name that is never spelt plainly is not looked for.
    assert found is None or found in twice(raw)
    if "\\u0072" not in raw:
        assert (found is not None) == bool(twice(raw) - {"x"})
