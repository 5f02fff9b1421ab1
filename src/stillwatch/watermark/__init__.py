"""A watermark of green words: which words a key marks, and whether a student of marked text carries the mark.

``green_lists`` says which words are green, ``radioactivity`` tests a student's text. Text is marked by who samples it:
the lab's defence ``watermark``, or a provider's own server.
"""

from __future__ import annotations

from stillwatch.watermark.green_lists import is_green
from stillwatch.watermark.radioactivity import Radioactivity, measure_radioactivity

__all__ = ["Radioactivity", "is_green", "measure_radioactivity"]
