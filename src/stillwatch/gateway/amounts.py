"""How much one request asks for: answers, and tokens for each, in whatever words servers read them.

A request that could be read as many counts as many. To know one more word for an amount, add it here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stillwatch.core.remembered import remembers_short
from stillwatch.gateway.setting_names import NESTED, plain_name, settings_in

__all__ = ["asks_and_tokens", "ids_in", "most_said"]

_MOST_COUNTED = 1e9
_ANSWERS = frozenset(
    ("n", "bestof", "ncompletions", "nsamples", "numcandidates", "numcompletions", "numgenerations", "numoutputs")
) | {"numresults", "numreturnsequences", "numsamples", "candidatecount", "samplecount"}
_INPUTS = frozenset(("input", "inputs"))
_PROMPTS = _INPUTS | {"prompt", "prompts", "requests", "texts", "promptembeds", "instances", "conversations", "text1"}
_TOKENS = frozenset(
    ("maxtokens", "maxcompletiontokens", "maxoutputtokens", "maxnewtokens", "maxtokenstosample", "maxtokenstogenerate")
) | {
    *("maxdecodesteps", "maxgenlen", "maxlength", "maxtokencount", "minlength", "minnewtokens", "mintokens"),
    *("npredict", "numpredict", "budgettokens", "thinkingbudget"),
}
_MANY = "(?:completion|sample|sequence|choice|candidate|generation|output|response|variant|answer)s?"
_COUNTS_ANSWERS = re.compile(
    rf"(?:n|num|number(?:of)?)(?:return(?:ed)?)?{_MANY}|{_MANY}(?:count|num|number)|bestofn|nbest|repeats?|samples"
)
_COUNTS_TOKENS = re.compile(
    r"(?:max|min|num|n)(?!.*(?:prompt|input|context|image|chunk|doc|query|search|cache|window|batch|prob))"
    r"[a-z]*(?:tokens?|tokencount)|(?:max)?(?:output|response|completion|answer|generation)length"
)
"""Further words of the same make; what a prompt may have is no answer's."""
_NO_PROMPTS = frozenset(
    ("messages", "contents", "content", "parts", "history", "chathistory", "turns", "tools", "functions", "examples")
) | {
    *("documents", "passages", "candidatelabels", "labels", "files", "images", "attachments", "metadata", "tags"),
    *("stop", "stopsequences", "stopwords", "stoptokenids", "badwords", "modalities", "include", "models", "fallbacks"),
    *("responseformat", "schema", "jsonschema", "system", "shape", "logitbias", "encodingformat"),
}
"""Lists that are no prompts, on a path where nobody knows what the server reads."""


def asks_and_tokens(body: Any, *, known: bool = True) -> tuple[int, int]:
    """Prompts times answers to each; and the tokens that an answer may have, in whatever words, 0 where none are said.

    A list of token ids is one prompt, and so are a conversation's turns. Several conversations, and several models
    (LiteLLM asks each of ``a,b``), are as many.

    Args:
        body: the request.
        known: whether its API is; else any list that may be one of prompts is taken for one, under whatever name.
    """
    if not isinstance(body, Mapping):
        return 1, 0
    prompts = [_prompts(plain_name(name), value) for name, value in body.items() if isinstance(value, list)]
    prompts += [] if known else _lists(body)
    models = body.get("model")
    asked = models.count(",") + 1 if isinstance(models, str) else 1
    set_to = list(settings_in(body))
    answers = [_count(value) for name, value in set_to if _counts_answers(name)]
    tokens = [_count(value) for name, value in set_to if _counts_tokens(name)]
    return max([1, *prompts]) * max([1, *answers]) * asked, max([0, *tokens])


@remembers_short(1024)
def _counts_answers(name: str) -> bool:
    return name in _ANSWERS or _COUNTS_ANSWERS.fullmatch(name) is not None


@remembers_short(1024)
def _counts_tokens(name: str) -> bool:
    return name in _TOKENS or _COUNTS_TOKENS.fullmatch(name) is not None


def _lists(body: Mapping[Any, Any], deep: int = NESTED) -> Iterator[int]:
    """How many prompts each list may be, wherever it stands."""
    for name, value in body.items():
        plain = plain_name(name)
        if plain in _NO_PROMPTS:
            continue
        if isinstance(value, list) and plain not in _INPUTS:
            yield 1 if all(isinstance(item, int | float) for item in value) else len(value)
        inner = value if isinstance(value, list) else [value]
        if deep:
            for one in inner:
                if isinstance(one, Mapping):
                    yield from _lists(one, deep - 1)


def _prompts(name: str, value: list[Any]) -> int:
    """How many prompts a list is."""
    if name == "messages":
        return sum(isinstance(one, list) for one in value)
    if name not in _PROMPTS or all(isinstance(item, int | float) for item in value):
        return 1
    if name in _INPUTS:
        # Items of one conversation stand in no lists.
        turns = [item for item in value if isinstance(item, Mapping)]
        return len(value) - len(turns) + bool(turns)
    return len(value)


def ids_in(body: Any, *, known: bool = True) -> int:
    """How many token ids stand in place of text; of an API that is not known, under whatever name."""
    if not isinstance(body, Mapping):
        return 0
    named = [(plain_name(name), value) for name, value in body.items() if isinstance(value, list)]
    lists = [value for name, value in named if name in _PROMPTS or not (known or name in _NO_PROMPTS)]
    flat = [one for given in lists for one in (given, *(item for item in given if isinstance(item, list)))]
    return sum(type(item) is int for one in flat for item in one)


def most_said(query: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What a query sets; where it sets one twice, the larger: servers differ in which they read."""
    return dict(sorted(query, key=lambda pair: _count(pair[1])))


def _count(value: object) -> int:
    """A number as servers read one that is not strict: 16, 16.0 and "16" are the same."""
    try:
        read = float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0
    return int(read) if 0 < read < _MOST_COUNTED else 0 if not read > 0 else int(_MOST_COUNTED)
