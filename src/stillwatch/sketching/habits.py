"""Habits of writing: how a text opens, whom it speaks of, how long its sentences are, which marks it uses.

None of these says what the text is about. People greet, speak of themselves, refer to what was said before and leave
capitals and stops out; a generator's prompts open with an imperative, stand alone and come in a narrow range of
lengths. Length is told in overlapping steps, so that a narrow range of lengths shifts a mean. The lists of words are
English: of a text in another language only lengths and marks are told.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.sketching.words import U64, Words, split_words

__all__ = ["HABITS", "habits"]

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_CLASSES: dict[str, str] = {
    "imperatives": "write create generate give describe explain make list provide find identify design develop suggest "
    "compose construct calculate determine compute translate summarize classify rewrite edit name tell show use build "
    "implement add convert compare analyze evaluate imagine act propose",
    "questions": "what how why who when where which is are can could do does did should would will",
    "oneself": "i im ive my me mine we our us",
    "greetings": "hi hello hey dear greetings",
    "articles": "the a an",
    "the reader": "you your u ur",
    "courtesy": "please thanks thank kindly sorry",
    "references": "it that this these those above again instead also now still previous earlier they he she them",
    "casual": "yeah yep ok okay lol gonna wanna pls plz dont cant whats thats idk damn kinda",
    "contractions": "t s m ll re ve",
    "task words": "following given based provided input output example examples using",
    "hedges": "maybe probably think guess feel know just really like",
    "negations": "not no never",
    "conjunctions": "and or but so",
    "prepositions": "of in to for with on by from at as",
}
_OPENINGS = ("imperatives", "questions", "oneself", "greetings", "articles")
_MARKS: dict[str, bytes] = {
    "new line": b"\n",
    "double quote": b'"',
    "single quote": b"'",
    "bracket": b"(",
    "backtick": b"`",
    "colon": b":",
    "semicolon": b";",
    "comma": b",",
    "exclamation": b"!",
    "digit": b"0123456789",
    "beyond ASCII": bytes(range(128, 256)),
}
_MARK_OF = np.zeros(256, np.int64)
for _place, _members in enumerate(_MARKS.values(), start=1):
    _MARK_OF[list(_members)] = _place
_LENGTH_STEPS = np.linspace(2.0, 6.9, 16)
_LENGTH_WIDTH = 0.25
_SENTENCE_STEPS = np.linspace(0.0, 4.5, 10)
_SENTENCE_WIDTH = 0.3
_LONG_WORD = 9
_LETTERS = np.zeros(256, np.bool_)
_LETTERS[[*range(48, 58), *range(65, 91), *range(97, 123), *range(128, 256)]] = True

HABITS: tuple[str, ...] = (
    *[f"opens with {name}" for name in _OPENINGS],
    "second word an article",
    *[f"{how} {name}" for name in _CLASSES for how in ("rate of", "any")],
    "mean word",
    "spread of words",
    "long words",
    "sentences",
    "mean sentence",
    "spread of sentences",
    "one sentence",
    "two sentences",
    "starts small",
    "ends bare",
    "ends with colon",
    *[f"any {name}" for name in _MARKS],
    *[f"about {np.exp(step):.0f} bytes" for step in _LENGTH_STEPS],
    *[f"first sentence about {np.exp(step):.0f} words" for step in _SENTENCE_STEPS],
)
"""The features, in column order."""


@cache
def _hashes(name: str) -> U64:
    return np.asarray(np.sort(split_words(pa.array([_CLASSES[name]])).hashes), np.uint64)


def _steps(
    size: npt.NDArray[np.float64], steps: npt.NDArray[np.float64], width: float
) -> list[npt.NDArray[np.float64]]:
    return list(np.exp(-0.5 * ((np.log(np.maximum(size, 1.0))[:, None] - steps) / width) ** 2).T)


def _vocabulary(words: Words, text: I64, total: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """How texts open, and how much of each class of words they have."""
    n, last = len(words), max(len(words.hashes) - 1, 0)
    place = words.text_offsets[:-1]
    within = {name: np.append(np.isin(words.hashes, _hashes(name)), False) for name in _CLASSES}
    out = [(total > 0) * within[name][np.minimum(place, last)] for name in _OPENINGS]
    out.append((total > 1) * within["articles"][np.minimum(place + 1, last)])
    for of_class in within.values():
        count = np.bincount(text, weights=of_class[:-1], minlength=n)
        out += [np.log1p(20.0 * count / np.maximum(total, 1)), count > 0]
    return out


def _sizes(words: Words, text: I64, total: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Lengths of words and of sentences; the words of each text's first sentence come last."""
    n = len(words)
    length = (words.ends - words.starts).astype(np.float64)
    some = np.maximum(total, 1)
    mean = np.bincount(text, length, n) / some
    spread = np.sqrt(np.maximum(np.bincount(text, length**2, n) / some - mean**2, 0))
    long = np.bincount(text, length >= _LONG_WORD, n) / some
    _, owner, of_word = words.sentences(1)
    size = np.bincount(of_word, minlength=len(owner)).astype(np.float64)
    sentences = np.bincount(owner, minlength=n).astype(np.float64)
    several = np.maximum(sentences, 1)
    middle = np.bincount(owner, size, n) / several
    varied = np.sqrt(np.maximum(np.bincount(owner, size**2, n) / several - middle**2, 0))
    first = np.append(size, 0.0)[np.minimum(np.searchsorted(owner, np.arange(n)), len(size))] * (sentences > 0)
    told = [mean, spread, long, np.log1p(sentences), np.log1p(middle), np.log1p(varied)]
    return [*told, sentences == 1, sentences == 2, first]


def _marks(words: Words) -> list[npt.NDArray[np.float64]]:
    """First and last bytes, and which marks a text has at all."""
    n, size = len(words), np.diff(words.byte_offsets)
    raw = np.append(words.raw, np.uint8(0))
    first, last = raw[words.byte_offsets[:-1]], raw[words.byte_offsets[1:] - 1]
    filled = size > 0
    out = [filled & (first >= 97) & (first <= 122), filled & _LETTERS[last], filled & (last == ord(":"))]
    # One pass over the bytes: which mark each is, and one count of texts by marks.
    kind = _MARK_OF[words.raw]
    marked = np.flatnonzero(kind)
    places = np.repeat(np.arange(n), size)[marked] * (len(_MARKS) + 1) + kind[marked]
    seen = np.bincount(places, minlength=n * (len(_MARKS) + 1)).reshape(n, -1) > 0
    out += list(seen[:, 1:].T)
    return [np.asarray(column, np.float64) for column in out]


def habits(words: Words) -> F32:
    """Habits of a batch of texts.

    Returns:
        n x len(HABITS): flags, log1p rates and mean lengths, and lengths in overlapping steps.
    """
    if len(words.hashes) == 0:
        return np.zeros((len(words), len(HABITS)), np.float32)
    text, total = words.text_of_word(), np.diff(words.text_offsets).astype(np.float64)
    *sizes, first = _sizes(words, text, total)
    columns = [
        *_vocabulary(words, text, total),
        *sizes,
        *_marks(words),
        *_steps(np.diff(words.byte_offsets).astype(np.float64), _LENGTH_STEPS, _LENGTH_WIDTH),
        *_steps(first, _SENTENCE_STEPS, _SENTENCE_WIDTH),
    ]
    return np.column_stack(columns).astype(np.float32)
