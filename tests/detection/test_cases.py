"""A case: how far a group is looked at, and what may convict it."""

import numpy as np
import pytest
from handmade_families import World, bits_for, explanation, never, told

from stillwatch.detection import Background, Case, Examiner
from stillwatch.evidence import Explanation, Family, LogProfile, Observed, Side
from stillwatch.evidence.thresholds import DRAWS_ROUGH, HOPELESS, MEMBER_BITS, PROMISING, RESELLER_SIZE

E = 60
GROUP = np.arange(8)
NONE = GROUP[:0]


def examined(world: World, members: np.ndarray = GROUP, *, screened: Side | None = None, draws: int = 500) -> Case:
    return Examiner(world.log, world.families, Background(world.log, draws, 0)).examine(
        members, NONE, screened=screened
    )


def seen_by(case: Case) -> list[str]:
    return [finding.family for finding in case.findings]


def case_of(*holds: bool | None) -> Case:
    return Case(GROUP, NONE, (), tuple(explanation(one) for one in holds), 0.5)


@pytest.mark.parametrize(
    ("holds", "explained", "untold", "may_convict"),
    [
        ((False, False), False, False, True),
        ((False, True), True, False, False),
        ((False, None), False, True, False),
        ((None, True), True, False, False),
        ((), False, False, False),
    ],
)
def test_a_case_may_convict_only_where_every_explanation_was_ruled_out(
    holds: tuple[bool | None, ...], explained: bool, untold: bool, may_convict: bool
) -> None:
    case = case_of(*holds)
    assert (case.explained, case.untold, case.may_convict) == (explained, untold, may_convict)


def test_a_group_is_tested_by_all_and_explained() -> None:
    world = World(E).add(
        told("texts", "content", p=1e-6),
        told("clock", "coordination", p=1e-4, explain=lambda members, beside: explanation(False)),
        told("manner", "context", p=0.7),
    )
    case = examined(world)
    assert seen_by(case) == ["texts", "clock", "manner"]
    assert case.p_value == pytest.approx(1e-4)
    assert [one.name for one in case.explanations] == ["a reason", "licensed distillation"]
    assert case.q_value == 1.0
    assert case.may_convict


def test_bystanders_are_kept_and_told_to_explanations() -> None:
    seen = []

    def explain(members: np.ndarray, beside: np.ndarray):  # type: ignore[no-untyped-def]
        seen.append((members.tolist(), beside.tolist()))
        return explanation(False)

    world = World(E).add(told("texts", "content", p=1e-6, explain=explain), told("clock", "coordination", p=1e-4))
    case = Examiner(world.log, world.families, Background(world.log, 500, 0)).examine(GROUP, np.array([20, 21]))
    assert seen == [([*range(8)], [20, 21])]
    assert (case.members.tolist(), case.bystanders.tolist()) == ([*range(8)], [20, 21])


@pytest.mark.parametrize(("p", "left"), [(HOPELESS, False), (HOPELESS + 1e-6, True)])
def test_a_group_that_nothing_coordinates_is_left_early(p: float, left: bool) -> None:
    case = examined(World(E).add(told("texts", "content", p=1e-9), told("clock", "coordination", p=p)))
    assert seen_by(case) == (["clock"] if left else ["texts", "clock"])
    assert case.p_value == pytest.approx(p)
    assert bool(case.explanations) is not left


def test_the_least_p_value_counts_each_family_of_coordination_that_could_test() -> None:
    # Twice .03 is beyond the line, once is not.
    two = World(E).add(
        told("texts", "content", p=1e-9), told("clock", "coordination", p=0.03), told("hands", "coordination", p=0.9)
    )
    assert seen_by(examined(two)) == ["clock", "hands"]
    assert examined(two).p_value == pytest.approx(0.06)
    blind = World(E).add(
        told("texts", "content", p=1e-9), told("clock", "coordination", p=0.03), told("hands", "coordination", p=None)
    )
    assert seen_by(examined(blind)) == ["texts", "clock", "hands"]
    nobody = World(E).add(told("texts", "content", p=1e-9), told("clock", "coordination", p=None))
    assert examined(nobody).p_value == 1.0
    three = World(E).add(*(told(f"clock{n}", "coordination", p=0.4) for n in range(3)))
    assert examined(three).p_value == 1.0


def test_one_source_alone_is_looked_at_no_further() -> None:
    world = World(E).add(
        told("semantics", "content", p=1e-12, explain=lambda members, beside: explanation(False)),
        told("clock", "coordination", p=0.5),
        told("manner", "context", p=0.5),
    )
    case = examined(world, np.arange(40))
    assert seen_by(case) == ["clock"]
    assert not case.explanations
    assert case.p_value == pytest.approx(0.5)


