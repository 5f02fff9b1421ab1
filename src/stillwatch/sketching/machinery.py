"""An account's own machinery: words that it sends again and again, in many of its requests.

A template, a preface, a closing sentence: whatever the account wraps around what it asks. It is found from the
account's own texts alone, whether or not anybody else sends it, so that what varies beside it can be compared.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.sketching.words import U64, Words, mix

__all__ = ["LEAST_CARRIED", "own_machinery"]

I64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LEAST_CARRIED = 3
"""Texts of one account: what stands in fewer is said twice, not machinery."""
_LEAST_SHARE = 0.2
# A run of words stands with the machinery if so many of the texts that carry it have it.
_TOGETHER = 0.6
# Below these bits of a key the number of its text stands; texts come a few thousand at a time.
_TEXT_BITS = np.uint64(16)
_TEXT = np.uint64((1 << 16) - 1)


def own_machinery(words: Words, owner: I64) -> tuple[Mask, U64]:
    """Which words of n texts are machinery of the account that sends them.

    Runs of three words are counted by account. The runs that stand together in most of its texts are its machinery,
    where that is at least a fifth of them; a longer template outweighs a turn of phrase that is as frequent.

    Args:
        words: of n < 65,536 texts.
        owner: account of each, those of one account together (n).

    Returns:
        Whether each word is machinery (W), and what hashes the machinery that each text carries, 0 where it carries
        none (n): accounts with the same have one number.
    """
    covered, carries = np.zeros(len(words.hashes), np.bool_), np.zeros(len(words), np.bool_)
    text = words.text_of_word()
    place = np.flatnonzero(text[:-2] == text[2:])
    if not len(place):
        return covered, np.zeros(len(words), np.uint64)
    first, second, third = (words.hashes[place + step] * np.uint64(2 * step + 3) for step in range(3))
    of_text, said = text[place], first + second + third
    run = mix(said + mix(owner.astype(np.uint64) + np.uint64(1))[of_text]) >> _TEXT_BITS
    pairs = np.sort((run << _TEXT_BITS) | of_text.astype(np.uint64))
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    in_text = (pairs & _TEXT).astype(np.int64)
    begins = np.flatnonzero(np.append(True, pairs[1:] >> _TEXT_BITS != pairs[:-1] >> _TEXT_BITS))
    runs, holder = pairs[begins] >> _TEXT_BITS, owner[in_text[begins]]
    _, account, sent = np.unique(owner, return_inverse=True, return_counts=True)
    need = np.maximum(LEAST_CARRIED, _LEAST_SHARE * sent[account[in_text[begins]]])
    leading = _leading(in_text, begins, holder, need, len(words))
    of_pair = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(pairs))))
    carries[in_text[np.isin(of_pair, leading)]] = True
    carried = np.bincount(account, weights=carries)
    inside = np.add.reduceat(carries[in_text], begins, dtype=np.int64)
    enough = np.maximum(_TOGETHER * carried[account[in_text[begins]]], LEAST_CARRIED - 1)
    machinery = runs[inside >= enough]
    chosen = np.flatnonzero(carries[of_text])
    found = chosen[np.isin(run[chosen], machinery)]
    for step in range(3):
        covered[place[found] + step] = True
    _, once = np.unique(run[found], return_index=True)
    named = np.zeros(len(sent), np.uint64)
    np.add.at(named, account[of_text[found[once]]], mix(said[found[once]]))
    return covered, np.where(carries, named[account] | np.uint64(1), np.uint64(0))


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
