"""What persons said of accounts: confirmed or cleared, by whom and why. ``stillwatch calibrate --log`` goes by it."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.listing import PAGE_ROWS, write_rows

__all__ = ["labels"]

_FILTERS = ("label", "by")


def labels(ask: Ask) -> Response:
    """The last word on each account, the latest first, as a page, CSV or JSON."""
    said = ask.console.cases.labels().values()
    wanted = {name: ask.query[name] for name in _FILTERS if ask.query.get(name)}
    rows = [
        {
            "account_id": one.account_id,
            "label": one.label,
            "case_id": one.decision_id,
            "by": one.by,
            "time": one.time,
            "reason": one.reason,
        }
        for one in sorted(said, key=lambda one: one.time, reverse=True)
    ]
    rows = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    form = ask.query.get("as")
    ask.note("looked at labels", form=form)
    if form in ("csv", "json"):
        return write_rows(form, "labels", rows)
    start = (ask.page_number - 1) * PAGE_ROWS
    return ask.show(
        "labels.html.j2",
        listing=ask.listing(rows[start : start + PAGE_ROWS], len(rows), _FILTERS),
        counts=Counter(one.label for one in said),
        log=ask.console.cases.log.path,
        latest=ask.console.runs.all()[0],
    )
