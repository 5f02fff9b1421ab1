"""The report as one HTML page; ``write`` says what it may do, ``page`` what it shows."""

from __future__ import annotations

from stillwatch.reporting.html.events import events_of
from stillwatch.reporting.html.marked_text import mark_shared
from stillwatch.reporting.html.write import write_report

__all__ = ["events_of", "mark_shared", "write_report"]
