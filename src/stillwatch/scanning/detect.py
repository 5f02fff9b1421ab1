"""The second pass: from a run's exchanges and sketches to its other tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import detection as d
from stillwatch.core import PartnerIndicator
from stillwatch.engines import DuckDBEngine, Engine, Table
from stillwatch.evidence import Calibration, Family, LogProfile, all_families
from stillwatch.evidence.thresholds import LEAST_MEMBERS
from stillwatch.linking import Linker, Links, candidate_pairs
from stillwatch.profiles import Profiled, Stages, StreamReader, build_profile, has_lost_texts
from stillwatch.scanning.calibration_file import read_calibration
from stillwatch.scanning.history import FoundCampaign, History
from stillwatch.scanning.shown_prompts import ShownPrompts
from stillwatch.settings import ScanSettings
from stillwatch.tables import CAMPAIGNS

__all__ = [
    "ACCOUNT_FILE_COPY",
    "CALIBRATION_COPY",
    "Clock",
    "Detected",
    "Extras",
    "RunTables",
    "detect",
    "link_accounts",
    "profile_run",
]

ACCOUNT_FILE_COPY = "account_file.parquet"
"""What ``--accounts`` said, kept with the run so that it can be detected again."""

CALIBRATION_COPY = "calibration.json"
"""What ``--calibration`` said, kept for the same."""

TEXTS = "texts.parquet"
"""Features of the sampled prompts."""


class Clock(Stages):
    """Seconds each stage took, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._current: tuple[str, float] | None = None

    def stage(self, name: str | None) -> None:
        """A stage begins, and the one before it ends; None only ends it."""
        now = perf_counter()
        if self._current is not None:
            before, since = self._current
            self.seconds[before] = self.seconds.get(before, 0.0) + now - since
        self._current = None if name is None else (name, now)


@dataclass(frozen=True, slots=True)
class RunTables:
    """What a run keeps of its log, as tables of an engine.

    Attributes:
        engine: where the tables lie.
        exchanges, sketches, account_file: of the run.
        ordinary: the calibration that it was scanned with.
        texts: features of sampled prompts, which the run has or had before.
    """

    engine: Engine
    exchanges: Table
    sketches: Table
    account_file: Table
    ordinary: Calibration | None = None
    texts: pa.Table | None = None

    @classmethod
    @contextmanager
    def opened(
        cls, run: Path, spill: Path, settings: ScanSettings, until: datetime | None = None
    ) -> Iterator[RunTables]:
        """Open a run's tables in an engine of their own.

        Args:
            run: its folder, finished or under its hidden name.
            spill: folder for what exceeds the memory allowed.
            settings: of the scan.
            until: leaves out what came later.
        """
        with DuckDBEngine(spill, memory_mb=settings.memory_mb, threads=settings.workers) as engine:
            yield cls.of(engine, run, until)

    @classmethod
    def of(
        cls,
        engine: Engine,
        run: Path,
        until: datetime | None = None,
        *,
        before: Path | None = None,
        mixed: bool = False,
    ) -> RunTables:
        """A run's tables in an engine.

        Args:
            engine: reads them.
            run: its folder, finished or under its hidden name.
            until: leaves out what came later.
            before: the run as it was before this step.
            mixed: whether some of its exchanges have lost their texts, and others not yet.
        """
        kept = run / CALIBRATION_COPY
        early = "" if until is None else f"time <= TIMESTAMPTZ '{until.isoformat()}'"
        return cls(
            engine,
            engine.read(run / "exchanges.parquet" / "*.parquet", early, mixed=mixed, often=True),
            engine.read(run / "sketches.parquet" / "*.parquet", early, often=True),
            engine.keep(pq.read_table(run / ACCOUNT_FILE_COPY)),
            read_calibration(kept).calibration if kept.exists() else None,
            _kept_texts(before or run),
        )


def _kept_texts(run: Path) -> pa.Table | None:
    return pq.read_table(run / TEXTS) if (run / TEXTS).exists() else None


