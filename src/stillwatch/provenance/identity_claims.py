"""Who does a model say it is? Asked in many wordings, languages, roles and contexts, and held against controls.

The weakest evidence there is, and graded so: the web is full of text that names other models, and any model
that read it may say that it is one of them. Only a rate beyond that of controls of the same era counts.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from stillwatch.provenance.audited_model import Chat
from stillwatch.provenance.intervals import Rate
from stillwatch.provenance.results import Test, not_tested

__all__ = ["Claims", "IdentityProbe", "claimed_names", "identity_probes", "identity_test", "read_claims"]

_TITLE = "Says that it is the teacher"
_NULL = "The suspect names the teacher's maker no oftener than one more control would."
_ASSUMPTION = (
    "Suspect and controls are exchangeable: of the same era, so that each read the same web text about the teacher. "
    "Exact by rank; with m controls p cannot be less than 1/(m + 1)."
)
_NEGATED = re.compile(r"\b(?:not|isn't|aren't|never|unlike|nor|different from|neither)\b[^.,;!?]{0,40}$")


@dataclass(frozen=True, slots=True)
class IdentityProbe:
    """One way of asking: which wording, language, role and context, and the conversation itself."""

    wording: int
    language: str
    role: str
    context: str
    chat: Chat


@dataclass(frozen=True, slots=True)
class Claims:
    """What a model said of itself.

    Attributes:
        rates: of each maker named, the answers that name it.
        by_language: the same for the maker named most, a language each.
        leader: the maker named most; "" where none is.
        consistency: share of wordings under which the leader is named in more than half of the answers.
    """

    rates: Mapping[str, Rate]
    by_language: Mapping[str, Rate]
    leader: str
    consistency: float


@cache
def _data() -> dict[str, Any]:
    text = (resources.files("stillwatch.provenance") / "data" / "identity.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    # No word boundary stands between letters of scripts that write no spaces.
    return {
        maker: re.compile(rf"(?<![a-z0-9])(?:{'|'.join(names)})(?![a-z])", re.IGNORECASE)
        for maker, names in _data()["names"].items()
    }


def identity_probes(count: int, seed: int) -> list[IdentityProbe]:
    """At most ``count`` ways of asking, every wording before any a second time.

    The same for every model of an audit; roles and contexts go round the wordings in a random order.
    """
    data = _data()
    settings = list(itertools.product(data["roles"], data["contexts"]))
    rng = np.random.default_rng([seed, 51])
    starts = rng.permutation(len(settings) * len(data["wordings"])) % len(settings)
    found = []
    for again in range(len(settings)):
        for number, (language, text) in enumerate(data["wordings"]):
            role, context = settings[(int(starts[number]) + again) % len(settings)]
            system = (("system", role[1]),) if role[1] else ()
            before = tuple((who, said) for who, said in context[1])
            found.append(IdentityProbe(number, language, role[0], context[0], (*system, *before, ("user", text))))
    return found[:count]


def claimed_names(text: str) -> frozenset[str]:
    """Makers that an answer names, those it says it is not left out.

    >>> sorted(claimed_names("I'm not ChatGPT. I was made by Mistral."))
    ['Mistral']
    """
    text = " ".join(text.replace("’", "'").split())
    found = set()
    for maker, pattern in _patterns().items():
        for hit in pattern.finditer(text):
            if not _NEGATED.search(text[max(0, hit.start() - 60) : hit.start()].lower()):
                found.add(maker)
    return frozenset(found)


def read_claims(probes: Sequence[IdentityProbe], answers: Sequence[str]) -> Claims:
    """Rates of the claims in a model's answers to the probes."""
    named = [claimed_names(text) for text in answers]
    counts = Counter(maker for one in named for maker in one)
    rates = {maker: Rate(n, len(named)) for maker, n in counts.most_common()}
    leader = next(iter(rates), "")
    return Claims(rates, _rates_by(probes, named, leader), leader, _consistency(probes, named, leader))


def _rates_by(probes: Sequence[IdentityProbe], named: Sequence[frozenset[str]], maker: str) -> dict[str, Rate]:
    found: dict[str, list[bool]] = {}
    for probe, names in zip(probes, named, strict=True):
        found.setdefault(probe.language, []).append(maker in names)
    return {language: Rate(sum(hits), len(hits)) for language, hits in found.items()}


def _consistency(probes: Sequence[IdentityProbe], named: Sequence[frozenset[str]], maker: str) -> float:
    by_wording: dict[int, list[bool]] = {}
    for probe, names in zip(probes, named, strict=True):
        by_wording.setdefault(probe.wording, []).append(maker in names)
    agree = [sum(hits) * 2 > len(hits) for hits in by_wording.values()]
    return sum(agree) / len(agree) if agree else 0.0


def identity_test(
    suspect: Claims, teacher: Claims, controls: Mapping[str, Claims], maker: str = "", *, lacking: str = ""
) -> Test:
    """Whether the suspect names the teacher's maker oftener than the controls do.

    Args:
        suspect, teacher, controls: what each said.
        maker: of the teacher; who the teacher says it is where not given.
        lacking: why too few answered for a test; "" where enough did.
    """
    if lacking:
        return not_tested("identity", "identity", _TITLE, _NULL, _ASSUMPTION, lacking)
    maker = maker or teacher.leader
    if not maker:
        why = "the teacher does not say who it is; name its maker with --teacher-maker"
        return not_tested("identity", "identity", _TITLE, _NULL, _ASSUMPTION, why)
    if not controls:
        return not_tested("identity", "identity", _TITLE, _NULL, _ASSUMPTION, "there are no controls")
    rates = {name: _rate(claims, maker).share for name, claims in controls.items()}
    own = _rate(suspect, maker)
    floor = 1 / (1 + len(rates))
    p = (1 + sum(rate >= own.share for rate in rates.values())) * floor
    return Test(
        "identity",
        "identity",
        _TITLE,
        _NULL,
        _ASSUMPTION,
        p_value=p,
        exact_p=p,
        exact_floor=floor,
        observed=own.share,
        expected=float(np.mean(list(rates.values()))),
        controls=rates,
        null_points=tuple(rates.values()),
        statistic=own.share,
        prompts=own.total,
        details={"maker": maker, "low": own.low, "high": own.high, "teacher_rate": _rate(teacher, maker).share},
    )


def _rate(claims: Claims, maker: str) -> Rate:
    total = sum(rate.total for rate in claims.by_language.values())
    return claims.rates.get(maker, Rate(0, total))
