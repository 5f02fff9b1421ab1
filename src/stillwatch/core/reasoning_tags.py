"""Reasoning that a model writes between tags inside its text, found and left out, also when a stream cuts the tags.

Known are XML-like tags (``<think>``, ``<thinking>``, ``<thought>``, ``<reasoning>``, ``<reflection>``,
``<scratchpad>``, with a prefix or attributes too), ``[THINK]``, ``◁think▷``, ``<|begin_of_thought|>``,
``<|start_thinking|>`` and the analysis channel of the harmony format. To add one, put it into both patterns.

Many templates open the tag in the prompt, so that the text holds only the closing one: all before it is
reasoning. In a stream that shows only when the closing tag comes; ``hold`` keeps the text back until
then, or until ``settle`` says that this upstream tells its reasoning apart by itself.
"""

from __future__ import annotations

import re

__all__ = ["REASONING_NAMES", "ReasoningFilter", "is_reasoning_name", "without_reasoning_tags"]

_NAMES = r"(?:\w{1,16}:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|chain_of_thought)"
_OPENS = (
    rf"<\s*{_NAMES}(?:\s[^<>]{{0,128}})?>|\[THINK\]|◁think▷|<\|(?:begin_of_thought|start_thinking|think)\|>"
    r"|<\|channel\|>\s*(?:analysis|commentary)"
)
_CLOSES = (
    rf"<\s*/\s*{_NAMES}\s*>|\[/THINK\]|◁/think▷|<\|(?:end_of_thought|end_thinking|/think|end|start)\|>"
    r"|<\|channel\|>\s*final(?:<\|message\|>)?"
)
_TAG = re.compile(rf"(?P<open>{_OPENS})|(?P<close>{_CLOSES})", re.IGNORECASE)
# The end of a piece of text that more text could turn into a tag.
_MAYBE = re.compile(
    r"(?:<\|channel\|>\s{0,8}[a-z]{0,10}(?:<[|a-z]{0,9})?|<\|[a-z_/]{0,18}\|?|<[\s/]{0,8}[\w:]{0,34}(?:\s[^<>]{0,128})?|\[/?[a-z]{0,6}|◁/?[a-z]{0,6})\Z",
    re.IGNORECASE,
)

REASONING_NAMES = frozenset(
    {
        "chainofthought",
        "cot",
        "encryptedcontent",
        "encryptedreasoning",
        "reasoning",
        "reasoningcontent",
        "reasoningdetails",
        "reasoningsummary",
        "reasoningtext",
        "reasoningtokens",
        "redactedthinking",
        "scratchpad",
        "thinking",
        "thinkingblocks",
        "thinkingcontent",
        "thinkingtokens",
        "thought",
        "thoughts",
        "thoughtsignature",
        "thoughtsignatures",
    }
)
"""Names of fields that hold reasoning, in any API, lowered and without ``_`` and ``-``."""


def is_reasoning_name(name: str) -> bool:
    """Whether a field of this name holds reasoning."""
    return name.lower().replace("_", "").replace("-", "") in REASONING_NAMES


class ReasoningFilter:
    """Text in, text without reasoning out, piece by piece.

    Args:
        hold: keep text back until it is known not to be reasoning whose opening tag stands in the prompt.
        whole: all text comes at once, so that everything before the last closing tag can be left out.
    """

    def __init__(self, *, hold: bool = True, whole: bool = False) -> None:
        self._undecided = hold
        self._whole = whole
        self._held: list[str] = []
        self._depth = 0
        self._tail = ""

    def feed(self, text: str) -> str:
        """What of the text so far can be shown now."""
        text = self._tail + text
        shown: list[str] = []
        at = 0
        for tag in _TAG.finditer(text):
            if self._depth == 0:
                shown.append(text[at : tag.start()])
            at = tag.end()
            if tag["open"]:
                self._depth += 1
            elif self._depth:
                self._depth -= 1
            elif self._undecided:
                # Closed without being opened: what came before was reasoning.
                shown.clear()
                self._held.clear()
            self._undecided = self._undecided and (self._whole or not (tag["close"] or self._depth))
        rest = text[at:]
        maybe = _MAYBE.search(rest)
        cut = maybe.start() if maybe else len(rest)
        if self._depth == 0:
            shown.append(rest[:cut])
        self._tail = rest[cut:]
        if self._undecided:
            self._held += shown
            return ""
        shown[:0] = self._held
        self._held = []
        return "".join(shown)

    def settle(self) -> None:
        """This upstream tells its reasoning apart: what was held back is shown with the next text."""
        if not self._whole:
            self._undecided = False

    def finish(self) -> str:
        """The rest, once the text is complete."""
        rest = [*self._held, "" if self._depth else self._tail]
        self._held, self._tail = [], ""
        return "".join(rest)


def without_reasoning_tags(text: str) -> str:
    """A complete text without the reasoning in it.

    >>> without_reasoning_tags("<think>They want a sum.</think>4")
    '4'
    >>> without_reasoning_tags("They want a sum.</think>4")
    '4'
    """
    seen = ReasoningFilter(whole=True)
    return seen.feed(text) + seen.finish()
