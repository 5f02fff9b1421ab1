"""The alliance: what was shared with whom under which marking, what came in, and what a campaign would tell partners.

It reads the member's own file and asks no hub: what is to leave, the commands of ``stillwatch alliance`` send.
"""

# ruff: noqa: PLC0415 - who looks at an alliance's page need not have its extra installed

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from stillwatch.alliance.stix import LABELS, bundle, label_of_object
from stillwatch.alliance.store import Store, appeals, feedback, partner_indicators
from stillwatch.console.asking import Ask, Refused
from stillwatch.console.listing import PAGE_ROWS, write_rows
from stillwatch.console.runs import Run
from stillwatch.core import MissingDependency, PartnerIndicator
from stillwatch.services.facts import campaign_facts

if TYPE_CHECKING:
    from stillwatch.alliance.member import Membership

__all__ = ["alliance", "leaves"]

_MOST = 100
_NAMELESS = "Unnamed provider"
_LONGEST_NAME = 80
_SEEN = """
SELECT partner, kind, indicator_id, count(DISTINCT account_id) AS accounts, list(DISTINCT account_id)[:5] AS some
FROM {partners} GROUP BY ALL ORDER BY accounts DESC, partner, kind, indicator_id LIMIT 100
"""


def alliance(ask: Ask) -> Response:
    """What this member shared, what came in, and what of it the latest run has seen."""
    store = _store(ask)
    ask.note("looked at the alliance", form=ask.query.get("as"))
    run = ask.console.runs.latest
    if store is None:
        return ask.show("alliance.html.j2", store=None, at=ask.console.places.alliance)
    told = store.settings()
    came = partner_indicators(store.path)
    rows = _came(came, ask.query)
    form = ask.query.get("as")
    if form in ("csv", "json"):
        of = ask.query.get("of")
        if of == "shared":
            return write_rows(form, "shared", _shared(store.own()))
        if of == "seen":
            return write_rows(form, "partners-seen", _seen(run) or ())
        return write_rows(form, "partners-indicators", rows)
    start = (ask.page_number - 1) * PAGE_ROWS
    own = store.own()
    return ask.show(
        "alliance.html.j2",
        store=store,
        name=told["name"],
        hub=told["hub"],
        shared=_shared(own),
        counts=Counter(one["type"] for one in own),
        waiting=len(store.waiting(told["hub"], 1_000_000)),
        refused=store.refused(told["hub"]),
        dead=store.dead_letters()[-_MOST:],
        listing=ask.listing(rows[start : start + PAGE_ROWS], len(rows), ("partner", "kind", "tlp")),
        partners=Counter(one.partner for one in came),
        appeals=appeals(store),
        said=feedback(store)[-_MOST:],
        latest=run,
        seen=_seen(run),
    )


def leaves(ask: Ask) -> Response:
    """What publishing a campaign would send, object for object; nothing is sent, and no hub is asked."""
    with MissingDependency.explained("what would leave", "alliance"):
        from stillwatch.alliance.member import Membership, draft

    run, name, store = ask.run, ask.named["campaign"], _store(ask)
    tlp = ask.query.get("tlp") or "amber"
    if tlp not in LABELS[:-1]:
        raise Refused(422, f"Nothing leaves under {tlp}: choose one of {', '.join(LABELS[:-1])}.")
    if run.one("SELECT 1 FROM {campaigns} WHERE campaign_id = ?", name) is None:
        raise Refused(404, f"The run has no campaign {name}.")
    absent = [part for part in ("profiles", "sketches") if not run.has(part)]
    if absent:
        raise Refused(422, f"The run lacks a file that this is made from, {absent[0]}.parquet: it is not whole.")
    if store is None:
        member, now = _alone(ask), _started(run)
    else:
        told, now = store.settings(), datetime.now(UTC)
        member = Membership(told["name"], told["hub"], store.path)
    made = draft(member, campaign_facts(run.path, name), tlp=tlp, now=now)
    form = ask.query.get("as")
    ask.note("looked at what would leave", run=run.name, campaign=name, tlp=tlp, form=form)
    if form == "stix":
        safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in f"{run.name}-{name}")
        headers = {"Content-Disposition": f'attachment; filename="{safe}.stix.json"'}
        return JSONResponse(bundle([*made.objects]), headers=headers, media_type="application/stix+json")
    state = ["--state", str(member.state)]
    words = ["stillwatch", "alliance", "publish", str(run.path), "--campaign", name, "--tlp", tlp, *state]
    return ask.show(
        "leaves.html.j2",
        run=run,
        campaign=name,
        draft=made,
        tlp=tlp,
        allied=store is not None,
        author=member.name,
        labels=LABELS[:-1],
        counts=Counter(one["type"] for one in made.objects),
        described=[one for one in made.objects if one["type"] in ("campaign", "note")],
        patterns=[one for one in made.objects if one["type"] == "indicator"],
        commands=[
            shlex.join([*words, "--draft", "draft.json"]),
            shlex.join(["stillwatch", "alliance", "approve", "draft.json", *state]),
        ],
    )


def _store(ask: Ask) -> Store | None:
    """The member's file, where the console was given one in which a member is enrolled."""
    path: Path | None = ask.console.places.alliance
    if path is None or not path.is_file():
        return None
    store = Store(path)
    return store if {"name", "hub"} <= store.settings().keys() else None


def _alone(ask: Ask) -> Membership:
    """Who tells it where no alliance is known: under a name of their choice, with a key of the console's own."""
    from stillwatch.alliance.member import Membership

    said = " ".join((ask.query.get("name") or "").split())[:_LONGEST_NAME]
    return Membership(said or _NAMELESS, "", ask.console.places.state / "sharing.db")


def _started(run: Run) -> datetime:
    """When the run began: the same file each time, for nothing remembers what was kept before."""
    try:
        found = datetime.fromisoformat(str(run.info.get("started")))
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _shared(own: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Campaigns that were published, each with its marking and how many indicators point to it."""
    pointed = Counter(
        one.get("target_ref")
        for one in own
        if one["type"] == "relationship" and one.get("relationship_type") == "indicates" and not one.get("revoked")
    )
    return [
        {
            "id": one["id"],
            "name": one.get("name"),
            "description": one.get("description"),
            "tlp": label_of_object(one),
            "indicators": pointed[one["id"]],
            "modified": one.get("modified"),
            "revoked": one.get("revoked") is True,
        }
        for one in own
        if one["type"] == "campaign"
    ]


def _came(came: Sequence[PartnerIndicator], filters: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = [
        {
            "partner": one.partner,
            "kind": one.kind,
            "value": one.value,
            "tlp": one.tlp,
            "confidence": one.confidence,
            "valid_until": one.valid_until,
            "appeal": one.appeal,
            "campaign": one.campaign,
            "indicator_id": one.indicator_id,
        }
        for one in came
    ]
    asked = {name: filters[name] for name in ("partner", "kind", "tlp") if filters.get(name)}
    return [row for row in rows if all(row[name] == value for name, value in asked.items())]


def _seen(run: Run | None) -> list[dict[str, Any]] | None:
    """Partners' indicators that accounts of the run have; None where it was not scanned with any."""
    return run.rows(_SEEN) if run is not None and run.has("partners") else None
