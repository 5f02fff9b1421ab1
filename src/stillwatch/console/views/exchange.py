"""One exchange by its id, as evidence names it: whose it is, and for who may read it, what was asked and answered."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from stillwatch.console.asking import Ask, Refused
from stillwatch.console.run_tables import REQUESTS
from stillwatch.console.runs import Run
from stillwatch.console.views.requests import shared_pieces, with_texts

__all__ = ["exchange"]

_MOST = 20
_FOUND = f"SELECT * FROM ({REQUESTS}) WHERE exchange_id = ? ORDER BY account_id, time, part, row LIMIT {_MOST}"


def exchange(ask: Ask) -> Response:
    """Every exchange of that id; ids may repeat, so there may be several."""
    run, name = ask.run, ask.query.get("id", "")
    found = run.rows(_FOUND, name) if name else []
    if not found:
        raise Refused(404, f"The run has no exchange {name}." if name else "Which exchange? The address names none.")
    shown = [_shown(ask, run, row) for row in found]
    ask.note(
        "read an exchange" if any(one["is_read"] for one in shown) else "looked at an exchange",
        run=run.name,
        exchange=name,
        account=", ".join(dict.fromkeys(one["account_id"] for one in shown)),
    )
    return ask.show("exchange.html.j2", run=run, name=name, found=shown)


def _shown(ask: Ask, run: Run, row: dict[str, Any]) -> dict[str, Any]:
    account = row["account_id"]
    clear = ask.person.may("analyst") and ask.console.sessions.is_unmasked(ask.signed_in, run.name, account)
    # What is masked is not read at all: no page can show it by mistake.
    texts = with_texts(run, [row], shared_pieces(run, account))[0] if clear else row
    return {**texts, "is_read": clear}
