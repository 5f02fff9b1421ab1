"""Which texts of a request are compared with known ones: all that the model could read, within bounds.

Not the last message alone: a known text may stand in any turn, in a document, behind a thousand letters of something
else. Texts are taken newest first; what is beyond the bounds is counted and said in the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np

from stillwatch.core.minhash import LIMIT_BYTES
from stillwatch.gateway.fingerprint import Fingerprint, fingerprint
from stillwatch.gateway.snapshot import Match, Snapshot

__all__ = ["known_in", "texts_of"]

_MOST_TEXTS = 192
_MOST_WINDOWS = 256
_OVERLAP = 300
_SHORTEST = 8
_LONGEST_CODE = 400


def texts_of(body: Any) -> Iterator[str]:
    """Every text in a JSON value, in its order."""
    rest = [body]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            rest += reversed(list(value.values()))
        elif isinstance(value, list | tuple):
            rest += reversed(value)


def known_in(snapshot: Snapshot, prompt: str, system: str | None, texts: Iterable[str]) -> tuple[list[Match], int]:
    """The known texts that a request sends, and how many pieces of it were not looked at.

    Args:
        snapshot: what is known.
        prompt: its last user message.
        system: its system prompt.
        texts: every other text in it, oldest first.
    """
    others = [text for text in dict.fromkeys(texts) if text not in (prompt, system) and _may_be_text(text)][::-1]
    whole = (prompt, system or "", *others)
    room = max(0, _MOST_WINDOWS - min(len(others), _MOST_TEXTS))
    behind = list(islice((window for text in whole for window in _windows(text)), room))
    left_out = max(0, len(others) - _MOST_TEXTS) + sum(len(_starts(text)) for text in whole) - len(behind)
    first = fingerprint(prompt, system)
    if behind:
        sentences = [first.sentences, *(_remembered(window).sentences for window in behind)]
        first = first.with_sentences(np.concatenate(sentences))
    best: dict[str, Match] = {}
    for looked in (first, *map(_remembered, (text[:LIMIT_BYTES] for text in others[:_MOST_TEXTS]))):
        for match in snapshot.matches(looked):
            if match.template_id not in best or best[match.template_id].jaccard < match.jaccard:
                best[match.template_id] = match
    return sorted(best.values(), key=lambda match: -match.jaccard), left_out


@lru_cache(4096)
def _remembered(text: str) -> Fingerprint:
    """Turns of a conversation and descriptions of tools come again with every request."""
    return fingerprint(text)


def _may_be_text(text: str) -> bool:
    """Whether it is not a word, a name, or a picture in base64."""
    if len(text) < _SHORTEST:
        return False
    start = text[:_LONGEST_CODE]
    return not start.isascii() or any(letter.isspace() for letter in start)


def _starts(text: str) -> range:
    length = _length(text)
    step = length - min(_OVERLAP, length // 2)
    # What is compared as a whole ends there.
    return range(step, len(text), step) if len(text) > length else range(0)


def _length(text: str) -> int:
    """So many letters surely fit into what is read of one text."""
    return LIMIT_BYTES if text.isascii() else LIMIT_BYTES // 4


def _windows(text: str) -> Iterator[str]:
    """What of a text stands behind the part that is compared as a whole, in overlapping pieces."""
    length = _length(text)
    for start in _starts(text):
        yield text[start : start + length]
