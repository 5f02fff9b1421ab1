"""What a family of evidence is: the columns it needs, what it adds up, how it links, tests, explains and speaks.

To add a family, write one file in ``families/`` that ends with ``FAMILY = YourFamily()``, where ``YourFamily`` derives
from ``Family``. From another package, name that object as an entry point in the group ``stillwatch.evidence``: both
are loaded through the same door, ``registry.load``. Nothing else needs to know: profiles keep what it adds
up, linking weighs its levels, detection runs its test, reports say its sentences. Only ``test`` must be written; every
other method has a default that says nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from stillwatch.evidence.log_profile import I64, LogProfile
from stillwatch.evidence.thresholds import LEAST_MEMBERS
from stillwatch.sketching import Wording

__all__ = ["Count", "Example", "Explanation", "Family", "Finding", "Level", "Null", "Observed", "Side", "Value"]

Side = Literal["content", "coordination", "context"]
"""What a family can show: one source of text, strangers acting together, or neither by itself. A campaign needs one of
the first kind and one of the second; the third weighs in links and portraits only."""

Merge = Literal["sum", "min", "max"]


class Counted(Protocol):
    """From the name of a ``Count`` to its entity, thing and uses, one row a pair."""

    def __call__(
        self, name: str, also: str | None = None
    ) -> tuple[I64, npt.NDArray[np.uint64], npt.NDArray[np.float64]]:
        """Read them; of things that another count has too, where that is named."""


class Value(NamedTuple):
    """One value of an account, added up over its exchanges.

    Attributes:
        sql: an aggregate over the columns of ``exchanges``, or an expression over what is known of the ``account``.
        merge: how two parts of a log, or two accounts of one entity, come together.
        source: which of the two.
    """

    sql: str
    merge: Merge
    source: Literal["exchanges", "account"] = "exchanges"


class Count(NamedTuple):
    """Things an account uses, and how often: adds up by sum.

    Attributes:
        sql: what one row uses, text or a whole number; null where the log does not say. Where ``usual`` is asked of
            numbers, 0 reads as unknown.
        source: the table whose rows are counted: ``exchanges``, ``account`` (one row an account) or ``sketches``.
        usual: whether the most used thing is a column of its own, under the count's name.
        shared: whether entities that use the same thing are compared by it (``LogProfile.shared``).
        kept: whether the run keeps it; what sketches hold is not kept twice.
    """

    sql: str
    source: Literal["exchanges", "account", "sketches", "template_use"] = "exchanges"
    usual: bool = False
    shared: bool = False
    kept: bool = True


class Level(NamedTuple):
    """A level of likeness of two entities; a pair has the first of a family's levels that holds.

    Attributes:
        label: what it means.
        sql: a condition on the pair: ``l.NAME`` and ``r.NAME`` are the entities' columns, ``p.NAME`` what
            ``Family.pair_columns`` gives. Where it is null the log does not say, and the pair gets no weight.
        m: how often two members of one campaign reach it. It cannot be learnt from a log that may hold none: it
            is set from the public record, and flat, so that the weight says how rare a coincidence is. None where
            reaching the level says nothing either way.
        u: how often two strangers reach it; None to measure it on this log.
    """

    label: str
    sql: str
    m: float | None
    u: float | None = None


class Observed(NamedTuple):
    """What one test saw in one group.

    Attributes:
        p_value: against the null.
        statistic: name of the measured quantity.
        value, background: of the group, and of the log's own.
        statement: a plain sentence.
        p_strangers: against a null that also has what one owner's customers share by nature; None where that is the
            same.
    """

    p_value: float
    statistic: str
    value: float
    background: float
    statement: str
    p_strangers: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The strongest of a family's tests of one group, its p-values times their number (Bonferroni).

    ``of_strangers`` is the sentence of the test that is strongest against what one owner's customers share by nature,
    where that is another; ``each`` has of every test its statistic, that p-value of it, and its sentence.
    """

    family: str
    statistic: str
    value: float
    background: float
    p_value: float
    statement: str
    p_strangers: float | None = None
    of_strangers: str | None = None
    each: tuple[tuple[str, float, str], ...] = ()

    @property
    def among_strangers(self) -> float:
        """The p-value against a null that has what one owner's customers share by nature."""
        return self.p_value if self.p_strangers is None else self.p_strangers

    @property
    def tested(self) -> bool:
        """Whether the log had what the family needs."""
        return self.statistic != "none"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One honest explanation: what was measured, and whether it holds; None where that cannot be told.

    ``contradicted_by`` names the families that can rule it out: what each does for itself, no queue deals out; and
    ``contradicted_together`` sets of them, each of which does where all of it find something, be it what one owner's
    customers share by nature.
    ``strangers`` says that it supposes people who have nothing to do with one another beforehand, and ``pay_apart``
    that nobody pays for several of them. ``tested`` says that it is told by what a test measures, so that leaving out
    whom it excuses would choose among p-values.
    ``accounts_for`` names families of whose findings it is no wonder if it holds, and ``beside`` is the group's p-value
    without them; ``natural`` names statistics of the families that can rule it out, which do not.
    ``likely`` says of what cannot be told that it holds rather than not: nobody is watched for that.
    """

    name: str
    statement: str
    holds: bool | None
    contradicted_by: tuple[str, ...] = ()
    contradicted_together: tuple[tuple[str, ...], ...] = ()
    strangers: bool = False
    pay_apart: bool = False
    tested: bool = False
    accounts_for: tuple[str, ...] = ()
    beside: float = 0.0
    natural: tuple[str, ...] = ()
    likely: bool = False


class Example(NamedTuple):
    """Twelve accounts among 300 ordinary ones, and whether the family sees that they act as one.

    Attributes:
        says: one line.
        columns: by column of ``exchanges``: what each row of the twelve holds, from a random generator, the
            account's number and the row's. Columns not named are as everybody's.
        seen: whether the family's test must see it (p at most .01).
    """

    says: str
    columns: Mapping[str, Callable[[np.random.Generator, int, int], Any]]
    seen: bool


class Null(Protocol):
    """Groups drawn from the log's own background (``detection.nulls``)."""

    @property
    def aside(self) -> npt.NDArray[np.bool_] | None:
        """Which entities are never drawn (E): who asks as the group does, members or not; nobody if None."""

    @property
    def of_case(self) -> I64 | None:
        """Entities that were shown to act together with the group tested: they are no strangers to it."""

    def plain(
        self, members: I64, draws: int | None = None, *, whole: bool = False, among: npt.NDArray[np.bool_] | None = None
    ) -> I64:
        """draws x size entities of any volume and age, of the members' plan, region and client where known; ``whole``
        lifts the bound on size."""

    def matched(self, members: I64, draws: int | None = None, *, among: npt.NDArray[np.bool_] | None = None) -> I64:
        """draws x size entities, each like a member in volume and, where known, plan, region, age and client."""


