"""Match weights between entities: how much each family says that two act as one.

Fellegi and Sunter (1969) by Splink: each family of evidence is one comparison with a few levels; a
level's weight is log2(m / u). u, how often two strangers reach the level, is measured on this
log: from how many entities share each thing, or on randomly drawn pairs. m, how often two members of one
campaign reach it, cannot be learnt from a log that may hold no campaign; it is set here, from
the public record, and deliberately flat, so that the weights say how rare a coincidence is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from duckdb.func import PythonUDFType
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

from stillwatch.campaigns.content import Content
from stillwatch.campaigns.entities import Entities
from stillwatch.campaigns.postings import RARITIES, Postings
from stillwatch.campaigns.significance import COORDINATION
from stillwatch.engines import query
from stillwatch.tables import FAMILIES

__all__ = ["PRIOR", "Links", "Traits", "link"]

PRIOR = 1e-4
"""Chance that two entities drawn at random act as one, before any evidence (-13.3 bits)."""

_RANDOM_PAIRS = 300_000
_COMPARED = 96
_CHUNK = 16_384
# What the families that see coordination may take from a pair, at most.
_FAINTEST = -8.0
_HOUR = 3_600_000_000

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Traits:
    """Everything that entities are compared by.

    Attributes:
        texts: rare sentences and templates each entity uses.
        hands: payment ids, addresses and domains each entity uses; None where no column has any.
        purpose: E x tactics, share of sampled prompts with each tactic's wording.
    """

    entities: Entities
    content: Content
    texts: Postings
    hands: Postings | None
    purpose: F32


@dataclass(frozen=True, slots=True)
class Links:
    """Weighed pairs of entities: ``a < b``, columns of one length."""

    a: I64
    b: I64
    weight: F64
    probability: F64
    families: dict[str, F64]

    def content_probability(self) -> F64:
        """Match probability without the families that see coordination.

        Groups are chosen by this, so that coordination is tested on what did not choose them.
        """
        weight = self.weight - sum(np.nan_to_num(self.families[family]) for family in COORDINATION)
        return np.asarray(1.0 / (1.0 + np.exp2(-weight)))

    def likely(self) -> Links:
        """The pairs more likely than not to match, on all evidence."""
        kept = self.probability > 0.5
        families = {family: weights[kept] for family, weights in self.families.items()}
        return Links(self.a[kept], self.b[kept], self.weight[kept], self.probability[kept], families)


@dataclass(frozen=True, slots=True)
class _Level:
    sql: str
    label: str
    m: float
    u: float


_NEVER_NULL = "unique_id_l is null or unique_id_r is null"


def _comparison(family: str, null_sql: str, chain: list[_Level]) -> comparisons.CustomComparison:
    """One family as a Splink comparison; the last level is what is left of m and u."""
    made = [levels.CustomLevel(null_sql, "not in this log").configure(is_null_level=True)]
    # What is commoner among strangers than m says no more than nothing: it never speaks against.
    m = [max(level.m, level.u) for level in chain]
    for level, m_probability in zip(chain, m, strict=True):
        made.append(
            levels.CustomLevel(level.sql, level.label).configure(
                m_probability=m_probability,
                u_probability=level.u,
                fix_m_probability=True,
                fix_u_probability=True,
            )
        )
    rest_m = max(1 - sum(m), 0.15)
    rest_u = max(1 - sum(level.u for level in chain), 0.05)
    made.append(
        levels.ElseLevel().configure(
            m_probability=rest_m, u_probability=rest_u, fix_m_probability=True, fix_u_probability=True
        )
    )
    return comparisons.CustomComparison(
        output_column_name=family, comparison_levels=made, comparison_description=family
    )


def _shared_levels(prefix: str, postings: Postings, m: tuple[float, float, float, float]) -> list[_Level]:
    """Two or more rare things shared, then one thing of each class of rarity."""
    chance = postings.chance()
    level = f"{prefix}_level(unique_id_l, unique_id_r)"
    chain = [_Level(f"{level} = 0", "two rare things", m[0], float(max(chance[0] ** 1.5, 1e-9)))]
    for number, (name, _) in enumerate(RARITIES, start=1):
        chain.append(_Level(f"{level} = {number}", f"one {name} thing", m[number], float(chance[number - 1])))
    return chain


def _shared_level(postings: Postings, a: I64, b: I64) -> npt.NDArray[np.int8]:
    """The first level of ``_shared_levels`` that each pair reaches, one beyond the last where none."""
    shared = postings.shared(a, b)
    reached = np.column_stack([shared[:, 0] >= 2, shared > 0, np.ones(len(a), np.bool_)])
    return np.asarray(np.argmax(reached, axis=1), np.int8)


def _look_up(keys: I64, found: npt.NDArray[np.int8], entities: np.int64) -> Callable[[pa.Array, pa.Array], pa.Array]:
    def look_up(left: pa.Array, right: pa.Array) -> pa.Array:
        i, j = np.asarray(left), np.asarray(right)
        return pa.array(found[np.searchsorted(keys, np.minimum(i, j) * entities + np.maximum(i, j))])

    return look_up


@contextmanager
def _pair_functions(connection: duckdb.DuckDBPyConnection, traits: Traits, a: I64, b: I64) -> Iterator[None]:
    """SQL functions of two entities that look up what was worked out for all candidates at once.

    Splink compares pairs by expressions over two records; as such, meeting lists cost 5 us a pair.
    """
    entities = np.int64(len(traits.entities))
    keys = a * entities + b
    order = np.argsort(keys)
    keys = keys[order]
    names = []
    for prefix, postings in (("texts", traits.texts), ("hands", traits.hands)):
        if postings is not None:
            names.append(f"{prefix}_level")
            look_up = _look_up(keys, _shared_level(postings, a, b)[order], entities)
            connection.create_function(names[-1], look_up, ["BIGINT", "BIGINT"], "TINYINT", type=PythonUDFType.ARROW)
    try:
        yield
    finally:
        for name in names:
            connection.remove_function(name)


def _pair_rates(traits: Traits, rng: np.random.Generator) -> dict[str, float]:
    """How often randomly drawn pairs reach the measured levels, with half a pair added."""
    e = traits.entities
    pairs = rng.integers(0, len(e), (2, _RANDOM_PAIRS))
    a, b = pairs[:, pairs[0] != pairs[1]]
    content = traits.content
    dots = np.concatenate(
        [
            np.einsum("ij,ij->i", content.means[a[i : i + _CHUNK]], content.means[b[i : i + _CHUNK]])
            for i in range(0, len(a), _CHUNK)
        ]
    )
    z = content.z_of(a, b, dots)
    scale = content.scale()
    cosine = dots * scale[a] * scale[b]
    both = np.minimum(traits.purpose[a], traits.purpose[b]).max(axis=1, initial=0.0)
    spans = (np.abs(e.first_seen[a] - e.first_seen[b]) < 6 * _HOUR) & (
        np.abs(e.last_seen[a] - e.last_seen[b]) < 6 * _HOUR
    )
    ratio = np.abs(np.log(e.exchanges[a] / e.exchanges[b]))
    signup = np.abs(e.created[a] - e.created[b]) < 24 * _HOUR
    same_agent = (e.agent[a] == e.agent[b]) & (e.agent[a] != 0)
    same_tls = (e.tls[a] == e.tls[b]) & (e.tls[a] != 0)
    same_parameters = e.parameters[a] == e.parameters[b]
    hits = {
        "same_pool": (z > 10) & (cosine > 0.75),
        "alike": (z > 6) & (cosine > 0.5),
        "near": z > 3,
        "purpose": both > 0.6,
        "some_purpose": both > 0.25,
        "span_even": spans & (ratio < 0.3),
        "span": spans & (ratio < 1.0),
        "client": same_agent & same_tls & same_parameters,
        "agent": same_agent & same_parameters,
        "parameters": same_parameters,
        "signup": signup,
    }
    return {name: (float(np.sum(hit)) + 0.5) / (len(a) + 1) for name, hit in hits.items()}


def _comparisons(traits: Traits, rates: dict[str, float]) -> list[comparisons.CustomComparison]:
    z = "(list_dot_product(direction_l, direction_r) * strength_l * strength_r)"
    cosine = "list_dot_product(direction_l, direction_r)"
    spans = f"abs(first_seen_l - first_seen_r) < {6 * _HOUR} and abs(last_seen_l - last_seen_r) < {6 * _HOUR}"
    ratio = "abs(ln(exchanges_l / exchanges_r))"
    tactics = range(1, traits.purpose.shape[1] + 1)
    both = f"greatest({', '.join(f'least(purpose_l[{t}], purpose_r[{t}])' for t in tactics)})"
    client = "agent_l = agent_r and agent_l <> 0 and parameters_l = parameters_r"

    def beyond(name: str, *stronger: str) -> float:
        return max(rates[name] - sum(rates[s] for s in stronger), 1e-6)

    chains = [
        _comparison("structure", _NEVER_NULL, _shared_levels("texts", traits.texts, (0.2, 0.15, 0.15, 0.15))),
        _comparison(
            "semantics",
            "direction_l is null or direction_r is null",
            [
                _Level(f"{cosine} > 0.75 and {z} > 10", "one source", 0.35, rates["same_pool"]),
                _Level(f"{cosine} > 0.5 and {z} > 6", "alike", 0.3, beyond("alike", "same_pool")),
                _Level(f"{z} > 3", "near", 0.15, beyond("near", "alike")),
            ],
        ),
        _comparison(
            "purpose",
            _NEVER_NULL,
            [
                _Level(f"{both} > 0.6", "most prompts of both", 0.25, rates["purpose"]),
                _Level(f"{both} > 0.25", "many prompts of both", 0.2, beyond("some_purpose", "purpose")),
            ],
        ),
        _comparison(
            "shape",
            _NEVER_NULL,
            [
                _Level(f"{client} and tls_l = tls_r and tls_l <> 0", "same client", 0.35, rates["client"]),
                _Level(client, "same agent and parameters", 0.2, beyond("agent", "client")),
                _Level("parameters_l = parameters_r", "same parameters", 0.2, beyond("parameters", "agent")),
            ],
        ),
        _comparison(
            "timing",
            _NEVER_NULL,
            [
                _Level(f"{spans} and {ratio} < 0.3", "same span, same volume", 0.3, rates["span_even"]),
                _Level(f"{spans} and {ratio} < 1", "same span", 0.2, beyond("span", "span_even")),
            ],
        ),
    ]
    if traits.hands is not None:
        chain = _shared_levels("hands", traits.hands, (0.08, 0.12, 0.1, 0.1))
        signup = f"abs(created_l - created_r) < {24 * _HOUR}"
        chain.append(_Level(signup, "signed up within a day", 0.2, min(rates["signup"], 0.5)))
        chains.append(_comparison("infrastructure", _NEVER_NULL, chain))
    return chains


def _shortened(unit: F32) -> F32:
    """The directions in the few dimensions in which they differ, so that a pair costs less to compare."""
    values, vectors = np.linalg.eigh(unit.T @ unit)
    return np.asarray(unit @ vectors[:, np.argsort(-values)[:_COMPARED]], np.float32)


def _records(traits: Traits) -> pa.Table:
    e, content = traits.entities, traits.content
    unit = content.unit()
    telling = np.any(unit != 0, axis=1)
    d = content.dimensions
    square = np.einsum("ij,ij->i", content.means, content.means)
    signal = np.maximum(square - d / np.maximum(content.counts, 1), 0)
    short = _shortened(unit)
    direction = pa.FixedSizeListArray.from_arrays(
        pa.array(short.ravel()), short.shape[1], mask=pa.array(~telling)
    ).cast(pa.list_(pa.float32()))
    columns: dict[str, pa.Array] = {
        "unique_id": pa.array(np.arange(len(e))),
        "direction": direction,
        "strength": pa.array(np.sqrt(content.counts * signal) / d**0.25),
        "purpose": pa.FixedSizeListArray.from_arrays(pa.array(traits.purpose.ravel()), traits.purpose.shape[1]).cast(
            pa.list_(pa.float32())
        ),
        "parameters": pa.array(e.parameters),
        "agent": pa.array(e.agent),
        "tls": pa.array(e.tls),
        "first_seen": pa.array(e.first_seen),
        "last_seen": pa.array(e.last_seen),
        "exchanges": pa.array(e.exchanges),
        "created": pa.array(e.created, from_pandas=True),
    }
    return pa.table(columns)


def link(
    traits: Traits,
    a: I64,
    b: I64,
    connection: duckdb.DuckDBPyConnection,
    *,
    seed: int,
) -> Links:
    """Weigh candidate pairs.

    Args:
        traits: what entities are compared by.
        a, b: candidate pairs, ``a < b``, each pair once.
        connection: where Splink works.
        seed: of the random pairs that u-probabilities are measured on.

    Returns:
        The candidates with a match weight per family, without those that are far from matching.
    """
    none = np.zeros(0)
    if len(a) == 0:
        return Links(a, b, none, none, dict.fromkeys(FAMILIES, none))
    rates = _pair_rates(traits, np.random.default_rng(seed))
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=_comparisons(traits, rates),
        blocking_rules_to_generate_predictions=[block_on("unique_id")],
        probability_two_random_records_match=PRIOR,
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=False,
    )
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register(_records(traits)), settings)
    # Splink sets its own level as the linker is made, and announces every step at INFO.
    logging.getLogger("splink").setLevel(logging.ERROR)
    pairs = pa.table({"match_key": pa.array(["0"] * len(a)), "join_key_l": a, "join_key_r": b})
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    with _pair_functions(connection, traits, a, b):
        found = linker.inference.predict(threshold_match_weight=_FAINTEST, warning_mode="never")
    table: pa.Table = query(connection, f"SELECT * FROM {found.physical_name} ORDER BY unique_id_l, unique_id_r")
    families = {}
    for family in FAMILIES:
        known = f"mw_{family}" in table.column_names
        families[family] = np.asarray(table[f"mw_{family}"], np.float64) if known else np.full(len(table), np.nan)
    left, right = np.asarray(table["unique_id_l"]), np.asarray(table["unique_id_r"])
    return Links(
        np.minimum(left, right),
        np.maximum(left, right),
        np.asarray(table["match_weight"], np.float64),
        np.asarray(table["match_probability"], np.float64),
        families,
    )
