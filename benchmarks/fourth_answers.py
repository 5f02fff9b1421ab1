"""What models answer: prose or code of a plausible length that takes up the question's words, and refusals."""

from __future__ import annotations

import random
import re

from fourth_grammar import expand, read_rules
from fourth_words import WORDS

__all__ = ["answered", "coded", "keyword", "refused"]

_LINES = read_rules("""
open: Sure, here is what I would do about {k}. | Good question. | Here's a short overview of {k}. | It depends on {k}.
  | In short, yes.
  | There are a few ways to look at {k}. | Let's take {k} first. | Happy to help with {k}. | Below is a version that
  should work.
  | The main thing to know about {k} is how it relates to {m}. | {k} can be confusing, so let's go one step at a time.
  | Not necessarily. | That sounds frustrating. | Great choice! | Here is a draft you can adapt: | Of course.
body: Start with {k} and leave {m} for later, because the second step rests on the first. | Most people underestimate
  how much {k}
  changes once {m} is involved. | If {k} is the goal, keep {m} as small as you can. | A common approach is to treat
  {k} and {m} as
  separate and compare them afterwards. | You will need about {n} minutes for this, a little more if {m} is new to
  you. | Check {k}
  twice; it is the part that most often goes wrong. | In {place}, for instance, {k} is handled quite differently. | As
  a rule of thumb,
  {n} percent is a safe margin. | The reason is that {k} builds up slowly while {m} fades. | Once that is done, {m}
  usually follows by
  itself. | Another option would be a {adjective} one, which costs more but avoids {m}. | Historically, {k} goes back
  to about {year}.
  | What matters here is less {m} itself than how it is used. | Make sure that {k} is written down before you go on. |
  There's no need
  to worry about {m} at this point. | Many find it easier with an example: imagine {n} of them in a row. | This holds
  for {k}, but not
  always for {m}. | Keep in mind that {k} may vary by season, place and budget. | You could also ask a {job}, who sees
  {m} every day.
  | Then add {m}, stir things together and wait for about {n} minutes. | The figures differ, but {amount} is a
  realistic estimate.
  | Try it on something small first. | Both are fine; {k} is a bit more {adjective}. | The second point follows from
  {m}.
item: {k}: begin here and note what changes | Look at {m} and compare | Keep {k} {adjective} | About {n} minutes of
  {m} | Avoid {k} when
  it is {weather} | Write {m} down | Ask for {n} quotes | Repeat with {m} | Prepare {k} the day before | Set a limit
  of {amount} | Review
  {m} with a {colleague} | Choose one {adjective} option and stay with it | Test {k} again after {n} days | Share the
  result
close: Let me know if you want more on {m}. | I hope this helps! | Would you like me to go into {k}? | Good luck! | If
  anything is
  unclear, just ask. | That should cover it. | Take care. | Tell me more about {m} and I can be more precise. | Enjoy!
refuse: I'm sorry, but I can't help with that. | I can't assist with this request. | Sorry, I won't be able to help
  with {k}. If
  something is troubling you, talking to someone may help. | I can't provide that. I can explain the safety side of
  {k} instead.
step: First, take {k} as given: that makes {n}. | We know {m}, so we subtract {n} and get {amount}. | Multiplying by
  {n} gives {amount}.
  | That leaves {amount}. | Next, consider {m}. | So {k} equals {amount}. | Dividing both sides by {n}, we find
  {amount}. | Check: {n}
  times {amount} fits what we were told about {k}. | Therefore {m} must be {amount}. | Since {k} comes before {m},
  option two drops out.
""")
_RULES = {**WORDS, **_LINES}
_WORD = re.compile(r"[A-Za-zÀ-ÿ]{5,16}")
_COMMON = {
    "about",
    "there",
    "their",
    "which",
    "would",
    "could",
    "should",
    "please",
    "these",
    "those",
    "where",
    "after",
    "before",
    "write",
    "explain",
    "answer",
    "using",
    "question",
}


def _words(rng: random.Random, prompt: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(prompt[-700:]) if word.lower() not in _COMMON]
    return rng.sample(words, min(len(words), 8)) or ["this", "the rest"]


def keyword(rng: random.Random, text: str) -> str:
    """A word of the text that somebody may come back to."""
    return rng.choice(_words(rng, text))


def _said(rng: random.Random, name: str, words: list[str]) -> str:
    line = rng.choice(_RULES[name]).replace("{k}", rng.choice(words)).replace("{m}", rng.choice(words))
    line = expand(rng, line, _RULES, 3)
    return line[:1].upper() + line[1:]


def answered(rng: random.Random, prompt: str, length: int, reasoned: bool = False) -> str:
    """Some prose of about so many characters, step by step where it reasons."""
    words = _words(rng, prompt)
    parts = [] if rng.random() < 0.3 else [_said(rng, "open", words)]
    name = "step" if reasoned else "body"
    size = len(parts[0]) if parts else 0
    as_list = not reasoned and length > 350 and rng.random() < 0.4
    while size < length:
        if as_list and size > length * 0.3:
            count = rng.randint(3, 7)
            mark = rng.choice(("- ", "* ", "{}. "))
            block = "\n".join(mark.replace("{}", str(row + 1)) + _said(rng, "item", words) for row in range(count))
            parts.append(f"\n\n{block}\n\n")
            as_list = False
        else:
            parts.append(_said(rng, name, words) + ("\n\n" if rng.random() < 0.15 else " "))
        size += len(parts[-1])
    if reasoned:
        parts.append(f"\nThe answer is {rng.randint(2, 900)}.")
    elif rng.random() < 0.3:
        parts.append(_said(rng, "close", words))
    return "".join(part if part.endswith(("\n", " ")) else part + " " for part in parts).strip()


def coded(rng: random.Random, prompt: str, length: int) -> str:
    """Some code of about so many characters, with a word before and after."""
    words = [re.sub(r"\W", "", word) or "value" for word in _words(rng, prompt)]
    lines, size = [f"def {rng.choice(words)}_{rng.choice(words)}({rng.choice(words)}):"], 0
    while size < length * 0.7:
        first, second, nothing = rng.choice(words), rng.choice(words), rng.choice(("None", "[]", "{}", "0"))
        lines.append(
            rng.choice(
                (
                    f"    {first} = {second}.get('{rng.choice(words)}', {rng.randint(0, 99)})",
                    f"    if {first} is None or len({second}) < {rng.randint(1, 9)}: return {nothing}",
                    f"    for at, {first} in enumerate({second}):\n        total += {first} * {rng.randint(2, 9)}",
                    f"    result = [{first} for {first} in {second} if {first} > {rng.randint(0, 50)}]",
                    f"    # {_said(rng, 'item', words)}",
                    f"    total += {first} - {second} // {rng.randint(2, 9)}",
                )
            )
        )
        size += len(lines[-1])
    before = _said(rng, "open", words) if rng.random() < 0.7 else ""
    after = _said(rng, "body", words) if rng.random() < 0.6 else ""
    code = "\n".join([*lines, "    return result"])
    return f"{before}\n\n```python\n{code}\n```\n\n{after}".strip()


def refused(rng: random.Random, prompt: str) -> str:
    """A refusal."""
    return _said(rng, "refuse", _words(rng, prompt))