class Family(ABC):
    """One family of evidence.

    Attributes:
        name: lower case; its column in ``links.parquet``.
        sees: in a few words.
        side: what it can show.
        reads: columns of ``exchanges`` that it reads.
        needs: those of them without all of which it is blind; empty where it never is.
        blind_spot: what it cannot see, one sentence.
        values, counts: what is added up for each account, by name.
        wordings: patterns that each sampled prompt is held against.
        marks: whether what it fits entities by is had by nobody by accident.
        owners: whether customers of one owner have what it sees in common by nature.
        within: whether a group that it proposes is worth testing within a larger one that was proposed already.
        redraws: whether its tests draw groups from the log's background.
        examples: worked examples, tested.
    """

    name: ClassVar[str]
    sees: ClassVar[str]
    side: ClassVar[Side]
    reads: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    blind_spot: ClassVar[str]
    values: ClassVar[Mapping[str, Value]] = {}
    counts: ClassVar[Mapping[str, Count]] = {}
    wordings: ClassVar[tuple[Wording, ...]] = ()
    marks: ClassVar[bool] = False
    owners: ClassVar[bool] = False
    within: ClassVar[bool] = False
    redraws: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]]

    @abstractmethod
    def test(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Iterable[Observed]:
        """What is seen in a group, test by test; nothing where the log has no columns to see it by.

        Args:
            log: the whole log.
            members: entities of the group, sorted.
            null: draws groups to hold it against. Draw among those of whom the statistic is known, for what is
                missing must be missing on both sides.
            least: fewer members have nothing in common to test.
        """

    def derive(self, log: LogProfile, counted: Counted) -> object:
        """Worked out once for the log and kept as ``log.derived[name]``."""
        return None

    def levels(self, log: LogProfile) -> Sequence[Level]:
        """Levels of likeness of two entities, strongest first."""
        return ()

    def pair_columns(self, log: LogProfile, a: I64, b: I64) -> Mapping[str, npt.NDArray[Any]]:
        """What levels need of m pairs beside the entities' own columns: arrays of length m, masked where unknown."""
        return {}

    def pairs(self, log: LogProfile) -> tuple[I64, I64]:
        """Pairs worth weighing that no shared thing would propose."""
        none = np.zeros(0, np.int64)
        return none, none

    def crowds(self, log: LogProfile, *, least: int) -> Iterable[I64]:
        """Entities that came at one time, or each of which shares something with somebody: strangers are among them by
        nature, so they are tested without whoever does not fit."""
        return ()

    def groups(self, log: LogProfile, *, least: int, seed: int) -> Iterable[I64]:
        """Groups worth testing that no links of pairs would show, largest first."""
        return ()

    def fit(self, log: LogProfile, members: I64, who: I64, *, kin: I64 | None = None) -> npt.NDArray[np.float64] | None:
        """How much likelier each of ``who`` is under the group's signature than under the log's, in bits.

        Args:
            log: the whole log.
            members: the group.
            who: entities to hold against it.
            kin: others who may be of it, and say nothing of what strangers do.
        """
        return None

    def acts_along(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
        """Which of ``who`` act along with the group."""
        return None

    def explain(self, log: LogProfile, members: I64, bystanders: I64) -> Iterable[Explanation]:
        """Honest explanations of what this family sees."""
        return ()

    def no_strangers(self, log: LogProfile, members: I64) -> str | None:
        """A sentence that says why the members cannot be strangers to one another; None where nothing says so."""
        return None

    def came_along(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
        """Who came while a group did, whatever else either has in common; None where it did not come together, or the
        family knows no coming."""
        return None

    def shown_by(self, log: LogProfile, members: I64) -> npt.NDArray[np.bool_] | None:
        """Which members show what the family finds in the group; None where that is no thing of single accounts."""
        return None

    def holders(self, log: LogProfile, members: I64) -> I64:
        """Everybody who has what marks nearly all of the group, members or not, sorted; nobody where nothing does."""
        return members[:0]

    def find(self, log: LogProfile, members: I64, null: Null, *, least: int = LEAST_MEMBERS) -> Finding:
        """The strongest of the tests."""
        return self.found(list(self.test(log, members, null, least=least)))

    def again(self, log: LogProfile, members: I64, null: Null) -> Finding | None:
        """What a closer look at a few entities finds; None where there is none."""
        return None

    def found(self, tests: Sequence[Observed]) -> Finding:
        """The strongest of these tests."""
        if not tests:
            nan = float("nan")
            return Finding(self.name, "none", nan, nan, 1.0, "The log has no columns to see this by.")
        best = min(tests, key=lambda test: test.p_value)
        apart = min(tests, key=_among_strangers)
        return Finding(
            self.name,
            best.statistic,
            best.value,
            best.background,
            float(min(1.0, best.p_value * len(tests))),
            best.statement,
            None if best.p_strangers is None else float(min(1.0, _among_strangers(apart) * len(tests))),
            None if best.p_strangers is None or apart is best else apart.statement,
            tuple((t.statistic, float(min(1.0, _among_strangers(t) * len(tests))), t.statement) for t in tests),
        )


def _among_strangers(test: Observed) -> float:
    return test.p_value if test.p_strangers is None else test.p_strangers