@dataclass(frozen=True, slots=True)
class Extras:
    """What a scan may know beside the log.

    Attributes:
        releases: models and their release times.
        curves: what a lab measured exchanges to be worth.
        partners: what an alliance's partners said, where they were asked.
        history: of the run's campaigns, by which those found again are known.
        template_names: names that the run's templates were given before.
        moment: when the scan began.
    """

    releases: pa.Table | None = None
    curves: Sequence[d.Curve] = ()
    partners: Sequence[PartnerIndicator] | None = None
    history: History = field(default_factory=History)
    template_names: pa.Table | None = None
    moment: datetime = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detection came to; the tables lie in the run's folder.

    Attributes:
        accounts, entities, links, templates, clusters_tested, campaigns: how many of each.
        families: of evidence, by name.
        shown: templates, with their lasting names and the exchanges by which they are shown.
        partners: what an alliance's partners said, where they were asked.
        unlike: why the calibration that was given is not used; None where it is, or none was given.
        history: of the run's campaigns, this detection's included.
    """

    accounts: int
    entities: int
    links: int
    templates: int
    clusters_tested: int
    campaigns: int
    families: tuple[str, ...]
    shown: d.Templates
    partners: d.PartnerWord | None = None
    unlike: str | None = None
    streams: d.StreamsTested | None = None
    history: History = field(default_factory=History)


def profile_run(tables: RunTables, settings: ScanSettings, stages: Stages, pool: Executor | None = None) -> Profiled:
    """The log as evidence sees it.

    Args:
        tables: of the run.
        settings: of the scan.
        stages: told of each stage.
        pool: worker processes; without them everything happens in this one.
    """
    return build_profile(
        tables.engine,
        all_families(),
        exchanges=tables.exchanges,
        sketches=tables.sketches,
        account_file=tables.account_file,
        sample_prompts=settings.sample_prompts,
        sample_total=settings.sample_total,
        pool=pool,
        kept_texts=tables.texts,
        ordinary=tables.ordinary,
        stages=stages,
    )


def link_accounts(engine: Engine, log: LogProfile, seed: int, stages: Stages) -> tuple[Linker, Links]:
    """Weigh the pairs worth weighing; what weighs them comes back, to weigh more."""
    families = all_families()
    stages.stage("candidates")
    pairs = candidate_pairs(log, families.values(), seed)
    stages.stage("linkage")
    linker = Linker(engine, log, families, seed)
    return linker, linker.weigh(*pairs)


def detect(
    tables: RunTables,
    run: Path,
    settings: ScanSettings,
    clock: Clock,
    *,
    pool: Executor | None = None,
    extras: Extras | None = None,
) -> Detected:
    """Find campaigns and write profiles, accounts, links, templates and campaigns.

    Args:
        tables: of the run.
        run: where what is found goes.
        settings: of the scan.
        clock: gets each stage's seconds.
        pool: worker processes; without them everything happens in this one.
        extras: what is known beside the log.
    """
    extras, families = extras or Extras(), all_families()
    made = profile_run(tables, settings, clock, pool)
    linker, links = link_accounts(tables.engine, made.log, settings.seed, clock)
    streams, decided = _decide(tables, made, linker, links, settings, clock)
    links = decided.links.likely()
    clock.stage("portraits")
    names, history = _named(made, decided.campaigns, tables.engine, extras)
    named = list(zip(names, decided.campaigns, strict=True))
    shown = ShownPrompts(tables.engine, made.sample, [case.members for _, case in named], exchanges=made.asked)
    portraitist = d.Portraitist(
        tables.engine,
        tables.exchanges,
        made.accounts,
        made.sample.slice(0, 0),
        links,
        _release_list(extras.releases),
        settings.fdr,
        extras.curves,
    )
    portraits = [
        replace(portraitist, sample=shown.of(number)).draw(campaign_id, case)
        for number, (campaign_id, case) in enumerate(named)
    ]
    clock.stage("tables")
    pq.write_table(pa.Table.from_pylist(portraits, schema=CAMPAIGNS), run / "campaigns.parquet")
    accounts = d.account_table(tables.engine, made.accounts, decided.links, named, decided.others, settings.fdr)
    word = None
    if extras.partners is not None:
        # After every test, so that no partner's word can move one.
        word = d.hold_against(
            tables.engine,
            extras.partners,
            exchanges=tables.exchanges,
            sketches=tables.sketches,
            accounts=made.accounts,
        )
        accounts = d.with_partners(accounts, word.table)
        pq.write_table(word.table, run / "partners.parquet")
    templates = d.template_table(
        tables.engine,
        made.log,
        {campaign_id: case.members for campaign_id, case in named},
        exchanges=tables.exchanges,
        sketches=tables.sketches,
        template_of=made.template_of,
        sample=shown.first(),
        known=extras.template_names,
    )
    linked = d.link_table(tables.engine, made.accounts, links)
    for name, table in {"accounts": accounts, "links": linked, "templates": templates.table}.items():
        pq.write_table(table, run / f"{name}.parquet", compression="zstd")
    _keep_profiles(tables.engine, made, families, run)
    history.write(run)
    clock.stage(None)
    tested = len(decided.campaigns) + len(decided.others)
    counts = len(accounts), len(made.log), len(links.a), len(templates.table), tested, len(named)
    return Detected(*counts, tuple(families), templates, word, made.log.content.unlike, streams, history)


def _decide(
    tables: RunTables, made: Profiled, linker: Linker, links: Links, settings: ScanSettings, clock: Clock
) -> tuple[d.StreamsTested | None, d.Decided]:
    """What streams show, where the run has their texts, and the campaigns: who stands beside one is a group too."""
    families = all_families()
    streams: d.StreamsTested | None = None
    aside: Sequence[d.BesideStream] = ()
    own_matter: d.OwnMatter | None = None
    if not has_lost_texts(tables.engine, tables.exchanges):
        clock.stage("streams")
        streams, aside, own_matter = _streams(tables, made, families, settings)
    clock.stage("clusters and tests")
    draws, fdr, seed = settings.draws, settings.fdr, settings.seed
    return streams, d.decide(
        made.log,
        families,
        linker,
        links,
        draws=draws,
        fdr=fdr,
        seed=seed,
        beside=aside,
        own_matter=own_matter,
    )


def _named(made: Profiled, cases: Sequence[d.Case], engine: Engine, extras: Extras) -> tuple[list[str], History]:
    """The lasting name of each campaign, and the history with them."""
    found = []
    for case in cases:
        accounts = engine.fetch(
            "SELECT account_id, exchanges FROM {accounts} SEMI JOIN {members} USING (entity)",
            accounts=made.accounts,
            members=pa.table({"entity": case.members}),
        )
        members, exchanges = frozenset(accounts["account_id"].to_pylist()), sum(accounts["exchanges"].to_pylist())
        found.append(FoundCampaign(members, exchanges, d.signature_texts(made.log, case.members)))
    return extras.history.after(found, extras.moment)


def _streams(
    tables: RunTables, made: Profiled, families: Mapping[str, Family], settings: ScanSettings
) -> tuple[d.StreamsTested, Sequence[d.BesideStream], d.OwnMatter]:
    """Parts of streams that come from one source, of accounts that share hands and, where asked for, of busy ones;
    groups of accounts beside them; and what holds others against people at large."""
    webs = d.web_streams(made.log)
    reader = StreamReader(tables.engine, made.left_out, made.by_key, exchanges=made.asked, prompts=made.prompts)
    streams = [*(d.busy_streams(made.log) if settings.streams else ()), *webs]
    held = d.held_against_people(reader, made.log, made.sample, made.texts.features, streams, settings.seed)
    tested, beside = d.find_streams(
        tables.engine,
        reader,
        made.log,
        made.sample,
        held,
        streams=streams,
        alike=lambda: families["semantics"].groups(made.log, least=LEAST_MEMBERS, seed=settings.seed),
        accounts=made.accounts,
        fdr=settings.fdr,
        seed=settings.seed,
    )
    return tested, beside, held


def _keep_profiles(engine: Engine, made: Profiled, families: Mapping[str, Family], run: Path) -> None:
    """What adds up, and what is costly to read again, stays in the run."""
    engine.write("SELECT * FROM {accounts} ORDER BY account", run / "profiles.parquet", accounts=made.accounts)
    kept = [name for family in families.values() for name, count in family.counts.items() if count.kept]
    every = " UNION ALL ".join(f"SELECT '{name}' AS kind, account, thing, uses FROM {{{name}}}" for name in kept)
    engine.write(
        f"SELECT * FROM ({every}) ORDER BY kind, account, thing",
        run / "counts.parquet",
        **{name: made.counts[name] for name in kept},
    )
    pq.write_table(made.texts.table(made.sample, made.left_out), run / TEXTS, compression="zstd", compression_level=1)


def _release_list(releases: pa.Table | None) -> list[tuple[str, int]]:
    if releases is None:
        return []
    times = np.asarray(releases["time"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())).tolist()
    return list(zip(releases["model"].to_pylist(), times, strict=True))
