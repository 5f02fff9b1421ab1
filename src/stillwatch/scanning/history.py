"""What a run remembers of its campaigns from step to step: ``campaign_history.parquet``.

A step is a scan that made the run or added to it. Members are kept as what came and what went: the file grows by what
changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import detection as d
from stillwatch.tables import CAMPAIGN_HISTORY

__all__ = ["FoundCampaign", "History"]

_FILE = "campaign_history.parquet"


@dataclass(frozen=True, slots=True)
class FoundCampaign:
    """A campaign that a step found: ids of its accounts, its exchanges, and its signature's texts by hash."""

    accounts: frozenset[str]
    exchanges: int
    texts: frozenset[int] = frozenset()


@dataclass
class _Life:
    """A campaign over all steps so far."""

    first_reported: datetime
    accounts: frozenset[str] = frozenset()
    texts: frozenset[int] = frozenset()
    current: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Rows of ``CAMPAIGN_HISTORY`` so far, and the number of the last step; nothing yet where there is no run.

    >>> History().known()
    []
    """

    rows: tuple[dict[str, Any], ...] = ()
    step: int = 0
    _lives: dict[str, _Life] = field(default_factory=dict)

    @classmethod
    def of_run(cls, run: Path) -> History:
        """As a finished run tells it; runs of earlier versions tell nothing."""
        path = run / _FILE
        if not path.exists():
            return cls()
        table = pq.read_table(path)
        step = int((table.schema.metadata or {}).get(b"step", b"0"))
        return cls._of(table.to_pylist(), step)

    @classmethod
    def _of(cls, rows: Sequence[dict[str, Any]], step: int) -> History:
        lives: dict[str, _Life] = {}
        for row in rows:
            life = lives.setdefault(row["campaign_id"], _Life(row["first_reported"]))
            if row["accounts"] is not None:
                came, went = frozenset(row["new_account_ids"]), frozenset(row["lost_account_ids"])
                life.accounts, life.texts = (life.accounts | came) - went, frozenset(row["texts"])
            life.current = row["accounts"] is not None and row["step"] == step
        return cls(tuple(rows), step, lives)

    def known(self) -> list[d.KnownCampaign]:
        """Every campaign that was ever found, as it was last, in order of name."""
        return [
            d.KnownCampaign(name, life.accounts, life.texts, life.current)
            for name, life in sorted(self._lives.items(), key=lambda item: int(item[0][1:]))
        ]

    def after(self, found: Sequence[FoundCampaign], moment: datetime) -> tuple[list[str], History]:
        """The lasting name of each campaign found by the next step, and the history with that step.

        Args:
            found: campaigns, strongest first.
            moment: when the step's scan began.
        """
        told = d.identify([(one.accounts, one.texts) for one in found], self.known())
        base = {"step": self.step + 1, "time": moment, "merged_into": None, "split_from": None}
        rows = [self._found_row(base, one, named) for one, named in zip(found, told.found, strict=True)]
        missed: list[tuple[str, str, str | None]] = [(name, "merged", into) for name, into in told.merged.items()]
        for name, state, into in sorted([*missed, *((name, "gone", None) for name in told.gone)]):
            empty = dict.fromkeys(("accounts", "exchanges", "new_account_ids", "lost_account_ids", "texts"))
            first = {"campaign_id": name, "state": state, "first_reported": self._lives[name].first_reported}
            rows.append(base | first | empty | {"merged_into": into})
        return [one.campaign_id for one in told.found], self._of([*self.rows, *rows], self.step + 1)

    def _found_row(self, base: dict[str, Any], one: FoundCampaign, named: d.Named) -> dict[str, Any]:
        before = self._lives.get(named.campaign_id, _Life(base["time"]))
        return base | {
            "campaign_id": named.campaign_id,
            "state": named.state,
            "first_reported": before.first_reported,
            "accounts": len(one.accounts),
            "exchanges": one.exchanges,
            "new_account_ids": sorted(one.accounts - before.accounts),
            "lost_account_ids": sorted(before.accounts - one.accounts),
            "split_from": named.split_from,
            "texts": sorted(one.texts),
        }

    def write(self, run: Path) -> None:
        """Write it into a run's folder."""
        table = pa.Table.from_pylist(list(self.rows), schema=CAMPAIGN_HISTORY)
        pq.write_table(table.replace_schema_metadata({"step": str(self.step)}), run / _FILE, compression="zstd")

    def since(self) -> list[dict[str, Any]]:
        """For ``run.json``: what the last step says of each campaign, with how many members came and went."""
        wanted = ("campaign_id", "state", "first_reported", "accounts", "merged_into", "split_from")
        return [
            {name: row[name] for name in wanted}
            | {"new_accounts": len(row["new_account_ids"] or ()), "lost_accounts": len(row["lost_account_ids"] or ())}
            for row in self.rows
            if row["step"] == self.step
        ]
