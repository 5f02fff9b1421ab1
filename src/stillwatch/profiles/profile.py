"""From a run's tables to the log as evidence sees it.

exchanges, account file > accounts > entities, counts > texts > LogProfile
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engines import Engine, Table
from stillwatch.evidence import Calibration, Content, Family, LogProfile, Postings, whiten
from stillwatch.evidence.thresholds import SHARED_BY
from stillwatch.profiles.account import account_table, count_tables
from stillwatch.profiles.closer_readers import (
    carrying_reader,
    closer_reader,
    common_reader,
    payload_reader,
    stretch_reader,
)
from stillwatch.profiles.entity import entity_counts, entity_table, of_several, with_entities
from stillwatch.profiles.kept_texts import has_lost_texts, joined_texts, prompt_key, remaining_prompts
from stillwatch.profiles.moments import moments_reader
from stillwatch.profiles.prompt_names import named_prompts
from stillwatch.profiles.prompts_at_hand import PromptsAtHand
from stillwatch.profiles.templates import find_templates
from stillwatch.profiles.texts import Texts, draw_sample, features_at_hand, prompt_table, read_texts
from stillwatch.profiles.texts_by_key import TextsByKey
from stillwatch.profiles.windows import windows
from stillwatch.sketching import EMBEDDED

__all__ = ["Profiled", "Stages", "build_profile"]

U64 = npt.NDArray[np.uint64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_WHOLE = ("exchanges", "accounts", "first_seen", "last_seen")


class Stages:
    """Told when each stage begins; does nothing unless overridden."""

    def stage(self, name: str) -> None:
        """The stage of this name begins, and the one before it ends."""


@dataclass(frozen=True, slots=True)
class Profiled:
    """A log's profile and the tables that it was made of.

    Attributes:
        log: what evidence sees.
        accounts: a row an account: its hash, entity, facts and values.
        counts: by name, ``account, thing, uses``.
        prompts: distinct prompts of each entity: ``entity, prompt, row_key``.
        sample: the sampled prompts: ``entity, row_key, place, name, exchange_id``.
        asked: what was asked in each exchange, at hand: ``row_key, time, exchange_id, prompt``.
        by_key: its prompts, by the keys of exchanges.
        template_of: ``masked, template`` of the largest families of near-identical prompts.
        texts: features of the sample.
        left_out: hashes of sentences that were left out of them.
    """

    log: LogProfile
    accounts: Table
    counts: Mapping[str, Table]
    prompts: Table
    sample: pa.Table
    asked: Table
    by_key: TextsByKey
    template_of: Table
    texts: Texts
    left_out: U64


def build_profile(
    engine: Engine,
    families: Mapping[str, Family],
    *,
    exchanges: Table,
    sketches: Table,
    account_file: Table,
    sample_prompts: int,
    sample_total: int,
    pool: Executor | None = None,
    kept_texts: pa.Table | None = None,
    ordinary: Calibration | None = None,
    stages: Stages | None = None,
) -> Profiled:
    """Profile a log.

    Args:
        engine: where the tables lie.
        families: of evidence, by name.
        exchanges, sketches: row for row the same exchanges.
        account_file: what is known of accounts beside the log.
        sample_prompts, sample_total: most prompts an account, and in all, whose text is compared.
        pool: worker processes; without them everything happens in this one.
        kept_texts: features that an earlier profile of the log left. Where the log has lost its texts, they and those
            just read are all that there is, and nothing is looked at closer.
        ordinary: what other weeks of the provider show; no part of the profile where the log is unlike them.
        stages: told of each stage.
    """
    told = stages or Stages()
    told.stage("accounts")
    known = account_table(engine, families.values(), exchanges=exchanges, account_file=account_file)
    accounts = with_entities(engine, known)
    entities = engine.fetch("FROM {t} ORDER BY entity", t=entity_table(engine, families.values(), accounts))
    counts = count_tables(engine, families.values(), accounts, exchanges=exchanges, sketches=sketches)
    told.stage("sample")
    of_entities = {name: entity_counts(engine, table, accounts) for name, table in counts.items()}
    said = of_several(engine, of_entities["sentence"])
    left_out = _machinery(engine, said)
    key = prompt_key(engine, exchanges)
    prompts = prompt_table(engine, exchanges=exchanges, accounts=accounts, key=key)
    most = max(4, min(sample_prompts, sample_total // max(len(entities), 1)))
    wordings = tuple(wording for family in families.values() for wording in family.wordings)
    lost = has_lost_texts(engine, exchanges) and kept_texts is not None
    there = remaining_prompts(engine, kept_texts, exchanges=exchanges, accounts=accounts) if lost else prompts
    asked = engine.at_hand(exchanges, "row_key", "time", "exchange_id", "prompt")
    sample = draw_sample(engine, most, prompts=there, exchanges=asked)
    # Workers read while templates are found here.
    by_key = TextsByKey(engine, asked)
    read = partial(read_texts, by_key, shared=left_out, wordings=wordings, pool=pool)
    finished = _begun(sample, read, left_out, len(wordings), kept_texts, lost=lost)
    told.stage("templates")
    template_use, template_of, template_named = find_templates(engine, sketches)
    counts = count_tables(engine, families.values(), accounts, template_use=template_use) | counts
    of_entities |= {name: entity_counts(engine, counts[name], accounts) for name in counts if name not in of_entities}
    told.stage("text features")
    texts = finished()
    told.stage("content")
    owner, names = np.asarray(sample["entity"], np.int64), np.asarray(sample["name"], np.uint64)
    usual = None if ordinary is None else ordinary.moments
    of_log = {"exchanges": exchanges, "sketches": sketches, "prompts": prompts, "template_named": template_named}
    sets, same = named_prompts(engine, sample, entities, **of_log, sentences=said, templates=of_entities["template"])
    # What many say in a few words is nobody's own matter: who says little else would seem to ask alike.
    varies = texts.varies & sets.spoken(names)
    content = whiten(texts.features[varies], owner[varies], len(entities), embedded=EMBEDDED, ordinary=usual)
    own, common = texts.own(owner)
    payload = content.of(texts.payload[own].astype(np.float32), owner[texts.machinery != 0][own]).centred()

    held = PromptsAtHand(engine, prompts)
    features = features_at_hand(by_key, left_out)
    moments = moments_reader(engine, exchanges=exchanges, accounts=accounts, key=key)

    log = _log_profile(
        engine,
        families,
        entities,
        of_entities,
        windows(engine, exchanges=exchanges, accounts=accounts),
        content,
        payload=payload,
        prompt_sets=sets,
        sampled=same[varies],
        sampled_payload=same[texts.machinery != 0][own],
        wording=_wording(families, texts.flags, owner, len(entities)),
        closer=None if lost else closer_reader(engine, content, sets.short, held, features),
        closer_payload=None if lost else payload_reader(engine, payload, left_out, common, held, by_key),
        in_common=None if lost else common_reader(engine, content, moments, held, features),
        in_stretches=None if lost else stretch_reader(engine, content, moments, held, features),
        carrying=None if lost else carrying_reader(engine, content, sketches, template_of, held, features),
        moments=moments,
        ordinary=ordinary if content.unlike is None else None,
    )
    return Profiled(log, accounts, counts, prompts, sample, asked, by_key, template_of, texts, left_out)


def _begun(
    sample: pa.Table,
    read: Callable[[pa.Table], Callable[[], Texts]],
    left_out: U64,
    wordings: int,
    kept: pa.Table | None,
    *,
    lost: bool,
) -> Callable[[], Texts]:
    """Begin to read the sample's features, as far as they are not kept; the call of what comes back waits for them."""
    if kept is None:
        return read(sample)
    if not lost:
        # Of each account all that was known then, for its machinery is told from all of them together.
        same = len(kept) == len(sample)
        before = Texts.from_table(kept, sample, left_out, wordings) if same else None
        return read(sample) if before is None else lambda: before
    known = np.isin(np.asarray(sample["row_key"]), np.asarray(kept["row_key"]))
    of_known = sample.filter(pa.array(known))
    old = Texts.from_table(kept, of_known, None, wordings) or Texts.joined([], wordings)
    fresh = read(sample.filter(pa.array(~known)))
    return lambda: joined_texts(old, known, fresh())


