"""The second pass: from a run's exchanges and sketches to its other tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import campaigns as c
from stillwatch import sketching as s
from stillwatch.core import PartnerIndicator
from stillwatch.scanning.texts import read_texts
from stillwatch.settings import ScanSettings
from stillwatch.tables import CAMPAIGNS

__all__ = ["Clock", "Detected", "detect", "read_world"]

_SHARED_BY = 6
_ELICITATION = [t.name for t in s.TACTICS].index("cot_elicitation")


@dataclass(slots=True)
class Clock:
    """Seconds each stage took, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage."""
        start = perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detection came to; the tables lie in the run's folder."""

    accounts: int
    links: int
    templates: int
    clusters_tested: int
    campaigns: int
    partners: c.PartnerWord | None = None


def read_world(
    connection: duckdb.DuckDBPyConnection, settings: ScanSettings, clock: Clock, pool: Executor | None
) -> c.World:
    """The log as the tests see it, from the views that ``detect`` works on."""
    with clock.stage("accounts"):
        entities = c.load_entities(connection)
        c.match_accounts(connection, s.hash_strings)
    with clock.stage("sample"):
        shared = c.gather_sentences(connection, holders=_SHARED_BY)
        most = max(4, min(settings.sample_prompts, settings.sample_total // max(len(entities), 1)))
        asked = c.load_asked(connection, len(entities))
        sample = c.draw_sample(connection, most)
        # Workers read the sample's texts while templates are found here.
        finished = read_texts(sample, shared, pool)
    with clock.stage("templates"):
        c.find_templates(connection, s.BANDS, s.SLOTS, s.estimate_jaccard)
    with clock.stage("shared texts"):
        texts = c.gather_texts(connection, entities)
        hands = c.gather_hands(connection, entities)
        rhythm = c.gather_rhythm(connection, entities)
        habits = c.gather_habits(connection)
    with clock.stage("text features"):
        texts_read = finished()
    with clock.stage("content"):
        owner = np.asarray(sample["entity"], np.int64)
        varies = texts_read.varies
        content = c.whiten(texts_read.features[varies], owner[varies], len(entities), embedded=s.EMBEDDED)
        flagged = np.column_stack([np.bincount(owner, flags, len(entities)) for flags in texts_read.flags.T])
        wording = flagged / np.maximum(np.bincount(owner, minlength=len(entities)), 1)[:, None]
    traits = c.Traits(entities, content, texts, hands, wording.astype(np.float32))
    background = c.Background(entities.exchanges, settings.draws, settings.seed)
    habits = np.column_stack([traits.purpose, habits])
    tactics = (*((t.name, t.says) for t in s.TACTICS), *((name, says) for name, says, _ in c.HABITS))
    return c.World(traits, background, asked, rhythm, habits, tactics)


def detect(
    connection: duckdb.DuckDBPyConnection,
    run: Path,
    releases: pa.Table | None,
    settings: ScanSettings,
    clock: Clock,
    pool: Executor | None = None,
    curves: Sequence[c.Curve] = (),
    partners: Sequence[PartnerIndicator] | None = None,
) -> Detected:
    """Find campaigns and write accounts, links, templates and campaigns.

    Args:
        connection: has the views ``exchanges``, ``sketches`` and ``account_file``.
        run: where the tables go.
        releases: models and their release times.
        settings: of the scan.
        clock: gets each stage's seconds.
        pool: worker processes; without them everything happens in this one.
        curves: what a lab measured exchanges to be worth.
        partners: what an alliance's partners said, where they were asked.
    """
    world = read_world(connection, settings, clock, pool)
    with clock.stage("candidates"):
        near = c.nearest(world.traits.content)
        a, b = c.candidate_pairs(world.traits, near, settings.seed)
    with clock.stage("linkage"):
        links = c.link(world.traits, a, b, connection, seed=settings.seed)
    with clock.stage("clusters and tests"):
        cases, others = c.investigate(world, links, near, fdr=settings.fdr, seed=settings.seed)
        links = links.likely()
    with clock.stage("portraits"):
        named = [(f"C{number:03d}", case) for number, case in enumerate(cases, start=1)]
        portraitist = c.Portraitist(
            connection,
            links,
            _release_list(releases),
            settings.fdr,
            [t.name for t in s.TARGETS],
            s.target_flags,
            lambda prompts: float(s.purpose_flags(prompts)[:, _ELICITATION].mean()),
            curves,
        )
        portraits = [portraitist.draw(campaign_id, case) for campaign_id, case in named]
    with clock.stage("tables"):
        templates = c.template_table(world, connection, {campaign_id: case.members for campaign_id, case in named})
        pq.write_table(pa.Table.from_pylist(portraits, schema=CAMPAIGNS), run / "campaigns.parquet")
        account_table = c.account_table(connection, links, named, others, settings.fdr)
        word = None
        if partners is not None:
            # After every test, so that no partner's word can move one.
            word = c.hold_against(connection, partners)
            account_table = c.with_partners(account_table, word.table)
            pq.write_table(word.table, run / "partners.parquet")
        pq.write_table(account_table, run / "accounts.parquet", compression="zstd")
        pq.write_table(c.link_table(connection, links), run / "links.parquet", compression="zstd")
        pq.write_table(templates, run / "templates.parquet", compression="zstd")
    ((accounts,),) = connection.execute("SELECT count(*) FROM account").fetchall()
    return Detected(accounts, len(links.a), len(templates), len(cases) + len(others), len(cases), word)


def _release_list(releases: pa.Table | None) -> list[tuple[str, int]]:
    if releases is None:
        return []
    times = releases["time"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_pylist()
    return list(zip(releases["model"].to_pylist(), times, strict=True))
