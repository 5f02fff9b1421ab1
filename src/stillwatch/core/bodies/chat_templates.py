"""Prompts that were written out by a model's chat template, taken apart into the messages they were made of.

Whoever calls a bare completion of a chat model sends its template's words around every turn. Read as one text they
would be everybody's, and link all who call that model. Known are ChatML (``<|im_start|>user``), Llama 3
(``<|start_header_id|>user<|end_header_id|>``) and 4 (``<|header_start|>``), Gemma (``<start_of_turn>user``), Phi
and GLM (``<|user|>``), DeepSeek (``<｜User｜>``), Kimi (``<|im_user|>``), gpt-oss (``<|start|>user<|message|>``),
Granite (``<|start_of_role|>``), Command R (``<|USER_TOKEN|>``), Llama 2 and Mistral (``[INST]``, ``<<SYS>>``,
``[SYSTEM_PROMPT]``), the older Claude's ``Human:`` and ``Assistant:``, and where they end by the answer's name Vicuna's
and Titan's ``User:`` and Alpaca's ``### Instruction:``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stillwatch.core.bodies.shapes import Message

__all__ = ["may_be_written_out", "turns_of"]

_BEGINS, _BLANK = frozenset("<[ \n\r\t"), frozenset(" \n\r\t")
_ROLES = {
    "model": "assistant", "human": "user", "ipython": "tool", "observation": "tool", "chatbot": "assistant",
    "bot": "assistant", "developer": "system", "instruction": "user", "input": "user", "response": "assistant",
}  # fmt: skip
_OPENING = re.compile(
    r"\s*(?:<s>|<bos>|<BOS_TOKEN>|<\|begin_of_text\|>|\[gMASK\]\s*<sop>|<[|｜]begin▁of▁sentence[|｜]>)?\s*"
)
# A turn's beginning with its role, and what ends it.
_TEMPLATES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (re.compile(r"<\|im_start\|>\s*(\w+)[ \t]*\n?"), re.compile(r"<\|im_end\|>.*", re.DOTALL)),
    (
        re.compile(r"<\|start_header_id\|>\s*(\w+)\s*<\|end_header_id\|>\s*"),
        re.compile(r"<\|(?:eot_id|eom_id|end_of_text)\|>.*", re.DOTALL),
    ),
    (re.compile(r"<start_of_turn>\s*(\w+)[ \t]*\n?"), re.compile(r"<end_of_turn>.*", re.DOTALL)),
    (
        re.compile(r"<\|(user|assistant|system|observation)\|>\s*"),
        re.compile(r"(?:<\|end\|>|<\|endoftext\|>|</s>).*", re.DOTALL),
    ),
    (re.compile(r"<\|header_start\|>\s*(\w+)\s*<\|header_end\|>\s*"), re.compile(r"<\|eot\|>.*", re.DOTALL)),
    (re.compile(r"<\|im_(user|assistant|system)\|>\w*<\|im_middle\|>"), re.compile(r"<\|im_end\|>.*", re.DOTALL)),
    (
        re.compile(r"<\|start\|>(\w+)(?!\w)[^<|]*(?:<\|(?:channel|constrain)\|>[^<|]*)*(?:<\|message\|>|$)"),
        re.compile(r"<\|(?:end|return|call)\|>.*", re.DOTALL),
    ),
    (re.compile(r"<\|start_of_role\|>(\w+)<\|end_of_role\|>"), re.compile(r"<\|end_of_text\|>.*", re.DOTALL)),
    (
        re.compile(r"(?:<\|START_OF_TURN_TOKEN\|>)?<\|(USER|CHATBOT|SYSTEM)_TOKEN\|>"),
        re.compile(r"<\|END_OF_TURN_TOKEN\|>.*", re.DOTALL),
    ),
    (
        re.compile(r"(?:<[|｜]end▁of▁sentence[|｜]>)?<[|｜](User|Assistant)[|｜]>"),
        re.compile(r"<[|｜]end▁of▁sentence[|｜]>.*", re.DOTALL),
    ),
)
# DeepSeek's first turn, before which its system prompt stands with nothing around it.
_BEGUN, _FIRST_TURN = re.compile(r"\s*<[|｜]begin▁of▁sentence[|｜]>"), re.compile(r"<[|｜]User[|｜]>")
# What a template puts before an answer of a model that thinks.
_THINKS = re.compile(r"<think>\s*(?:</think>)?")
# A person may write these names too, but does not end by the answer's.
_BY_NAME: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ASSISTANT:", re.compile(r"(?:^|\s|</s>)(USER|ASSISTANT):")),
    ("Bot:", re.compile(r"(?:^|\n)(User|Bot):")),
    ("### Response:", re.compile(r"(?:^|\n)### (Instruction|Response):")),
)
# At the very start behind two newlines, as that API wants it: nobody begins to write so.
_TURN_OF_CLAUDE = re.compile(r"\n\n(Human|Assistant):")
_ASKS, _ASKED = "[INST]", "[/INST]"
_SYSTEM_BEFORE = re.compile(r"\[SYSTEM_PROMPT\](.*?)\[/SYSTEM_PROMPT\]\s*", re.DOTALL)
_SYSTEM = re.compile(r"\s*<<SYS>>(.*?)<</SYS>>", re.DOTALL)
_ENDS = re.compile(r"</?s>")


def may_be_written_out(prompt: str) -> bool:
    """Whether a prompt begins or ends as one that a template wrote out may."""
    return prompt[:1] in _BEGINS or prompt[-1:] in _BLANK or prompt[-1:] == ":"


def turns_of(prompt: str) -> list[Message] | None:
    """The messages that a template wrote out; None where it is no such prompt, or none of them is a user's."""
    opened = _OPENING.match(prompt)
    start = opened.end() if opened else 0
    unmarked = ""
    if _BEGUN.match(prompt) and (turn := _FIRST_TURN.search(prompt, start)) is not None:
        start, unmarked = turn.start(), prompt[start : turn.start()]
    for begins, ends in _TEMPLATES:
        # A person who asks about a template does not begin with it.
        if begins.match(prompt, start):
            found = [*begins.finditer(prompt)]
            following = [*(one.start() for one in found[1:]), len(prompt)]
            turns = [
                _turn(one.group(1).lower(), ends.sub("", prompt[one.end() : end]))
                for one, end in zip(found, following, strict=True)
            ]
            return _said([_turn("system", unmarked), *turns])
    if (ordered := _SYSTEM_BEFORE.match(prompt, start)) is not None:
        unmarked, start = ordered[1], ordered.end()
    if prompt.startswith(_ASKS, start) and _ASKED in prompt:
        return _said(
            [_turn("system", unmarked)]
            + [turn for asked, answered in _pairs(prompt) for turn in _instructed(asked, answered)]
        )
    if _TURN_OF_CLAUDE.match(prompt):
        _, *parts = _TURN_OF_CLAUDE.split(prompt)
        return _said([_turn(str(role).lower(), str(text)) for role, text in zip(parts[::2], parts[1::2], strict=True)])
    return _by_name(prompt)