class Draws:
    """Notes how many groups a test may draw, and who may be drawn."""

    def __init__(self, p_rough: float) -> None:
        self.p_rough, self.draws, self.drawn = p_rough, list[int](), set[int]()

    def family(self) -> Family:
        family = told("clock", "coordination", p=1e-6)
        noted = self

        def test(log: LogProfile, members: np.ndarray, null, *, least: int = 5):  # type: ignore[no-untyped-def]
            noted.draws.append(len(null.plain(members)))
            noted.drawn |= set(null.plain(members).ravel().tolist())
            rough = noted.draws[-1] == DRAWS_ROUGH
            found = told("clock", "coordination", p=noted.p_rough if rough else 1e-6)
            return found.test(log, members, null)

        family.test = test  # type: ignore[method-assign]
        return family


@pytest.mark.parametrize(
    ("screened", "rough", "draws"),
    [
        (None, 0.9, [500]),
        ("coordination", PROMISING, [DRAWS_ROUGH, 500]),
        ("coordination", PROMISING + 1e-6, [DRAWS_ROUGH]),
    ],
)
def test_a_first_look_leaves_the_hopeless(screened: Side | None, rough: float, draws: list[int]) -> None:
    noted = Draws(rough)
    case = examined(World(E).add(told("texts", "content", p=1e-9), noted.family()), screened=screened)
    assert noted.draws == draws
    assert case.p_value == pytest.approx(1e-6 if draws[-1] == 500 else rough)


def test_nobody_is_left_on_a_first_look_unless_it_was_asked_for() -> None:
    noted = Draws(0.9)
    world = World(E).add(told("texts", "content", p=1e-9), noted.family())
    case = Examiner(world.log, world.families, Background(world.log, 500, 0)).examine(GROUP, NONE)
    assert noted.draws == [500]
    assert case.explanations


@pytest.mark.parametrize(("bits", "drawn"), [(MEMBER_BITS, False), (MEMBER_BITS - 1e-9, True)])
def test_who_asks_as_the_group_does_is_never_drawn(bits: float, drawn: bool) -> None:
    noted, known = Draws(0.1), bits_for(E, GROUP, 9.0, -1.0)
    known[20] = bits
    examined(World(E).add(told("texts", "content", p=1e-9, bits=known), noted.family()), screened="coordination")
    assert not noted.drawn & set(range(8))
    assert (20 in noted.drawn) is drawn
    assert 21 in noted.drawn


class Matter:
    """What a look at all that accounts send together tells, and of how many it was asked."""

    def __init__(self, own: float | None = None, resold: bool | None = None) -> None:
        self.own, self.told, self.asked, self.held = own, resold, list[int](), list[int]()

    def __call__(self, members: np.ndarray) -> Observed | None:
        self.asked.append(len(members))
        return None if self.own is None else Observed(self.own, "share", 0.3, 0.0, "Of one matter.", self.own)

    def resold(self, members: np.ndarray, *, hardly: bool = False, open_too: bool = True) -> Explanation | None:
        self.held.append(len(members))
        return None if self.told is None else explanation(self.told, "a reseller")


def of_a_matter(own: float | None, *, shown: float, clock: float = 1e-9) -> tuple[Case, list[int]]:
    """Accounts whose questions could be swapped, of no matter of their own as far as their means show; several payments
    tie them."""
    matter = Matter(own)
    swapped, tied = told("semantics", "content", p=1e-9, among_strangers=shown), told("hands", "coordination", p=clock)
    type(tied).owners = True
    world = World(E).add(swapped, tied)
    case = Examiner(world.log, world.families, Background(world.log, 500, 0), matter).examine(GROUP, NONE)
    return case, matter.asked


def of_a_text(matter: Matter, *, owners: float = 1e-9, clock: float = 0.5) -> Case:
    """Accounts that have a text in common and several payments."""
    text = told("structure", "content", p=1e-9, among_strangers=1e-9)
    hands = told("hands", "coordination", p=1e-9, among_strangers=owners)
    type(text).owners = type(hands).owners = True
    world = World(E).add(text, hands, told("clock", "coordination", p=clock))
    return Examiner(world.log, world.families, Background(world.log, 500, 0), matter).examine(GROUP, NONE)


@pytest.mark.parametrize(("told", "convicts"), [(True, False), (False, True), (None, True)])
def test_a_text_and_several_payments_convict_nobody_whose_talk_is_peoples_own(
    told: bool | None, convicts: bool
) -> None:
    matter = Matter(resold=told)
    case = of_a_text(matter)
    assert case.p_value < 1e-6
    assert case.may_convict is convicts
    assert matter.held == [len(GROUP)]