def _machinery(engine: Engine, sentences: Table) -> U64:
    """Sorted hashes of the sentences that so many entities use that they are machinery, not content."""
    common = engine.fetch(
        f"SELECT thing FROM {{used}} GROUP BY thing HAVING count(*) >= {SHARED_BY} ORDER BY thing", used=sentences
    )
    return np.asarray(common["thing"], np.uint64)


def _wording(
    families: Mapping[str, Family], flags: npt.NDArray[np.bool_], owner: npt.NDArray[np.int64], entities: int
) -> dict[str, F32]:
    """By family, share of each entity's sampled prompts with each of its wordings: E x wordings."""
    sampled = np.maximum(np.bincount(owner, minlength=entities), 1)[:, None]
    out: dict[str, F32] = {}
    first = 0
    for name, family in families.items():
        own = flags[:, first : first + len(family.wordings)].T
        first += len(family.wordings)
        hits = [np.bincount(owner, column, entities) for column in own]
        out[name] = (
            (np.column_stack(hits) / sampled).astype(np.float32) if hits else np.zeros((entities, 0), np.float32)
        )
    return out


def _log_profile(
    engine: Engine,
    families: Mapping[str, Family],
    entities: pa.Table,
    counts: Mapping[str, Table],
    window: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    content: Content,
    **known: Any,
) -> LogProfile:
    total = len(entities)

    def counted(name: str, also: str | None = None) -> tuple[Any, Any, Any]:
        among = "WHERE thing IN (SELECT thing FROM {other}) " if also else ""
        tables = {"t": counts[name], **({"other": counts[also]} if also else {})}
        table = engine.fetch(f"SELECT entity, thing, uses FROM {{t}} {among}ORDER BY entity, thing", **tables)
        return (
            np.asarray(table["entity"], np.int64),
            np.asarray(table["thing"], np.uint64),
            np.asarray(table["uses"], np.float64),
        )

    columns = {name: _column(entities[name]) for name in entities.column_names if name != "entity"}
    for family in families.values():
        for name, count in family.counts.items():
            if count.usual:
                columns[name] = _usual(engine, counts[name], total)
    whole = {name: np.asarray(entities[name], np.int64) for name in _WHOLE}
    log = LogProfile(
        exchanges=whole["exchanges"],
        accounts=whole["accounts"],
        first_seen=whole["first_seen"],
        last_seen=whole["last_seen"],
        window_start=window[0],
        window_end=window[1],
        columns=columns,
        content=content,
        shared={
            name: _shared(engine, family, counts, columns["exchanges"], known["ordinary"])
            for name, family in families.items()
        },
        **known,
    )
    for name, family in families.items():
        log.derived[name] = family.derive(log, counted)
    return log