def _by_name(prompt: str) -> list[Message] | None:
    """The turns of a prompt that ends by the name of who is to answer."""
    for name, names in _BY_NAME:
        if prompt.rstrip().endswith(name):
            before, *parts = names.split(prompt)
            said = zip(parts[::2], parts[1::2], strict=True)
            return _said([_turn("system", str(before)), *(_turn(str(who).lower(), str(text)) for who, text in said)])
    return None


def _pairs(prompt: str) -> Iterator[tuple[str, str]]:
    """What was asked between marks, each with what follows; whatever is asked without an end is left out."""
    begun = prompt.find(_ASKS)
    # Where one has no end, none behind it has: it is looked for once, and not again from each.
    while begun >= 0 and (closed := prompt.find(_ASKED, begun)) >= 0:
        following = prompt.find(_ASKS, closed)
        answered = prompt[closed + len(_ASKED) : following if following >= 0 else None]
        yield prompt[begun + len(_ASKS) : closed], answered
        begun = following


def _instructed(asked: str, answered: str) -> list[Message]:
    system = _SYSTEM.match(asked)
    turns = [_turn("system", system.group(1))] if system else []
    return [*turns, _turn("user", asked[system.end() :] if system else asked), _turn("assistant", answered)]


def _turn(role: str, text: str) -> Message:
    return Message(_ROLES.get(role, role), _ENDS.sub("", text).strip())


def _said(turns: list[Message]) -> list[Message] | None:
    """Turns in which something was said: the last is what the model is to write."""
    kept = [turn for turn in turns if turn.content and not _THINKS.fullmatch(turn.content)]
    return kept if any(turn.role == "user" for turn in kept) else None
