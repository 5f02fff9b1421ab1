"""Lineage by weights: did one model start from another's? Kept apart from distillation, which leaves no mark here.

Two models of independent initialisation have no channel-to-channel correspondence: relabelling the
channels of the residual stream of either gives a model that was as likely to come about, because
initialisation, normalisation and optimiser treat channels alike. So the weights are compared as they stand and under
random relabellings, one for all tensors at once; the rank of the first is an exact p-value. A model that was
tuned, merged or continued from another keeps its channels and stands far out.

A shared configuration, shape or tokenizer is what everybody downloads; it enters nowhere.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.core import UnreadableInput, said_by

__all__ = ["Lineage", "compare_weights"]

Floats = npt.NDArray[np.float32]
_RELABELLINGS = 9_999
_ROWS = 1_024
_LONGEST_HEADER = 100_000_000
"""Bytes; safetensors reads no longer one."""
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


@dataclass(frozen=True, slots=True)
class Lineage:
    """How far the weights of two folders correspond.

    Attributes:
        comparable: whether they have tensors of one name and width.
        cosine: mean cosine of their tensors, channel by channel.
        p_value: rank of that among relabellings; None where not comparable.
        floor: the least it can be.
        z: of the cosine, in standard deviations over the relabellings.
        null_low, null_high: 99 % of the relabelled cosines lie between.
        tensors: compared.
        why_not: why not comparable.
    """

    comparable: bool
    cosine: float = 0.0
    p_value: float | None = None
    floor: float = 1 / (1 + _RELABELLINGS)
    z: float = 0.0
    null_low: float = 0.0
    null_high: float = 0.0
    tensors: int = 0
    why_not: str = ""


def compare_weights(suspect: Path, teacher: Path, *, seed: int = 0, relabellings: int = _RELABELLINGS) -> Lineage:
    """Test two folders of safetensors for a common origin.

    Args:
        suspect, teacher: folders.
        seed: of the relabellings and of the rows that large tensors are compared by.
        relabellings: how many.

    Raises:
        UnreadableInput: a folder holds no weights that can be read.
    """
    first, second = _headers(suspect), _headers(teacher)
    # What only one of them has, nobody need load: it must not decide how wide a model is.
    shared = first.keys() & second.keys()
    widths = [_width([one[name] for name in shared]) for one in (first, second)]
    if widths[0] != widths[1]:
        return Lineage(False, why_not=f"the models are {widths[0]} and {widths[1]} channels wide")
    rng = np.random.default_rng([seed, 61])
    cross, tensors = np.zeros((widths[0], widths[0])), 0
    for a, b in _pairs(first, second, widths[0], rng):
        size = float(np.linalg.norm(a) * np.linalg.norm(b))
        if size > 0:
            cross += (a.T @ b) / size
            tensors += 1
    if not tensors:
        return Lineage(False, why_not="no tensor of one name lies along the residual stream in both")
    channels = np.arange(widths[0])
    null = np.array([cross[channels, rng.permutation(channels)].sum() for _ in range(relabellings)]) / tensors
    own = float(np.trace(cross)) / tensors
    low, high = np.quantile(null, (0.005, 0.995))
    return Lineage(
        True,
        own,
        (1 + int((null >= own).sum())) / (1 + relabellings),
        1 / (1 + relabellings),
        float((own - null.mean()) / null.std()),
        float(low),
        float(high),
        tensors,
    )


@dataclass(frozen=True, slots=True)
class _Tensor:
    path: Path
    kind: str
    shape: tuple[int, ...]
    start: int

    def read(self) -> Floats:
        kind = np.dtype(_TYPES[self.kind])
        raw = np.memmap(self.path, dtype=kind, mode="r", offset=self.start, shape=self.shape)
        if self.kind == "BF16":
            return (np.asarray(raw).astype(np.uint32) << 16).view(np.float32)
        return np.asarray(raw, dtype=np.float32)


def _headers(folder: Path) -> dict[str, _Tensor]:
    """Every tensor of a folder, unread; where it lies is held against the size of its file."""
    found: dict[str, _Tensor] = {}
    try:
        for path in sorted(folder.glob("*.safetensors")):
            for name, one in _tensors(path):
                _check_new(name, one, found)
                found[name] = one
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        hint = "leave in the folder what whoever runs the model loads"
        raise UnreadableInput(f"weights cannot be read: {said_by(error)}", where=str(folder), hint=hint) from error
    if not found:
        raise UnreadableInput("no safetensors with floating-point weights", where=str(folder))
    return found


def _check_new(name: str, one: _Tensor, found: Mapping[str, _Tensor]) -> None:
    if name in found:
        raise ValueError(f"{name[:200]!r} stands in {found[name].path.name} and in {one.path.name}")


def _tensors(path: Path) -> Iterator[tuple[str, _Tensor]]:
    """The tensors of a file, by name.

    Raises:
        OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError: it is not what it says.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(size, _LONGEST_HEADER):
            raise ValueError(f"{path.name} holds no header of {length:,} bytes")
        header: dict[str, Any] = json.loads(file.read(length))
    for name, one in header.items():
        if name != "__metadata__" and one["dtype"] in _TYPES:
            yield name, _tensor(path, name, one, 8 + length, size)


def _tensor(path: Path, name: str, said: Mapping[str, Any], begins: int, size: int) -> _Tensor:
    """What a header says of a tensor.

    Raises:
        ValueError, LookupError, TypeError: there can be none such in a file of this size.
    """
    shape, (start, end) = tuple(said["shape"]), said["data_offsets"]
    numbers = (*shape, start, end)
    whole = all(type(one) is int and one >= 0 for one in numbers)
    bytes_ = math.prod(shape) * np.dtype(_TYPES[said["dtype"]]).itemsize if whole else -1
    if end - start != bytes_ or begins + end > size:
        raise ValueError(f"{name[:200]!r} does not lie where {path.name} says")
    return _Tensor(path, said["dtype"], shape, begins + start)


def _width(tensors: Sequence[_Tensor]) -> int:
    """Channels of the residual stream: the length that most vectors (norms, biases) have."""
    lengths = Counter(one.shape[0] for one in tensors if len(one.shape) == 1)
    if not lengths:
        return 0
    return lengths.most_common(1)[0][0]


def _pairs(
    first: dict[str, _Tensor], second: dict[str, _Tensor], width: int, rng: np.random.Generator
) -> Iterator[tuple[Floats, Floats]]:
    """Matrices of one name with one axis along the residual stream, that axis last, each row centred.

    Square ones are left out: which of their axes is the stream cannot be told by shape.
    """
    for name in sorted(first.keys() & second.keys()):
        shapes = first[name].shape, second[name].shape
        if any(len(shape) != 2 or shape.count(width) != 1 for shape in shapes):
            continue
        axis = shapes[0].index(width)
        if shapes[1].index(width) != axis:
            continue
        a, b = (np.moveaxis(one[name].read(), axis, 1) for one in (first, second))
        rows = min(len(a), len(b))
        chosen = np.sort(rng.permutation(rows)[:_ROWS])
        a, b = a[chosen], b[chosen]
        yield a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
