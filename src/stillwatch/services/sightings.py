"""From a run to what it tells partners of their indicators: accounts that have one, and those in campaigns."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.core import BadSetting, UnreadableInput

__all__ = ["partner_sightings"]


def partner_sightings(run: Path, *, least: int = 3) -> dict[str, tuple[int, int]]:
    """By indicator of a partner: accounts of the run that have it, and those of them that are in its campaigns.

    Args:
        run: a finished run that was given ``--indicators``.
        least: accounts that must have it before its creator hears of it.

    Raises:
        UnreadableInput: there is no run, or none that was held against partners' indicators.
        BadSetting: ``least`` is below 1.
    """
    if least < 1:
        raise BadSetting("an indicator that nobody has was not seen", where="--least")
    try:
        said = pq.read_table(run / "partners.parquet", columns=["account_id", "indicator_id"])
        campaigns = pq.read_table(run / "campaigns.parquet", columns=["account_ids"])["account_ids"].to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise UnreadableInput(
            f"no partner's word is there: {error}",
            where=str(run),
            hint="give the folder of stillwatch scan ... --indicators alliance.db",
        ) from error
    suspects = {account for members in campaigns for account in members or ()}
    having: dict[str, set[str]] = {}
    for account, indicator in zip(said["account_id"].to_pylist(), said["indicator_id"].to_pylist(), strict=True):
        having.setdefault(indicator, set()).add(account)
    return {one: (len(those), len(those & suspects)) for one, those in sorted(having.items()) if len(those) >= least}
