"""Drafts: exactly what will leave, to be read by a person, kept in a file where that takes longer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.alliance.stix import properties
from stillwatch.core import BadTable, OutputUnwritable, canonical_json
from stillwatch.core.small_files import LIST, read_small
from stillwatch.core.whole_files import put_whole

__all__ = ["Draft", "read_draft", "write_draft"]

Thing = dict[str, Any]

_FORMAT = "stillwatch-draft/1"


@dataclass(frozen=True, slots=True)
class Draft:
    """What will leave, and where to; nothing has left yet.

    Attributes:
        member, hub, collection: whose, where to.
        objects: STIX objects, new or changed.
        campaign: identifier of the campaign they tell of, where they tell of one.
        accounts: pseudonyms of all its accounts; stay with the member, to know the campaign again.
        live: whether the campaign stands afterwards.
        left_out: what stays behind, and why, for who approves it to read.
        lasting: the campaign's name in its run, by which it is known again; stays with the member.
        sentences: fingerprints of sentences that are in it, and what they say; stay with the member, for who approves.
    """

    member: str
    hub: str
    collection: str
    objects: tuple[Thing, ...]
    campaign: str | None = None
    accounts: tuple[str, ...] = ()
    live: bool = True
    left_out: tuple[str, ...] = ()
    lasting: str | None = None
    sentences: tuple[tuple[str, str], ...] = ()

    @property
    def sha256(self) -> str:
        """What is approved when this draft is."""
        whole = [self.member, self.hub, self.collection, list(self.objects), self.campaign, list(self.accounts)]
        more: list[object] = [] if self.lasting is None else [self.lasting]
        more += [[list(pair) for pair in self.sentences]] if self.sentences else []
        return hashlib.sha256(canonical_json([*whole, self.live, *more])).hexdigest()

    def __str__(self) -> str:
        behind = [f"LEFT OUT: {one}" for one in self.left_out]
        if not self.objects:
            return "\n".join([*behind, "Nothing is to be sent: all of it is published already."])
        counts: dict[str, int] = {}
        for one in self.objects:
            counts[one["type"]] = counts.get(one["type"], 0) + 1
        kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        head = f"To {self.hub}, collection {self.collection}, from {self.member}: {kinds}."
        lines = [head, *behind]
        for one in self.objects:
            if one["type"] in ("campaign", "note"):
                lines.append(
                    ("TAKEN BACK: " if one.get("revoked") else "") + (one.get("description") or one["content"])
                )
        taken_back = [one for one in self.objects if one.get("revoked")]
        told = [one for one in self.objects if not one.get("revoked")]
        lines += [f"  {one['pattern']}" for one in told if one["type"] == "indicator"]
        if self.sentences:
            lines.append("The sentences behind fingerprints, which stay here:")
            lines += [f"  {fingerprint}  {text}" for fingerprint, text in self.sentences]
        if taken_back:
            reasons = {str(properties(one).get("retraction")) for one in taken_back if "retraction" in properties(one)}
            why = f" ({', '.join(sorted(reasons))})" if reasons else ""
            lines.append(f"Said again as it was, but that it is taken back{why}:")
            lines += [f"  {one['id']}" for one in taken_back]
        if told:
            lines.append("Object for object, and nothing else:")
            lines += [json.dumps(one, ensure_ascii=False) for one in told]
        return "\n".join(lines)


def write_draft(drafted: Draft, path: Path) -> None:
    """Write a draft for somebody to read and approve.

    Raises:
        OutputUnwritable: the file cannot be written, or is there already.
    """
    document = {
        "format": _FORMAT,
        "sha256": drafted.sha256,
        "member": drafted.member,
        "hub": drafted.hub,
        "collection": drafted.collection,
        "campaign": drafted.campaign,
        "accounts": list(drafted.accounts),
        "live": drafted.live,
        "left_out": list(drafted.left_out),
        "lasting": drafted.lasting,
        "sentences_that_stay_here": dict(drafted.sentences),
        "objects": list(drafted.objects),
    }
    try:
        put_whole(path, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n", new=True)
    except OSError as error:
        raise OutputUnwritable(f"the draft cannot be written: {error.strerror or error}", where=str(path)) from error


def read_draft(path: Path) -> Draft:
    """Read a draft back, exactly as it was written.

    Raises:
        BadTable: it is none, or was changed since.
    """
    hint = "write one with stillwatch alliance publish ... --draft FILE"
    try:
        told = json.loads(read_small(path, LIST))
        if told["format"] != _FORMAT:
            raise BadTable(f"its format is {told['format']!r}, not {_FORMAT!r}", where=str(path), hint=hint)
        found = Draft(
            told["member"],
            told["hub"],
            told["collection"],
            tuple(told["objects"]),
            told["campaign"],
            tuple(told["accounts"]),
            told["live"],
            tuple(str(one) for one in told.get("left_out", ())),
            told.get("lasting"),
            tuple((str(one), str(text)) for one, text in told.get("sentences_that_stay_here", {}).items()),
        )
        if found.sha256 != told["sha256"]:
            raise BadTable("the draft was changed after it was written", where=str(path), hint=hint)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadTable(f"no draft: {error}", where=str(path), hint=hint) from error
    return found
