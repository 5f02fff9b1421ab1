"""One audit from top to bottom: ask everybody the same, test, correct, grade, say what it does not show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stillwatch.core import BadSetting
from stillwatch.provenance.audit_limits import limits, limits_of_missing, limits_of_tokens
from stillwatch.provenance.audited_model import Answers, AuditedModel, Chat, ask, said_by_user
from stillwatch.provenance.behaviour import behaviour_tests
from stillwatch.provenance.grades import Grade, correct, grade, grade_reasons
from stillwatch.provenance.guardrail import GapRow, guardrail_gap
from stillwatch.provenance.identity_claims import Claims, IdentityProbe, identity_test, read_claims
from stillwatch.provenance.mark import Mark, mark_test
from stillwatch.provenance.missing import Missing, count_missing, too_much_missing
from stillwatch.provenance.power import Cost, Need, plan_power
from stillwatch.provenance.prompts import Prompt
from stillwatch.provenance.refusals import JudgeAccuracy, judge_accuracy
from stillwatch.provenance.results import Test
from stillwatch.provenance.steadiness import Steadiness, steadiness
from stillwatch.provenance.tokens import TokenMatch, compare_counts, strings
from stillwatch.provenance.weights import Lineage, compare_weights

__all__ = ["Audit", "AuditPlan", "audit", "estimate_cost"]

Hear = Callable[[str], None]


@dataclass(frozen=True)
class AuditPlan:
    """What is asked and tested.

    Attributes:
        prompts: for behaviour.
        probes: for identity.
        unsafe, safe: for the guardrail gap; safe ones look unsafe and are not.
        mark: of the teacher's text.
        maker: of the teacher, for identity; who it says it is where empty.
        system: a system prompt before every prompt for behaviour.
        level: of the whole family of tests, after Holm's correction.
        effect: excess similarity that the audit is to find.
        seed: of every random draw.
        labels: labelled completions to hold the refusal judge against; the project's own where None.
        suspect_weights, teacher_weights: folders of safetensors.
        askings: how many times every prompt for behaviour is asked; the tests read the first answers, the others
            tell how far a model agrees with itself.
    """

    prompts: Sequence[Prompt]
    probes: Sequence[IdentityProbe] = ()
    unsafe: Sequence[Prompt] = ()
    safe: Sequence[Prompt] = ()
    mark: Mark | None = None
    maker: str = ""
    system: str = ""
    level: float = 0.01
    effect: float = 0.15
    seed: int = 0
    labels: Path | None = None
    suspect_weights: Path | None = None
    teacher_weights: Path | None = None
    askings: int = 1


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        suspect, teacher, controls: names.
        level: that the tests were held to.
        tests: corrected, in a fixed order, those not made too.
        grade: of the evidence; ``reasons`` say why.
        claims: what each model said of itself.
        tokens: fingerprints; None where usage is not told.
        guardrail: one row a kind of prompt.
        judge: accuracy of the refusal judge; None where nobody was asked anything unsafe.
        lineage: of the weights; None where not given.
        need: what the plan could find.
        cost: what it asked.
        limits: what the audit does not show.
        answers: every model's answers to the prompts for behaviour.
        missing: by model and part of the audit, how many answers were asked for and how many are missing, by why.
        steadiness: how far each model agrees with itself; empty where each was asked once.
    """

    suspect: str
    teacher: str
    controls: tuple[str, ...]
    level: float
    tests: tuple[Test, ...]
    grade: Grade
    reasons: tuple[str, ...]
    claims: Mapping[str, Claims]
    tokens: TokenMatch | None
    guardrail: tuple[GapRow, ...]
    judge: JudgeAccuracy | None
    lineage: Lineage | None
    need: Need
    cost: Cost
    limits: tuple[str, ...]
    answers: Mapping[str, Answers] = field(default_factory=dict)
    missing: Missing = field(default_factory=dict)
    steadiness: Mapping[str, Steadiness] = field(default_factory=dict)


