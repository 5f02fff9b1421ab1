"""An account's requests. Customers' text is masked until somebody says why they must read it, and that is noted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused, local_path
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.runs import Run
from stillwatch.console.views.addresses import account_url, wanted
from stillwatch.console.week_table import draw_week
from stillwatch.reporting import mark_shared

__all__ = ["requests", "shared_pieces", "stretch", "unmask", "with_texts"]

_LONGEST = 4_000
_MOST_VALUES = 8
_SHARED = "SELECT shared FROM {templates} WHERE campaign_id = ? ORDER BY accounts DESC, template_id LIMIT 50"
_EQUAL = {"model": "Model", "country": "Country", "asn": "Network", "status": "Status"}
"""Columns that requests are asked for by, as pages call them."""

_FILTERS = ("id", "from", "to", *_EQUAL)

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
        rows = with_texts(run, rows, shared_pieces(run, name))
    page = "requests_panel.html.j2" if ask.fragment else "requests.html.j2"
    listing = ask.listing(rows, total, _FILTERS)
    return ask.show(
        page, run=run, name=name, listing=listing, clear=clear, models=_counted(every["model"]), called=_EQUAL
    )


def with_texts(run: Run, rows: list[dict[str, Any]], shared: Sequence[str]) -> list[dict[str, Any]]:
    """The rows with their texts, found by their place in the run: ids of exchanges may repeat.

    Args:
        run: theirs.
        rows: of requests.
        shared: pieces to mark in their prompts.
    """
    sql = f"""SELECT parse_filename(filename) AS part, file_row_number AS row, {_TEXTS} FROM {{texts}}
        WHERE file_row_number IN (SELECT unnest(?::BIGINT[]))"""
    found = {(one["part"], one["row"]): one for one in run.rows(sql, [one["row"] for one in rows])}
    whole = [{**one, **found[one["part"], one["row"]]} for one in rows]
    return [{**one, "marked": mark_shared(one["prompt"] or "", shared, _LONGEST)} for one in whole]


def shared_pieces(run: Run, account: str) -> list[str]:
    """What other accounts of the account's campaign send word for word."""
    rows = run.of("account_rows", account, most=1).to_pylist()
    if not rows or not rows[0]["campaign_id"] or not run.has("templates"):
        return []
    found = run.rows(_SHARED, rows[0]["campaign_id"])
    return list(dict.fromkeys(piece for one in found for piece in one["shared"] or ()))


def stretch(ask: Ask) -> Response:
    """What an account sent within the hours that the URL names: when, to which model, from where, with what status."""
    run, name = ask.run, wanted(ask)
    every = run.of("requests", name)
    kept = every.filter(_kept(ask, every))
    ask.note("looked at hours", run=run.name, account=name)
    bounds = {key: ask.query[key] for key in ("from", "to") if _moment(ask.query.get(key))}
    return ask.show("stretch_panel.html.j2", run=run, name=name, bounds=bounds, **summed(kept))


def summed(kept: pa.Table) -> dict[str, Any]:
    """Requests by weekday and hour, and by what else each says, the most first."""
    return {
        "total": len(kept),
        "week": draw_week(by_week(by_hour(kept["time"]))),
        "told": {column: _counted(kept[column])[:_MOST_VALUES] for column in _EQUAL},
        "called": _EQUAL,
    }


def by_hour(times: pa.ChunkedArray) -> list[tuple[int, int]]:
    """Seconds at which an hour begins, UTC, with how many times lie in it, in their order."""
    seconds = times.drop_null().cast(pa.timestamp("s", "UTC"), safe=False).cast(pa.int64()).to_numpy()
    hours, counts = np.unique(seconds // 3600, return_counts=True)
    return [(int(hour) * 3600, int(n)) for hour, n in zip(hours, counts, strict=True)]


def by_week(hours: Sequence[tuple[int, int]]) -> list[list[int]]:
    """How many by weekday (Monday first) and hour, UTC."""
    grid = [[0] * 24 for _ in range(7)]
    for second, n in hours:
        # The first of January 1970 was a Thursday.
        grid[(second // 86_400 + 3) % 7][second // 3600 % 24] += n
    return grid


def unmask(ask: Ask) -> Response:
    """Let this session read the account's texts for a quarter of an hour, for a reason."""
    run, name = ask.run, ask.form.get("id", "")
    if not len(run.of("account_rows", name, most=1)):
        raise Refused(404, "The run has no such account.")
    reason = ask.reason()
    ask.note("unmasked", run=run.name, account=name, reason=reason)
    ask.console.sessions.unmask(ask.signed_in, run.name, name)
    back = local_path(ask.form.get("back"))
    return ask.go(back if back != "/" else account_url(run.name, name) + "#requests")


def _where(ask: Ask, name: str) -> tuple[str, list[Any]]:
    conditions, values = ["account_id = ?"], [name]
    bounds: list[Any] = [*values]
    for key, sign in (("from", ">="), ("to", "<")):
        moment = _moment(ask.query.get(key))
        if moment is not None:
            conditions.append(f"time {sign} ?")
            bounds.append(moment)
    for name in _EQUAL:
        if ask.query.get(name):
            conditions.append(f"{name}::VARCHAR = ?")
            bounds.append(ask.query[name])
    return " AND ".join(conditions), bounds


def _kept(ask: Ask, every: pa.Table) -> pa.ChunkedArray:
    """Of each request whether the URL asks for it."""
    kept = pa.chunked_array([np.ones(len(every), bool)])
    for key, holds in (("from", pc.greater_equal), ("to", pc.less)):
        moment = _moment(ask.query.get(key))
        if moment is not None:
            kept = pc.and_(kept, holds(every["time"], pa.scalar(moment, every.schema.field("time").type)))
    for name in _EQUAL:
        if ask.query.get(name):
            kept = pc.and_(kept, pc.equal(every[name].cast(pa.string()), ask.query[name]))
    return kept


def _counted(values: pa.ChunkedArray) -> list[dict[str, Any]]:
    """Values with how often each stands, the most first; those that the log lacks are left out."""
    counted = pc.value_counts(values.drop_null()).to_pylist()
    rows = [{"value": str(one["values"]), "n": one["counts"]} for one in counted]
    return sorted(rows, key=lambda one: (-one["n"], one["value"]))


def _moment(text: str | None) -> datetime | None:
    """A time in the URL; None where it is none."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
