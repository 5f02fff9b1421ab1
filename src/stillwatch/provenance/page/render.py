"""Renders an audit as HTML: no script, no request, a content security policy that forbids both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stillwatch.drawing import make_environment
from stillwatch.provenance.intervals import p_words
from stillwatch.provenance.missing import WHYS
from stillwatch.provenance.page import sentences
from stillwatch.provenance.page.strips import strips
from stillwatch.provenance.refusals import OWN_LABELS

if TYPE_CHECKING:
    from stillwatch.provenance.audit import Audit

__all__ = ["render_page"]

_MEANING = {
    "not graded": "",
    "none": "No test finds more than unrelated models would show by chance. That is not proof of innocence: see what a "
    "null result leaves open.",
    "weak": "Something is noticed that unrelated models seldom show, and that other causes explain as well.",
    "moderate": "The suspect shares something with the teacher that unrelated models do not, beyond the error rate "
    "that this audit was held to.",
    "strong": "Several tests, or one that planted its own evidence, find what unrelated models do not share.",
}


def render_page(audit: Audit) -> str:
    """The report as one HTML file."""
    environment = make_environment(
        "stillwatch.provenance.page",
        filters={
            "p": p_words,
            "told": sentences.told,
            "percent": _percent,
            "figure": _figure,
            "words": _words,
        },
        names={"strips": strips},
        missing="–",
    )
    made = [one for one in audit.tests if one.p_value is not None]
    return environment.get_template("report.html.j2").render(
        audit=audit,
        made=made,
        left_out=[one for one in audit.tests if one.p_value is None],
        meaning=_MEANING[audit.grade] if made else "",
        falsely=sentences.falsely(audit.grade, audit.level, audit.tests),
        own_labels=audit.judge is not None and audit.judge.source == OWN_LABELS,
        missing=[
            (name, part, counts)
            for name, parts in audit.missing.items()
            for part, counts in parts.items()
            if any(counts.get(why) for why in (*WHYS, "refused", "repeated"))
        ],
        claimed=any(claims.rates for claims in audit.claims.values()),
    )


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %" if value in (0, 1) or 0.02 <= value <= 0.98 else f"{100 * value:.1f} %"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _words(name: str) -> str:
    return name.replace("_", " ")
