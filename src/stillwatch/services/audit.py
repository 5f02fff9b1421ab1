"""One audit as a user asks for it: opens the models, says what it needs and costs, runs, writes its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stillwatch.core import BadSetting, OutputExists
from stillwatch.provenance import (
    AuditPlan,
    Cost,
    Need,
    Prompt,
    audit,
    estimate_cost,
    identity_probes,
    judge_accuracy,
    made_prompts,
    plan_power,
    read_prompts,
    write_audit,
)
from stillwatch.services.audited_mark import read_mark
from stillwatch.services.audited_models import AskSettings, open_model, weights_folder

__all__ = ["AuditFiles", "AuditPrices", "AuditRun", "AuditSizes", "Forecast", "forecast", "make_plan", "run_audit"]


@dataclass(frozen=True, slots=True)
class AuditFiles:
    """What a user may give an audit to read.

    Attributes:
        prompts: for behaviour; made ones where None.
        unsafe, safe: for the guardrail gap.
        labels: labelled completions for the refusal judge.
        watermark_key: a file that holds the number, or the JSON of a watermark of transformers.
        watermark_tokenizer: ``tokenizer.json`` of the model that was marked.
        unmarked: JSONL of ``prompt`` and ``response`` written by the teacher without the mark.
        suspect_weights, teacher_weights: folders; those of ``hf:`` models where None.
    """

    prompts: Path | None = None
    unsafe: Path | None = None
    safe: Path | None = None
    labels: Path | None = None
    watermark_key: Path | None = None
    watermark_tokenizer: Path | None = None
    unmarked: Path | None = None
    suspect_weights: Path | None = None
    teacher_weights: Path | None = None


@dataclass(frozen=True, slots=True)
class AuditSizes:
    """How much is asked, and how strictly.

    Attributes:
        queries: prompts for behaviour.
        identity: ways of asking who a model is.
        guardrail: prompts of each kind for the gap, at most.
        level: after correction.
        effect: excess similarity to find.
        gamma: share of green words of the watermark.
        seed: of every draw.
        askings: times that every prompt for behaviour is asked.
    """

    queries: int = 240
    identity: int = 60
    guardrail: int = 100
    level: float = 0.01
    effect: float = 0.15
    gamma: float = 0.25
    seed: int = 0
    askings: int = 1


@dataclass(frozen=True, slots=True)
class AuditPrices:
    """Of a million tokens, for the estimate; None for no estimate."""

    tokens_in: float | None = None
    tokens_out: float | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an audit needs and costs, before it runs. Prints as a few lines."""

    need: Need
    cost: Cost

    def __str__(self) -> str:
        need, cost = self.need, self.cost
        others = f"{need.controls} control{'' if need.controls == 1 else 's'}"
        lines = [
            f"{need.prompts} prompts and {others} find an excess similarity of {need.detectable:.3f} "
            f"four times in five; asked for: {need.effect:g}"
        ]
        if not np.isfinite(need.detectable):
            lines = [f"{others}: behaviour is not tested, it needs 3 or more and 8 are worth their cost"]
        elif not need.enough:
            prompts = f"{need.prompts_needed} prompts" if need.prompts_needed else "no number of prompts"
            controls = f"{need.controls_needed} controls" if need.controls_needed else "no number of controls"
            lines.append(f"for that: {prompts} with these controls, or {controls} with these prompts")
        if need.controls:
            lines.append(f"least exact p-value with {others}: {need.exact_floor:.3f}")
        lines.append(
            f"cost: {cost.queries:,} requests, at most {cost.tokens_in:,} tokens in and {cost.tokens_out:,} out"
            + ("" if cost.price is None else f", at most {cost.price:,.2f}")
        )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class AuditRun:
    """What came of it. Prints as a few lines."""

    grade: str
    reasons: tuple[str, ...]
    report: Path
    tests: int = field(default=0)

    def __str__(self) -> str:
        said = "\n".join(f"  {reason}" for reason in self.reasons)
        return f"evidence: {self.grade}\n{said}\nWhat this does not show stands in the report: {self.report}"


def make_plan(
    suspect: str, teacher: str, files: AuditFiles, sizes: AuditSizes, *, maker: str, system: str
) -> AuditPlan:
    """Read everything that an audit asks.

    Raises:
        UnreadableInput, BadTable, EmptyInput: a file is not what it should be.
        BadSetting: a size is out of range.
    """
    if not 0 < sizes.level <= 0.05:
        raise BadSetting("is above 0 and at most 0.05", where="setting level")
    if sizes.queries < 1 or sizes.identity < 0 or sizes.effect <= 0 or sizes.askings < 1:
        raise BadSetting("sizes are positive", where="settings queries, identity, effect, askings")
    if files.labels is not None:
        judge_accuracy(files.labels)  # A file that will not do is told before anybody is asked.
    seed = sizes.seed
    prompts = made_prompts(sizes.queries, seed) if files.prompts is None else read_prompts(files.prompts)
    return AuditPlan(
        prompts=_some(prompts, sizes.queries, seed),
        probes=identity_probes(sizes.identity, seed),
        unsafe=_some(read_prompts(files.unsafe), sizes.guardrail, seed) if files.unsafe else (),
        safe=_some(read_prompts(files.safe), sizes.guardrail, seed) if files.safe else (),
        mark=read_mark(files.watermark_key, files.watermark_tokenizer, files.unmarked, sizes.gamma),
        maker=maker,
        system=system,
        level=sizes.level,
        effect=sizes.effect,
        seed=seed,
        labels=files.labels,
        suspect_weights=files.suspect_weights or weights_folder(suspect),
        teacher_weights=files.teacher_weights or weights_folder(teacher),
        askings=sizes.askings,
    )


def forecast(plan: AuditPlan, controls: int, max_tokens: int, prices: AuditPrices) -> Forecast:
    """What a plan needs and costs."""
    return Forecast(
        plan_power(controls, len(plan.prompts), plan.effect, plan.level),
        estimate_cost(plan, controls + 2, max_tokens, prices.tokens_in, prices.tokens_out),
    )


def run_audit(
    suspect: str,
    teacher: str,
    controls: Sequence[str],
    plan: AuditPlan,
    out: Path,
    settings: AskSettings,
    *,
    cost: Cost | None = None,
    hear: Callable[[str], None] | None = None,
) -> AuditRun:
    """Ask every model, test, and write OUT. What was answered stays on record, so that a run that stops carries on.

    Raises:
        OutputExists: OUT holds a finished audit.
        EndpointFailed, UnreadableInput, BadSetting: a model cannot be asked.
    """
    if (out / "audit.json").exists():
        raise OutputExists("the folder holds a finished audit", where=str(out), hint="give --out another folder")
    found = audit(
        open_model(suspect, settings),
        open_model(teacher, settings),
        [open_model(one, settings) for one in controls],
        plan,
        cost=cost,
        hear=hear,
    )
    report = write_audit(found, out, plan.prompts)
    return AuditRun(found.grade, found.reasons, report, sum(one.p_value is not None for one in found.tests))


def _some(prompts: Sequence[Prompt], count: int, seed: int) -> list[Prompt]:
    order = np.random.default_rng([seed, 81]).permutation(len(prompts))[:count]
    return [prompts[i] for i in sorted(order)]
