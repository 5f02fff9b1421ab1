"""Reasoning that a model writes between tags inside its text, found and left out, also when a stream cuts the tags.

Which tags are known stands in ``written_tags``.

Many templates open the tag in the prompt, so that the text holds only the closing one: all before it is
reasoning. In a stream that shows only when the closing tag comes; ``hold`` keeps the text back until
then, or until ``settle`` says that this upstream tells its reasoning apart.

Whoever reasons about tags writes tags, and whoever asks can have them written: what a tag of one kind opens is over
with the closing tag of the same kind alone. Where nobody knows which tag was opened, ``</think>`` ends it at once; what
stands behind another closing tag waits for that, or for the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stillwatch.core.remembered import remembers_short
from stillwatch.core.written_tags import CLOSING, IN_ONE, LONGEST_CLOSING, MAYBE, OF_TAGS, SAME, TAG

__all__ = [
    "REASONING_NAMES",
    "ReasoningFilter",
    "begun_tag",
    "ends_within_reasoning",
    "is_reasoning_name",
    "touches_a_tag",
    "without_reasoning_across",
    "without_reasoning_tags",
]

_HARMONY = "harmony"
_GRANITE = "granite"
"""Sentences, of which the second alone is no more than one."""
_FOLDED = "details"
"""A part that is folded: what ends it may end any."""
_OF_ANY_KIND = "*"
_BARRED = "|think"
"""``<|think|>``, which Solar ends with a turn of its answer's."""
_USUAL = "think"
"""What templates open: only its end is surely the end of what nobody saw begin."""
_DEEPEST = 32
_LONGEST_ENDING = 1_000
"""Letters of an ending that is looked at; nobody needs a longer one."""
_LONGEST_BEGUN = 256
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


_OF_REASONING = frozenset(("reasoning", "thinking", "thought", "thoughts", "cot", "scratchpad", "monologue"))
_PARTS_OF_A_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


@remembers_short(4096)
def is_reasoning_name(name: str) -> bool:
    """Whether a field of this name holds reasoning.

    >>> is_reasoning_name("reasoning_content"), is_reasoning_name("internalThoughts"), is_reasoning_name("reason")
    (True, True, False)
    """
    if name.lower().replace("_", "").replace("-", "") in REASONING_NAMES:
        return True
    return any(part.lower() in _OF_REASONING for part in _PARTS_OF_A_NAME.findall(name))


def _kind_of(tag: re.Match[str]) -> str:
    """What a tag that opens has in common with the one that closes it."""
    name = tag["begins"] or tag["ends"]
    if name:
        return name.lower()
    said = tag[0].lower()
    if tag["turn"] or said.startswith(("<|channel|>", "assistant")):
        return _HARMONY
    if said.startswith("here"):
        return _GRANITE
    if "details" in said:
        return _FOLDED
    if "channel" in said or said.startswith(("<unused", "<ctrl")):
        return "gemma"
    same = SAME.sub("", said)
    return _BARRED if said.startswith("<|") and (same == _USUAL or "content" in said) else same


def _is_a_sentence(tag: re.Match[str], opened: list[str]) -> bool:
    """Whether it ends what nobody has begun, in words that any answer may have."""
    kind = _kind_of(tag) if tag["close"] else None
    return kind in (_GRANITE, _FOLDED) and kind not in opened


def _more_open(opened: list[str], kind: str) -> list[str]:
    """What is open behind a tag that opens; a thousand tags one within another cost no more than a few."""
    return [*opened, kind][:_DEEPEST]


def _left_open(opened: list[str], kind: str) -> list[str]:
    """What is still open behind a closing tag of this kind; what was opened within it is over with it."""
    if kind in opened:
        return opened[: len(opened) - 1 - opened[::-1].index(kind)]
    return [] if kind == _USUAL and opened[:1] == [_OF_ANY_KIND] else opened


