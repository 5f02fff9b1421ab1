"""What the gateway knows: decisions in force and the texts of known campaigns, in one file that is read whole.

    b"STILLWATCH-SNAP3" | BLAKE2b of all that follows (32 bytes) | length of the header (8 bytes, little end first) |
    header (JSON) | arrays, 64-byte aligned

The header names each array's type, place and length and says what the snapshot was made from. The digest covers every
byte behind it, salt, rules and padding included: a file that is cut short, half written or changed in one place
is refused. The file is copied into memory before anything of it is believed, so that whatever is done to it later
changes nothing here. Accounts stand as keyed hashes of 64 bits, sorted, found by bisection (12 bytes an
account); no account id is in the file. ``snapshot_file`` writes what this reads.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.core import UnreadableInput
from stillwatch.core.minhash import SLOTS, estimate_jaccard
from stillwatch.core.small_files import LIST, read_small
from stillwatch.core.words import U64
from stillwatch.decisions import Action, effect_of
from stillwatch.gateway.fingerprint import Fingerprint

__all__ = ["DIGEST_BYTES", "LEAST_JACCARD", "MAGIC", "Match", "Rule", "Snapshot", "digest_of", "filter_of", "hashed"]

MAGIC = b"STILLWATCH-SNAP3"
LEAST_JACCARD = 0.7
"""Texts at least so alike are near-duplicates."""
DIGEST_BYTES = 32
_MOST_CANDIDATES = 64
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_HINT = "write it anew with `stillwatch gateway snapshot`"


def digest_of(parts: Iterable[bytes | memoryview]) -> bytes:
    """The digest that a snapshot carries over all that stands behind it."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES, person=b"stillwatch-snap3")
    for part in parts:
        digest.update(part)
    return digest.digest()


def hashed(salt: bytes, kind: str, *parts: str) -> int:
    """64 bits that stand for an account or an organisation in one snapshot."""
    text = "\0".join((kind, *parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, key=salt, digest_size=8).digest(), "little")


def _bits_of(keys: U64, bits: int) -> U64:
    """Which bit of a filter of ``2**bits`` stands for each key."""
    return np.asarray((keys * _SPREAD) >> np.uint64(64 - bits), np.uint64)


def filter_of(keys: U64) -> npt.NDArray[np.uint8]:
    """A bit set for each key, at least sixteen times as many bits as keys: whoever finds none need not search.

    Nearly every text is unknown. To search for its 25 hashes among millions is some 500 reads all over the file; to
    look at their bits is 25.
    """
    bits = max(3, (16 * len(keys)).bit_length())
    marks = np.zeros(2**bits, np.bool_)
    marks[_bits_of(keys, bits)] = True
    return np.packbits(marks, bitorder="little")


@dataclass(frozen=True, slots=True)
class Rule:
    """A decision in force, as far as the gateway needs it."""

    decision_id: str
    subject: str
    verdict: str
    actions: tuple[Action, ...]
    begins: float
    expires: float
    customer_text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A request that sends a known campaign's text."""

    template_id: str
    campaign_id: str | None
    kind: str
    jaccard: float


