"""The lab's report: one HTML file with inline SVG, no script and no request; see docs/adr/0004."""

from __future__ import annotations

from stillwatch.lab.page.write import Written, write_report

__all__ = ["Written", "write_report"]
