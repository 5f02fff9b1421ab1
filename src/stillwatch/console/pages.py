"""The templates of the console, over the environment that all of Stillwatch's pages share: everything is escaped."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from stillwatch.console.cases import STAGE_WORDS
from stillwatch.console.days import day_of
from stillwatch.drawing import family_palette, make_environment, wording
from stillwatch.evidence import all_families

__all__ = ["draw_part", "make_pages"]


@cache
def make_pages() -> Environment:
    """The environment, one for all consoles of a process."""
    families = all_families()
    return make_environment(
        "stillwatch.console",
        filters={
            "as_json": lambda value: json.dumps(value, ensure_ascii=False),
            "ago": _ago,
            "day": day_of,
            "day_ends": wording.day_ends,
            "fact": _fact,
            "in_url": lambda text: quote(str(text), safe=""),
        },
        names={
            "stage_words": STAGE_WORDS,
            "palette": family_palette(families),
            "family_meanings": {name: family.sees for name, family in families.items()},
        },
    )


def draw_part(template: str, **values: Any) -> Markup:
    """A part of a page, of these values alone: nothing of who asks gets into it."""
    return Markup(make_pages().get_template(template).render(values))  # noqa: S704 - the template has escaped all


def _fact(value: object) -> str:
    """A fact that a rule went by, as it is: rounding would hide on which side of a line it lies.

    >>> _fact(["structure", "timing"]), _fact([]), _fact(False), _fact(1867), _fact(5.394e-10)
    ('structure, timing', 'none', 'no', '1867', '5.394e-10')
    """
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}"
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
    return "not known" if value is None else str(value)


def _ago(time: datetime) -> str:
    """How long ago a time is, in words."""
    minutes = int((datetime.now(UTC) - time).total_seconds() // 60)
    for size, word in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // size
            return f"{number} {word}{'' if number == 1 else 's'} ago"
    return "just now"
