"""How public models write the tags between which they reason, as patterns.

Known are XML-like tags (``<think>``, ``<thinking>``, ``<thought>``, ``<reasoning>``, ``<reflection>``,
``<scratchpad>``, ``<cot>``, ``<inner_monologue>``, with a prefix (``<seed:think>``, ``<ifm|think_fast>``,
``<antThinking>``) or attributes too, escaped or in wide letters too), ``[THINK]``, ``◁think▷``,
``<|begin_of_thought|>``, ``<|start_thinking|>``, ``<|think_start|>``, ``<|inner_prefix|>``, ``[unused16]`` (Pangu),
Gemma's and Gemini's channel of thoughts, the analysis channel of the harmony format, with its marks or without, the
sentences of Granite, what ends Apriel's and Solar's, and the folded part that Open WebUI makes of any. To add one, put
it into ``TAG`` and ``MAYBE``, and how it closes into ``CLOSING``.
"""

from __future__ import annotations

import re

__all__ = ["CLOSING", "IN_ONE", "LONGEST_CLOSING", "MAYBE", "OF_TAGS", "SAME", "TAG"]

_KIND = (
    r"think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|chain[_-]of[_-]thought|cot"
    r"|(?:inner|internal)[_-](?:monologue|dialogue|thoughts?|thinking|reasoning)"
)
_MORE_OF_A_NAME = r"process|content|text|trace|steps?|blocks?|scratchpad|fast(?:er)?|never_used_\w{1,40}"
_NAMES = rf"(?:\w{{1,16}}[:_|]|ant)?(?:{_KIND})(?:[_-](?:{_MORE_OF_A_NAME}))?"
_LEFT, _RIGHT = "(?:<|&lt;|＜)", "(?:>|&gt;|＞)"
_BARRED = r"(?:think(?:ing)?|thoughts?|reasoning)"
_IS = "'s|\u2019s| is"
_SAYS = ("thought process", "response")
_OPENS = (
    rf"{_LEFT}\s{{0,8}}(?P<begins>{_NAMES})(?:\s[^<>]{{0,128}}?)?{_RIGHT}|\[THINK(?:ING)?\]|◁think▷"
    rf"|<\|(?:(?:begin|start)(?:_of)?_)?{_BARRED}\|>|<\|inner_prefix\|>|<(?:unused|ctrl)94>"
    rf"|<\|{_BARRED}_(?:begin|start)\|>|\[unused16\]|here(?:{_IS}) my thought process:"
    r"|<\|channel\|?>\s{0,8}(?:analysis|commentary|thought)|assistant(?:analysis|commentary)"
    r"|<details\s(?:[^<>]{0,64}\s)?type=[\"']?reasoning\b[^<>]{0,128}>"
)
_CLOSES = (
    rf"{_LEFT}\s{{0,8}}/\s{{0,8}}(?P<ends>{_NAMES})\s{{0,8}}{_RIGHT}|\[/THINK(?:ING)?\]|◁/think▷"
    rf"|<\|(?:/|end(?:_of)?_){_BARRED}\|>|<\|inner_suffix\|>|<(?:unused|ctrl)95>|<channel\|>"
    rf"|<\|{_BARRED}_end\|>|\[unused17\]|here(?:{_IS}) my response:"
    r"|<\|channel\|>\s{0,8}final|assistantfinal|\[BEGIN FINAL RESPONSE\]|</details\s{0,8}>"
    r"|<\|begin\|>\s{0,8}assistant\s{0,8}<\|content\|>"
)
TAG = re.compile(
    rf"(?P<open>{_OPENS})|(?P<close>{_CLOSES})|(?P<turn><\|(?:end|start)\|>)|(?P<mark><\|message\|>)", re.IGNORECASE
)


def _begun(word: str) -> str:
    """A pattern of every beginning of a word."""
    made = ""
    for letter in reversed(word[1:]):
        made = f"(?:{letter}{made})?"
    return word[0] + made


MAYBE = re.compile(
    r"(?:<\|channel\|?>\s{0,8}[a-z]{0,10}|<\|begin\|>\s{0,8}[a-z]{0,9}\s{0,8}(?:<(?:\|[a-z]{0,7}\|?)?)?"
    r"|<\|[a-z_/]{0,22}\|?|<[a-z0-9]{0,10}\|?"
    rf"|{_LEFT}[\s/]{{0,18}}[\w:|-]{{0,90}}(?:\s[^<>]{{0,128}})?(?:&g?t?)?|&l?t?|\[/?[a-z0-9]{{0,9}}|◁/?[a-z]{{0,6}}"
    rf"|<details\s[^<>]{{0,210}}|\[{_begun('begin final response')}"
    rf"|{_begun('here')}|here(?:{'|'.join(_begun(f'{one} my {what}:') for one in _IS.split('|') for what in _SAYS)})"
    rf"|{_begun('assistant')}|assistant(?:{'|'.join(map(_begun, ('analysis', 'commentary', 'final')))}))\Z",
    re.IGNORECASE,
)
"""The end of a piece of text that more text could turn into a tag."""
CLOSING = (
    *("</think>", "</thinking>", "</thought>", "</reasoning>", "[/think]", "◁/think▷", "<|end|>", "<|end_of_thought|>"),
    *("<|end_thinking|>", "<|inner_suffix|>", "<channel|>", "<unused95>", "<|channel|>final", "assistantfinal"),
    *("<|think_end|>", "[unused17]", "</longcat_think>", "</think_never_used_", "</ifm|think_faster>", "<ctrl95>"),
    *("[begin final response]", "</think_fast>", "<|begin|>assistant<|content|>"),
)
"""Some of those that end a thought, in small letters."""
LONGEST_CLOSING = max(map(len, CLOSING))
IN_ONE = re.compile(r"(?=.*[<>\[\]|/◁▷])(?=.*(?:think|thought|reason))", re.IGNORECASE | re.DOTALL)
OF_TAGS = re.compile(r"[<>\[\]|/◁▷]|think|thought|reason|assistantf|unused|ctrl95|final resp", re.IGNORECASE)
SAME = re.compile(
    r"_begin|_start|_end(?=\|)|begin_of_|start_of_|end_of_|begin_|start_|end_|inner_|prefix|suffix|[^a-z\[◁]"
)
"""What the tag that opens and the one that closes have not in common."""
