"""One question in other words: rules and frames, no model; each person has habits of his own."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from third_corpora import SENTENCE_END

__all__ = ["SYNONYMS", "WORDS", "Manner", "manner", "mistyped", "reworded"]

SYNONYMS: dict[str, tuple[str, ...]] = {
    "write": ("draft", "compose", "produce", "put together"),
    "create": ("build", "make", "set up", "come up with"),
    "explain": ("describe", "walk through", "clarify", "go over"),
    "describe": ("outline", "depict", "sketch", "give an account of"),
    "generate": ("produce", "create", "come up with", "make"),
    "find": ("locate", "work out", "identify", "determine"),
    "calculate": ("compute", "work out", "figure out"),
    "function": ("routine", "method", "helper"),
    "program": ("script", "small program", "piece of code"),
    "given": ("provided", "supplied", "specified"),
    "using": ("with", "by means of", "with the help of"),
    "a list": ("a collection", "a set"),
    "string": ("piece of text", "text string", "text"),
    "a number": ("a value", "a figure"),
    "return": ("give back", "output", "yield"),
    "returns": ("gives back", "outputs", "yields"),
    "show": ("display", "present", "demonstrate"),
    "how many": ("what number of",),
    "total": ("overall sum", "sum", "altogether amount"),
    "people": ("persons", "folks", "individuals"),
    "each": ("every", "every single"),
    "checks": ("verifies", "tests", "determines"),
    "implement": ("build", "code", "realise"),
    "simple": ("basic", "plain", "straightforward"),
    "best": ("ideal", "most suitable", "top"),
    "need": ("require", "want"),
    "want": ("would like", "wish"),
    "help": ("assist", "support", "give a hand"),
    "important": ("key", "essential", "crucial"),
    "different": ("various", "distinct", "separate"),
    "story": ("tale", "narrative", "account"),
    "character": ("figure", "persona", "protagonist"),
    "world": ("realm", "universe", "setting"),
    "buy": ("purchase", "get", "pick up"),
    "bought": ("purchased", "got", "picked up"),
    "also": ("in addition", "as well", "besides"),
    "however": ("but", "yet", "still"),
    "because": ("since", "as", "given that"),
    "large": ("big", "sizeable"),
    "small": ("little", "tiny", "minor"),
    "image": ("picture", "photo", "graphic"),
    "provide": ("give", "supply", "offer"),
    "information": ("details", "data", "facts"),
    "about": ("regarding", "on", "concerning"),
    "user": ("person", "end user", "visitor"),
    "convert": ("turn", "transform", "change"),
    "sort": ("order", "arrange", "rank"),
    "remove": ("drop", "delete", "strip"),
    "word": ("term", "expression"),
    "sentence": ("phrase", "statement", "line"),
    "suggest": ("recommend", "propose", "advise"),
    "discuss": ("talk about", "examine", "consider"),
    "start": ("begin", "kick off", "open"),
    "money": ("cash", "funds"),
    "children": ("kids", "youngsters"),
    "car": ("vehicle", "automobile"),
    "house": ("home", "place"),
    "friend": ("buddy", "pal", "mate"),
    "solution": ("answer", "way out"),
    "question": ("query", "problem", "issue"),
    "rewrite": ("rephrase", "redo", "reword"),
    "example": ("instance", "sample", "case"),
    "model": ("system", "network"),
    "input": ("argument", "entry", "given value"),
    "output": ("result", "printed value"),
    "last": ("final", "closing"),
}  # fmt: skip
PREFACES = (
    "", "", "", "Hi, ", "hey ", "Could you please help: ", "I have a little request. ", "Quick one: ",
    "For a course I'm taking: ", "My colleague asked me this and I couldn't answer. ",
    "Here's something I'm stuck on. ", "Suppose you had to do this: ", "I'd like your take on the following. ",
    "We're preparing a workshop and need this: ", "Imagine a client sends you this. ", "Consider this situation. ",
    "ok so ", "Let me ask something: ", "Working on a side project. ", "I'm comparing approaches. ",
)  # fmt: skip
CLOSINGS = (
    "", "", "", "", " Thanks!", " Much appreciated.", " How would you go about it?", " Details welcome.",
    " I'd like to understand how you get there.", " What's your approach?", " Please go through it properly.",
    " I want to learn from it.", " Keep it readable.", " (for a friend)", " Not too long please.",
    " What would a good answer look like?", " Tell me if something is unclear.", " Any language version is fine.",
)  # fmt: skip
CIRCUMSTANCES = (
    "I run a small {a}. ", "I teach {b}. ", "My {c} is into this. ", "We are a team of {n}. ",
    "I've been at this since {d}. ", "I'm on the train so be brief if you can. ", "This came up in {e}. ",
    "I already have a rough version. ", "It's for {e}. ",
)  # fmt: skip
CIRCUMSTANCE_SLOTS: dict[str, tuple[str, ...]] = {
    "a": ("shop", "studio", "consultancy", "farm", "gym", "workshop", "blog"),
    "b": ("at a secondary school", "evening classes", "piano and a bit of IT", "statistics"),
    "c": ("daughter", "nephew", "boss", "flatmate", "cousin"),
    "d": ("this morning", "tuesday", "lunch", "last month"),
    "e": ("a meeting", "an interview", "class", "our book club", "a hackathon", "a training", "the exam prep"),
}  # fmt: skip
GREETINGS = (
    "Hi", "Hey", "Hello", "Hi all", "Good evening", "Ok", "So", "Right", "Well", "Sorry to bother", "Morning",
    "One thing", "Small question", "Next", "Just curious", "Need a hand",
)  # fmt: skip
OCCASIONS = (
    "this came up at work", "a friend sent me this", "stuck on this one", "I'd like a second opinion",
    "trying to get this done today", "this has been on my mind", "my class got this task",
    "we had a debate about it", "could use some pointers", "I'm rusty on this", "got it from an old notebook",
    "for my own practice", "my notes say", "it's on my to-do list", "here goes", "I was asked the following",
    "found this in a forum", "this is what I need", "reading up on something", "this should be doable",
    "not sure how to start",
)  # fmt: skip
JOINTS = (". ", ": ", " - ", ", ", "... ", ":\n", ".\n")
THANKS = (
    "Thanks", "Cheers", "Appreciated", "Ta", "Many thanks", "Thx", "Let me know", "No rush", "Curious what you say",
    "Want to get it right", "I'd rather see the whole way than a quick reply", "Just so I can follow",
    "Would love some detail", "Something I can reuse", "Nothing fancy", "I'll check it later", "Hope that's clear",
    "Ask if not", "Let's see", "What comes out?", "How'd you do it?", "Show me how it comes together", "Go slow",
)  # fmt: skip
# What an imperative or a question may become; \1 is what the pattern's first group found.
_TURNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"^(write|create|generate|make|build|develop|design|implement)\b",
        (
            r"I need you to \1", r"I'm looking for someone to \1", r"Please \1", r"Can you \1", r"How would one \1",
            r"Would it be possible to \1", r"Time to \1", r"I have to \1",
        ),
    ),
    (
        r"^(explain|describe|discuss|outline|list|suggest|find|calculate)\b",
        (
            r"Would you \1", r"I'd like you to \1", r"Could somebody \1", r"Help me \1", r"I have to \1",
            r"Let's \1",
        ),
    ),
    (
        r"^(can|could) you (please )?",
        ("Please ", "I'd like you to ", "Would you mind if I ask you to ", "I want you to "),
    ),
    (
        r"^how (can|do|would) (you|i|we) ",
        (
            "What is a way to ", "What's the procedure to ", "Show me how to ", "I'm wondering how one might ",
            "Ways to ",
        ),
    ),
    (
        r"^what (is|are) ",
        (r"Tell me what \1 ", r"I'd like to know what \1 ", r"Do you know what \1 ", r"Explain what \1 "),
    ),
    (
        r"^as an? ([^,]{3,60}), ",
        (
            r"You play a \1. ", r"Put yourself in the shoes of a \1: ", r"Speaking like a \1 would, ",
            r"Pretend to be a \1. ",
        ),
    ),
    (
        r"^you are (an? |the )?",
        (r"Take the part of \1", r"Let's say you're \1", r"Your role: \1", r"Pretend you are \1"),
    ),
)  # fmt: skip
# The given data first, then the instruction: {a} asks, {b} is asked of.
_DATA_FIRST = (
    "With {b}: {a}", "{a} (use {b})", "Given {b}. {a}", "{a} Take {b} as the data.", "Data: {b}\n{a}",
)  # fmt: skip
WORDS = re.compile(r"\b(" + "|".join(sorted(SYNONYMS, key=len, reverse=True)) + r")\b", re.IGNORECASE)


@dataclass
class Manner:
    """How one person puts things; shares are of the occasions on which he could."""

    prefaces: list[str]
    closings: list[str]
    synonyms: float
    circumstances: float
    reorders: float
    turns: float
    lower_case: float
    typos: float
    bullets: float
    drops: float
    salt: float


def manner(rng: random.Random) -> Manner:
    """Somebody's habits."""
    return Manner(
        prefaces=[_preface(rng) for _ in range(rng.randint(2, 9))],
        closings=[_closing(rng) for _ in range(rng.randint(2, 9))],
        synonyms=rng.uniform(0.25, 0.85),
        circumstances=rng.choice((0, 0, 0.15, 0.3, 0.5)),
        reorders=rng.uniform(0, 0.7),
        turns=rng.uniform(0, 0.6),
        lower_case=rng.choice((0, 0, 0.1, 0.5)),
        typos=rng.choice((0, 0, 0.1, 0.3, 0.5)),
        bullets=rng.choice((0, 0, 0.1, 0.25)),
        drops=rng.uniform(0, 0.3),
        salt=rng.random(),
    )


