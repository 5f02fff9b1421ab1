"""A campaign's releases and failovers, said in sentences for the timeline. To add a kind, give it its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.drawing import Event, wording

__all__ = ["events_of"]


def events_of(row: Mapping[str, Any]) -> list[Event]:
    """Events of a campaign's row whose time is known."""
    found = [Event(p["released"], "release", _pivot(p)) for p in row["pivots"] or () if p["released"] is not None]
    found += [Event(f["time"], "failover", _failover(f)) for f in row["failovers"] or () if f["time"] is not None]
    return found


def _pivot(row: Mapping[str, Any]) -> str:
    speed = "half of the traffic never moved to it in this log"
    if row["hours_to_half"] is not None:
        speed = f"half of the traffic had moved to it after {wording.hours(row['hours_to_half'])}"
    return (
        f"{row['model']} released. Its share was {wording.share(row['share_before'])} before "
        f"and {wording.share(row['share_after'])} after; {speed}."
    )


def _failover(row: Mapping[str, Any]) -> str:
    stopped = wording.plural(row["accounts_stopped"], "account")
    return f"{stopped} stopped and {wording.count(row['accounts_started'])} others started."
