"""From links to campaigns: cluster, test, clear the innocent, tell members apart, join pieces.

    links > clusters > members and bystanders > tests > honest explanations > q-values > joined

A cluster is tested as it stands after its bystanders are set aside, on the families of
``families.py``; a cluster with an honest explanation that holds is never a campaign, and its
accounts are at most watched.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from stillwatch.campaigns.clustering import clusters
from stillwatch.campaigns.content import Neighbours
from stillwatch.campaigns.explanations import REPEATS, Explanation, explain
from stillwatch.campaigns.families import FAMILY_TESTS, apartness
from stillwatch.campaigns.linkage import Links
from stillwatch.campaigns.membership import RECRUIT_BITS, fit, recruited
from stillwatch.campaigns.significance import COORDINATION, campaign_p, q_values
from stillwatch.campaigns.world import Finding, World

__all__ = ["LEAST_MEMBERS", "LEAST_WATCHED", "ONE_SOURCE", "Case", "candidate_groups", "investigate", "parts"]

LEAST_MEMBERS = 5
"""Fewer strangers than this are not called a campaign: interchangeability cannot be shown on them."""

I64 = npt.NDArray[np.int64]

LEAST_WATCHED = 12
"""Fewer who merely ask from one source are not watched."""

ONE_SOURCE = 1e-9
"""p-value from which one source of questions alone is watched: far beyond what any topic that people share came
to on honest weeks (1e-7)."""

LEAST_COHORT = 8
_HOPELESS = 0.05
_PROMISING = 0.3
_ROUGH_DRAWS = 200
_FILLED = 0.5
_COVERED = 0.8
_MOST_COHORTS = 500
_MEMBER_BITS = 2.0


@dataclass(frozen=True, slots=True)
class Case:
    """A cluster and what was found about it.

    Attributes:
        members: entities judged to act together.
        bystanders: entities linked to them and judged not to.
        findings: one a family.
        explanations: honest explanations considered.
        p_value, q_value: of the partial conjunction over families, and after FDR control.
    """

    members: I64
    bystanders: I64
    findings: tuple[Finding, ...]
    explanations: tuple[Explanation, ...]
    p_value: float
    q_value: float = 1.0

    @property
    def explained(self) -> bool:
        """Whether an honest explanation holds."""
        return any(e.holds for e in self.explanations)


def _examine(world: World, members: I64, bystanders: I64, rough: World | None = None) -> Case:
    """Test a cluster on every family, as far as it can matter.

    Args:
        world: the log as the tests see it.
        members, bystanders: the cluster.
        rough: the same with few draws, to leave hopeless clusters early (Besag and Clifford 1991).
    """
    findings = {family: FAMILY_TESTS[family](rough or world, members) for family in COORDINATION}
    if rough is not None and _without_content(findings) <= _PROMISING:
        findings = {family: FAMILY_TESTS[family](world, members) for family in COORDINATION}
    if _without_content(findings) > _HOPELESS:
        # Nothing is coordinated: it can at most be watched, for its one source of questions alone.
        if len(members) >= LEAST_WATCHED and apartness(world, members).p_value <= ONE_SOURCE:
            findings["semantics"] = FAMILY_TESTS["semantics"](world, members)
        seen = findings.get("semantics")
        if seen is None or seen.p_value > ONE_SOURCE:
            return Case(members, bystanders, tuple(findings.values()), (), _without_content(findings))
    findings = {family: findings.get(family) or test(world, members) for family, test in FAMILY_TESTS.items()}
    explanations = explain(world, members, bystanders)
    return Case(members, bystanders, tuple(findings.values()), explanations, campaign_p(_known(findings)))


def _without_content(findings: dict[str, Finding]) -> float:
    """The least p-value that the cluster can come to."""
    coordinated = {family: findings[family] for family in COORDINATION}
    return campaign_p({**_known(coordinated), "structure": 0.0})


def _known(findings: dict[str, Finding]) -> dict[str, float]:
    return {family: found.p_value for family, found in findings.items() if found.statistic != "none"}


def parts(world: World, cluster: I64) -> list[tuple[I64, I64]]:
    """What a cluster falls into: those who repeat one another and those who do not, each with the other
    as its bystanders. Whoever runs one published set has a reason of its own."""
    shares = world.asked.repeats(cluster)
    honest = shares > 2 * REPEATS
    if honest.all() or not honest.any():
        return [(cluster, cluster[:0])]
    return [(cluster[~honest], cluster[honest]), (cluster[honest], cluster[~honest])]


def _tell_apart(world: World, members: I64) -> tuple[I64, I64]:
    """Split a cluster into those who fit its signature and those who are merely linked."""
    inside, outside = members, members[:0]
    for _ in range(3):
        bits = fit(world, inside, members).bits
        before = len(inside)
        inside, outside = members[bits >= _MEMBER_BITS], members[bits < _MEMBER_BITS]
        if len(inside) in range(LEAST_MEMBERS) or len(inside) == before:
            break
    return inside, outside


def _recruit(world: World, case: Case, taken: npt.NDArray[np.bool_]) -> Case:
    """Add entities from the whole log that fit a campaign's signature as well as its members do."""
    members = recruited(world, case.members, taken)
    if len(members) == len(case.members):
        return case
    whole = _examine(world, members, np.setdiff1d(case.bystanders, members))
    # What is told is told of all members; what convicts is the test of those the links found.
    return replace(whole, p_value=case.p_value, q_value=case.q_value)


def _same_campaign(world: World, a: Case, b: Case) -> bool:
    """Whether two cases are pieces of one: each one's members fit the other's signature."""
    there = np.median(fit(world, a.members, b.members).bits)
    back = np.median(fit(world, b.members, a.members).bits)
    return bool(min(there, back) >= RECRUIT_BITS / 2 and max(there, back) >= RECRUIT_BITS)


