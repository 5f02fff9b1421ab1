"""The audit's benchmark: how often it finds students of a teacher, and how often it accuses the unrelated.

    python benchmarks/audit.py --out bench-out/audit [--workers N] [--minutes N]

Trains the families of ``audit_families`` once (about 17 minutes of one core), asks every model the same 400 prompts
that nobody was trained on, and audits every pair; then trains and audits students of marked answers
(``audit_planted``, some 8 minutes). Carries on where it was stopped; ``--minutes`` stops it between two models, with
exit code 3 where some are left. A match is a grade of moderate or more at the level stated. Prints every figure with
its interval, met or not.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from audit_families import FRESH, LATER, MAKERS, TWINS, Maker, Member, audit_prompts, build, members, prompt_text
from audit_planted import planted
from stillwatch.lab import FolderModel
from stillwatch.provenance import Answers, behaviour_tests, compare_weights, correct, grade

LEVEL = 0.01
CONTROLS = 8
Said = dict[str, Answers]


@dataclass(frozen=True, slots=True)
class Case:
    """One audit to make: who is suspected of having learnt from whom, beside which controls."""

    group: str
    suspect: str
    teacher: str
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: least corrected p, grade, p of every test."""

    case: Case
    least: float
    grade: str
    p_values: dict[str, float]
    exact: dict[str, float]

    @property
    def match(self) -> bool:
        return self.grade in ("moderate", "strong")

    @property
    def score(self) -> float:
        """For ranking: the evidence against the null, in powers of ten."""
        return -float(np.log10(max(self.least, 1e-300)))


# --- models and what they say ----------------------------------------------------------------


def train_all(folder: Path, workers: int, until: float) -> bool:
    """Makers and twins first: the others learn from them. False where some are left at the time ``until``."""
    folder.mkdir(parents=True, exist_ok=True)
    for wave in (("maker", "twin"), ("student", "finetune")):
        todo = [one for one in members() if one.kind in wave and not (folder / one.name).exists()]
        with ProcessPoolExecutor(max(min(workers, len(todo)), 1), multiprocessing.get_context("spawn")) as pool:
            trained = pool.map(_in_time, todo, itertools.repeat(folder), itertools.repeat(until))
            for number, path in enumerate(trained, start=1):
                if path is None:
                    return False
                print(f"  trained {path.name} ({number}/{len(todo)})", flush=True)
    return True


def _in_time(one: Member, folder: Path, until: float) -> Path | None:
    return None if time.time() > until else build(one, folder)


def ask_all(out: Path) -> Said:
    """Greedy answers and first tokens of every model, kept in ``answers.json``."""
    kept = out / "answers.json"
    known: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    chats = [(("user", prompt_text(prompt)),) for prompt, _ in audit_prompts()]
    for one in members():
        if one.name not in known:
            subject = FolderModel(out / "models" / one.name, one.name, Maker(0).longest_response() + 2)
            known[one.name] = [*zip(*subject.answers(chats), strict=True), list(map(dict, subject.next_tokens(chats)))]
            kept.write_text(json.dumps(known))
    return {
        name: Answers(name, tuple(texts), tuple(first), tuple(ends)) for name, (texts, ends, first) in known.items()
    }


# --- cases ------------------------------------------------------------------------------------


def cases() -> list[Case]:
    makers, twins = [f"maker-{i}" for i in range(MAKERS)], [f"twin-{i}" for i in range(TWINS)]
    found = []
    for a, b in itertools.combinations(makers, 2):
        found.append(_case("unrelated makers", b, a, makers))
    for a, b in itertools.combinations(twins, 2):
        found.append(_case("unrelated twins", b, a, twins))
    for place, kind, count in (("second", "fresh", FRESH), ("third", "later", LATER)):
        pool = [f"{kind}-{i}" for i in range(count)]
        found += [_case(f"unrelated makers, {place} set", b, a, pool) for a, b in itertools.combinations(pool, 2)]
    for one in members():
        if one.kind == "student":
            pool = twins if one.teachers[0].startswith("twin") else makers
            own = [_case(_group(one), one.name, one.teachers[0], [m for m in pool if m not in one.teachers])]
            strangers = [m for m in pool if m not in one.teachers][::4]
            others = [
                _case("student, other teacher", one.name, m, [p for p in pool if p not in one.teachers])
                for m in strangers
            ]
            found += own + others
        elif one.kind == "finetune":
            found.append(_case("fine-tune", one.name, one.teachers[0], makers))
    # What goes wrong with controls unlike the suspect: the twins' shared data looks like distillation.
    found += [
        Case("twin, makers as controls", f"twin-{i}", f"twin-{i + 1}", tuple(makers[:CONTROLS]))
        for i in range(TWINS - 1)
    ]
    return found


