"""The report as one HTML page; ``write`` says what it may do, ``page`` what it shows, ``alone`` one campaign."""

from __future__ import annotations

from stillwatch.reporting.html.alone import campaign_page
from stillwatch.reporting.html.events import events_of
from stillwatch.reporting.html.marked_text import mark_shared
from stillwatch.reporting.html.write import write_report

__all__ = ["campaign_page", "events_of", "mark_shared", "write_report"]
