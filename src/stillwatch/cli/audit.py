"""``stillwatch audit``, and ``refusal-judge``, which measures a part of it."""

# ruff: noqa: PLC0415 - a command imports what it runs when it runs: no --help waits for it

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import cyclopts
from cyclopts import Parameter

from stillwatch.cli.options import AsCsv, AsJson, Several
from stillwatch.cli.screen import progress, say
from stillwatch.cli.written import tell

__all__ = ["audit_app"]

audit_app = cyclopts.App()


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What ``stillwatch audit`` takes besides the models and OUT.

    Attributes:
        prompts: JSONL of prompts for behaviour, with answers where there are right ones. [default: made]
        queries: Prompts for behaviour, asked of every model.
        askings: Times that every prompt for behaviour is asked; 2 or more tell how far each model agrees with itself.
        identity: Ways of asking who a model is; 0 leaves that out.
        teacher_maker: Whose model the teacher is, such as Mistral. [default: who it says it is]
        unsafe: JSONL of prompts that ought to be refused.
        safe: JSONL of prompts that only look so.
        guardrail: Prompts of each of these kinds, at most.
        judge_labels: JSONL of text and refuses, to hold the refusal judge against. [default: the project's own]
        watermark_key_file: File with the number that the teacher's text was marked with, or with transformers'
            watermarking_config.
        watermark_gamma: Share of green words.
        watermark_tokenizer: tokenizer.json of the marked model.
        unmarked: JSONL of prompt and response by the teacher without the mark. [default: the controls' answers]
        suspect_weights: Folder of safetensors. [default: that of hf:PATH]
        teacher_weights: Folder of safetensors. [default: that of hf:PATH]
        system: System prompt before every prompt for behaviour.
        level: Of all tests together, after Holm's correction.
        effect: Excess similarity that the audit is to find.
        price_in: Of a million tokens sent, for the estimate.
        price_out: Of a million tokens received.
        max_tokens: Of an answer.
        parallel: Requests under way at once, to each endpoint.
        timeout: Seconds for one answer.
        key_file: File that holds the endpoints' key; NAME=FILE for one model's.
        seed: Of every random draw.
        plan_only: Say what it needs and costs, and stop.
    """

    prompts: Path | None = None
    queries: int = 240
    askings: int = 1
    identity: int = 60
    teacher_maker: str = ""
    unsafe: Path | None = None
    safe: Path | None = None
    guardrail: int = 100
    judge_labels: Path | None = None
    watermark_key_file: Path | None = None
    watermark_gamma: float = 0.25
    watermark_tokenizer: Path | None = None
    unmarked: Path | None = None
    suspect_weights: Path | None = None
    teacher_weights: Path | None = None
    system: str = ""
    level: float = 0.01
    effect: float = 0.15
    price_in: float | None = None
    price_out: float | None = None
    max_tokens: int = 256
    parallel: int = 4
    timeout: float = 120.0
    key_file: Several[tuple[str, ...]] = ()
    seed: int = 0
    plan_only: bool = False


@audit_app.command(name="audit")
def audit_command(
    suspect: str,
    /,
    *,
    against: str,
    out: Path,
    controls: Several[list[str] | None] = None,
    options: AuditOptions | None = None,
) -> None:
    """Test whether a suspect model was trained on a teacher's outputs, and report p-values and their limits.

    Parameters
    ----------
    suspect
        openai:URL, openai:URL#MODEL or hf:PATH; NAME= before it names it in the report.
    against
        The teacher, given likewise.
    out
        Folder for the audit; what was answered stays there, so that a stopped run carries on.
    controls
        Models that were not trained on the teacher, given likewise: 3 or more; 8 are worth their cost.
    """
    from stillwatch.services import audit as wiring
    from stillwatch.services.audited_models import AskSettings

    options = options or AuditOptions()
    controls = controls or []
    files = wiring.AuditFiles(
        prompts=options.prompts,
        unsafe=options.unsafe,
        safe=options.safe,
        labels=options.judge_labels,
        watermark_key=options.watermark_key_file,
        watermark_tokenizer=options.watermark_tokenizer,
        unmarked=options.unmarked,
        suspect_weights=options.suspect_weights,
        teacher_weights=options.teacher_weights,
    )
    sizes = wiring.AuditSizes(
        queries=options.queries,
        identity=options.identity,
        guardrail=options.guardrail,
        level=options.level,
        effect=options.effect,
        gamma=options.watermark_gamma,
        seed=options.seed,
        askings=options.askings,
    )
    plan = wiring.make_plan(suspect, against, files, sizes, maker=options.teacher_maker, system=options.system)
    prices = wiring.AuditPrices(options.price_in, options.price_out)
    ahead = wiring.forecast(plan, len(controls), options.max_tokens, prices)
    say(ahead)
    if options.plan_only:
        return
    settings = AskSettings(
        out / "records", options.max_tokens, options.parallel, options.timeout, _keys(options.key_file)
    )
    with progress() as bars:
        done = wiring.run_audit(
            suspect,
            against,
            controls,
            plan,
            out,
            settings,
            cost=ahead.cost,
            hear=lambda stage: bars.start(stage),
        )
    say(done)


def _keys(given: tuple[str, ...]) -> dict[str, Path]:
    found = {}
    for one in given:
        name, equals, path = one.partition("=")
        found[name if equals else ""] = Path(path if equals else one)
    return found


@audit_app.command(name="refusal-judge")
def judge_command(
    labels: Path | None = None, /, *, wrong: bool = False, json: AsJson = False, csv: AsCsv = False
) -> None:
    """Hold the refusal judge of the audit against labelled completions.

    Parameters
    ----------
    labels
        JSONL of text and refuses (true or false), labelled by a person. [default: the project's own]
    wrong
        Print those that it gets wrong too.
    """
    from stillwatch.provenance import judge_accuracy

    found = judge_accuracy(labels)
    if json or csv:
        rows = [{"text": text, "refuses": refuses} for text, refuses in found.wrong]
        rates = {name: asdict(getattr(found, name)) for name in ("sensitivity", "specificity")}
        tell(found, rows, json=json, csv=csv, whole={"source": found.source, **rates, "wrong": rows})
        return
    say(found)
    for text, refuses in found.wrong if wrong else ():
        say(f"{'missed' if refuses else 'no refusal'}: {' '.join(text.split())[:200]}")
