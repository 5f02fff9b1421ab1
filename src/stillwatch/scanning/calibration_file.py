"""A calibration as a file: what ``stillwatch calibrate`` fits, in numbers and hashes, with what it was fitted to.

It holds no text of a prompt and no account's id: sums over all sampled prompts, and hashes of sentences that several
accounts sent, with how many did. A checksum tells a file that was cut off or edited.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stillwatch.core import BadTable, OutputUnwritable, UnreadableInput, said_by
from stillwatch.core.counted import counted
from stillwatch.core.not_json import NOT_JSON
from stillwatch.core.small_files import LIST, read_small
from stillwatch.core.whole_files import put_whole
from stillwatch.evidence import Calibration, FeatureMoments
from stillwatch.sketching import EMBEDDED, WIDTH

__all__ = ["KnownWeeks", "read_calibration", "write_calibration"]

_FORMAT = "stillwatch-calibration/1"
_HINT = "fit it again: stillwatch calibrate LOGS --out calibration.json"
_WEEK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class KnownWeeks:
    """A calibration and the weeks it was fitted to.

    Attributes:
        calibration: what they show.
        first, last: first and last exchange.
        accounts, exchanges, prompts: how many of each; of prompts, those that were sampled.
        left_out: accounts that have no part in it: on watch and not cleared by a person, or confirmed by one.
        sha256: of the file; empty before it is written.
        unread: what of the logs and side files was not read, in sentences; the file does not have it.
    """

    calibration: Calibration
    first: datetime
    last: datetime
    accounts: int
    exchanges: int
    prompts: int
    left_out: int
    sha256: str = ""
    unread: tuple[str, ...] = ()

    @property
    def weeks(self) -> float:
        """How many weeks back it."""
        return (self.last - self.first).total_seconds() / _WEEK_SECONDS

    @property
    def sentence(self) -> str:
        """What backs it, in words."""
        weeks = f"{self.weeks:.1f}".removesuffix(".0")
        return (
            f"{weeks} {'week' if weeks == '1' else 'weeks'} known to be good "
            f"({self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}; "
            f"{counted(self.accounts, 'account')}, {counted(self.exchanges, 'exchange')})"
        )

    def document(self) -> dict[str, Any]:
        """What a run tells of it."""
        return {
            "sha256": self.sha256,
            "weeks": round(self.weeks, 2),
            "first": self.first.isoformat(timespec="seconds"),
            "last": self.last.isoformat(timespec="seconds"),
            "accounts": self.accounts,
            "exchanges": self.exchanges,
            "prompts": self.prompts,
            "left_out": self.left_out,
        }


def write_calibration(known: KnownWeeks, out: Path) -> None:
    """Write it whole or not at all.

    Raises:
        OutputUnwritable: the disk is full, or the place cannot be written to.
    """
    made, moments = known.calibration, known.calibration.moments
    upper = moments.covariance[np.triu_indices(len(moments.centre))]
    body = known.document()
    del body["sha256"]
    body |= {
        "format": _FORMAT,
        "stillwatch": importlib.metadata.version("stillwatch"),
        "features": _features(),
        "entities": made.entities,
        "caveats": list(made.caveats),
        "centre": _packed(moments.centre, "<f4"),
        "spread": _packed(moments.spread, "<f4"),
        "middle": _packed(moments.middle, "<f4"),
        "covariance": _packed(upper, "<f4"),
        "texts": _packed(made.texts, "<u8"),
        "holders": _packed(made.holders, "<u4"),
    }
    told = msgspec.json.format(msgspec.json.encode({**body, "checksum": _checksum(body)}), indent=1)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        put_whole(out, told)
    except OSError as error:
        raise OutputUnwritable(
            f"the calibration cannot be written: {error.strerror or error}",
            where=str(out),
            hint="free some space there, or name another place with --out",
        ) from error


def read_calibration(path: Path) -> KnownWeeks:
    """Read a calibration.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: it is no calibration, was edited or cut off, or is of another version.
    """
    try:
        raw = read_small(path, LIST)
        body = msgspec.json.decode(raw, type=dict[str, Any])
    except OSError as error:
        raise UnreadableInput(f"the file cannot be read: {said_by(error)}", where=str(path), hint=_HINT) from error
    except NOT_JSON as error:
        raise BadTable(f"not a calibration, or one that was cut off: {error}", where=str(path), hint=_HINT) from error
    if body.get("format") != _FORMAT:
        raise BadTable(
            f"its format is {body.get('format')!r}, and this version reads {_FORMAT!r}", where=str(path), hint=_HINT
        )
    if body.pop("checksum", None) != _checksum(body):
        raise BadTable("its checksum does not match: it was edited or damaged", where=str(path), hint=_HINT)
    if body.get("features") != _features():
        raise BadTable(
            f"it measures prompts as {body.get('features')!r}, and this version as {_features()!r}",
            where=str(path),
            hint=_HINT,
        )
    try:
        return _known(body, hashlib.sha256(raw).hexdigest())
    except (KeyError, TypeError, ValueError) as error:
        raise BadTable(f"not a calibration: {error!r}", where=str(path), hint=_HINT) from error


def _known(body: Mapping[str, Any], sha256: str) -> KnownWeeks:
    def floats(name: str, size: int) -> npt.NDArray[np.float64]:
        values = _unpacked(body[name], "<f4").astype(np.float64)
        if len(values) != size or not np.isfinite(values).all():
            raise ValueError(f"{name} has {len(values)} numbers in place of {size}, or some that are none")
        return values

    covariance = np.zeros((WIDTH, WIDTH))
    covariance[np.triu_indices(WIDTH)] = floats("covariance", WIDTH * (WIDTH + 1) // 2)
    covariance += np.triu(covariance, 1).T
    spread = floats("spread", WIDTH)
    texts, holders = _unpacked(body["texts"], "<u8"), _unpacked(body["holders"], "<u4")
    if not (spread > 0).all() or len(texts) != len(holders) or np.any(texts[1:] <= texts[:-1]):
        raise ValueError("spreads must be positive, and texts sorted, each with its holders")
    calibration = Calibration(
        FeatureMoments(floats("centre", WIDTH), spread, floats("middle", WIDTH), covariance),
        int(body["entities"]),
        texts.astype(np.uint64),
        holders.astype(np.int64),
        tuple(map(str, body["caveats"])),
    )
    first, last = datetime.fromisoformat(body["first"]), datetime.fromisoformat(body["last"])
    accounts, exchanges, prompts, left_out = (
        int(body[name]) for name in ("accounts", "exchanges", "prompts", "left_out")
    )
    return KnownWeeks(calibration, first, last, accounts, exchanges, prompts, left_out, sha256)


def _features() -> dict[str, Any]:
    """What prompts are measured by: a calibration of other features says nothing of these."""
    return {"width": WIDTH, "embedded": EMBEDDED, "wordllama": importlib.metadata.version("wordllama")}


def _checksum(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


def _packed(values: npt.NDArray[Any], kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode()


def _unpacked(text: str, kind: str) -> npt.NDArray[Any]:
    return np.frombuffer(base64.b64decode(text, validate=True), kind)