class ReasoningFilter:
    """Text in, text without reasoning out, piece by piece.

    Args:
        hold: keep text back until it is known not to be reasoning whose opening tag stands in the prompt.
        after: what stands before this text in the same answer; what was opened there is open here.
        within: the text begins within reasoning, whose tag is known to stand in the prompt.
        begun: what of a tag stands at the end of what the text goes on from; nothing of it is shown.
    """

    def __init__(
        self, *, hold: bool = True, after: ReasoningFilter | None = None, within: bool = False, begun: str = ""
    ) -> None:
        within = within and after is None
        self._undecided = hold and not within and not (after and after._open)
        self._held: list[str] = []
        self._open: list[str] = list(after._open) if after else [_OF_ANY_KIND] * within
        self._depth: int = after._depth if after else int(within)
        self._begins: bool = after is None or after._begins
        self._in_doubt: list[str] = []
        self._turned: list[str] = []
        self._turns = False
        self._tail = begun if after is None and not within else ""
        self._not_said = len(self._tail)

    @property
    def is_within(self) -> bool:
        """Whether what comes next is reasoning."""
        return bool(self._open)

    def feed(self, text: str) -> str:
        """What of the text so far can be shown now."""
        text = self._tail + text
        shown: list[str] = []
        at = 0
        for tag in TAG.finditer(text):
            self._say(text[max(at, self._not_said) : tag.start()], shown)
            at = tag.end()
            self._turn(tag, shown)
        rest = text[at:]
        maybe = MAYBE.search(rest)
        cut = maybe.start() if maybe else len(rest)
        self._say(text[max(at, self._not_said) : at + cut], shown)
        self._tail = rest[cut:]
        self._not_said = max(0, self._not_said - at - cut)
        if self._undecided:
            self._held += shown
            return ""
        shown[:0] = self._held
        self._held = []
        return "".join(shown)

    def _say(self, text: str, shown: list[str]) -> None:
        said = bool(text.strip())
        self._begins = self._begins and not said
        if not self._open:
            shown.append(text)
            if self._turned and said:
                self._turned = []
        elif self._depth == 0 and self._open[0] == _OF_ANY_KIND:
            self._in_doubt.append(text)

    def _turn(self, tag: re.Match[str], shown: list[str]) -> None:
        if tag["mark"]:
            return
        if _is_a_sentence(tag, self._open):
            self._say(tag[0], shown)
            return
        ignored = self._open or self._turns or not self._undecided
        if tag["turn"] and self._open[-1:] != [_HARMONY] and ignored:
            return
        if tag["open"]:
            self._begin(_kind_of(tag))
        else:
            self._turns = self._turns or bool(tag["turn"])
            self._end(_kind_of(tag), shown, turn=bool(tag["turn"]))

    def _begin(self, kind: str) -> None:
        if self._begins and kind == _USUAL:
            self._undecided = False
        if self._begins and self._open == [_OF_ANY_KIND]:
            # It is opened once more, by the model itself.
            self._open = [kind] if kind == _USUAL else self._open
            return
        self._open = _more_open(self._open, kind)
        self._depth = min(self._depth + 1, len(self._open))

    def _end(self, kind: str, shown: list[str], *, turn: bool) -> None:
        self._in_doubt.clear()
        if not self._open and self._undecided:
            # Closed without being opened: what came before was reasoning, or, where a turn ends, all there is.
            self._turned = [*self._held, *shown] if turn else []
            shown.clear()
            self._held.clear()
            self._undecided = kind != _USUAL
        self._open = _left_open(self._open, kind)
        self._depth = max(0, min(self._depth - 1, len(self._open)))

    def settle(self) -> None:
        """This upstream tells its reasoning apart: what was held back is shown with the next text."""
        self._undecided = False
        if self._open == [_OF_ANY_KIND]:
            self._open, self._depth = [], 0

    def finish(self) -> str:
        """The rest, once the text is complete."""
        in_doubt = self._depth == 0 and self._open[:1] == [_OF_ANY_KIND]
        tail = self._tail[self._not_said :]
        doubtful = [*self._in_doubt, tail] if in_doubt else []
        rest = "".join([*self._held, *(doubtful if self._open else [tail])])
        if self._turned and not rest.strip():
            rest = "".join(self._turned)
        self._held, self._in_doubt, self._turned, self._tail, self._not_said = [], [], [], "", 0
        return rest