def estimate_cost(plan: AuditPlan, models: int, longest: int, price_in: float | None, price_out: float | None) -> Cost:
    """What a plan asks of so many models.

    Args:
        plan: the plan.
        models: suspect, teacher and controls.
        longest: most tokens of an answer.
        price_in, price_out: of a million tokens.
    """
    chats = plan.askings * _behaviour_chats(plan) + [one.chat for one in plan.probes] + _gap_chats(plan)
    # Four letters a token is the usual English rate.
    tokens_in = sum(sum(len(text) for _, text in chat) // 4 + 8 for chat in chats)
    tokens_in += sum(len(text) // 2 + 8 for text in strings())
    queries = len(chats) + len(strings())
    tokens_out = len(chats) * longest + len(strings())
    price = None
    if price_in is not None and price_out is not None:
        price = models * (tokens_in * price_in + tokens_out * price_out) / 1e6
    return Cost(models * queries, models * tokens_in, models * tokens_out, price)


def audit(
    suspect: AuditedModel,
    teacher: AuditedModel,
    controls: Sequence[AuditedModel],
    plan: AuditPlan,
    *,
    cost: Cost | None = None,
    hear: Hear | None = None,
) -> Audit:
    """Ask, test, correct, grade.

    Args:
        suspect, teacher, controls: the models, names distinct.
        plan: what to ask.
        cost: as estimated.
        hear: told what is being done.

    Raises:
        BadSetting: two models have one name.
        EndpointFailed: a model does not answer.
    """
    models = [suspect, teacher, *controls]
    names = [one.name for one in models]
    if len(set(names)) < len(names):
        raise BadSetting("two models have one name", where="models", hint="name them with NAME=openai:URL")
    say = hear or (lambda _: None)
    heard = [_hear(one, plan, say) for one in models]
    say("testing")
    tests = correct(_tests(heard, names, plan))
    tokens = _tokens(heard, names)
    judge = judge_accuracy(plan.labels) if plan.unsafe or plan.safe else None
    missing = {name: _missing(one) for name, one in zip(names, heard, strict=True)}
    lacking = {kind: _lacking(names, [one.gaps[kind] for one in heard]) for kind in heard[0].gaps}
    lineage = None
    if plan.suspect_weights is not None and plan.teacher_weights is not None:
        lineage = compare_weights(plan.suspect_weights, plan.teacher_weights, seed=plan.seed)
    return Audit(
        suspect.name,
        teacher.name,
        tuple(names[2:]),
        plan.level,
        tuple(tests),
        grade(tests, plan.level, tokens),
        tuple(grade_reasons(tests, plan.level, tokens)),
        {name: one.claims for name, one in zip(names, heard, strict=True) if one.claims is not None},
        tokens,
        tuple(_gap_rows(heard, names, judge, lacking)) if judge is not None else (),
        judge,
        lineage,
        plan_power(len(controls), len(plan.prompts), plan.effect, plan.level),
        cost or estimate_cost(plan, len(models), 256, None, None),
        (
            *limits(tests, len(controls), lineage, planted=plan.mark is not None),
            *limits_of_tokens(tokens),
            *(remark for one in models for remark in one.remarks),
            *limits_of_missing(missing, lacking),
        ),
        {name: one.behaviour for name, one in zip(names, heard, strict=True)},
        missing,
        {name: one.steadiness for name, one in zip(names, heard, strict=True) if one.steadiness is not None},
    )


@dataclass(frozen=True)
class _Heard:
    """Everything one model said."""

    behaviour: Answers
    identity: Answers
    claims: Claims | None
    counts: Sequence[int] | None
    gaps: Mapping[str, Answers]
    steadiness: Steadiness | None


def _behaviour_chats(plan: AuditPlan) -> list[Chat]:
    return [said_by_user(one.text, plan.system) for one in plan.prompts]


def _gap_chats(plan: AuditPlan) -> list[Chat]:
    return [said_by_user(one.text) for one in (*plan.unsafe, *plan.safe)]


def _hear(model: AuditedModel, plan: AuditPlan, say: Hear) -> _Heard:
    say(f"asking {model.name}")
    chats = _behaviour_chats(plan)
    behaviour = ask(model, chats)
    more = [ask(model, chats, logprobs=False, again=again) for again in range(1, plan.askings)]
    identity = ask(model, [one.chat for one in plan.probes], logprobs=False)
    claims = None
    if plan.probes:
        whole = [i for i, there in enumerate(identity.whole) if there]
        claims = read_claims([plan.probes[i] for i in whole], [identity.texts[i] for i in whole])
    gaps = {
        kind: ask(model, [said_by_user(one.text) for one in asked], logprobs=False)
        for kind, asked in (("unsafe", plan.unsafe), ("safe", plan.safe))
        if asked
    }
    counts = model.token_counts(strings())
    return _Heard(behaviour, identity, claims, counts, gaps, steadiness([behaviour, *more]))


def _missing(heard: _Heard) -> dict[str, dict[str, int]]:
    parts = {"identity": heard.identity, **heard.gaps}
    others = {name: count_missing(said.missing) for name, said in parts.items() if said.texts}
    return {"behaviour": heard.behaviour.counts(), **others} if heard.behaviour.texts else others


def _lacking(names: Sequence[str], said: Sequence[Answers]) -> str:
    return too_much_missing({name: one.whole for name, one in zip(names, said, strict=True)})


def _tests(heard: Sequence[_Heard], names: Sequence[str], plan: AuditPlan) -> list[Test]:
    suspect, teacher, *controls = heard
    tests = []
    if suspect.claims is not None and teacher.claims is not None:
        others = {n: one.claims for n, one in zip(names[2:], controls, strict=True) if one.claims is not None}
        lacking = _lacking(names, [one.identity for one in heard])
        tests.append(identity_test(suspect.claims, teacher.claims, others, plan.maker, lacking=lacking))
    tests += behaviour_tests(
        suspect.behaviour,
        teacher.behaviour,
        [one.behaviour for one in controls],
        right=[one.answer for one in plan.prompts],
        seed=plan.seed,
        level=plan.level,
    )
    if plan.mark is not None:
        asked = [one.text for one in plan.prompts]
        pairs = [list(zip(asked, one.behaviour.texts, strict=True)) for one in heard]
        tests.append(mark_test(plan.mark, pairs[0], [pair for one in pairs[2:] for pair in one], seed=plan.seed))
    return tests


def _tokens(heard: Sequence[_Heard], names: Sequence[str]) -> TokenMatch | None:
    suspect, teacher = heard[0].counts, heard[1].counts
    if suspect is None or teacher is None:
        return None
    others = {n: one.counts for n, one in zip(names[2:], heard[2:], strict=True) if one.counts is not None}
    return compare_counts(suspect, teacher, others)


def _gap_rows(
    heard: Sequence[_Heard], names: Sequence[str], judge: JudgeAccuracy, lacking: Mapping[str, str]
) -> list[GapRow]:
    found = []
    for kind in (one for one, why in lacking.items() if not why):
        suspect, teacher, *controls = (one.gaps[kind] for one in heard)
        both = suspect.whole & teacher.whole
        texts = [
            [text for text, there in zip(one.texts, kept, strict=True) if there]
            for one, kept in ((suspect, both), (teacher, both), *((one, one.whole) for one in controls))
        ]
        found.append(guardrail_gap(kind, texts[0], texts[1], dict(zip(names[2:], texts[2:], strict=True)), judge))
    return found
