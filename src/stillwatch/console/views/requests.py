"""An account's requests. Customers' text is masked until somebody says why they must read it, and that is noted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.runs import Run
from stillwatch.console.views.account import account_url, wanted

__all__ = ["requests", "unmask"]

_LONGEST = 4_000
_FILTERS = ("id", "from", "to", "model")

_PLAIN = "exchange_id, time, model, status, input_tokens, output_tokens, country, asn, prompt_length"
_TEXTS = (
    f"left(prompt, {_LONGEST}) AS prompt, left(system, {_LONGEST}) AS system, left(response, {_LONGEST}) AS response"
)


def requests(ask: Ask) -> Response:
    """A page of requests within the hours that the URL names, as a page, CSV or JSON."""
    run, name = ask.run, wanted(ask)
    clear = ask.person.may("analyst") and ask.console.sessions.is_unmasked(ask.signed_in, run.name, name)
    where, values = _where(ask, name)
    form = ask.query.get("as")
    ask.note("read requests" if clear else "looked at requests", run=run.name, account=name, form=form)
    if form in ("csv", "json"):
        # What is masked is not read at all: no page can show it by mistake.
        plain = _PLAIN.replace("prompt_length", "length(prompt) AS prompt_length")
        sql = f"SELECT {plain}{', ' + _TEXTS if clear else ''} FROM {{exchanges}} WHERE {where}"
        return write_rows(form, f"{run.name}-requests", run.stream(f"{sql} ORDER BY time, exchange_id", *values))
    every = run.of("requests", name)
    kept = every.filter(_kept(ask, every)) if any(ask.query.get(one) for one in _FILTERS[1:]) else every
    rows, total = kept.slice((ask.page_number - 1) * PAGE_ROWS, PAGE_ROWS).to_pylist(), len(kept)
    if clear:
        rows = _with_texts(run, rows)
    page = "requests_panel.html.j2" if ask.fragment else "requests.html.j2"
    listing = ask.listing(rows, total, _FILTERS)
    return ask.show(page, run=run, name=name, listing=listing, clear=clear, models=_models(every))


def _with_texts(run: Run, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their texts, found by their place in the run: ids of exchanges may repeat."""
    sql = f"""SELECT parse_filename(filename) AS part, file_row_number AS row, {_TEXTS} FROM {{texts}}
        WHERE file_row_number IN (SELECT unnest(?::BIGINT[]))"""
    found = {(one["part"], one["row"]): one for one in run.rows(sql, [one["row"] for one in rows])}
    return [{**one, **found[one["part"], one["row"]]} for one in rows]


def unmask(ask: Ask) -> Response:
    """Let this session read the account's texts for a quarter of an hour, for a reason."""
    run, name = ask.run, ask.form.get("id", "")
    if not len(run.of("account_rows", name, most=1)):
        raise Refused(404, "The run has no such account.")
    reason = ask.reason()
    ask.note("unmasked", run=run.name, account=name, reason=reason)
    ask.console.sessions.unmask(ask.signed_in, run.name, name)
    return ask.go(account_url(run.name, name) + "#requests")


def _where(ask: Ask, name: str) -> tuple[str, list[Any]]:
    conditions, values = ["account_id = ?"], [name]
    bounds: list[Any] = [*values]
    for key, sign in (("from", ">="), ("to", "<")):
        moment = _moment(ask.query.get(key))
        if moment is not None:
            conditions.append(f"time {sign} ?")
            bounds.append(moment)
    if ask.query.get("model"):
        conditions.append("model = ?")
        bounds.append(ask.query["model"])
    return " AND ".join(conditions), bounds


def _kept(ask: Ask, every: pa.Table) -> pa.ChunkedArray:
    """Of each request whether the URL asks for it."""
    kept = pa.chunked_array([np.ones(len(every), bool)])
    for key, holds in (("from", pc.greater_equal), ("to", pc.less)):
        moment = _moment(ask.query.get(key))
        if moment is not None:
            kept = pc.and_(kept, holds(every["time"], pa.scalar(moment, every.schema.field("time").type)))
    if ask.query.get("model"):
        kept = pc.and_(kept, pc.equal(every["model"], ask.query["model"]))
    return kept


def _models(every: pa.Table) -> list[dict[str, Any]]:
    """Models with how many requests each has, the most first."""
    counted = zip(*np.unique(every["model"].drop_null().to_numpy(), return_counts=True), strict=True)
    return sorted(({"model": str(name), "n": int(n)} for name, n in counted), key=lambda one: (-one["n"], one["model"]))


def _moment(text: str | None) -> datetime | None:
    """A time in the URL; None where it is none."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
