"""A small log as tables, without any file: 300 ordinary accounts, and twelve whose columns a test chooses.

    world = World()
    world.with_columns({"payment_id": lambda rng, account, row: "one card"})
    with world.profiled() as (engine, made): ...

An ordinary account asks of its own ten words, at its own hours of its own days, in sessions of its own, and has a card, a domain, an address
and a sign-up of its own; its country, client and parameters are of the few that everybody has. Some ask for log-probabilities or for several
answers, most now and then for steps. The twelve are drawn alike, but for the columns that are given.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.engines import DuckDBEngine, Engine
from stillwatch.evidence import HOUR, LogProfile, all_families
from stillwatch.profiles import Profiled, build_profile
from stillwatch.sketching import SKETCH, sketch_batch
from stillwatch.tables import ACCOUNT_FILE, RUN_EXCHANGES

ORDINARY, TWELVE = 300, 12
START = 20_000 * 24 * HOUR
HOURS = 14 * 24

Column = Callable[[np.random.Generator, int, int], Any]

# Everyday words of many subjects, so that ten of them make a subject of one's own.
WORDS = [
    "apple",
    "river",
    "engine",
    "violin",
    "tax",
    "harbour",
    "lens",
    "bread",
    "glacier",
    "algebra",
    "kitten",
    "treaty",
    "solar",
    "knitting",
    "enzyme",
    "poker",
    "castle",
    "pension",
    "orbit",
    "pasta",
    "drum",
    "lawsuit",
    "coral",
    "battery",
    "sonnet",
    "wheat",
    "goalkeeper",
    "vaccine",
    "carpet",
    "volcano",
    "invoice",
    "bicycle",
    "opera",
    "magnet",
    "beehive",
    "passport",
    "quartz",
    "mortgage",
    "dolphin",
    "compiler",
    "saddle",
    "perfume",
    "turbine",
    "chess",
    "diabetes",
    "orchard",
    "sculpture",
    "antenna",
    "ferry",
    "garlic",
    "election",
    "walnut",
    "telescope",
    "dentist",
    "highway",
    "pottery",
    "spider",
    "inflation",
    "marathon",
    "cello",
    "fungus",
    "airport",
    "cheese",
    "dictionary",
    "lighthouse",
    "hormone",
    "gravel",
    "theatre",
    "cactus",
    "satellite",
    "pillow",
    "copper",
    "judge",
    "saxophone",
    "tunnel",
    "yoghurt",
    "eclipse",
    "tailor",
    "hockey",
    "bamboo",
    "fraction",
    "neuron",
    "parachute",
    "elephant",
    "ledger",
    "candle",
    "oxygen",
    "wedding",
    "tractor",
    "metaphor",
    "shipyard",
    "ginger",
    "cathedral",
    "allergy",
    "robot",
    "monsoon",
    "puppet",
    "granite",
    "salad",
]
_ASKED = [
    "how",
    "why",
    "when",
    "where",
    "should",
    "could",
    "would",
    "explain",
    "compare",
    "repair",
    "choose",
    "measure",
    "describe",
    "plan",
    "improve",
    "buy",
]
_AGENTS = ("python-requests/2.32", "openai-python/1.40", "Mozilla/5.0", "curl/8.5", "okhttp/4.12")
_COUNTRIES = ("DE", "US", "FR", "BR", "IN", "JP")


# Features of the texts of worlds as they are drawn, by seed and rows: of many only some other column is changed.
_TEXTS: dict[tuple[int, int], pa.Table] = {}

# Engines that tests are done with.
_IDLE: list[DuckDBEngine] = []


class World:
    """The tables of one log.

    Attributes:
        exchanges: as a run keeps them, the twelve's rows last.
        sketches: row for row the same exchanges.
    """

    def __init__(self, *, twelve: bool = True, seed: int = 0) -> None:
        exchanges, sketches = _drawn(seed)
        self._seed = seed
        rows = len(exchanges) if twelve else int(pc.sum(pc.less(exchanges["account_id"], _id(ORDINARY))).as_py())
        self.exchanges, self.sketches = exchanges.slice(0, rows), sketches.slice(0, rows)

    def with_columns(self, columns: Mapping[str, Column], seed: int = 1) -> World:
        """The twelve's columns take these values; ``hours_from_start`` sets ``time``."""
        ids = self.exchanges["account_id"].to_pylist()
        first = ids.index(_id(ORDINARY))
        seats: list[tuple[int, int]] = []
        for account in ids[first:]:
            number = int(account[5:]) - ORDINARY
            seats.append((number, seats[-1][1] + 1 if seats and seats[-1][0] == number else 0))
        rng = np.random.default_rng(seed)
        for name, value in columns.items():
            given = [value(rng, account, row) for account, row in seats]
            if name == "hours_from_start":
                name, given = "time", [START + int(hours * HOUR) for hours in given]
            self._set(name, self.exchanges[name].slice(0, first).to_pylist() + given)
        changed = sketch_batch(self.exchanges.slice(first).combine_chunks().to_batches()[0])
        self.sketches = pa.concat_tables([self.sketches.slice(0, first), pa.Table.from_batches([changed])])
        return self

    def without(self, name: str, share: float, *, by: str = "row", seed: int = 2) -> World:
        """A column is lost in this share of the rows, or of the accounts."""
        rng = np.random.default_rng(seed)
        if by == "row":
            lost = rng.random(len(self.exchanges)) < share
        else:
            of_account = rng.random(ORDINARY + TWELVE) < share
            lost = of_account[[int(account[5:]) for account in self.exchanges["account_id"].to_pylist()]]
        column = self.exchanges[name].combine_chunks()
        self._set(name, pc.if_else(pa.array(lost), pa.scalar(None, column.type), column))
        if name in ("system", "client_address"):
            batches = self.exchanges.combine_chunks().to_batches()
            self.sketches = pa.Table.from_batches([sketch_batch(batch) for batch in batches])
        return self

    def said(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Those of the columns that say anything: to lose another changes nothing."""
        return tuple(name for name in columns if self.exchanges[name].null_count < len(self.exchanges))

    def _set(self, name: str, values: Any) -> None:
        place, field = self.exchanges.schema.get_field_index(name), RUN_EXCHANGES.field(name)
        if isinstance(values, list):
            values = pa.array(values, field.type)
        self.exchanges = self.exchanges.set_column(place, field, values)

    @contextmanager
    def profiled(self) -> Iterator[tuple[Engine, Profiled]]:
        """The log's profile, and the engine that holds the tables it was made of."""
        known = (self._seed, len(self.exchanges)) if self._asks_as_drawn() else None
        with opened() as engine:
            made = build_profile(
                engine,
                all_families(),
                exchanges=engine.keep(self.exchanges),
                sketches=engine.keep(self.sketches),
                account_file=engine.keep(ACCOUNT_FILE.empty_table()),
                sample_prompts=24,
                sample_total=100_000,
                kept_texts=None if known is None else _TEXTS.get(known),
            )
            if known is not None and known not in _TEXTS:
                _TEXTS[known] = made.texts.table(made.sample, made.left_out)
            yield engine, made

    def _asks_as_drawn(self) -> bool:
        """Whether everybody asks what was drawn and is one with nobody: then features of texts are as before."""
        drawn = _drawn(self._seed)[0].slice(0, len(self.exchanges))
        return all(self.exchanges[name].equals(drawn[name]) for name in ("account_id", "org_id", "prompt"))

    def log(self) -> LogProfile:
        """The log as evidence sees it, without a closer look: its tables are gone, and all its moments were read."""
        with self.profiled() as (_, made):
            assert made.log.moments is not None
            every = made.log.moments(np.arange(len(made.log)))
            chosen = lambda who: every.chosen(np.isin(every.owner, who))  # noqa: E731
            return replace(made.log, closer=None, closer_payload=None, moments=chosen)


def members(log: LogProfile) -> np.ndarray:
    """The twelve: entities are numbered in order of account ids."""
    assert len(log) == ORDINARY + TWELVE
    return np.arange(ORDINARY, ORDINARY + TWELVE)


@contextmanager
def opened() -> Iterator[DuckDBEngine]:
    """An engine for one test, empty: to begin one anew takes as long as forty small queries."""
    engine = _IDLE.pop() if _IDLE else DuckDBEngine(Path(tempfile.gettempdir()), memory_mb=500, threads=1)
    yield engine
    engine.let_go()
    _IDLE.append(engine)


def _id(number: int) -> str:
    return f"acct-{number:04d}"


@cache
def _drawn(seed: int) -> tuple[pa.Table, pa.Table]:
    """Exchanges and sketches of 312 ordinary accounts, in order of account."""
    columns: dict[str, list[Any]] = {name: [] for name in RUN_EXCHANGES.names}
    for number in range(ORDINARY + TWELVE):
        for row in _account(np.random.default_rng([seed, number]), number):
            for name, values in columns.items():
                values.append(row.get(name))
    rows = range(len(columns["time"]))
    columns["exchange_id"] = [f"x-{row}" for row in rows]
    columns["source_line"], columns["row_key"] = list(rows), list(rows)
    exchanges = pa.table(columns, schema=RUN_EXCHANGES)
    sketches = [sketch_batch(batch) for batch in exchanges.to_batches()]
    return exchanges, pa.Table.from_batches(sketches, SKETCH)


def _account(rng: np.random.Generator, number: int) -> Iterator[dict[str, Any]]:
    volume = int(np.clip(rng.lognormal(np.log(24), 0.7), 6, 120))
    own = rng.choice(WORDS, 10, replace=False)
    hour, days = rng.normal(14, 4), rng.choice(14, int(rng.integers(3, 12)), replace=False)
    agent = int(rng.integers(len(_AGENTS)))
    same = {
        "account_id": _id(number),
        "pathway": ("direct", "direct", "cloud")[int(rng.integers(3))],
        "model": ("large", "small")[int(rng.integers(2))],
        "temperature": (0.0, 0.7, 1.0)[int(rng.integers(3))],
        "max_tokens": (1024, 2048, 4096)[int(rng.integers(3))],
        "stream": bool(rng.integers(2)),
        "status": "200",
        "stop_reason": "end_turn",
        "asn": int(rng.integers(1000, 1400)),
        "country": _COUNTRIES[int(rng.integers(len(_COUNTRIES)))],
        "user_agent": _AGENTS[agent],
        "tls_fingerprint": f"ja4-{agent // 2}",
        "client_address": f"{number % 200 + 20}.{rng.integers(256)}.{rng.integers(256)}.{rng.integers(1, 255)}",
        "created": START - int(rng.uniform(10, 400) * 24 * HOUR),
        "payment_id": f"card-{number}",
        "email_domain": ("gmail.com", "outlook.com", f"house{number}.example")[int(rng.integers(3))],
        "plan": ("free", "paid")[int(rng.integers(2))],
        "source_file": "made.jsonl",
    }
    asks, several, steps = rng.beta(0.3, 4, 3)
    for row in range(volume):
        at = (24 * rng.choice(days) + hour + rng.normal(0, 2)) % HOURS
        words = rng.permutation(np.concatenate([rng.choice(own, 9), rng.choice(_ASKED, 4)]))
        logprobs = bool(rng.random() < asks)
        yield same | {
            "session_id": hashlib.md5(f"{number} {row // 4}".encode(), usedforsecurity=False).hexdigest(),
            "time": START + int(at * HOUR),
            "prompt": f"{' '.join(words)}{', step by step' if rng.random() < steps else ''}?",
            "output_tokens": int(min(rng.lognormal(5, 1), 4096)),
            "logprobs": logprobs,
            "top_logprobs": 5 * logprobs,
            "n": 1 + 3 * int(rng.random() < several),
        }
