"""Turns: which answer an exchange got, and which earlier answer its request carries along.

A conversation that goes on carries its earlier turns. Where the last of them is what another account asked and was
answered, that account's conversation goes on here.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.sketching.words import U64, mix, text_buffers

__all__ = ["LEAST_ANSWER_BYTES", "answered_turns", "carried_turns"]

LEAST_ANSWER_BYTES: Final = 120
"""bytes | some twenty words; greetings and refusals of a line are many people's | lower: two greetings are one talk"""

_EIGHTHS = 8
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

I64 = npt.NDArray[np.int64]


def answered_turns(prompts: pa.Array, responses: pa.Array) -> pa.Array:
    """A 64-bit name of each prompt with its answer; null where the answer is short or missing."""
    n, out, long = len(prompts), np.zeros(len(prompts), np.uint64), _is_long(responses)
    rows = np.flatnonzero(long)
    if len(rows):
        every = len(rows) == n
        asked, said = (prompts, responses) if every else (prompts.take(pa.array(rows)), responses.take(pa.array(rows)))
        out[rows] = _pairs(asked, said)
    return pa.array(out, mask=~long)


def carried_turns(messages: pa.Array) -> pa.Array:
    """The same name of the last prompt and answer that each request carries along before its own prompt; null where it
    carries none, or a short answer."""
    out, known = np.zeros(len(messages), np.uint64), np.zeros(len(messages), np.bool_)
    if messages.null_count < len(messages):
        rows, asked, said = _last_turns(messages)
        turns = messages.values
        content = turns.field("content")
        answers = content.take(pa.array(said))
        long = _is_long(answers)
        rows, asked, answers = rows[long], asked[long], answers.filter(pa.array(long))
        if len(rows):
            out[rows], known[rows] = _pairs(content.take(pa.array(asked)), answers), True
    return pa.array(out, mask=~known)


def _last_turns(messages: pa.Array) -> tuple[I64, I64, I64]:
    """Rows with an answered turn before their last prompt, and where its prompt and answer stand in the flat list."""
    offsets = np.asarray(messages.offsets, np.int64)
    begin, end = offsets[:-1], offsets[1:]
    first, last = int(offsets[0]), int(offsets[-1])
    roles = messages.values.field("role").slice(first, last - first)
    users, answers = (
        first + np.flatnonzero(np.asarray(pc.fill_null(pc.equal(roles, role), False))) for role in ("user", "assistant")
    )
    rows = np.flatnonzero((end - begin >= 3) & np.asarray(messages.is_valid()))
    stands = [end[rows]]
    for known in (users, answers, users):
        # The last of these before what was found last; -1 where there is none.
        place = np.searchsorted(known, stands[-1]) - 1
        stands.append(np.where(place >= 0, known[np.maximum(place, 0)], -1) if len(known) else np.full(len(rows), -1))
    kept = stands[3] >= begin[rows]
    return rows[kept], stands[3][kept], stands[2][kept]


def _is_long(answers: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.greater_equal(pc.binary_length(answers), LEAST_ANSWER_BYTES), False))


def _pairs(prompts: pa.Array, answers: pa.Array) -> U64:
    return mix(_name(prompts) * _MULTIPLIER + _name(answers))


def _name(texts: pa.Array) -> U64:
    """Of each text its length and eight bytes at each of five places, spread over it, as one number."""
    letters, offsets = text_buffers(pc.ascii_trim_whitespace(texts))
    padded = np.zeros(len(letters) + 8, np.uint8)
    padded[: len(letters)] = letters
    at = np.ndarray(len(letters) + 1, "<u8", padded, strides=(1,))
    begin, length = offsets[:-1], np.diff(offsets)
    names, span = length.astype(np.uint64), np.maximum(length - 8, 0)
    for place in range(0, _EIGHTHS + 1, 2):
        names *= _MULTIPLIER
        names += at[begin + (span * place >> 3)]
        names ^= names >> np.uint64(29)
    return names