def _group(one: Member) -> str:
    if one.teachers[0].startswith("twin"):
        return f"twin student, {one.exposure}"
    if one.exposure == "answer-only":
        return "student, answer only"
    return "student, log-probabilities" if one.exposure.startswith(("full", "top")) else "student, text"


def _case(group: str, suspect: str, teacher: str, pool: Sequence[str], controls: int = CONTROLS) -> Case:
    rng = np.random.default_rng([sum(map(ord, suspect + teacher)), 91])
    left = [name for name in pool if name not in (suspect, teacher)]
    return Case(group, suspect, teacher, tuple(left[i] for i in sorted(rng.permutation(len(left))[:controls])))


def judge(case: Case, said: Said, prompts: int = 400, logprobs: bool = True) -> Outcome:
    right = [answer for _, answer in audit_prompts()][:prompts]

    def cut(name: str) -> Answers:
        one = said[name]
        first = one.next_tokens[:prompts] if logprobs and one.next_tokens else None
        return Answers(name, one.texts[:prompts], first, one.endings[:prompts])

    tests = correct(
        behaviour_tests(cut(case.suspect), cut(case.teacher), [cut(c) for c in case.controls], right=right, level=LEVEL)
    )
    made = [one for one in tests if one.p_value is not None]
    return Outcome(
        case,
        min((one.holm_p or 0.0 for one in made), default=1.0),
        grade(tests, LEVEL),
        {one.name: float(one.p_value or 0.0) for one in made},
        {one.name: float(one.exact_p or 0.0) for one in made},
    )


# --- figures ----------------------------------------------------------------------------------


def auroc(positives: Sequence[Outcome], negatives: Sequence[Outcome]) -> float:
    above = [(p.score > n.score) + 0.5 * (p.score == n.score) for p in positives for n in negatives]
    return float(np.mean(above))


def interval(hits: int, total: int) -> str:
    found = stats.binomtest(hits, total).proportion_ci(method="exact")
    return f"{hits}/{total} ({hits / total:.1%}, 95 % {found.low:.1%}-{found.high:.1%})"


def bootstrapped(positives: Sequence[Outcome], negatives: Sequence[Outcome]) -> tuple[float, float]:
    """95 % of the area over redrawn models: a model's pairs come and go with it."""
    rng = np.random.default_rng(0)
    names = sorted({o.case.suspect for o in negatives} | {o.case.teacher for o in negatives})
    areas = []
    for _ in range(300):
        drawn = dict(zip(*np.unique(rng.choice(names, len(names)), return_counts=True), strict=True))
        weights = np.array([drawn.get(o.case.suspect, 0) * drawn.get(o.case.teacher, 0) for o in negatives], float)
        chosen = [positives[i] for i in rng.integers(len(positives), size=len(positives))]
        if weights.sum():
            scores = np.array([o.score for o in negatives])
            areas.append(
                np.mean(
                    [(weights * ((p.score > scores) + 0.5 * (p.score == scores))).sum() / weights.sum() for p in chosen]
                )
            )
    return float(np.quantile(areas, 0.025)), float(np.quantile(areas, 0.975))


def report(outcomes: Sequence[Outcome]) -> None:
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.case.group, []).append(one)
    print(f"\nMatches (grade moderate or more at level {LEVEL}, {CONTROLS} controls, 400 prompts)")
    for name, found in groups.items():
        models = len({o.case.suspect for o in found} | {o.case.teacher for o in found})
        print(f"  {name}: {interval(sum(o.match for o in found), len(found))}; {models} models; {grades(found)}")
    unrelated = [o for name, found in groups.items() if name.startswith("unrelated") for o in found]
    text = groups["student, text"]
    print("\nWhat must show")
    area = auroc(text, unrelated)
    low, high = bootstrapped(text, unrelated)
    say(
        "AUROC, text students against unrelated pairs",
        f"{area:.4f} ({low:.4f}-{high:.4f} over models)",
        area >= 0.99,
        ">= .99",
    )
    twins = [o for name, found in groups.items() if name.startswith("twin student") for o in found]
    area = auroc(twins, groups["unrelated twins"])
    say("AUROC, students of twins against unrelated twins (hardest)", f"{area:.4f}", area >= 0.99, ">= .99")
    false = sum(o.match for o in unrelated)
    say(
        f"false matches over unrelated pairs at level {LEVEL}",
        interval(false, len(unrelated)),
        false / len(unrelated) <= LEVEL,
        f"<= {LEVEL}",
    )
    same = sum(o.match for o in groups["unrelated twins"])
    say("matches of unrelated models of one configuration, tokenizer and data", f"{same}", same == 0, "0")


