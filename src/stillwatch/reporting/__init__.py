"""What a person and a SIEM read of a finished run: the HTML page, OCSF findings, the closing summary.

Everything here is made from the run's own files, never from memory of the scan, so that a report
can be written again from an old run. ``html`` writes the page, ``ocsf`` the findings, ``terminal``
the summary, ``behind`` and ``behind_text`` what stands behind an id; charts and the look of the page
come from ``stillwatch.drawing``. To add a section, add a template in ``html/templates/``, include it
from ``report.html.j2`` and give ``html.page`` what it shows. What the console shows of a campaign's
row in the same words is open here too.
"""

from stillwatch.reporting.behind import account_behind, campaign_behind, campaigns_of, exchange_behind
from stillwatch.reporting.behind_text import account_text, campaign_text, exchange_text, history_lines
from stillwatch.reporting.campaign_rows import counts, observations_of, reasons_of
from stillwatch.reporting.html import campaign_page, events_of, mark_shared, write_report
from stillwatch.reporting.ocsf import write_findings
from stillwatch.reporting.since import life_of, since_lines
from stillwatch.reporting.terminal import render_console

__all__ = [
    "account_behind",
    "account_text",
    "campaign_behind",
    "campaign_page",
    "campaign_text",
    "campaigns_of",
    "counts",
    "events_of",
    "exchange_behind",
    "exchange_text",
    "history_lines",
    "life_of",
    "mark_shared",
    "observations_of",
    "reasons_of",
    "render_console",
    "since_lines",
    "write_findings",
    "write_report",
]
