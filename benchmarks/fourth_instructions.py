"""What people who build data for training ask: instructions as a program makes them up, and pools of real ones."""

from __future__ import annotations

import random
from collections.abc import Sequence

from fourth_corpora import Corpora, Item
from fourth_grammar import expand, read_rules
from fourth_words import WORDS

__all__ = ["BROAD", "HARD", "bare", "instruction", "pool"]

_MADE = read_rules("""
instruction: Write a {form} about {subject} for {audience}. | Explain how {subject} relates to {subject}, with one
  example from {country}.
  | Compare {product} and {product} in terms of price, quality and use for a {job}. | Design a {adjective} {task} for
  a {trade} with {n}
  employees. | Given a list of {amount} orders, describe how to find the {n} most frequent customers in {lang}. |
  Implement {algo} in
  {lang} and analyse its complexity. | List {n} advantages and {n} disadvantages of {hobby} for {audience}. | Rewrite
  the sentence in
  a {mood} tone: "{sentence}" | Generate {n} questions about {subject} and answer each of them. | A {trade} sells {n}
  {product}s a day
  at {amount} each and pays {amount} for rent. What is the profit after {n} days? | Describe a day of a {job} in
  {place} in {year}.
  | Identify the logical error: "Every {job} likes {hobby}. {first} likes {hobby}. So {first} is a {job}." | Propose
  {n} experiments
  that would test whether {food} affects {symptom}. | Write {lang} code that solves: given {n} intervals, implement
  {algo} on them.
  | Suggest a plan for learning {tongue} in {n} weeks. | Classify the following items as living or not: {plant},
  {thing}, {pet}, {car}.
  | Create a dialogue between a {job} and a {job} who disagree about {subject}. | Provide a step-by-step guide to
  repair a {thing}.
  | What would happen to {subject} if {subject} did not exist? | Summarize the history of {country} between {year} and
  {year}.
  | Translate to {tongue} and explain the grammar: "{sentence}" | Debug this {lang} function that suffers from
  {error}: {algo}.
  | If {first} is {n} years older than {last} and together they are {amount} years old, how old is {first}? | Devise a
  {adjective}
  marketing campaign for a {product} in {place}. | Argue for and against: every {trade} should use {tool}. | Give
  feedback on a {task}
  that a {job} wrote for {audience}.
sentence: The {thing} was already broken when {first} arrived | We are pleased to announce our {event} | {last}
  refuses to sign the
  {task} | Our {adjective} {product} saves {n} hours a week | It was a {weather} morning in {place}
error: an off by one error | a race condition | a memory leak | a wrong base case | an encoding problem
""")
_RULES = {**WORDS, **_MADE}
BROAD = {
    "gpteacher:codegen": 3,
    "gpteacher:roleplay": 3,
    "gpteacher:toolformer": 2,
    "gorilla_apibench": 2,
    "arena_hard_questions": 2,
    "oasst_prompts": 1,
    "awesome_chatgpt_prompts": 1,
    "openai_evals": 1,
    "recon_cot_elicitation": 2,
    "toolalpaca_instr": 1,
    "recon_selfinstruct_prompts": 1,
    "made": 3,
    "bfcl": 1,
}
HARD = {
    "recon_cot_elicitation": 5,
    "gsm8k_harness": 2,
    "gpteacher:codegen": 3,
    "bbh_code_davinci": 1,
    "arena_hard_questions": 2,
    "mmlu_harness": 2,
    "humaneval_harness": 1,
    "made": 2,
}


def instruction(rng: random.Random) -> str:
    """An instruction as programs make them up from a few words."""
    return expand(rng, "{instruction}", _RULES)


def bare(item: Item) -> Item:
    """The item without the frame that a harness puts around it."""
    text = item.prompt
    for head in ("Q: ", "Question: "):
        text = text.removeprefix(head)
    for tail in ("\nA: Let's think step by step.", "\nAnswer:", "\nA:"):
        text = text.removesuffix(tail)
    return Item(text, item.answer, item.system, item.group)


def pool(
    rng: random.Random, corpora: Corpora, table: dict[str, int], sources: int | Sequence[str], count: int
) -> list[Item]:
    """So many different things to send, from a few sources of the table or from those named, mixed.

    Sources give as much as they have; what is missing then is made up.
    """
    if isinstance(sources, int):
        names: list[str] = []
        while len(names) < sources:
            name = rng.choices(list(table), list(table.values()))[0]
            names += [] if name in names else [name]
    else:
        names = list(sources)
    weights = [rng.gammavariate(1.5, 1) + 0.15 for _ in names]
    items: list[Item] = []
    for name, weight in zip(names, weights, strict=True):
        share = round(count * weight / sum(weights))
        if name != "made":
            items += [bare(item) for item in corpora.draw(rng, name, share)]
    items += [Item(instruction(rng)) for _ in range(count - len(items))]
    rng.shuffle(items)
    return items[:count]
