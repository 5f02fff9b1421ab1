"""Weights that a suspect hands over say what they like of themselves: an audit says so in a sentence, or is not misled."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from stillwatch.core import UnreadableInput
from stillwatch.provenance import compare_weights

WIDTH = 16


def model(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shapes = {"embed": (60, WIDTH), "up": (WIDTH, 40), "down": (40, WIDTH)}
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return {**weights, "norm": np.ones(WIDTH, np.float32)}


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    (tmp_path / "teacher").mkdir()
    save_file(model(0), str(tmp_path / "teacher" / "model.safetensors"))
    return tmp_path / "teacher"


@pytest.fixture
def suspect(tmp_path: Path) -> Path:
    """A copy of the teacher."""
    (tmp_path / "suspect").mkdir()
    save_file(model(0), str(tmp_path / "suspect" / "model.safetensors"))
    return tmp_path / "suspect"


def said(**tensor: Any) -> bytes:
    head = json.dumps({"embed": {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64], **tensor}}).encode()
    return len(head).to_bytes(8, "little") + head + bytes(64)


DEEP = b'{"embed": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
FILES = {
    "a header of exabytes": (2**62).to_bytes(8, "little") + b"{}",
    "a header beyond numbers": b"\xff" * 8 + b"{}",
    "a header nested without end": len(DEEP).to_bytes(8, "little") + DEEP,
    "a list for a header": (2).to_bytes(8, "little") + b"[]",
    "more than there is": said(shape=[4_000_000_000, 16], data_offsets=[0, 256_000_000_000]),
    "a shape that is another": said(shape=[4, 400]),
    "less than nothing": said(shape=[-4, -4]),
    "what lies before the file": said(data_offsets=[-4096, -4032]),
    "a place that is none": said(data_offsets=[0]),
    "a shape that is none": said(shape=[4, "4"]),
    "half a channel": said(shape=[4, 4.0]),
}


@pytest.mark.parametrize("what", FILES)
def test_weights_that_are_none_are_a_sentence(tmp_path: Path, teacher: Path, what: str) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "model.safetensors").write_bytes(FILES[what])
    with pytest.raises(UnreadableInput, match="cannot be read") as failed:
        compare_weights(tmp_path / "odd", teacher)
    assert "odd" in str(failed.value)


def test_vectors_that_nobody_loads_make_a_copy_no_stranger(suspect: Path, teacher: Path) -> None:
    assert compare_weights(suspect, teacher, relabellings=99).p_value == 1 / 100
    save_file({f"unused.{n}": np.ones(7, np.float32) for n in range(50)}, str(suspect / "extra.safetensors"))
    assert compare_weights(suspect, teacher, relabellings=99).p_value == 1 / 100


def test_other_weights_under_the_names_of_a_copys_are_said(suspect: Path, teacher: Path) -> None:
    """Whoever loads the folder reads `model.safetensors`; what stands beside it would be compared in its place."""
    save_file(model(1), str(suspect / "zz.safetensors"))
    with pytest.raises(UnreadableInput, match=r"stands in model.safetensors and in zz.safetensors"):
        compare_weights(suspect, teacher)
