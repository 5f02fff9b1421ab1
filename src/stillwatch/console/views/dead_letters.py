"""Records of a log that could not be read, each with why: customers' text stands in them, so a look is noted."""

from __future__ import annotations

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.listing import PAGE_ROWS, write_rows

__all__ = ["dead_letters"]

_FILTERS = ("reason", "file")
_REASONS = "SELECT reason, count(*) AS n FROM {dead_letters} GROUP BY 1 ORDER BY n DESC, 1 LIMIT 12"


def dead_letters(ask: Ask) -> Response:
    """The records that the URL asks for, as a page, CSV or JSON."""
    run, form = ask.run, ask.file_form
    ask.note("read dead letters", run=run.name, form=form)
    asked = {name: ask.query[name] for name in _FILTERS if ask.query.get(name)}
    where = f" WHERE {' AND '.join(f'{name} = ?' for name in asked)}" if asked else ""
    sql = f"SELECT * FROM {{dead_letters}}{where} ORDER BY file, line"
    if not run.has("dead_letters"):
        sql, asked = "SELECT NULL WHERE false", {}
    if form is not None:
        return write_rows(form, f"{run.name}-dead-letters", run.stream(sql, *asked.values()))
    rows = run.rows(f"{sql} LIMIT ? OFFSET ?", *asked.values(), PAGE_ROWS, (ask.page_number - 1) * PAGE_ROWS)
    listing = ask.rows_here(rows, run.count(sql, *asked.values()), _FILTERS)
    reasons = run.rows(_REASONS) if run.has("dead_letters") else []
    return ask.show("dead_letters.html.j2", run=run, listing=listing, reasons=reasons)
