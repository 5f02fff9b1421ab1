"""Evidence: what families see in a log, each in one file that says all of it.

``base`` says what a family is and how to add one; ``families/`` holds them. Beside them lies what they measure with:
``postings`` (who shares a thing), ``hands`` and ``sign_ups`` (whose they are, and since when), ``content`` (what
accounts ask), ``calibration`` (what is ordinary in other weeks), ``neighbours`` (who asks alike), ``icc`` (are they
interchangeable), ``one_source`` (who of them is), ``prompt_sets`` (who repeats whom), ``windows_of_stream``, its
``lens`` and ``composition`` (is part of one stream one source's), ``p_values``, ``group_statistics``,
``communities``, and in ``thresholds`` and ``stream_thresholds`` every line that is drawn.
Families see a ``LogProfile`` and nothing else.
"""

from stillwatch.evidence.base import (
    Count,
    Example,
    Explanation,
    Family,
    Finding,
    Level,
    Null,
    Observed,
    Side,
    Value,
)
from stillwatch.evidence.calibration import Calibration, FeatureMoments
from stillwatch.evidence.communities import communities
from stillwatch.evidence.composition import Glance, glance
from stillwatch.evidence.content import Content, whiten
from stillwatch.evidence.icc import Icc, intraclass_correlation
from stillwatch.evidence.log_profile import HOUR, LogProfile
from stillwatch.evidence.moments import Moments
from stillwatch.evidence.neighbours import Neighbours, nearest
from stillwatch.evidence.p_values import tail_p
from stillwatch.evidence.postings import Postings
from stillwatch.evidence.prompt_sets import PromptSets
from stillwatch.evidence.registry import all_families
from stillwatch.evidence.seen_prompts import SeenPrompts
from stillwatch.evidence.shared_levels import reached, shared_levels
from stillwatch.evidence.windows_of_stream import AtLarge, SeenSource, Toward, Window, people_at_large

__all__ = [
    "HOUR",
    "AtLarge",
    "Calibration",
    "Content",
    "Count",
    "Example",
    "Explanation",
    "Family",
    "FeatureMoments",
    "Finding",
    "Glance",
    "Icc",
    "Level",
    "LogProfile",
    "Moments",
    "Neighbours",
    "Null",
    "Observed",
    "Postings",
    "PromptSets",
    "SeenPrompts",
    "SeenSource",
    "Side",
    "Toward",
    "Value",
    "Window",
    "all_families",
    "communities",
    "glance",
    "intraclass_correlation",
    "nearest",
    "people_at_large",
    "reached",
    "shared_levels",
    "tail_p",
    "whiten",
]
