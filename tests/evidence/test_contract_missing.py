"""What holds of every family of evidence where a log says less: what is lost proves nothing, and hides little."""

import copy
import math
from functools import cache

import pytest
from contract import (
    DRAWS,
    EVERY,
    EVERY_SEEN,
    FAMILIES,
    LOSABLE,
    NULLABLE,
    OFTEN_LACKING,
    STRATA,
    all_lost,
    found,
    groups,
    lost,
)
from made_exchanges import World

from stillwatch.detection import Background
from stillwatch.evidence import Example, Family, LogProfile


def tells_nothing_new(log: LogProfile) -> None:
    null = Background(log, DRAWS, 0)
    for family in FAMILIES.values():
        for group in groups(log):
            seen = family.find(log, group, null)
            assert 1e-3 < seen.p_value <= 1.0, (family.name, seen)
            assert "nan" not in seen.statement.lower().split()


def what_is_lost_tells_nothing(columns: tuple[str, ...], share: float, by: str) -> None:
    """Asked once of what several families read alike, and of what says nothing to begin with."""
    known = World(twelve=False).said(columns)
    told_once(known, *((share, by) if known else (0.0, "row")))


@cache
def told_once(columns: tuple[str, ...], share: float, by: str) -> None:
    tells_nothing_new(lost(columns, share, by))


def reads(family: Family) -> tuple[str, ...]:
    return tuple(column for column in family.reads if column in NULLABLE)


@pytest.mark.parametrize(("share", "by"), [(0.5, "account"), (1.0, "row")])
def test_everything_may_be_missing_at_once(share: float, by: str) -> None:
    tells_nothing_new(all_lost(share, by))


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize(("share", "by"), [(0.5, "row"), (0.5, "account"), (1.0, "row")])
def test_what_a_family_reads_may_be_missing(family: Family, share: float, by: str) -> None:
    what_is_lost_tells_nothing(reads(family), share, by)


def apart() -> list[tuple[str, ...]]:
    """The columns that may be lacking, several in one log where no family reads two of them: each is told what one loses."""
    sets: list[tuple[str, ...]] = []
    for column in LOSABLE:
        readers = [{*family.reads} for family in FAMILIES.values() if column in family.reads]
        alone = column in STRATA
        fits = (one for one in sets if not {*one} & {*STRATA, *(name for reads in readers for name in reads)})
        with_others = None if alone else next(fits, None)
        if with_others is None:
            sets.append((column,))
        else:
            sets[sets.index(with_others)] = (*with_others, column)
    return sets


@pytest.mark.slow
@pytest.mark.parametrize("columns", apart(), ids=" ".join)
@pytest.mark.parametrize(("share", "by"), [(0.5, "account"), (1.0, "row")])
def test_any_column_may_be_missing(columns: tuple[str, ...], share: float, by: str) -> None:
    what_is_lost_tells_nothing(columns, share, by)


@EVERY_SEEN
def test_a_tenth_lost_hides_nothing(family: Family, example: Example) -> None:
    if not reads(family):
        return
    world = World().with_columns(example.columns)
    assert found(family, lost(reads(family), 0.1, "row", world)).p_value <= 0.05


@pytest.mark.slow
@EVERY_SEEN
def test_a_tenth_of_the_accounts_lost_hides_nothing(family: Family, example: Example) -> None:
    """Each column that it reads by itself, and for the same accounts all others, which strata are made of."""
    own = sorted({*LOSABLE} & {*reads(family)})
    whole = World().with_columns(example.columns)
    each = [whole.said((column,)) for column in own]
    for columns in dict.fromkeys([*each, whole.said(sorted({*OFTEN_LACKING} - {*own}))]):
        world = copy.copy(whole)
        for column in columns:
            world.without(column, 0.1, by="account", seed=0)
        assert found(family, world.log()).p_value <= 0.05, columns


@EVERY_SEEN
def test_a_family_without_its_columns_is_blind(family: Family, example: Example) -> None:
    needed = set(example.columns) & NULLABLE & set(reads(family))
    if not needed:
        return
    seen = found(
        family, lost(tuple(sorted({*needed, *family.needs})), 1.0, "row", World().with_columns(example.columns))
    )
    assert seen.p_value > 0.01
    assert not math.isnan(seen.p_value)
