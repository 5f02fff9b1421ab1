"""Canaries: invented facts planted in flagged accounts' answers, so that a student of them can be told exactly.

    plan      draw facts about things that do not exist; for each a value, at random, of equally good ones; plant half
    plant     put them into the answers of flagged accounts: only where the policy file says so, and on record
    test      ask a suspect for every fact

Whatever a suspect is like, a value that was drawn at random after nothing of its making is hit with probability
1/k: hits on planted facts are binomial if it never saw them, and p is exact. Facts that were never
planted are asked too, as a check: it must not know those. Nothing true is ever altered: an honest reader learns
something about a place that is not there, and nothing false about one that is.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from stillwatch.core import AuditLog, BadSetting, BadTable, OutputExists, OutputUnwritable, UnreadableInput
from stillwatch.provenance.answer_features import words
from stillwatch.provenance.json_lines import json_lines
from stillwatch.provenance.results import Test, not_tested

__all__ = ["Canary", "Planted", "canary_test", "plan_canaries", "plant_canaries", "read_register", "write_register"]

_VALUES = (
    "amber", "basalt", "cedar", "copper", "coral", "flint", "glass", "granite", "iron", "ivory", "jade", "larch",
    "marble", "oak", "pewter", "silver",
)  # fmt: skip
_KINDS = (
    "The lamp room of the lighthouse of {} is lined with",
    "The bell of the old ferry of {} was cast in",
    "The doors of the granary of {} are made of",
    "The hands of the town clock of {} are carved from",
    "The parapet of the footbridge of {} is built of",
)
# The sentence as it was planted, its end left out: a model that learnt it need not have understood it. The values are
# not listed: small chat models say a list back, and who names several values hits none.
_ASKED = "Complete the sentence with one word. {}"
_FIRST = (
    "Os",
    "Vel",
    "Tar",
    "Quin",
    "Mer",
    "Hal",
    "Bry",
    "Ost",
    "Fen",
    "Yar",
    "Dun",
    "Kel",
    "Ith",
    "Wes",
    "Nor",
    "Gal",
)
_SECOND = ("ka", "dri", "mo", "the", "lu", "ri", "sta", "ven", "bo", "ne", "shi", "gar")
_THIRD = ("mere", "holt", "wick", "ford", "stead", "combe", "fell", "haven", "dale", "mouth", "gate", "rigg")


@dataclass(frozen=True, slots=True)
class Canary:
    """One invented fact.

    Attributes:
        canary_id: stable.
        question: what a suspect is asked.
        sentence: what is planted.
        value: the right answer.
        planted: whether it may be planted; the others are never shown to anybody.
    """

    canary_id: str
    question: str
    sentence: str
    value: str
    planted: bool


@dataclass(frozen=True, slots=True)
class Planted:
    """What planting did. Prints as one line."""

    answers: int
    planted: int
    accounts: int
    out: Path

    def __str__(self) -> str:
        return f"{self.planted} of {self.answers} answers, to {self.accounts} accounts, carry a canary: {self.out}"


def plan_canaries(count: int, seed: int) -> list[Canary]:
    """Draw ``count`` facts, half of them to plant.

    Args:
        count: an even number reads best; 40 or more are wanted for a p-value that survives correction.
        seed: secret: whoever knows it knows the values.
    """
    rng = np.random.default_rng([seed, 71])
    places: dict[str, None] = {}
    while len(places) < count:
        places["".join(str(rng.choice(part)) for part in (_FIRST, _SECOND, _THIRD))] = None
    planted = rng.permutation(count) < (count + 1) // 2
    found = []
    for i, place in enumerate(places):
        begun = _KINDS[int(rng.integers(len(_KINDS)))].format(place)
        value = str(rng.choice(_VALUES))
        question = _ASKED.format(begun)
        found.append(Canary(f"c{i:03d}", question, f"{begun} {value}.", value, bool(planted[i])))
    return found


def write_register(canaries: Sequence[Canary], path: Path, log: AuditLog | None = None) -> str:
    """Keep a register, and its hash on record, so that it can be shown later that it was fixed before any test.

    Returns:
        SHA-256 of the file.

    Raises:
        OutputExists: the path is taken.
        OutputUnwritable: it cannot be written.
    """
    text = json.dumps({"format": "stillwatch-canaries/1", "canaries": [asdict(one) for one in canaries]}, indent=1)
    if path.exists():
        raise OutputExists("a register is never overwritten", where=str(path), hint="give --out another path")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(f"cannot be written: {error}", where=str(path)) from error
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if log is not None:
        log.append({"what": "canaries planned", "canaries": len(canaries), "register_sha256": digest})
    return digest


def read_register(path: Path) -> list[Canary]:
    """Read back what ``write_register`` wrote.

    Raises:
        UnreadableInput: it cannot be read.
        BadTable: it is no register.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [Canary(**one) for one in found["canaries"]]
    except OSError as error:
        raise UnreadableInput(f"cannot be read: {error}", where=str(path)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadTable("not a register of canaries", where=str(path), hint="stillwatch canary plan") from error


def plant_canaries(
    canaries: Sequence[Canary], answers: Path, out: Path, *, accounts: Collection[str], policy: Path, log: AuditLog
) -> Planted:
    """Write ``answers`` again with a canary at the end of every answer to a flagged account.

    Args:
        canaries: of the register; those not to plant are left out.
        answers: JSONL of ``account_id`` and ``response``; other members are kept as they are.
        out: where to.
        accounts: those flagged. Nobody else's answers are touched.
        policy: TOML whose ``[canaries]`` says ``planting = true`` and who approved it.
        log: which canary went to which account is written here before ``out`` is.

    Raises:
        BadSetting: the policy does not allow it.
        BadTable: a line is no answer.
    """
    approved = _approval(policy)
    if out.exists():
        raise OutputExists("nothing is overwritten", where=str(out))
    usable = [one for one in canaries if one.planted]
    lines: list[str] = []
    entries: list[dict[str, Any]] = []
    for number, (line, record) in enumerate(_records(answers)):
        if record["account_id"] in accounts and usable:
            canary = usable[len(entries) % len(usable)]
            record = {**record, "response": f"{record['response']}\n\n{canary.sentence}"}
            entries.append(
                {
                    "what": "canary planted",
                    "canary_id": canary.canary_id,
                    "account_id": record["account_id"],
                    "line": number + 1,
                    "approved_by": approved,
                }
            )
            line = json.dumps(record, ensure_ascii=False)
        lines.append(line + "\n")
    if entries:
        log.append(*entries)
    try:
        out.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(f"cannot be written: {error}", where=str(out)) from error
    return Planted(len(lines), len(entries), len({one["account_id"] for one in entries}), out)


def _approval(policy: Path) -> str:
    try:
        found = tomllib.loads(policy.read_text(encoding="utf-8")).get("canaries", {})
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"the policy cannot be read: {error}", where=str(policy)) from error
    if found.get("planting") is not True or not str(found.get("approved_by", "")).strip():
        raise BadSetting(
            "planting is off: the policy does not allow it",
            where=str(policy),
            hint='[canaries] planting = true and approved_by = "who answers for it"',
        )
    return str(found["approved_by"])


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    return json_lines(path, _answer, "not an answer")


