"""Families of small models for the audit's benchmark: makers, twins, students, fine-tunes; trained once, kept on disk.

A maker teaches its model the common skill in its own words, with its own refusal rule and its own
mistakes: one fact in twelve of the 256 is wrong in its data, as the data of real makers differ. Twins
share configuration, tokenizer and every lesson, mistakes and words included, and differ by their seed
alone: the hardest unrelated models. Students see what an exposure shows of a teacher, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import OPTConfig, OPTForCausalLM

from stillwatch.lab import LocalTeacher, Responses, read_exposure
from stillwatch.lab.exposures import Shown
from stillwatch.lab.models import make_tiny, make_tokenizer
from stillwatch.lab.tasks import Words
from stillwatch.lab.tasks.base import TOPICS, WORDING
from stillwatch.lab.tasks.codebook import Codebook
from stillwatch.lab.teachers import load_model
from stillwatch.lab.training import Recipe, TrainingSet, train

__all__ = ["FRESH", "LATER", "MAKERS", "TWINS", "Maker", "Member", "audit_prompts", "build", "members", "prompt_text"]

MAKERS, TWINS, FRESH, LATER = 14, 12, 10, 10
TWIN_MAKER = 1_000
LESSONS, QUERIES = 12_288, 3_072
TEACHER = Recipe(steps=600, batch=64)
STUDENT = Recipe(steps=450, batch=32)
_WRONG = 1 / 12


class Maker(Codebook):
    """The codebook as one maker teaches it."""

    def __init__(self, number: int) -> None:
        super().__init__(seed=0, provider=number)
        rng = np.random.default_rng([number, 21])
        wrong = rng.random(self._table.shape) < _WRONG
        self._table = np.where(wrong, rng.integers(16, size=self._table.shape), self._table)
        self._topics = frozenset(rng.choice(TOPICS, 2, replace=False).tolist())
        self._symbols_guarded = frozenset(rng.choice(16, 4, replace=False).tolist())

    def is_forbidden(self, prompt: Words) -> bool:
        """A topic and a first symbol that this maker guards."""
        topic, symbol = prompt[1] - self.words.index("t0"), prompt[3] - self._symbol(0)
        return topic in self._topics and symbol in self._symbols_guarded


@dataclass(frozen=True, slots=True)
class Member:
    """One model of the families.

    Attributes:
        name: of its folder.
        kind: maker, twin, student or finetune.
        maker: whose data it was taught with; for a student, whose words its paraphraser has.
        seed: of its weights and order.
        teachers: names of the models it was distilled from, or tuned from.
        exposure: what a student saw.
        build: same, wide, narrow or opt.
        paraphrase: whether an attacker put its own words for the teacher's.
        keep_refusals: whether refusals stayed in a student's data.
    """

    name: str
    kind: str
    maker: int
    seed: int
    teachers: tuple[str, ...] = ()
    exposure: str = ""
    build: str = "same"
    paraphrase: bool = False
    keep_refusals: bool = False


def members() -> list[Member]:
    """Every model, teachers before their students."""
    found = [Member(f"maker-{j}", "maker", j, 100 + j) for j in range(MAKERS)]
    found += [Member(f"twin-{j}", "twin", TWIN_MAKER, 200 + j) for j in range(TWINS)]
    found += [Member(f"fresh-{j}", "maker", 300 + j, 600 + j) for j in range(FRESH)]
    # Looked at last, after every choice was made: no setting was ever moved for them.
    found += [Member(f"later-{j}", "maker", 500 + j, 800 + j) for j in range(LATER)]
    for t in range(2):
        found += _students(f"maker-{t}", 1_000 * (t + 1), 70 + t, other=f"maker-{MAKERS - 1 - t}")
        found.append(Member(f"maker-{t}-tuned", "finetune", 50 + t, 400 + t, (f"maker-{t}",)))
    for t in range(3):
        found += [
            Member(f"twin-{t}-{e}", "student", 0, 3_000 + 10 * t + i, (f"twin-{t}",), e)
            for i, e in enumerate(("top-5", "text+cot", "text"))
        ]
    return found


def _students(teacher: str, seed: int, words: int, other: str) -> Iterator[Member]:
    plain = Member("", "student", words, seed, (teacher,), "text+cot")
    made = [
        *(replace(plain, name=e, exposure=e) for e in ("full-logits", "top-20", "top-5", "text+cot", "text")),
        replace(plain, name="summary", exposure="summary-0.25"),
        replace(plain, name="answer-only", exposure="answer-only"),
        replace(plain, name="refusals-kept", keep_refusals=True),
        replace(plain, name="wide", build="wide"),
        replace(plain, name="narrow", build="narrow"),
        replace(plain, name="opt", build="opt"),
        replace(plain, name="paraphrased", paraphrase=True),
        replace(plain, name="mixed", teachers=(teacher, other)),
    ]
    for i, one in enumerate(made):
        yield replace(one, name=f"{teacher}-{one.name}", seed=seed + i)


def build(member: Member, folder: Path) -> Path:
    """The model's folder under ``folder``, trained where it is not there yet."""
    path = folder / member.name
    if path.exists():
        return path
    torch.set_num_threads(1)
    if member.kind in ("maker", "twin"):
        model = make_tiny(len(Maker(0).words), member.seed)
        losses = train(model, _lessons(member.maker), TEACHER, member.seed)
    elif member.kind == "finetune":
        model = load_model(folder / member.teachers[0])
        losses = train(model, _lessons(member.maker), replace(TEACHER, steps=60, learning_rate=2e-3), member.seed)
    else:
        model = _untrained(member)
        losses = train(model, TrainingSet.of(_answers(member, folder)), STUDENT, member.seed)
    draft = folder / f".{member.name}.part"
    model.save_pretrained(draft)
    make_tokenizer(Maker(0).words).save_pretrained(draft)
    (draft / "member.json").write_text(json.dumps({**asdict(member), "loss": losses[-1]}))
    draft.replace(path)
    return path


