"""Bodies that a log names and keeps beside itself: Bedrock's, of more than 100 kB, in ``data/`` of the same bucket.

The record's ``inputBodyS3Path`` or ``outputBodyS3Path`` is found by its tail below the folder that was named, wherever
of the bucket's tree that begins, and put in the record's place for it. Nothing outside that folder is read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from stillwatch.core import StillwatchError
from stillwatch.core.not_json import NOT_JSON
from stillwatch.ingest.files import BROKEN, opened, wrapping
from stillwatch.ingest.slice import Slice

__all__ = ["Lost", "put_in_place"]

_LONGEST_BODY = 1 << 26


class Lost(NamedTuple):
    """What could not be put in place: why the record cannot be read, or what of it is missing."""

    refusal: str | None = None
    note: str | None = None


def put_in_place(record: dict[str, Any], part: Slice) -> Lost | None:
    """Fill ``inputBodyJson`` and ``outputBodyJson`` of a record that names files instead; None where it names none."""
    given, got = record.get("input"), record.get("output")
    asked = isinstance(given, dict) and given.get("inputBodyS3Path") and given.get("inputBodyJson") is None
    answered = isinstance(got, dict) and got.get("outputBodyS3Path") and got.get("outputBodyJson") is None
    if not (asked or answered):
        return None
    refusal = _filled(given, "inputBodyS3Path", "inputBodyJson", part) if asked else None
    note = _filled(got, "outputBodyS3Path", "outputBodyJson", part) if answered else None
    return Lost(refusal and f"`input.{refusal}", note and f"`output.{note}")


def _filled(side: Any, path_key: str, body_key: str, part: Slice) -> str | None:
    """Put one body in place; the reason where that fails."""
    named = side[path_key]
    found = _below(part.root or part.path.parent, part.path.parent, named) if isinstance(named, str) else None
    if found is None:
        return f"{path_key}`: the body lies in {named}, which is not among the files read: copy it beside the log"
    try:
        with opened(found, wrapping(found)) as stream:
            text = stream.read(_LONGEST_BODY + 1)
        if len(text) > _LONGEST_BODY:
            return f"{path_key}`: the body in {named} is longer than {_LONGEST_BODY >> 20} MiB"
        side[body_key] = msgspec.json.decode(text)
    except StillwatchError as error:
        return f"{path_key}`: {named}: {error.problem}"
    except (*BROKEN, *NOT_JSON) as error:
        return f"{path_key}`: the body in {named} is not JSON: {error}"
    return None


def _below(root: Path, folder: Path, named: str) -> Path | None:
    """The file below ``root`` or ``folder`` whose path ends as ``named`` does: the longest such end first."""
    parts = [part for part in re.split(r"/+", urlsplit(named).path) if part]
    if not parts or any(part in (".", "..") or "\0" in part for part in parts):
        return None
    for start in range(len(parts)):
        for base in (root, folder):
            candidate = base.joinpath(*parts[start:])
            try:
                if candidate.is_file() and candidate.resolve().is_relative_to(base.resolve()):
                    return candidate
            except (OSError, ValueError):
                continue
    return None