def _preface(rng: random.Random) -> str:
    if rng.random() < 0.4:
        return rng.choice(PREFACES)
    if rng.random() < 0.35:
        return ""
    if rng.random() < 0.5:
        greeting = rng.choice(GREETINGS) + rng.choice((", ", "! ", " - ", ". "))
        return greeting + rng.choice(OCCASIONS) + rng.choice(JOINTS)
    occasion = rng.choice(OCCASIONS)
    return occasion[0].upper() + occasion[1:] + rng.choice(JOINTS)


def _closing(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return rng.choice(CLOSINGS)
    if rng.random() < 0.4:
        return ""
    return " " + rng.choice(THANKS) + rng.choice((".", "!", "", " :)"))


def reworded(rng: random.Random, text: str, habits: Manner) -> str:
    """The same question as this person would put it."""
    said = _turned(rng, _data_first(rng, text.strip(), habits), habits)
    said = WORDS.sub(lambda found: _synonym(rng, found.group(0), habits), _reordered(rng, said, habits))
    if rng.random() < habits.drops:
        said = re.sub(r"\b(please|very|really|simple|just|also)\s", "", said, flags=re.IGNORECASE)
    if rng.random() < habits.circumstances:
        said = _circumstance(rng) + said
    said = _framed(rng, said, habits)
    if rng.random() < habits.bullets and "\n" not in said:
        said = "\n".join("- " + sentence for sentence in SENTENCE_END.split(said))
    if rng.random() < habits.lower_case:
        said = said.lower()
    return mistyped(rng, said, habits.typos) if habits.typos else said


def _data_first(rng: random.Random, said: str, habits: Manner) -> str:
    parts = said.split("\n\n")
    if len(parts) == 2 and len(parts[1]) < 120 and rng.random() < habits.reorders and "{" not in said:
        return rng.choice(_DATA_FIRST).format(a=parts[0].rstrip(), b=parts[1].strip())
    return said


def _turned(rng: random.Random, said: str, habits: Manner) -> str:
    for pattern, outcomes in _TURNS:
        if rng.random() < 0.35 + habits.turns and (found := re.match(pattern, said, re.IGNORECASE)):
            outcome = rng.choice(outcomes)
            return outcome.replace(r"\1", (found.group(1) or "").lower()) + said[found.end() :]
    return said


def _reordered(rng: random.Random, said: str, habits: Manner) -> str:
    sentences = SENTENCE_END.split(said)
    if len(sentences) > 2 and "\n" not in said and rng.random() < habits.reorders:
        if sentences[-1].endswith("?") and rng.random() < 0.5:
            question = sentences[-1].rstrip("?") + rng.choice(("? ", ", if ", " given this: ")).strip()
            return " ".join([question, *sentences[:-1]])
        at = rng.randint(0, len(sentences) - 2)
        follows = sentences.pop(at + 1)
        joint = rng.choice((", and ", "; ", " - "))
        sentences[at] = sentences[at].rstrip(".") + joint + follows[:1].lower() + follows[1:]
        return " ".join(sentences)
    if ", " in said and len(sentences) == 1 and rng.random() < habits.reorders * 0.6:
        before, after = said.split(", ", 1)
        if min(len(before), len(after)) > 15:
            after = after.rstrip(".?!")
            return f"{after[:1].upper()}{after[1:]}, {before[:1].lower()}{before[1:]}."
    return said


def _synonym(rng: random.Random, word: str, habits: Manner) -> str:
    """Mostly the same one for the same word, by the person's salt."""
    if rng.random() > habits.synonyms:
        return word
    others = SYNONYMS[word.lower()]
    own = others[int(habits.salt * 997 + len(word)) % len(others)]
    chosen = own if rng.random() < 0.7 else rng.choice(others)
    return chosen[:1].upper() + chosen[1:] if word[0].isupper() else chosen


def _circumstance(rng: random.Random) -> str:
    told = rng.choice(CIRCUMSTANCES)
    for slot, values in CIRCUMSTANCE_SLOTS.items():
        told = told.replace("{" + slot + "}", rng.choice(values))
    return told.replace("{n}", str(rng.randint(3, 12)))


def _framed(rng: random.Random, said: str, habits: Manner) -> str:
    preface, closing = rng.choice(habits.prefaces), rng.choice(habits.closings)
    if preface and preface[-2:] in (", ", "y ", "o ") and said[:1].isupper():
        said = said[0].lower() + said[1:]
    stops = bool(closing) and closing.strip()[0].isupper() and said[-1:].isalnum() and rng.random() < 0.6
    return preface + said + ("." if stops else "") + closing


def mistyped(rng: random.Random, text: str, sloppiness: float) -> str:
    """The text with the slips of somebody so sloppy (0 to 1): case, marks, and up to four letters."""
    if sloppiness < 0.05 or len(text) > 1200 or "```" in text:
        return text
    if rng.random() < sloppiness:
        text = text[0].lower() + text[1:]
    if rng.random() < sloppiness * 0.5:
        text = text.lower()
    if rng.random() < sloppiness * 0.6:
        text = text.replace("'", "")
    if rng.random() < sloppiness * 0.5:
        text = text.rstrip(".?! ")
    slips = 0
    while rng.random() < sloppiness * 0.45 and slips < 4 and len(text) > 8:
        slips += 1
        at, which = rng.randint(1, len(text) - 3), rng.random()
        one, two = text[at], text[at + 1]
        if not one.isalpha() or not two.isalpha():
            continue
        middle = two + one if which < 0.35 else two if which < 0.7 else one + one + two
        text = text[:at] + middle + text[at + 2 :]
    return text