def test_a_reseller_is_thought_of_wherever_a_group_may_be_convicted() -> None:
    """His software shares what he forwards out over his accounts, as evenly as a campaign's does."""
    matter = Matter(resold=True)
    case = of_a_text(matter, clock=1e-9)
    assert case.p_value < 1e-6
    assert not case.may_convict
    assert of_a_text(matter, owners=1.0).p_value > HOPELESS
    assert matter.held == [len(GROUP)]


@pytest.mark.parametrize(
    ("of_strangers", "clock", "convicts"),
    [(1.0, 1e-3, False), (1e-9, 1e-3, True), (1.0, 1e-9, True)],
    ids=["a text and even volumes", "questions that people do not ask", "one clock"],
)
def test_of_too_few_requests_a_reseller_is_ruled_out_by_questions_or_a_clock(
    of_strangers: float, clock: float, convicts: bool
) -> None:
    class Few(Matter):
        def resold(self, members: np.ndarray, *, hardly: bool = False, open_too: bool = True) -> Explanation | None:
            return explanation(None, "a reseller") if open_too else None

    text, asked = (
        told("structure", "content", p=1e-9),
        told("semantics", "content", p=1e-9, among_strangers=of_strangers),
    )
    type(text).owners = True
    made = World(E).add(text, asked, told("clock", "coordination", p=clock, explain=never))
    case = Examiner(made.log, made.families, Background(made.log, 500, 0), Few()).examine(GROUP, NONE)
    assert case.p_value < HOPELESS
    assert case.may_convict is convicts


@pytest.mark.parametrize(("size", "convicts"), [(RESELLER_SIZE, False), (RESELLER_SIZE + 1, True)])
def test_of_more_accounts_than_a_reseller_has_nothing_is_left_open(size: int, convicts: bool) -> None:
    """869 accounts on 370 cards, whose talk is of matters that people at large hardly ask of."""

    class Open(Matter):
        def resold(self, members: np.ndarray, *, hardly: bool = False, open_too: bool = True) -> Explanation | None:
            return explanation(None, "a reseller") if open_too else None

    text, hands = told("structure", "content", p=1e-9), told("hands", "coordination", p=1e-9, explain=never)
    type(text).owners = type(hands).owners = True
    log = World(2 * RESELLER_SIZE).add(text, hands, told("hands of many", "coordination", p=1e-9, among_strangers=1e-9))
    type(log.families["hands of many"]).owners = True
    case = Examiner(log.log, log.families, Background(log.log, 500, 0), Open()).examine(np.arange(size), NONE)
    assert case.p_value < HOPELESS
    assert case.may_convict is convicts


def test_a_matter_of_ones_own_is_looked_for_where_nothing_else_is_left_open() -> None:
    assert of_a_matter(1e-7, shown=0.5)[0].p_value == pytest.approx(2e-7)
    assert of_a_matter(None, shown=0.5)[0].p_value == pytest.approx(0.5)
    assert of_a_matter(0.2, shown=0.5)[0].p_value == pytest.approx(0.4)
    # It is shown already, or they do not act together.
    assert of_a_matter(1e-7, shown=1e-6)[1] == []
    assert of_a_matter(1e-7, shown=0.5, clock=0.02)[1] == []


def test_a_part_of_a_case_knows_who_was_shown_to_act_together_with_it() -> None:
    world = World(E).add(told("texts", "content", p=1e-9), told("clock", "coordination", p=1e-9))
    examiner = Examiner(world.log, world.families, Background(world.log, 100, 0))
    whole = np.arange(12)
    assert examiner.examine(whole, whole[:0]).together.tolist() == whole.tolist()
    part = examiner.examine(whole[:8], whole[8:], of_case=whole)
    assert part.members.tolist() == whole[:8].tolist()
    assert part.together.tolist() == whole.tolist()


def test_who_left_a_case_is_never_drawn_for_a_part_of_it() -> None:
    """Whoever signed up and asks as a part of a case does would make what it does common."""
    world = World(200).add(told("texts", "content", p=1e-9))
    drawn: list[np.ndarray] = []

    class Clock(type(told("clock", "coordination"))):  # type: ignore[misc]
        def test(self, log: LogProfile, members: np.ndarray, null: Background, **given: int) -> list[Observed]:
            drawn.append(np.unique(null.plain(members)))
            return [Observed(1e-9, "seen", 1.0, 0.0, "Seen.")]

    world.add(Clock())
    whole = np.arange(40)
    Examiner(world.log, world.families, Background(world.log, 400, 0)).examine(whole[:20], NONE, of_case=whole)
    assert not np.isin(drawn[0], whole).any()
    assert len(drawn[0]) > 100
