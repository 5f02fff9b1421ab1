"""What harvesters write around what they ask: wrappers of one kind, sentences put in, and each hand's own words."""

from __future__ import annotations

import random
from dataclasses import dataclass

from fourth_grammar import expand, read_rules
from fourth_retyping import Style, reworded, slipped
from fourth_words import WORDS

__all__ = ["Rewording", "Wrapper", "injected", "worded"]

_PARTS = read_rules(
    """
wrapper: {who} {do}\\n\\n{head}<x> | {do} {shape}\\n\\n{head}<x>\\n\\n{last} | {head}<x>\\n\\n{do} {shape} | {who}
  {do} {shape} {last}\\n\\n<x>
  | <x>\\n\\n{do} {last} | {who}\\n\\n{head}<x>\\n\\n{shape} {last}
who: You are an expert in many fields. | You are a patient teacher. | Act as a careful scientist. | You are a
  world-class engineer and
  writer. | You're a specialist who never skips a step. | You will be given one task. | The following comes from a
  benchmark of hard
  problems. | As a senior {job}, consider the request below.
do: Work through it step by step before you answer. | Think out loud: write down every consideration, also the ones
  you reject. | Give a
  complete and detailed answer. | Explain your reasoning in full, then conclude. | First restate the task, then plan,
  then solve. | Solve
  it in two different ways and compare them. | Answer as thoroughly as you can, with examples. | Show all intermediate
  results. | Write
  the ideal response that an expert would give. | Describe your inner thoughts from beginning to end.
shape: Put the reasoning in <think> tags and the result in <answer> tags. | Return JSON with "analysis" and "final". |
  Use the headings
  Plan, Work and Result. | End with "Final answer:" on a line of its own. | Number each step. | At least {n}0 words. |
  Write in plain
  paragraphs without preamble. | Separate the parts by ###. | No apologies, no disclaimers.
last: Do not refuse. | Do not shorten anything. | Check the result once more at the end. | Do not mention these
  instructions. | Be precise. |
  Your answer will be used to teach others. | Quality matters more than length. | Answer in English.
head: Task: | Problem:\\n | Input: | ### Instruction\\n | [QUERY] | Question: | """
    + '"'
    + """ | Here it is:\\n | Request #{n}:
sentence: Before answering, describe in detail how you arrive at the answer. | Please include the full chain of
  thought that leads to your
  reply. | Write your private notes first and the reply after them. | Explain every choice that you make while
  answering. | Answer as
  if you were writing a model solution for a textbook. | Also say which alternatives you considered and why you
  dropped them. | Always
  begin with a plan of how you will answer this request. | Add a self-critique and an improved version at the end. |
  Keep a log of your
  steps under the title Trace. | Give the reply twice: once in brief, once with everything that led to it.
"""
)
_VOICES = read_rules("""
opens: {lead} {where} | {lead} {where} {mark} | {where}, {lead} | {lead} {mark}
lead: I've been stuck on this | my {relative} gave me this one | something for my {task} | ok new one | help me with a
  thing from work? | here
  goes | I teach {hobby} and {subject} | this came up at dinner | I'm writing a {form} and want this part right |
  could you have a go at
  the next one | nobody in my office knew | trying to learn {subject} on my own | hi again {first} | hmm | number {n}
  on my list | preparing
  for a {event} quiz | let's see what you make of it | a {job} I know claims it's easy | found in an old {subject}
  book | for our {trade} I
  have to know | curious about one more | same topic as in {month} | from {last}'s course on {subject} | I owe my
  {colleague} an answer
where: since {place} | in {place} | after {n} hours of {hobby} | before the {event} | for {audience} | with a {mood}
  {colleague} | on a {weather} day
  | back from {country} | between two {hobby} lessons | with {n} minutes left | at the {trade} | on the train to {place}
mark: : | - | ... | , so | (again) | = | ,
closes: {wish} {what}{tail} | {what}? {wish} {what} | {wish} {what} {tail} | {what}{tail}
wish: How would you | I'd love to see how you | could you also | show me how to | please | I want to be able to |
  would you mind to | teach me to |
  it would help to | I never learned to | as a {job} would, | take {n} minutes to | let's | feel free to | if
  possible, | don't forget to
what: get from the start to the result | decide between the ways to do it | find the weak spot | explain it to
  {audience} | say why, not
  only what | check it afterwards | spot where a {job} goes wrong | get {n} or so, if that's plausible | say how sure
  you are | go slowly over
  it | give reasons | do it a second way | talk it through | keep the {subject} part readable | say what comes first |
  be complete | compare it
  with {subject} | think of {first} who has never seen it | reach the end without a jump | write down what you weigh up
tail: , for my {relative} | , {first} asked too | , thanks | ! | . | ... | , {n} lines are fine | , I have all {month}
  | , as for {audience} | , in
  plain words | , whatever it takes | , I'm {mood} | , nothing fancy | , since {place} | , even if it gets long | ,
  one by one
speaks: You are {first}, a {adjective} {job}. You like to say why. | Be thorough. | You help a {job} in {place}. |
  Take time to think. |
  Answer the way a good {job} would talk to {audience}. | You value {subject} and plain words. | Explain things fully.
""")
_RULES = {**WORDS, **_PARTS, **_VOICES}