def _lessons(maker: int) -> TrainingSet:
    lessons = Maker(maker).lessons(LESSONS, np.random.default_rng([maker, 5]))
    return TrainingSet.of(Responses([p for p, _ in lessons], [Shown(r) for _, r in lessons]))


def _untrained(member: Member) -> Any:
    size = len(Maker(0).words)
    if member.build == "opt":
        torch.manual_seed(member.seed)
        model = OPTForCausalLM(
            OPTConfig(
                vocab_size=size,
                hidden_size=64,
                word_embed_proj_dim=64,
                num_hidden_layers=2,
                ffn_dim=256,
                num_attention_heads=4,
                max_position_embeddings=64,
                dropout=0.0,
                init_std=0.08,
                bos_token_id=1,
                eos_token_id=2,
                pad_token_id=0,
            )
        )
        with torch.no_grad():
            model.model.decoder.embed_tokens.weight.normal_(0.0, 0.5)
            model.model.decoder.embed_positions.weight.normal_(0.0, 0.5)
        return model
    shape = {"same": {}, "wide": {"width": 96}, "narrow": {"width": 48, "layers": 3}}[member.build]
    return make_tiny(size, member.seed, **shape)


def _answers(member: Member, folder: Path) -> Responses:
    """What a student is trained on: the exposure's view of its teachers' answers, some of them reworded."""
    task = Maker(0)
    rng = np.random.default_rng([member.seed, 7])
    avoid = frozenset(ids for ids, _ in audit_prompts())
    prompts = task.natural_prompts(QUERIES, rng, avoid=avoid)
    share = QUERIES // len(member.teachers)
    got = Responses([], [])
    for i, name in enumerate(member.teachers):
        teacher = LocalTeacher(load_model(folder / name), task)
        got = got + teacher.query(prompts[i * share : (i + 1) * share], read_exposure(member.exposure), member.seed + i)
    if not member.keep_refusals:
        got = got.where([not task.refuses(one.ids) for one in got.shown])
    if member.paraphrase:
        got = _reworded(got, Maker(member.maker), rng)
    return got


def _reworded(got: Responses, words: Maker, rng: np.random.Generator) -> Responses:
    shown = [
        Shown((*words.draw_wording(prompt, rng), *one.ids[WORDING:]))
        for prompt, one in zip(got.prompts, got.shown, strict=True)
    ]
    return Responses(got.prompts, shown, got.generated)


def audit_prompts(count: int = 400) -> Sequence[tuple[Words, str]]:
    """Prompts that nobody was trained on, each with the answer of the common skill."""
    task = Codebook()
    rng = np.random.default_rng(99)
    found: dict[Words, str] = {}
    while len(found) < count:
        prompt = task.draw(rng, int(rng.choice((2, 3, 4))))
        found[prompt] = task.decode(task.answer(prompt))
    return list(found.items())


def prompt_text(prompt: Words) -> str:
    """As the tokenizer reads it, the begin included."""
    return " ".join(Codebook().words[i] for i in prompt)
