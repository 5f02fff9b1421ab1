"""What a provider can do about distillation, and what each does to honest users.

    none  cap-5  round-1  hide-reasoning  summarise-0.25      show less
    temperature-1.5  antidistillation-1                       sample worse
    watermark-2                                               mark

Names join with ``+``: ``hide-reasoning+watermark-2``.
"""

from __future__ import annotations

import re

from stillwatch.core import BadSetting
from stillwatch.lab.defences.antidistillation import AntidistillationSampling
from stillwatch.lab.defences.base import Defence, Provider
from stillwatch.lab.defences.interface import CapTopK, HideReasoning, RoundLogprobs, SummariseReasoning
from stillwatch.lab.defences.temperature import Temperature
from stillwatch.lab.defences.watermark import GAMMA, Watermark

__all__ = [
    "GAMMA",
    "AntidistillationSampling",
    "CapTopK",
    "Defence",
    "HideReasoning",
    "Provider",
    "RoundLogprobs",
    "SummariseReasoning",
    "Temperature",
    "Watermark",
    "read_defences",
]


def read_defences(names: str) -> tuple[Defence, ...]:
    """The defences of names joined with ``+``, in order; ``none`` is no defence.

    Raises:
        BadSetting: a name says nothing, or its number is out of range.
    """
    return tuple(_read_one(name) for name in names.split("+") if name != "none")


def _read_one(name: str) -> Defence:
    kind, _, number = name.rpartition("-")
    if not re.fullmatch(r"\d+(\.\d+)?", number):
        kind, number = name, "0"
    value = float(number)
    match kind:
        case "cap" if value == int(value):
            return CapTopK(int(value))
        case "round" if value > 0:
            return RoundLogprobs(value)
        case "hide-reasoning":
            return HideReasoning()
        case "summarise" if 0 <= value <= 1:
            return SummariseReasoning(value)
        case "temperature" if value > 0:
            return Temperature(value)
        case "antidistillation":
            return AntidistillationSampling(value)
        case "watermark":
            return Watermark(value)
    raise BadSetting(
        f"no defence is called {name!r}", where="setting defences", hint="see `stillwatch docs run-the-lab`"
    )
