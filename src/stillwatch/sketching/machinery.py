"""An account's own machinery: words that it sends again and again, in many of its requests.

A template, a preface, a closing sentence: whatever the account wraps around what it asks. It is found from the
account's own texts alone, whether or not anybody else sends it, so that what varies beside it can be compared.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.sketching.words import U64, Words, mix

__all__ = ["LEAST_CARRIED", "own_machinery"]

I64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LEAST_CARRIED = 3
"""Texts of one account: what stands in fewer is said twice, not machinery."""
_LEAST_SHARE = 0.2
_RUN = 3
# Words at either end that are looked at where they are too few for a run; of texts that have so many and more.
_ENDS = 2
_LEAST_FRAMED = 2 * _ENDS + 2
# A run of words stands with the machinery if so many of the texts that carry it have it.
_TOGETHER = 0.6
# Below these bits of a key the number of its text stands; texts come a few thousand at a time.
_TEXT_BITS = np.uint64(16)
_TEXT = np.uint64((1 << 16) - 1)


class _Runs(NamedTuple):
    """Runs of words that texts have, one row a run and text.

    Attributes:
        place, length: where its words begin, and how many are covered.
        of_text: text of each, ascending within a kind.
        said: names it.
        leads: whether it may stand for an account's machinery, and names it.
    """

    place: I64
    length: I64
    of_text: I64
    said: U64
    leads: Mask


def own_machinery(words: Words, owner: I64) -> tuple[Mask, U64]:
    """Which words of n texts are machinery of the account that sends them.

    Runs of three words are counted by account, and so are the first and last words of its texts, for a greeting before
    and a thanks behind are no run of three. What stands together in most of its texts is its machinery, where that is
    at least a fifth of them (two fifths, for words at both ends alone); a longer template outweighs a turn of phrase
    that is as frequent. Words at one end alone are a habit of the language and stand for nothing.

    Args:
        words: of n < 65,536 texts.
        owner: account of each, those of one account together (n).

    Returns:
        Whether each word is machinery (W), and what hashes the machinery that each text carries, 0 where it carries
        none (n): accounts with the same have one number.
    """
    covered, carries = np.zeros(len(words.hashes), np.bool_), np.zeros(len(words), np.bool_)
    made = _runs(words)
    if not len(made.place):
        return covered, np.zeros(len(words), np.uint64)
    run = mix(made.said + mix(owner.astype(np.uint64) + np.uint64(1))[made.of_text]) >> _TEXT_BITS
    pairs = np.sort((run << _TEXT_BITS) | made.of_text.astype(np.uint64))
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    in_text = (pairs & _TEXT).astype(np.int64)
    begins = np.flatnonzero(np.append(True, pairs[1:] >> _TEXT_BITS != pairs[:-1] >> _TEXT_BITS))
    runs, holder = pairs[begins] >> _TEXT_BITS, owner[in_text[begins]]
    _, account, sent = np.unique(owner, return_inverse=True, return_counts=True)
    need = np.maximum(LEAST_CARRIED, _LEAST_SHARE * sent[account[in_text[begins]]])
    # By chance a habit of beginning meets the same last word now and then.
    need[np.isin(runs, run[made.length == 0])] *= 2
    need[~np.isin(runs, run[made.leads])] = np.inf
    leading = _leading(in_text, begins, holder, need, len(words))
    of_pair = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(pairs))))
    carries[in_text[np.isin(of_pair, leading)]] = True
    carried = np.bincount(account, weights=carries)
    inside = np.add.reduceat(carries[in_text], begins, dtype=np.int64)
    enough = np.maximum(_TOGETHER * carried[account[in_text[begins]]], LEAST_CARRIED - 1)
    machinery = runs[inside >= enough]
    chosen = np.flatnonzero(carries[made.of_text])
    found = chosen[np.isin(run[chosen], machinery)]
    for step in range(_RUN):
        covered[made.place[found[made.length[found] > step]] + step] = True
    telling = found[made.leads[found]]
    _, once = np.unique(run[telling], return_index=True)
    named = np.zeros(len(sent), np.uint64)
    np.add.at(named, account[made.of_text[telling[once]]], mix(made.said[telling[once]]))
    return covered, np.where(carries, named[account] | np.uint64(1), np.uint64(0))


def _runs(words: Words) -> _Runs:
    """Runs of three words; the first and the last one or two words, and the first and the last word together, of texts
    that have more than those."""
    text = words.text_of_word()
    place = np.flatnonzero(text[: 1 - _RUN] == text[_RUN - 1 :])
    parts = [_Runs(place, np.full(len(place), _RUN), text[place], _said(words, place, _RUN), np.ones(len(place), "?"))]
    long = np.flatnonzero(np.diff(words.text_offsets) >= _LEAST_FRAMED)
    first, last = words.text_offsets[long], words.text_offsets[long + 1] - 1
    no, one = np.zeros(len(long), np.bool_), np.ones(len(long), np.int64)
    for size in range(1, _ENDS + 1):
        for end, place in enumerate((first, last + 1 - size)):
            parts.append(_Runs(place, size * one, long, mix(_said(words, place, size) + np.uint64(1 + end)), no))
    frame = mix(_said(words, first, 1)) + mix(mix(_said(words, last, 1)))
    parts.append(_Runs(first, 0 * one, long, frame, ~no))
    return _Runs(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _said(words: Words, place: I64, size: int) -> U64:
    """Names the words from each place on."""
    return np.asarray(sum(words.hashes[place + step] * np.uint64(2 * step + 3) for step in range(size)), np.uint64)


def _leading(in_text: I64, begins: I64, holder: I64, need: npt.NDArray[np.float64], texts: int) -> I64:
    """Of each account the run, by number, that stands for its machinery.

    Args:
        in_text: text of each pair of a run and a text, runs together.
        begins: where each run's pairs begin (R).
        holder: account of each run (R).
        need: texts that a run must stand in (R).
        texts: how many there are.
    """
    count = np.diff(np.append(begins, len(in_text)))
    # Runs in the very same texts have one sum of these, and are one template.
    sums: U64 = np.add.reduceat(mix(np.arange(texts, dtype=np.uint64) + np.uint64(1))[in_text], begins)
    often = np.flatnonzero(count >= need)
    _, same, size = np.unique(sums[often], return_inverse=True, return_counts=True)
    weight = count[often] * np.log2(1 + size[same])
    order = np.lexsort((often, -weight, holder[often]))
    first = np.append(True, np.diff(holder[often][order]) != 0)[: len(order)]
    return np.asarray(often[order[first]], np.int64)