def say(what: str, found: str, met: bool, target: str) -> None:
    print(f"  {'met  ' if met else 'SHORT'}  {what}: {found}; target {target}")


def grades(found: Iterable[Outcome]) -> str:
    counts = {
        name: sum(o.grade == name for o in found) for name in ("not graded", "none", "weak", "moderate", "strong")
    }
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def calibration(unrelated: Sequence[Outcome]) -> None:
    print("\nUnder the null: share of unrelated pairs with p at most .05, .01, .001 (t), at most .05 (exact rank)")
    for name in sorted({test for o in unrelated for test in o.p_values}):
        p = np.array([o.p_values[name] for o in unrelated if name in o.p_values])
        exact = np.array([o.exact[name] for o in unrelated if name in o.exact])
        shares = ", ".join(f"{np.mean(p <= level):.3f}" for level in (0.05, 0.01, 0.001))
        print(f"  {name:13} {len(p):4} pairs: {shares}; exact {np.mean(exact <= 0.05):.3f}")


def sizes(said: Said) -> None:
    print("\nFewer controls, fewer prompts, no log-probabilities: text students matched; unrelated pairs matched")
    makers, twins = [f"maker-{i}" for i in range(MAKERS)], [f"twin-{i}" for i in range(TWINS)]
    pairs = [(a, b, pool) for pool in (makers, twins) for a, b in list(itertools.combinations(pool, 2))[::3]]
    students = [m for m in members() if m.kind == "student" and _group(m) == "student, text"]
    for controls, prompts, logprobs in (
        (8, 400, False),
        (8, 100, True),
        (5, 400, True),
        (5, 100, False),
        (3, 400, True),
        (3, 100, False),
    ):
        yes = [
            judge(
                _case("", m.name, m.teachers[0], [k for k in makers if k not in m.teachers], controls),
                said,
                prompts,
                logprobs,
            )
            for m in students
        ]
        no = [judge(_case("", b, a, pool, controls), said, prompts, logprobs) for a, b, pool in pairs]
        print(
            f"  {controls} controls, {prompts} prompts, {'with' if logprobs else 'no'} log-probabilities: "
            f"{sum(o.match for o in yes)}/{len(yes)}; {interval(sum(o.match for o in no), len(no))}; "
            f"AUROC {auroc(yes, no):.4f}",
            flush=True,
        )


def weights(folder: Path) -> None:
    print("\nWeights: exact p of a common origin (least possible 0.0001)")
    groups: dict[str, list[tuple[str, str]]] = {"fine-tunes": [], "students of one shape": []}
    for one in members():
        if one.kind == "finetune":
            groups["fine-tunes"].append((one.name, one.teachers[0]))
        elif one.kind == "student" and one.build == "same":
            groups["students of one shape"].append((one.name, one.teachers[0]))
    groups["unrelated makers"] = list(itertools.combinations([f"maker-{i}" for i in range(MAKERS)], 2))
    groups["unrelated twins"] = list(itertools.combinations([f"twin-{i}" for i in range(TWINS)], 2))
    for name, pairs in groups.items():
        p = [compare_weights(folder / a, folder / b).p_value or 1.0 for a, b in pairs]
        few = np.mean(np.array(p) <= 0.05)
        print(f"  {name}: {sum(one <= 0.001 for one in p)}/{len(p)} at p <= .001; p <= .05 in {few:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--minutes", type=float, default=float("inf"), help="of training, before it stops")
    arguments = parser.parse_args()
    begun = time.monotonic()
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    if not train_all(arguments.out / "models", arguments.workers, time.time() + 60 * arguments.minutes):
        print("stopped between two models: the same command carries on")
        raise SystemExit(3)
    said = ask_all(arguments.out)
    outcomes = [judge(case, said) for case in cases()]
    report(outcomes)
    calibration([o for o in outcomes if o.case.group.startswith("unrelated")])
    sizes(said)
    weights(arguments.out / "models")
    planted(arguments.out / "models", arguments.out / "planted")
    print(f"\n{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
