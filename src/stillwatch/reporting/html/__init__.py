"""The report as one HTML page; ``write`` says what it may do, ``page`` what it shows."""

from __future__ import annotations

from stillwatch.reporting.html.write import write_report

__all__ = ["write_report"]
