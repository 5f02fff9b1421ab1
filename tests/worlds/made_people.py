"""Features of prompts by people at large, and of one source among them."""

import numpy as np

from stillwatch.evidence import AtLarge, people_at_large

__all__ = ["EACH", "SHAPE", "WIDTH", "at_large_of", "people", "source"]

WIDTH, EACH = 30, 10
SHAPE = np.random.default_rng(99).normal(size=(WIDTH, WIDTH)) / 5 + np.eye(WIDTH)


def people(rng: np.random.Generator, accounts: int) -> tuple[np.ndarray, np.ndarray]:
    """Prompts of strangers, each with something of its own, and whose they are."""
    owner = np.repeat(np.arange(accounts), EACH)
    own = rng.normal(size=(accounts, WIDTH)) * 0.5
    return (own[owner] + rng.normal(size=(len(owner), WIDTH))) @ SHAPE, owner


def source(rng: np.random.Generator, count: int) -> np.ndarray:
    """Prompts of one matter that people do not ask about."""
    return np.asarray((2.0 * np.sign(np.arange(WIDTH) % 2 - 0.5) + 0.5 * rng.normal(size=(count, WIDTH))) @ SHAPE)


def at_large_of(seed: int) -> AtLarge:
    """Two hundred strangers to hold others against."""
    rng = np.random.default_rng(seed)
    made = people_at_large(people(rng, 200)[0], people(rng, 200), seed=0)
    assert made is not None
    return made