class Snapshot:
    """A snapshot, in memory.

    Args:
        path: the file.

    Raises:
        UnreadableInput: it is absent, cut short or was changed.
    """

    def __init__(self, path: Path) -> None:
        try:
            payload = self._read(path)
            self._salt = bytes.fromhex(self.header["salt"])
            self._arrays = {
                name: np.frombuffer(payload, np.dtype(kind), count, at)
                for name, (kind, at, count) in self.header["arrays"].items()
            }
            self.made = datetime.fromisoformat(self.header["made"]).timestamp()
            self._filters = {
                name: (marks.data, len(marks).bit_length() + 2)
                for name in ("sentence", "band")
                for marks in [self._arrays[f"{name}_filter"]]
            }
            self._signatures = self._arrays["signatures"].reshape(-1, SLOTS)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, MemoryError, RecursionError) as error:
            raise UnreadableInput(f"cannot be read as a snapshot: {error}", where=str(path), hint=_HINT) from error
        self.rule = lru_cache(4096)(self._rule)
        self._template = lru_cache(4096)(self._read_template)

    def _read(self, path: Path) -> memoryview:
        """Read the whole file, believe its header once the digest fits, and give the arrays' bytes."""
        if not path.is_file():
            raise FileNotFoundError("there is no such file")
        content = read_small(path, LIST)
        if content[: len(MAGIC)] != MAGIC:
            raise UnreadableInput("is no snapshot of this version", where=str(path), hint=_HINT)
        start = len(MAGIC) + DIGEST_BYTES
        self.digest = content[len(MAGIC) : start]
        if not hmac.compare_digest(self.digest, digest_of([memoryview(content)[start:]])):
            raise UnreadableInput("its digest does not fit its contents", where=str(path), hint=_HINT)
        end = start + 8 + int.from_bytes(content[start : start + 8], "little")
        self.header: Mapping[str, Any] = json.loads(content[start + 8 : end])
        return memoryview(content)[-(-end // 64) * 64 :]

    @cached_property
    def treats(self) -> bool:
        """Whether any decision does something with answers, be it about whomever."""
        return any(effect_of(self._rule(number).actions).is_of_each_answer for number in range(self.header["rules"]))

    def rules_of(self, account: str, organisation: str | None) -> list[Rule]:
        """The decisions that name an account or its organisation."""
        found = self._found("account", hashed(self._salt, "account", account))
        if organisation:
            found = [*found, *self._found("organisation", hashed(self._salt, "organisation", organisation))]
        return self._unless_exempt(account, found)

    def matches(self, text: Fingerprint) -> list[Match]:
        """The known texts that a request sends: the same sentence, the same text, or nearly the same."""
        found: dict[int, tuple[str, float]] = {}
        for template in self._found("masked", text.masked):
            found[template] = ("same text", 1.0)
        if len(text.sentences):
            for template in self._any("sentence", text.sentences):
                found.setdefault(template, ("sentence", 1.0))
        if not found and len(self._arrays["band_keys"]):
            bands, signature = text.sketch()
            sketches = self._any("band", bands)
            if sketches:
                mine = np.broadcast_to(signature, (len(sketches), SLOTS)).copy()
                alike = estimate_jaccard(mine, self._signatures[sketches])
                of = self._arrays["sketch_of"][sketches]
                for template, jaccard in zip(of.tolist(), alike.tolist(), strict=True):
                    if jaccard >= LEAST_JACCARD and jaccard > found.get(template, ("", 0.0))[1]:
                        found[template] = ("near-duplicate", jaccard)
        matches = [Match(*self._template(number), kind, round(alike, 3)) for number, (kind, alike) in found.items()]
        return sorted(matches, key=lambda match: -match.jaccard)

    def rules_of_matches(self, account: str, matches: Iterable[Match]) -> list[Rule]:
        """The decisions that cover whoever sends these texts."""
        found = [rule for match in matches for rule in self._rules_by_template(match.template_id)]
        return self._unless_exempt(account, list(dict.fromkeys(found)))

    def _rules_by_template(self, template_id: str) -> list[int]:
        return self._found("template", hashed(self._salt, "template", template_id))

    def _unless_exempt(self, account: str, found: Iterable[int]) -> list[Rule]:
        rules = [self.rule(number) for number in found]
        if not len(self._arrays["exempt_keys"]):
            return rules
        return [
            rule for rule in rules if not self._found("exempt", hashed(self._salt, "exempt", account, rule.decision_id))
        ]

    def _found(self, name: str, key: int) -> list[int]:
        keys, values = self._arrays[f"{name}_keys"], self._arrays[f"{name}_values"]
        wanted = np.uint64(key)
        at = int(keys.searchsorted(wanted))
        if at == len(keys) or keys[at] != wanted:
            return []
        end = int(keys.searchsorted(wanted, "right"))
        found: list[int] = values[at:end].tolist()
        return found

    def _any(self, name: str, wanted: U64) -> list[int]:
        keys, values = self._arrays[f"{name}_keys"], self._arrays[f"{name}_values"]
        marks, bits = self._filters[name]
        known = [n for n, at in enumerate(_bits_of(wanted, bits).tolist()) if marks[at >> 3] >> (at & 7) & 1]
        if not known:
            return []
        wanted = wanted[known]
        starts = keys.searchsorted(wanted)
        hits = (keys.take(starts, mode="clip") == wanted).nonzero()[0]
        if not len(hits):
            return []
        ends = keys.searchsorted(wanted[hits], "right")
        return list(dict.fromkeys(self._spans(values, starts[hits].tolist(), ends.tolist())))

    @staticmethod
    def _spans(values: npt.NDArray[np.uint32], starts: list[int], ends: list[int]) -> Iterator[int]:
        for start, end in zip(starts, ends, strict=True):
            # A key that very many texts share says nothing.
            yield from values[start : min(end, start + _MOST_CANDIDATES)].tolist()

    def _line(self, name: str, number: int) -> Any:
        at = self._arrays[f"{name}_at"]
        return json.loads(self._arrays[f"{name}_text"][int(at[number]) : int(at[number + 1])].tobytes())

    def _rule(self, number: int) -> Rule:
        found = self._line("rule", number)
        actions = tuple(Action(kind, parameters) for kind, parameters in found.pop("actions"))
        return Rule(actions=actions, **found)

    def _read_template(self, number: int) -> tuple[str, str | None]:
        template_id, campaign_id = self._line("template", number)
        return template_id, campaign_id
