"""A watermark of words: what a key marks, and whether a student of marked text carries the mark.

``green_lists`` says which words are green, ``schemes`` what a test looks at, ``radioactivity`` tests a student's text.
Text is marked by who samples it: the lab's defence ``watermark``, or a provider's own server.
"""

from __future__ import annotations

from stillwatch.watermark.green_lists import is_green
from stillwatch.watermark.radioactivity import Radioactivity, measure_mark, measure_radioactivity
from stillwatch.watermark.schemes import KEYS, GreenWords, Sample, Scheme, Text, excess_pairs

__all__ = [
    "KEYS",
    "GreenWords",
    "Radioactivity",
    "Sample",
    "Scheme",
    "Text",
    "excess_pairs",
    "is_green",
    "measure_mark",
    "measure_radioactivity",
]
