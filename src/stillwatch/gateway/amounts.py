"""How much one request asks for: answers, and tokens for each, in whatever words servers read them.

A request that could be read as many counts as many. To know one more word for an amount, add it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

__all__ = ["asks_and_tokens", "ids_in"]

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
_NESTED = 3
"""So deep servers keep such settings: in ``parameters``, ``generationConfig``, ``sampling_params`` and the like."""
_NO_SETTINGS = frozenset(("messages", "tools", "functions", "responseformat", "text", "metadata", "input", "system"))


def asks_and_tokens(body: Any) -> tuple[int, int]:
    """Prompts times answers to each; and the tokens that an answer may have, in whatever words, 0 where none are said.

    A list of token ids is one prompt, and so are a conversation's turns. Several conversations, and several models
    (LiteLLM asks each of ``a,b``), are as many.
    """
    if not isinstance(body, Mapping):
        return 1, 0
    prompts = [_prompts(_plain(name), value) for name, value in body.items() if isinstance(value, list)]
    models = body.get("model")
    asked = models.count(",") + 1 if isinstance(models, str) else 1
    set_to = list(_settings(body))
    answers = [_count(value) for name, value in set_to if name in _ANSWERS]
    tokens = [_count(value) for name, value in set_to if name in _TOKENS]
    return max([1, *prompts]) * max([1, *answers]) * asked, max([0, *tokens])


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


def ids_in(body: Any) -> int:
    """How many token ids stand in place of text."""
    if not isinstance(body, Mapping):
        return 0
    lists = [value for name, value in body.items() if isinstance(value, list) and _plain(name) in _PROMPTS]
    flat = [one for given in lists for one in (given, *(item for item in given if isinstance(item, list)))]
    return sum(type(item) is int for one in flat for item in one)


def _settings(body: Mapping[Any, Any], deep: int = _NESTED) -> Iterator[tuple[str, Any]]:
    """Names and values of what a request sets, also where they stand in objects of their own."""
    for name, value in body.items():
        plain = _plain(name)
        if not isinstance(value, Mapping):
            yield plain, value
        elif deep and plain not in _NO_SETTINGS:
            yield from _settings(value, deep - 1)


@lru_cache(1024)
def _plain(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "")


def _count(value: object) -> int:
    """A number as servers read one that is not strict: 16, 16.0 and "16" are the same."""
    try:
        read = float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0
    return int(read) if 0 < read < _MOST_COUNTED else 0 if not read > 0 else int(_MOST_COUNTED)