def _column(values: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Numbers as float64, NaN where unknown; text as codes, 0 where unknown."""
    if pa.types.is_string(values.type):
        coded = values.combine_chunks().dictionary_encode()
        return (np.asarray(coded.indices.fill_null(-1), np.int64) + 1).astype(np.uint64)
    if pa.types.is_unsigned_integer(values.type):
        return np.asarray(values.fill_null(0), np.uint64)
    return np.asarray(values.cast(pa.float64()).fill_null(float("nan")), np.float64)


def _usual(engine: Engine, used: Table, entities: int) -> U64:
    """The thing each entity uses most; of equals the least; 0 where none is known."""
    found = engine.fetch(
        "SELECT entity, arg_max(thing, (uses, -thing::HUGEINT)) AS thing FROM {used} GROUP BY entity", used=used
    )
    out = np.zeros(entities, np.uint64)
    out[np.asarray(found["entity"], np.int64)] = np.asarray(found["thing"], np.uint64)
    return out


def _shared(
    engine: Engine,
    family: Family,
    counts: Mapping[str, Table],
    exchanges: npt.NDArray[np.float64],
    ordinary: Calibration | None,
) -> Postings | None:
    """What entities share, of all that the family counts; None where nothing is known of anybody."""
    names = [name for name, count in family.counts.items() if count.shared]
    if not names:
        return None
    total = len(exchanges)
    every = " UNION ALL ".join(
        f"SELECT {kind} AS kind, entity, thing, uses FROM {{{name}}}" for kind, name in enumerate(names)
    )
    tables = {name: counts[name] for name in names}
    told = np.zeros((len(names), total), np.bool_)
    somebody = engine.fetch(f"SELECT DISTINCT kind, entity FROM ({every})", **tables)
    told[np.asarray(somebody["kind"], np.int64), np.asarray(somebody["entity"], np.int64)] = True
    # A family that is never blind knows something of everybody.
    known = np.asarray(told.any(axis=0) if family.needs else np.ones(total, np.bool_), np.bool_)
    if not known.any():
        return None
    several = engine.fetch(
        f"WITH used AS ({every}) SELECT kind, entity, thing, uses FROM used "
        "WHERE thing IN (SELECT thing FROM used GROUP BY thing HAVING count(*) >= 2) ORDER BY entity, thing",
        **tables,
    )
    entity = np.asarray(several["entity"], np.int64)
    share = np.minimum(np.asarray(several["uses"], np.float64) / exchanges[entity], 1.0)
    kind = np.asarray(several["kind"], np.int8)
    thing = np.asarray(several["thing"], np.uint64)
    return Postings.build(entity, thing, share, total, known, kind=kind, told=told, ordinary=ordinary)