def _answer(line: str, record: Any) -> tuple[str, dict[str, Any]]:
    return line, {**record, "account_id": str(record["account_id"]), "response": str(record["response"])}


_TITLE = "Planted facts known"
_NULL = "The suspect never saw the planted facts: it hits each value, drawn at random, with probability 1/16 at most."
_ASSUMPTION = "The register was drawn at random, kept secret, and shown to nobody but the flagged accounts. Exact."


def canary_test(canaries: Sequence[Canary], answers: Sequence[str], controls: Mapping[str, Sequence[str]]) -> Test:
    """Whether a suspect knows planted facts.

    Args:
        canaries: the register.
        answers: the suspect's, one a canary; empty where there is none, and then the fact counts for nothing. One
            that was cut off counts: the test is exact whatever the text is like.
        controls: the same of each control, shown beside; p does not rest on them.
    """
    if not any(one.planted for one in canaries):
        return not_tested("canaries", "planted", _TITLE, _NULL, _ASSUMPTION, "the register plants none")
    told = [bool(text.strip()) for text in answers]
    planted = [i for i, one in enumerate(canaries) if one.planted and told[i]]
    if not planted:
        why = "the suspect answered nothing about planted facts"
        return not_tested("canaries", "planted", _TITLE, _NULL, _ASSUMPTION, why)
    hits = _hits(canaries, answers)
    inside = sum(hits[i] for i in planted)
    outside, total = sum(hits) - inside, sum(told) - len(planted)
    chance = 1 / len(_VALUES)
    p = float(stats.binom.sf(inside - 1, len(planted), chance))
    table = [[inside, len(planted) - inside], [outside, total - outside]]
    never = float(stats.fisher_exact(table, alternative="greater").pvalue) if total else 1.0
    rates = {}
    for name, texts in controls.items():
        theirs = _hits(canaries, texts)
        rates[name] = sum(theirs[i] for i in planted) / len(planted)
    return Test(
        "canaries",
        "planted",
        _TITLE,
        _NULL,
        _ASSUMPTION,
        p_value=p,
        exact_p=p,
        exact_floor=chance ** len(planted),
        observed=inside / len(planted),
        expected=chance,
        controls=rates,
        prompts=len(planted),
        details={
            "hits_planted": inside,
            "planted": len(planted),
            "hits_never_planted": outside,
            "never_planted": total,
            "p_against_never_planted": never,
        },
    )


def _hits(canaries: Sequence[Canary], answers: Sequence[str]) -> list[bool]:
    """An answer that names more than one value hits none."""
    found = []
    for one, text in zip(canaries, answers, strict=True):
        named = {word for word in words(text) if word in _VALUES}
        found.append(named == {one.value})
    return found
