"""The command ``calibrate``: from a provider's known-good weeks to a calibration.

The weeks are scanned first, for what is called ordinary must be: where that reports a campaign there is no calibration,
and accounts on watch have no part in it. A person's word goes before the scan's: whoever is confirmed as part of a
campaign is left out, whoever is cleared belongs to what is ordinary, and a campaign of none but such accounts is known.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.core import EmptyInput, NotKnownGood, OutputExists
from stillwatch.evidence import Calibration, whiten
from stillwatch.evidence.thresholds import SHARED_BY, SMALL_LOG
from stillwatch.profiles import Profiled, Stages
from stillwatch.scanning.calibration_file import KnownWeeks, read_calibration, write_calibration
from stillwatch.scanning.detect import RunTables, profile_run
from stillwatch.scanning.left_out import LeftOut
from stillwatch.scanning.run import Run
from stillwatch.scanning.scan import Progress, scan
from stillwatch.settings import ScanSettings
from stillwatch.sketching import EMBEDDED

__all__ = ["GUARD_FDR", "calibrate"]

GUARD_FDR = 0.05
"""Looser than a scan's own: a campaign that only might be one is no part of what is ordinary either."""

# 276 features want some 2,000 prompts; of fewer accounts a single one is a hundredth of all that is ordinary.
_LEAST_ACCOUNTS = 100
_LEAST_PROMPTS = 1_000


def calibrate(
    paths: Sequence[Path],
    *,
    out: Path,
    accounts: Path | None = None,
    callers: Path | None = None,
    mapping: Path | None = None,
    confirmed: Collection[str] = (),
    cleared: Collection[str] = (),
    settings: ScanSettings | None = None,
    progress: Progress | None = None,
) -> KnownWeeks:
    """Fit a calibration to weeks that are known to be good, and write it.

    Args:
        paths: files and folders of logs.
        out: the calibration; must not exist.
        accounts: what is known of accounts, joined on ``account_id``.
        callers: who made which exchange, joined on ``exchange_id``, for logs that do not say.
        mapping: which fields of a log are which columns, for a layout that no format reads.
        confirmed: ids of accounts that a person confirmed as part of a campaign; they have no part in it.
        cleared: ids of accounts that a person cleared; they have, though the scan should have watched them.
        settings: of the scan that guards it.
        progress: told how it goes.

    Raises:
        InputError: nothing can be read, too little, or what a scan finds a campaign in.
        OutputError: the calibration cannot be written.
    """
    if out.exists():
        raise OutputExists(
            "the output path exists, and nothing is ever overwritten", where=str(out), hint="name another with --out"
        )
    settings = settings or ScanSettings(fdr=GUARD_FDR)
    where = ", ".join(str(path) for path in paths[:3])
    with tempfile.TemporaryDirectory() as folder:
        run = scan(
            paths,
            out=Path(folder) / "run",
            accounts=accounts,
            callers=callers,
            mapping=mapping,
            settings=settings,
            progress=progress,
        )
        _refuse_campaigns(run, where, {*confirmed, *cleared})
        with RunTables.opened(run.path, Path(folder) / "spill", settings) as tables:
            made = profile_run(tables, settings, Stages())
            owners = tables.engine.fetch("SELECT account_id, entity FROM {t}", t=made.accounts)
        known = _fitted(run, made, owners, where, confirmed, cleared)
        unread = tuple(LeftOut.of_run(run.path).sentences)
    write_calibration(known, out)
    return replace(read_calibration(out), unread=unread)


def _refuse_campaigns(run: Run, where: str, known: Collection[str]) -> None:
    members = run.table("accounts").filter(pc.field("campaign_id").is_valid())
    if not _named(members["account_id"], known).to_numpy().all():
        some = ", ".join(members["account_id"].to_pylist()[:3])
        raise NotKnownGood(
            f"a scan of these weeks reports {run.campaigns} of them, of {len(members):,} accounts ({some} among them): "
            "what a campaign does would be called ordinary",
            where=where,
            hint="scan them, decide and give the decision log with --log; or calibrate on other weeks",
        )


def _named(accounts: pa.ChunkedArray, names: Collection[str]) -> pa.ChunkedArray:
    return pc.is_in(accounts, pa.array(sorted(names), accounts.type))


def _fitted(
    run: Run, made: Profiled, owners: pa.Table, where: str, confirmed: Collection[str], cleared: Collection[str]
) -> KnownWeeks:
    told = run.table("accounts")
    doubted = pc.or_(pc.not_equal(told["verdict"], "clear"), _named(told["account_id"], confirmed))
    doubted = pc.and_not(doubted, _named(told["account_id"], cleared))
    watched = told.filter(doubted)["account_id"].combine_chunks()
    aside = np.zeros(len(made.log), np.bool_)
    aside[np.asarray(owners["entity"].filter(pc.is_in(owners["account_id"], watched)), np.int64)] = True
    varies = made.texts.varies & made.log.prompt_sets.spoken(np.asarray(made.sample["name"], np.uint64))
    owner = np.asarray(made.sample["entity"], np.int64)[varies]
    kept = ~aside[owner]
    entities = int((~aside).sum())
    if entities < _LEAST_ACCOUNTS or kept.sum() < _LEAST_PROMPTS:
        raise EmptyInput(
            f"{entities:,} accounts with {int(kept.sum()):,} sampled prompts are too few to say what is ordinary: "
            f"at least {_LEAST_ACCOUNTS:,} and {_LEAST_PROMPTS:,} are needed",
            where=where,
            hint="give more weeks; a sample holds up to 24 prompts of each account",
        )
    content = whiten(made.texts.features[varies][kept], owner[kept], len(made.log), embedded=EMBEDDED)
    texts, holders = _common_texts(made, ~aside)
    caveats = []
    if entities < SMALL_LOG:
        caveats.append(
            f"The calibration is of {entities:,} accounts: in so few a campaign that is most of them is not told from "
            "what is ordinary."
        )
    return KnownWeeks(
        Calibration(content.moments, entities, texts, holders, tuple(caveats)),
        pc.min(told["first_seen"]).as_py(),
        pc.max(told["last_seen"]).as_py(),
        len(told) - len(watched),
        int(pc.sum(told["exchanges"]).as_py()),
        int(kept.sum()),
        len(watched),
    )


def _common_texts(made: Profiled, kept: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Hashes of the texts that so many accounts send that they are machinery, sorted, and how many send each."""
    shared = made.log.shared["structure"]
    if shared is None:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    holders = np.asarray((shared.matrix[kept] > 0).sum(axis=0)).ravel().astype(np.int64)
    often = np.flatnonzero(holders >= SHARED_BY)
    order = often[np.argsort(shared.names[often])]
    return shared.names[order], holders[order]