def _join(world: World, cases: list[Case]) -> list[Case]:
    """Join pieces of one campaign, for as long as any two are."""
    joined: list[Case] = []
    for case in cases:
        for place, other in enumerate(joined):
            if _same_campaign(world, case, other):
                members = np.union1d(case.members, other.members)
                bystanders = np.setdiff1d(np.union1d(case.bystanders, other.bystanders), members)
                whole = _examine(world, members, bystanders)
                joined[place] = replace(
                    whole,
                    p_value=min(case.p_value, other.p_value),
                    q_value=min(case.q_value, other.q_value),
                )
                break
        else:
            joined.append(case)
    return joined if len(joined) == len(cases) else _join(world, joined)


def candidate_groups(
    world: World, links: Links, near: Neighbours, seed: int, least: int = LEAST_MEMBERS, cohort: int = LEAST_COHORT
) -> list[I64]:
    """Groups worth testing, from three sides: all content together, questions alone, texts alone.

    A group that an earlier one covers is left out.
    """
    entities = len(world.traits.entities)
    probability = links.content_probability()
    kept = probability > 0.5
    alike = np.clip(near.cosine, 0.0, 1.0)
    with ThreadPoolExecutor(2) as threads:
        of_links = threads.submit(
            clusters, links.a[kept], links.b[kept], probability[kept], entities, least=least, seed=seed
        )
        of_questions = threads.submit(clusters, near.a, near.b, alike, entities, resolution=0.1, least=least, seed=seed)
        found, asked = of_links.result(), of_questions.result()
    covered = np.full(entities, -1)
    for number, cluster in enumerate(found):
        covered[cluster] = number
    for group in asked:
        if _cover(covered, group) < _COVERED:
            covered[group] = len(found)
            found.append(group)
    return [*found, *_cohorts(world, covered, cohort)]


def _cover(covered: I64, group: I64) -> float:
    """Largest share of a group that one earlier group holds."""
    return float(np.bincount(covered[group] + 1, minlength=1)[1:].max(initial=0) / len(group))


def _cohorts(world: World, covered: I64, least: int) -> list[I64]:
    """Entities that one text fills: groups that no pair of entities would show.

    Four requests an account link nobody; one sentence in the requests of a thousand accounts is
    seen from the exchange's side. Cohorts that a cluster or a larger cohort covers are left out.

    Args:
        world: the log as the tests see it.
        covered: number of the cluster each entity is in, or -1 (E).
        least: smaller cohorts are left out.
    """
    texts = world.traits.texts
    filled = texts.matrix.copy()
    filled.data = (filled.data >= _FILLED).astype(np.float64)
    filled.eliminate_zeros()
    columns = filled.tocsc()
    size = np.diff(columns.indptr)
    found: list[I64] = []
    for text in np.argsort(-size, kind="stable"):
        if size[text] < least or len(found) == _MOST_COHORTS:
            break
        members = np.sort(columns.indices[columns.indptr[text] : columns.indptr[text + 1]]).astype(np.int64)
        # A cluster that holds most of a cohort already stands for it.
        if _cover(covered, members) >= _COVERED:
            continue
        if any(len(np.intersect1d(members, other)) >= 0.5 * len(members) for other in found):
            continue
        found.append(members)
    return found


def _control(cases: list[Case], fdr: float) -> list[Case]:
    """q-values over the clusters, a part of a found whole not counted as a find of its own.

    Each find makes the next easier in Benjamini and Hochberg's procedure; ten pieces of one campaign
    would let a chance group through.
    """
    while True:
        p = np.array([1.0 if case.explained else case.p_value for case in cases])
        cases = [replace(case, q_value=float(q)) for case, q in zip(cases, q_values(p), strict=True)]
        wholes = [case for case in cases if case.q_value <= fdr]
        parts = {id(case) for case in wholes if any(_is_part(case, whole) for whole in wholes)}
        if not parts:
            return cases
        cases = [case for case in cases if id(case) not in parts]


def _is_part(case: Case, whole: Case) -> bool:
    inside = len(np.intersect1d(case.members, whole.members))
    return len(whole.members) > len(case.members) and inside >= _COVERED * len(case.members)


def investigate(
    world: World,
    links: Links,
    near: Neighbours,
    *,
    fdr: float,
    seed: int,
) -> tuple[list[Case], list[Case]]:
    """Find campaigns among linked entities.

    Args:
        world: the log as the tests see it.
        links: weighed pairs.
        near: entities that ask alike.
        fdr: share of false campaigns to accept among those reported.
        seed: of clustering.

    Returns:
        Campaigns, and the clusters that were tested and are none, both strongest first.
    """
    cases = []
    rough = replace(world, background=replace(world.background, draws=_ROUGH_DRAWS))
    for cluster in candidate_groups(world, links, near, seed):
        for part, beside in parts(world, cluster):
            inside, outside = _tell_apart(world, part)
            if len(inside) >= LEAST_MEMBERS:
                cases.append(_examine(world, inside, np.union1d(outside, beside), rough))
    cases = _control(cases, fdr)
    cases.sort(key=lambda case: (case.q_value, case.p_value, -len(case.members)))
    convicted = [case for case in cases if case.q_value <= fdr]
    others = [case for case in cases if case.q_value > fdr]
    convicted = _join(world, convicted)
    taken = np.zeros(len(world.traits.entities), np.bool_)
    for case in convicted:
        taken[case.members] = True
    grown = []
    for case in convicted:
        wider = _recruit(world, case, taken)
        taken[wider.members] = True
        grown.append(wider)
    return grown, others