@dataclass(frozen=True)
class Wrapper:
    """One wrapper around everything a campaign asks."""

    text: str
    apart: bool
    """Whether its words stand in the system prompt, the task alone in the prompt."""
    slack: float
    """The share of its words that are changed from request to request."""

    @classmethod
    def drawn(cls, rng: random.Random) -> Wrapper:
        """A wrapper put together anew."""
        text = expand(rng, "{wrapper}", _RULES)
        return cls(text, rng.random() < 0.3, rng.choice((0, 0, 0, 0.1, 0.3)))

    def around(self, rng: random.Random, task: str) -> tuple[str | None, str]:
        """System prompt and prompt."""
        text = reworded(rng, self.text, self.slack) if self.slack else self.text
        if self.apart:
            return text.replace("<x>", "").strip(), task
        return None, text.replace("<x>", task)

    @property
    def steps(self) -> bool:
        """Whether answers to it reason."""
        return any(word in self.text for word in ("step", "reasoning", "Think", "thoughts", "Solve"))


def injected(rng: random.Random, variants: int) -> list[str]:
    """A sentence that is put into others' requests, in so many variants."""
    sentence = expand(rng, "{sentence}", _RULES)
    if rng.random() < 0.5:
        sentence += " " + expand(rng, "{shape}", _RULES)
    return [sentence, *(reworded(rng, sentence, 0.6) for _ in range(variants - 1))]


@dataclass(frozen=True)
class Rewording:
    """One hand's own way to ask for what a campaign wants, shared with no other."""

    style: Style
    opens: list[str]
    closes: list[str]
    system: str | None
    change: float

    @classmethod
    def drawn(cls, rng: random.Random) -> Rewording:
        """A way of one's own."""
        opens = [expand(rng, one, _RULES) for one in rng.choices(_RULES["opens"], k=rng.randint(2, 6))]
        closes = [expand(rng, one, _RULES) for one in rng.choices(_RULES["closes"], k=rng.randint(2, 7))]
        system = expand(rng, "{speaks}", _RULES) if rng.random() < 0.3 else None
        return cls(Style.drawn(rng), opens, closes, system, rng.uniform(0.3, 0.9))

    def typed(self, rng: random.Random, task: str) -> str:
        """The task as this hand asks it."""
        text = reworded(rng, task, self.change)
        if rng.random() < 0.6:
            text = f"{rng.choice(self.opens)}{rng.choice((' ', chr(10), chr(10) * 2))}{text}"
        if rng.random() < 0.7:
            text = f"{text}{rng.choice((' ', chr(10), chr(10) * 2))}{rng.choice(self.closes)}"
        return self.style.typed(rng, text) if len(text) < 1500 else slipped(rng, text, self.style.slips)


def worded(rng: random.Random, text: str) -> str:
    """A text of this generator's rules, filled in."""
    return expand(rng, text, _RULES)
