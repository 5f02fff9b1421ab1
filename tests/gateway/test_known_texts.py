"""Every known text is found again in a snapshot of many, as it is, in part and slightly changed; no other is."""

import random
from pathlib import Path

import numpy as np
import pytest
from gateways import known
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.core import UnreadableInput
from stillwatch.gateway import Snapshot, write_snapshot
from stillwatch.gateway.fingerprint import fingerprint
from stillwatch.gateway.snapshot import filter_of


def sentences(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    words = [a + b for a in ("ka", "lo", "mi", "re", "su", "ta", "vo") for b in ("bar", "den", "fil", "gor", "hun")]
    return [" ".join(rng.choices(words, k=9)).capitalize() + "." for _ in range(count)]


def kinds(snapshot: Snapshot, prompt: str, system: str | None = None) -> set[tuple[str, str]]:
    return {(match.template_id, match.kind) for match in snapshot.matches(fingerprint(prompt, system))}


def test_known_texts_are_found_and_others_are_not(tmp_path: Path) -> None:
    texts = {f"T{number}": " ".join(sentences(number, 6)) for number in range(300)}
    write_snapshot(tmp_path / "snapshot", [], known(*[(name, "C001", text) for name, text in texts.items()]))
    snapshot = Snapshot(tmp_path / "snapshot")
    for name, text in texts.items():
        assert kinds(snapshot, text.upper()) == {(name, "same text")}
        own = text.split(". ")[3] + "."
        assert kinds(snapshot, f"Something before it. {own} And something after it.") == {(name, "sentence")}
        assert kinds(snapshot, "What is this, and why?", own) == {(name, "sentence")}
        # A word after each sentence: none is the same, all are nearly.
        assert (name, "near-duplicate") in kinds(snapshot, text.replace(". ", " ") + "x")
    assert not any(kinds(snapshot, " ".join(sentences(number, 6))) for number in range(1000, 2000))


def test_an_empty_snapshot_knows_no_text(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "snapshot", [], known())
    assert not kinds(Snapshot(tmp_path / "snapshot"), " ".join(sentences(1, 6)), sentences(2, 1)[0])


@given(keys=st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_a_filter_has_a_bit_for_every_key(keys: list[int]) -> None:
    marks = filter_of(np.array(keys, np.uint64))
    bits = len(marks).bit_length() + 2
    assert 2**bits == 8 * len(marks)
    spread = [(key * 0x9E3779B97F4A7C15 % 2**64) >> (64 - bits) for key in keys]
    assert all(marks[at // 8] >> (at % 8) & 1 for at in spread)
    assert int(np.unpackbits(marks).sum()) == len(set(spread))


def test_a_snapshot_of_another_version_is_refused(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "snapshot", [], known())
    raw = (tmp_path / "snapshot").read_bytes()
    for broken in (raw.replace(b"SNAP3", b"SNAP2"), raw.replace(b'"band_filter"', b'"band_fulter"'), raw[:40], b""):
        (tmp_path / "broken").write_bytes(broken)
        with pytest.raises(UnreadableInput):
            Snapshot(tmp_path / "broken")
