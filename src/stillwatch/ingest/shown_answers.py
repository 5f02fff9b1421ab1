"""What a model said, of an answer's text as Open WebUI keeps it for its pages: with reasoning and tools in `<details>`.

Of later versions an answer's items, as the responses API has them, stand beside it, or alone.
"""

from __future__ import annotations

import html
from typing import Any

from stillwatch.core.bodies import openai
from stillwatch.core.bodies.shapes import RecordError, listed

__all__ = ["text_shown"]

_REASONING = ('<details type="reasoning"', ">", "</details>")
_SUMMARY = ("<summary>", "", "</summary>")
# What tools, and code that was run, gave: the model did not say it.
_RESULTS = tuple((f'<details type="{kind}"', ">", "</details>") for kind in ("tool_calls", "code_interpreter"))


def text_shown(text: str | None, output: Any = None) -> tuple[str | None, str | None]:
    """An answer's text and its reasoning.

    Args:
        text: as it is shown.
        output: items of the responses API, which say what an answer without a text said.
    """
    if text and "<details" in text:
        rest, thoughts = _cut_out(text, *_REASONING)
        for kind in _RESULTS:
            rest, _ = _cut_out(rest, *kind)
        return rest, "\n".join(_unquoted(_cut_out(one, *_SUMMARY)[0].strip()) for one in thoughts) or None
    if text or not output:
        return text, None
    try:
        said = openai.response_fields({"output": listed(output, "output")})
    except RecordError:
        return text, None
    return said.get("response", text), said.get("reasoning")


def _unquoted(thought: str) -> str:
    """Reasoning as it was before its lines were marked as quoted, and escaped, where all are."""
    lines = (html.unescape(thought) if thought.startswith("&gt;") else thought).split("\n")
    return "\n".join(line[1:].removeprefix(" ") for line in lines) if all(one[:1] == ">" for one in lines) else thought


def _cut_out(text: str, begins: str, opened: str, ends: str) -> tuple[str, list[str]]:
    """A text without its parts of a kind and the blanks behind each, and what these hold.

    Args:
        text: the text.
        begins, opened: how the tag before such a part begins, and with what it ends.
        ends: the tag behind it.
    """
    kept, held, at = list[str](), list[str](), 0
    # Where one has no end, none behind it has: it is looked for once, and not again from each.
    while (begun := text.find(begins, at)) >= 0:
        inner = text.find(opened, begun + len(begins)) + len(opened)
        end = text.find(ends, inner) if inner >= begun + len(begins) else -1
        if end < 0:
            break
        kept.append(text[at:begun])
        held.append(text[inner:end])
        at = end + len(ends)
        while at < len(text) and text[at].isspace():
            at += 1
    return "".join((*kept, text[at:])), held
