"""Lineage: what was copied is found, what only looks alike is not, whatever the type it is stored in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import save_file

from stillwatch.core import UnreadableInput
from stillwatch.provenance import compare_weights

WIDTH = 32
Weights = dict[str, npt.NDArray[np.float32]]


def model(seed: int, width: int = WIDTH) -> Weights:
    rng = np.random.default_rng(seed)
    shapes = {"embed": (90, width), "up": (width, 4 * width), "down": (4 * width, width), "square": (width, width)}
    # A common offset and equal norms: what two models of one recipe share without either knowing the other.
    weights = {name: (rng.normal(size=shape) + 0.5).astype(np.float32) for name, shape in shapes.items()}
    return {**weights, "norm.weight": np.ones(width, np.float32), "norm.bias": np.zeros(width, np.float32)}


def keep(weights: Weights, folder: Path) -> Path:
    folder.mkdir()
    save_file(weights, str(folder / "model.safetensors"))
    return folder


def test_a_tuned_copy_is_found_and_a_model_of_the_same_shape_is_not(tmp_path: Path) -> None:
    base = model(0)
    tuned = {k: v + np.random.default_rng(9).normal(0, 0.3, v.shape).astype(np.float32) for k, v in base.items()}
    folder = keep(base, tmp_path / "base")
    found = compare_weights(keep(tuned, tmp_path / "tuned"), folder, relabellings=999)
    assert found.p_value == found.floor == 1 / 1000
    assert found.cosine > 0.9
    assert found.tensors == 3
    p = []
    for seed in range(1, 31):
        other = compare_weights(keep(model(seed), tmp_path / str(seed)), folder, seed=seed, relabellings=199)
        assert abs(other.cosine) < 0.1
        p.append(other.p_value or 0.0)
    assert np.mean(np.array(p) <= 0.1) <= 0.27
    assert min(p) >= 1 / 200


def test_other_widths_are_not_compared(tmp_path: Path) -> None:
    found = compare_weights(keep(model(0, 48), tmp_path / "a"), keep(model(0), tmp_path / "b"))
    assert not found.comparable
    assert found.p_value is None
    assert "48 and 32" in found.why_not


def test_brain_floats_are_read(tmp_path: Path) -> None:
    base = model(0)
    folder = tmp_path / "bf16"
    folder.mkdir()
    header, blobs, at = {}, [], 0
    for name, value in base.items():
        blob = (value.view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": list(value.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    head = json.dumps(header).encode()
    (folder / "m.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + b"".join(blobs))
    found = compare_weights(folder, keep(base, tmp_path / "f32"), relabellings=99)
    assert found.cosine == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("content", [None, b"\x05\x00", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_a_folder_without_weights_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(UnreadableInput):
        compare_weights(tmp_path, tmp_path)
