"""What a person and a SIEM read of a finished run: the HTML page, OCSF findings, the closing summary.

Everything here is made from the run's own files, never from memory of the scan, so that a report
can be written again from an old run. ``html`` writes the page, ``ocsf`` the findings, ``console``
the summary; the page's Jinja templates lie in ``templates/``. To add a section, add a template
there, include it from ``report.html.j2`` and give ``page`` what it shows.
"""

from stillwatch.reporting.console import render_console
from stillwatch.reporting.html import write_report
from stillwatch.reporting.ocsf import write_findings

__all__ = ["render_console", "write_findings", "write_report"]
