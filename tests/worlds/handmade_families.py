"""Families of evidence that see what a test tells them to, and a log of strangers around them.

    world = World(60)
    group = world.group(8)
    world.add(told("texts", "content", marks=True, groups=[group], p=1e-9, bits=bits_for(world.size, group, 9.0)))
    world.add(told("clock", "coordination", p=1e-9))
    decided = world.decide(engine)

They go through the same door as any family: links are weighed by the real linker, groups clustered and decided by the
real steps. What is handmade is what each family says, so that one word of it can be moved over the line it decides.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from made_log import made_log

from stillwatch.detection import BesideStream, Decided, decide
from stillwatch.engines import Engine
from stillwatch.evidence import Explanation, Family, Level, LogProfile, Null, Observed, PromptSets, Side
from stillwatch.linking import Linker, Links

__all__ = [
    "Explain",
    "Says",
    "World",
    "bits_for",
    "explanation",
    "larger_than",
    "members",
    "never",
    "pairs_within",
    "prompt_sets",
    "said",
    "told",
]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

Says = Mapping[tuple[int, ...], float] | float
"""A p-value for every group, or one for each group by its members; 1 for any other."""


def said(says: Says, members: I64) -> float:
    """The p-value said of these members."""
    return says if isinstance(says, float) else says.get(tuple(members.tolist()), 1.0)


def bits_for(entities: int, members: Iterable[int], bits: float, others: float = -9.0) -> F64:
    """Bits of each entity of a log: so many for these, so many for all others."""
    out = np.full(entities, others)
    out[list(members)] = bits
    return out


def pairs_within(entities: int, groups: Iterable[Iterable[int]]) -> npt.NDArray[np.bool_]:
    """Which pairs of entities are of one group: a square."""
    out = np.zeros((entities, entities), np.bool_)
    for group in groups:
        out[np.ix_(list(group), list(group))] = True
    return out


def prompt_sets(entities: int, same: Mapping[int, Sequence[int]], each: int = 10) -> PromptSets:
    """Ten distinct prompts of each entity; those of ``same`` are given by number, which others may share."""
    own = [same.get(e, range(10_000 + each * e, 10_000 + each * (e + 1))) for e in range(entities)]
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in own])])
    return PromptSets(np.array([prompt for one in own for prompt in one], np.uint64), offsets)


def explanation(holds: bool | None, name: str = "a reason") -> Explanation:
    """An explanation that holds, is ruled out, or cannot be told."""
    return Explanation(name, f"What was measured of {name}.", holds)


Explain = Callable[[I64, I64], Explanation]
"""An explanation from members and bystanders."""


def never(members: I64, beside: I64) -> Explanation:
    """An explanation that is ruled out for every group."""
    return explanation(False)


def larger_than(size: int, holds: bool | None) -> Explain:
    """An explanation of groups beyond a size, ruled out for others."""
    return lambda members, beside: explanation(holds if len(members) > size else False)


def members(found: Decided) -> list[list[int]]:
    """The members of each campaign, strongest first."""
    return [case.members.tolist() for case in found.campaigns]


def told(
    name: str,
    side: Side,
    *,
    marks: bool = False,
    within: bool = False,
    groups: Sequence[Iterable[int]] = (),
    p: Says | None = 1.0,
    bits: F64 | Callable[[I64], F64] | None = None,
    beside_kin: Callable[[I64], F64] | None = None,
    along: Iterable[int] | Callable[[I64], Iterable[int]] | None = None,
    came: Iterable[int] | None = None,
    explain: Explain | None = None,
    linked: npt.NDArray[np.bool_] | None = None,
    m: float = 0.8,
    shown: Iterable[int] | None = None,
    holders: Iterable[int] = (),
    among_strangers: float | None = None,
) -> Family:
    """A family that says what it is told.

    Args:
        name, side, marks, within: as of any family.
        groups: that it proposes, if large enough.
        p: of a group, by its members; None where it cannot test.
        bits: of each entity of the log, or of each under the signature of some members; None where it has none.
        beside_kin: bits of each entity by who else may be of the group, where some may.
        along: entities that act along with any group, or with some members; None where it cannot tell.
        came: entities that came while any group did; None where it did not come together.
        explain: an explanation from members and bystanders.
        linked: which pairs it links (E x E); ``m`` is how often members are so linked, of which strangers are once in a
            million.
        shown: entities that show what it finds; None where single ones do not.
        holders: entities that have what marks any group.
        among_strangers: p-value against what one owner's customers have by nature, where it tells that apart.
    """

    class Told(Family):
        sees = blind_spot = f"what {name} is told"
        examples = ()

        def test(self, log: LogProfile, members: I64, null: Null, *, least: int = 5) -> Iterable[Observed]:
            if p is None:
                return []
            seen = f"What {name} saw in {len(members)}."
            return [Observed(said(p, members), f"{name} share", 1.0, 0.0, seen, among_strangers)]

        def groups(self, log: LogProfile, *, least: int, seed: int) -> Iterable[I64]:
            return [np.sort(np.array(list(one))) for one in groups if len(list(one)) >= least]

        def fit(self, log: LogProfile, members: I64, who: I64, *, kin: I64 | None = None) -> F64 | None:
            if kin is not None and beside_kin is not None:
                return beside_kin(kin)[who]
            known = bits(members) if callable(bits) else bits
            return None if known is None else known[who]

        def acts_along(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
            return None if along is None else np.isin(who, list(along(members) if callable(along) else along))

        def came_along(self, log: LogProfile, members: I64, who: I64) -> npt.NDArray[np.bool_] | None:
            return None if came is None else np.isin(who, list(came))

        def shown_by(self, log: LogProfile, members: I64) -> npt.NDArray[np.bool_] | None:
            return None if shown is None else np.isin(members, list(shown))

        def holders(self, log: LogProfile, members: I64) -> I64:
            return np.sort(np.array([*holders], np.int64))

        def explain(self, log: LogProfile, members: I64, bystanders: I64) -> Iterable[Explanation]:
            return [] if explain is None else [explain(members, bystanders)]

        def levels(self, log: LogProfile) -> Sequence[Level]:
            return () if linked is None else (Level("linked", f"p.{name}", m, 1e-6),)

        def pair_columns(self, log: LogProfile, a: I64, b: I64) -> Mapping[str, npt.NDArray[Any]]:
            return {} if linked is None else {name: linked[a, b]}

    Told.name, Told.side, Told.marks, Told.within = name, side, marks, within
    return Told()


class World:
    """A log of strangers, and families that are told what they see in it.

    Args:
        size: how many entities.
        given: what ``made_log`` is given.
    """

    def __init__(self, size: int = 60, **given: Any) -> None:
        self.size = size
        self.log = made_log(entities=size, **given)
        self.families: dict[str, Family] = {}

    def add(self, *families: Family) -> "World":
        """With further families."""
        self.families |= {family.name: family for family in families}
        return self

    def linker(self, engine: Engine) -> Linker:
        """Weighs pairs by what the families link."""
        return Linker(engine, self.log, self.families, 0)

    def links(self, linker: Linker, among: Iterable[int] | None = None) -> Links:
        """All pairs of some entities, by default of all, that are weighed highly enough to be kept."""
        known = np.arange(self.size) if among is None else np.sort(np.array(list(among), np.int64))
        a, b = np.triu_indices(len(known), 1)
        return linker.weigh(known[a], known[b])

    def decide(
        self,
        engine: Engine,
        *,
        fdr: float = 0.01,
        among: Iterable[int] | None = None,
        beside: Sequence[BesideStream] = (),
    ) -> Decided:
        """What comes of it; pairs are weighed ``among`` some entities only, others by growth."""
        linker = self.linker(engine)
        links = self.links(linker, among)
        return decide(self.log, self.families, linker, links, draws=200, fdr=fdr, seed=0, beside=beside)
