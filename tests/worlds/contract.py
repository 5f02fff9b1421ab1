"""What the suite of all families is made of: they and their examples, the logs these make, and what is lost of one."""

from functools import cache

import numpy as np
import pytest
from made_exchanges import ORDINARY, TWELVE, World, members

from stillwatch.detection import Background
from stillwatch.evidence import Example, Family, Finding, LogProfile, all_families
from stillwatch.tables import EXCHANGES

FAMILIES = all_families()
EVERY = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
EXAMPLES = [(family, example) for family in FAMILIES.values() for example in family.examples]
EVERY_EXAMPLE = pytest.mark.parametrize(
    ("family", "example"), EXAMPLES, ids=[f"{family.name}: {example.says}" for family, example in EXAMPLES]
)
SEEN = [(family, example) for family, example in EXAMPLES if example.seen]
EVERY_SEEN = pytest.mark.parametrize(
    ("family", "example"), SEEN, ids=[f"{family.name}: {example.says}" for family, example in SEEN]
)
# Beside what families say they read: columns that logs often lack, and that strata are made of.
OFTEN_LACKING = (
    *("created", "payment_id", "email_domain", "client_address", "user_agent", "tls_fingerprint", "country", "plan"),
    *("model", "status", "logprobs", "top_logprobs", "n", "max_tokens"),
)
# What the groups that a family is held against are drawn alike by.
STRATA = ("plan", "country", "user_agent", "created")
NULLABLE = {field.name for field in EXCHANGES if field.nullable}
LOSABLE = sorted({column for family in FAMILIES.values() for column in family.reads} & NULLABLE | set(OFTEN_LACKING))
DRAWS = 600


@cache
def ordinary() -> LogProfile:
    """312 accounts among whom nobody acts with anybody."""
    return World().log()


@cache
def example_log(family: str, number: int) -> LogProfile:
    columns = FAMILIES[family].examples[number].columns
    return World().with_columns(columns).log() if columns else ordinary()


def shown(family: Family, example: Example) -> LogProfile:
    return example_log(family.name, family.examples.index(example))


def found(family: Family, log: LogProfile, who: np.ndarray | None = None) -> Finding:
    who = members(log) if who is None else who
    return family.find(log, who, Background(log, DRAWS, 0))


def groups(log: LogProfile, count: int = 4) -> list[np.ndarray]:
    """Ordinary accounts taken at random, twelve a group."""
    rng = np.random.default_rng(11)
    return [np.sort(rng.choice(min(len(log), ORDINARY), TWELVE, replace=False)) for _ in range(count)]


def lost(columns: tuple[str, ...], share: float, by: str, world: World | None = None) -> LogProfile:
    world = world or World(twelve=False)
    for number, column in enumerate(columns):
        world.without(column, share, by=by, seed=number)
    return world.log()


@cache
def all_lost(share: float, by: str) -> LogProfile:
    """The ordinary log without whatever any family reads."""
    return lost(tuple(LOSABLE), share, by)
