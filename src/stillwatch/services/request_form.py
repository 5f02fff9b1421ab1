"""The form in which an endpoint takes a request: with which settings, under which names.

Reasoning models want ``max_completion_tokens`` and their own temperature; others refuse what they do not know.
What an endpoint refuses is left out, or named as it wants it, and stays so for all that it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from stillwatch.core import EndpointFailed

__all__ = ["RequestForm", "find_form", "is_refusal"]

_TOP = 20
_REFUSED = re.compile(r"^answers 4(00|03|22)\b")
Complete = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RequestForm:
    """What goes into a request besides model and messages.

    Attributes:
        logprobs: ask for log-probabilities of the first tokens.
        temperature: ask for temperature nought.
        seed: ask for a seed.
        new_name: call the longest answer ``max_completion_tokens``.
    """

    logprobs: bool = True
    temperature: bool = True
    seed: bool = True
    new_name: bool = False

    def body(self, asked: Mapping[str, Any], max_tokens: int, *, logprobs: bool = True) -> dict[str, Any]:
        """A chat completion's body.

        Args:
            asked: model and messages.
            max_tokens: of the answer.
            logprobs: whether log-probabilities are wanted here.
        """
        found = {**asked, "max_completion_tokens" if self.new_name else "max_tokens": max_tokens}
        if self.temperature:
            found["temperature"] = 0.0
        if self.seed:
            found["seed"] = 0
        if self.logprobs and logprobs:
            found.update(logprobs=True, top_logprobs=_TOP)
        return found

    def without(self, problem: str) -> RequestForm | None:
        """This form without what a refusal names; None where it names nothing that could be left out."""
        problem = problem.lower()
        if self.logprobs and re.search(r"log.?prob", problem):
            return replace(self, logprobs=False)
        if not self.new_name and re.search(r"max_(completion_)?tokens", problem):
            return replace(self, new_name=True)
        if self.temperature and "temperature" in problem:
            return replace(self, temperature=False)
        if self.seed and re.search(r"\bseed\b", problem):
            return replace(self, seed=False)
        return None


_FULL = RequestForm()
_BLIND = (
    replace(_FULL, logprobs=False),
    replace(_FULL, new_name=True),
    replace(_FULL, temperature=False),
    replace(_FULL, logprobs=False, new_name=True),
    replace(_FULL, logprobs=False, temperature=False),
    replace(_FULL, new_name=True, temperature=False),
    replace(_FULL, logprobs=False, new_name=True, temperature=False),
    replace(_FULL, logprobs=False, temperature=False, seed=False),
    RequestForm(logprobs=False, temperature=False, seed=False, new_name=True),
)
"""Tried in turn, the least left out first, where a refusal names nothing."""


def is_refusal(error: EndpointFailed) -> bool:
    """Whether an endpoint refused what a request asks for, as opposed to being away, busy or locked."""
    return _REFUSED.search(error.problem) is not None


def find_form(complete: Complete, asked: Mapping[str, Any], max_tokens: int) -> RequestForm:
    """The form that an endpoint takes, by asking: at first with everything, then without what it refuses.

    Args:
        complete: asks the endpoint.
        asked: model and messages of a first request.
        max_tokens: of the answer.

    Raises:
        EndpointFailed: it refuses every form, with what it said to the first; or it fails otherwise.
    """
    form: RequestForm | None = _FULL
    first: EndpointFailed | None = None
    while form is not None:
        refused = _refusal(complete, form.body(asked, max_tokens))
        if refused is None:
            return form
        first = first or refused
        form = form.without(refused.problem)
    for form in _BLIND:
        if _refusal(complete, form.body(asked, max_tokens)) is None:
            return form
    raise first or EndpointFailed("refuses every request", where="endpoint")


def _refusal(complete: Complete, body: Mapping[str, Any]) -> EndpointFailed | None:
    try:
        complete(body)
    except EndpointFailed as error:
        if not is_refusal(error):
            raise
        return error
    return None