def without_reasoning_across(texts: Sequence[str], *, within: bool = False, begun: str = "") -> list[str]:
    """Complete texts of one answer, in their order, without the reasoning in them, wherever it begins and ends.

    Args:
        texts: of one answer.
        within: the first begins within reasoning.
        begun: what of a tag stands before the first.

    >>> without_reasoning_across(["<think>They", " want ", "a sum.</think>4"])
    ['', '', '4']
    """
    if begun and not within:
        return without_reasoning_across([begun, *texts])[1:]
    whole = "".join(texts)
    kept: list[tuple[int, int]] = []
    opened = [_OF_ANY_KIND] * within
    at = 0
    for tag in TAG.finditer(whole):
        if _is_a_sentence(tag, opened):
            continue
        if not opened:
            kept.append((at, tag.start()))
        first, at, kind = not at, tag.end(), _kind_of(tag)
        if tag["open"] and opened == [_OF_ANY_KIND] and first and not whole[: tag.start()].strip():
            # It is opened once more, by the model itself.
            opened = [kind] if kind == _USUAL else opened
        elif tag["open"]:
            opened = _more_open(opened, kind)
        elif tag["mark"] or (tag["turn"] and opened[-1:] != [_HARMONY] and not (first and whole[at:].strip())):
            continue
        elif opened:
            opened = [] if opened == [_OF_ANY_KIND] else _left_open(opened, kind)
        else:
            # Closed without being opened, or a second time: what came before was reasoning.
            kept.clear()
    if not at and not within:
        return list(texts)
    if not opened:
        kept.append((at, len(whole)))
    shown, begins = [], 0
    for text in texts:
        ends = begins + len(text)
        shown.append("".join(whole[max(begins, first) : min(ends, last)] for first, last in kept))
        begins = ends
    return shown


def ends_within_reasoning(text: str) -> bool:
    """Whether a text opens reasoning and does not close it: what goes on from there begins within it.

    >>> ends_within_reasoning("Sure. <think>First,"), ends_within_reasoning("<think>4</think>")
    (True, False)
    """
    opened: list[str] = []
    for tag in TAG.finditer(text):
        if tag["open"]:
            opened = _more_open(opened, _kind_of(tag))
        elif tag["close"]:
            opened = _left_open(opened, _kind_of(tag))
    return bool(opened)


def begun_tag(text: str) -> str:
    """The end of a text that more text could turn into a tag.

    >>> begun_tag("Sure. <thi"), begun_tag("Sure.")
    ('<thi', '')
    """
    maybe = MAYBE.search(text, max(0, len(text) - _LONGEST_BEGUN))
    return maybe[0] if maybe else ""


def touches_a_tag(text: str) -> bool:
    """Whether an answer that ends before this text, or never holds it, may end before its reasoning does.

    >>> touches_a_tag("</think>"), touches_a_tag("k>"), touches_a_tag("END")
    (True, True, False)
    """
    if len(text) > _LONGEST_ENDING:
        return True
    said = text.strip().lower()
    if not OF_TAGS.search(said):
        return False
    cut = range(2, min(len(said), LONGEST_CLOSING + 1))
    return (
        TAG.search(text) is not None
        or IN_ONE.match(said) is not None
        or any(said in tag or tag in said for tag in CLOSING)
        or any(tag.startswith(said[-size:]) or tag.endswith(said[:size]) for size in cut for tag in CLOSING)
    )


def without_reasoning_tags(text: str) -> str:
    """A complete text without the reasoning in it.

    >>> without_reasoning_tags("<think>They want a sum.</think>4")
    '4'
    >>> without_reasoning_tags("They want a sum.</think>4")
    '4'
    """
    return without_reasoning_across([text])[0]
