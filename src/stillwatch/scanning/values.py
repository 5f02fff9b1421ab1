"""Reads a values file: what the lab measured an exchange to be worth, for ``--values``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from stillwatch.core import BadTable, UnreadableInput, said_by
from stillwatch.core.not_json import NOT_JSON
from stillwatch.core.small_files import read_small
from stillwatch.detection import Curve

__all__ = ["Values", "read_values"]

_FORMAT = "stillwatch-values/1"
_HINT = "stillwatch lab writes one: values.json in the folder of a lab run"


@dataclass(frozen=True, slots=True)
class Values:
    """Curves, what to bear in mind with them, and the file's hash."""

    curves: tuple[Curve, ...] = ()
    caveats: tuple[str, ...] = ()
    sha256: str | None = None


def read_values(path: Path) -> Values:
    """Read a values file.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: it is no values file, or of another version.
    """
    try:
        raw = read_small(path)
        document = msgspec.json.decode(raw, type=dict[str, Any])
    except OSError as error:
        raise UnreadableInput(f"the file cannot be read: {said_by(error)}", where=str(path), hint=_HINT) from error
    except NOT_JSON as error:
        raise BadTable(f"not a values file: {error}", where=str(path), hint=_HINT) from error
    if document.get("format") != _FORMAT:
        raise BadTable(
            f"its format is {document.get('format')!r}, and this version reads {_FORMAT!r}", where=str(path), hint=_HINT
        )
    try:
        curves = tuple(map(_curve, document["curves"]))
        return Values(curves, tuple(map(str, document["caveats"])), hashlib.sha256(raw).hexdigest())
    except (KeyError, TypeError, ValueError) as error:
        raise BadTable(f"not a values file: {error!r}", where=str(path), hint=_HINT) from error


def _curve(made: dict[str, Any]) -> Curve:
    queries = [int(point["queries"]) for point in made["points"]]
    return Curve(
        str(made["task"]),
        str(made["interface"]),
        str(made["attacker"]),
        np.array([made["ceiling"], made["midpoint"], made["slope"]], np.float64),
        np.array(made["draws"], np.float64).reshape(-1, 3),
        min(queries),
        max(queries),
    )
