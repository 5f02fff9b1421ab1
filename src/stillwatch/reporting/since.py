"""What became of the campaigns since the last step of a run, as terminal, page and ``show`` say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import UnreadableInput, said_by
from stillwatch.drawing import wording
from stillwatch.tables import CAMPAIGN_HISTORY

__all__ = ["life_of", "since_lines"]

_MOST = 20
_ORDER = {state: place for place, state in enumerate(("new", "split", "returned", "known", "merged", "gone"))}


@dataclass(frozen=True, slots=True)
class _Told:
    """A campaign in the last step; ``run.json`` may lack any of its keys."""

    campaign_id: str = ""
    state: str = ""
    first_reported: str | None = None
    accounts: int | None = None
    new_accounts: int = 0
    lost_accounts: int = 0
    merged_into: str | None = None
    split_from: str | None = None


def since_lines(info: Mapping[str, Any]) -> list[str]:
    """What is new since the last step, a sentence a campaign; nothing for a run of one step.

    Args:
        info: ``run.json``; runs of earlier versions say nothing.
    """
    step = info.get("step")
    if not isinstance(step, int) or step < 2:
        return []
    try:
        told = msgspec.convert(info.get("since") or [], list[_Told])
    except msgspec.ValidationError:
        return []
    told.sort(key=lambda one: (_ORDER.get(one.state, len(_ORDER)), one.campaign_id))
    same = [one for one in told if one.state == "known" and not (one.new_accounts or one.lost_accounts)]
    lines = [_sentence(one) for one in told if one not in same]
    if same:
        names = ", ".join(one.campaign_id for one in same[:_MOST])
        lines.append(f"As before: {names}{f' and {len(same) - _MOST:,} more' if len(same) > _MOST else ''}.")
    more = [f"And {len(lines) - _MOST:,} more: campaign_history.parquet."] if len(lines) > _MOST else []
    return [*lines[:_MOST], *more] or ["No campaign, then or now."]


def _sentence(one: _Told) -> str:
    size = wording.plural(one.accounts, "account")
    match one.state:
        case "new":
            return f"{one.campaign_id} is new: {size}."
        case "split":
            return f"{one.campaign_id} is new, with {size}, and parted from {one.split_from}."
        case "merged":
            return f"{one.campaign_id} became part of {one.merged_into}."
        case "gone":
            return f"{one.campaign_id} was not found any more."
    changed = f"{size}, {one.new_accounts:,} of them new" if one.new_accounts else size
    if one.lost_accounts:
        changed += f"; {one.lost_accounts:,} no longer {'a member' if one.lost_accounts == 1 else 'members'}"
    first = (one.first_reported or "")[:10]
    if one.state == "returned":
        return f"{one.campaign_id} is back, first reported {first}: {changed}."
    return f"{one.campaign_id} goes on: {changed}."


def life_of(run: Path, campaign_id: str) -> dict[str, Any] | None:
    """What a run's history says last of a campaign; None where it says nothing of it.

    Raises:
        UnreadableInput: the history is there and cannot be read.
    """
    path = run / "campaign_history.parquet"
    if not path.exists():
        return None
    wanted = [name for name in CAMPAIGN_HISTORY.names if name not in ("accounts", "exchanges", "texts")]
    try:
        with pq.ParquetFile(path) as file:
            rows = file.read(columns=wanted).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise UnreadableInput(f"cannot be read as a table: {said_by(error)}", where=str(path)) from error
    mine = [row for row in rows if row["campaign_id"] == campaign_id]
    return max(mine, key=lambda row: row["step"], default=None)
