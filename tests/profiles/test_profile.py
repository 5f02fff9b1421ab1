"""Entities, usual things, templates, texts and prompt sets of small logs written out by hand."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from made_exchanges import START, World, opened

from stillwatch.engines import DuckDBEngine, worker_pool
from stillwatch.evidence import HOUR, Count, Example, Family, LogProfile, Value, all_families
from stillwatch.evidence.carried import carried
from stillwatch.evidence.thresholds import CLOSER_PROMPTS, CLOSER_TOTAL, COMMON_KEY, SHARED_BY
from stillwatch.profiles import (
    Profiled,
    Stages,
    Texts,
    account_table,
    build_profile,
    entity_counts,
    find_templates,
    texts,
    with_entities,
)
from stillwatch.profiles.account import count_table
from stillwatch.profiles.entity import of_several
from stillwatch.profiles.prompts_at_hand import PromptsAtHand
from stillwatch.profiles.templates import _meetings
from stillwatch.profiles.texts import draw_sample, prompt_table, read_texts
from stillwatch.profiles.texts_by_key import TextsByKey
from stillwatch.sketching import WIDTH, Wording, sketch_batch
from stillwatch.tables import ACCOUNT_FILE, RUN_EXCHANGES

FAMILIES = all_families()


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    with opened() as made:
        yield made


def rows(*given: dict[str, Any]) -> pa.Table:
    """Exchanges of which only some columns are given; by default of one file, an hour apart."""
    told = [
        {
            "exchange_id": f"x-{n}",
            "time": START + n * HOUR,
            "account_id": "a",
            "prompt": f"question {n}",
            "source_file": "made.jsonl",
            "source_line": n,
            "row_key": n,
            **row,
        }
        for n, row in enumerate(given)
    ]
    return pa.Table.from_pylist(told, schema=RUN_EXCHANGES)


def sketches(exchanges: pa.Table) -> pa.Table:
    return pa.Table.from_batches([sketch_batch(batch) for batch in exchanges.combine_chunks().to_batches()])


def profiled(engine: DuckDBEngine, exchanges: pa.Table, account_file: pa.Table | None = None, **more: Any) -> Profiled:
    given = {"families": FAMILIES, "sample_prompts": 8, "sample_total": 1000, **more}
    return build_profile(
        engine,
        given.pop("families"),
        exchanges=engine.keep(exchanges),
        sketches=engine.keep(sketches(exchanges)),
        account_file=engine.keep(account_file if account_file is not None else ACCOUNT_FILE.empty_table()),
        **given,
    )


# Entities.


def test_accounts_of_one_organisation_are_one_entity(engine: DuckDBEngine) -> None:
    exchanges = rows(
        {"account_id": "b", "org_id": "firm", "plan": "paid"},
        {"account_id": "a"},
        {"account_id": "c", "org_id": "firm", "licence_id": "l", "plan": "free"},
        {"account_id": "d", "org_id": "a"},
        {"account_id": "c", "org_id": "firm"},
    )
    made = profiled(engine, exchanges)
    entity = engine.fetch("SELECT account_id, entity FROM {t} ORDER BY account_id", t=made.accounts).to_pydict()
    a, b, c, d = entity["entity"]
    assert b == c
    assert sorted({a, b, d}) == [0, 1, 2]
    log = made.log
    assert len(log) == 3
    assert log.window_start.tolist() == [START] * 3
    assert log.window_end.tolist() == [START + 4 * HOUR] * 3
    assert log.exchanges[b] == 3
    assert log.accounts.tolist() == [2 if n == b else 1 for n in range(3)]
    assert log.first_seen[b] == START
    assert log.last_seen[b] == START + 4 * HOUR
    assert log.columns["licensed"].tolist() == [1.0 if n == b else 0.0 for n in range(3)]
    assert log.columns["exchanges"].tolist() == log.exchanges.tolist()
    assert log.known("plan").tolist() == [n == b for n in range(3)]


def test_the_account_file_goes_before_the_log(engine: DuckDBEngine) -> None:
    told = pa.Table.from_pylist([{"account_id": "a", "plan": "paid"}, {"account_id": "z"}], schema=ACCOUNT_FILE)
    exchanges = rows({"plan": "free", "payment_id": "q"}, {"plan": "basic", "payment_id": "p"}, {"account_id": "b"})
    table = account_table(engine, FAMILIES.values(), exchanges=engine.keep(exchanges), account_file=engine.keep(told))
    found = engine.fetch("SELECT * FROM {t} ORDER BY account_id", t=table).to_pylist()
    assert [row["account_id"] for row in found] == ["a", "b"]
    assert found[0]["plan"] == "paid"
    assert found[0]["payment_id"] == "p", "of several values the least counts"
    assert found[1]["plan"] is None
    assert found[0]["exchanges"] == 2


# Usual things and values.


class Toy(Family):
    """Counts and adds up a few things, to see how."""

    name = "toy"
    sees = "toys"
    side = "context"
    wordings = (Wording("glacier", "ask of glaciers", "glacier", "How do glaciers move?"),)
    reads = ("country", "n")
    needs = ("country",)
    blind_spot = "Everything."
    examples = (Example("nothing", {}, seen=False),)
    values = {  # noqa: RUF012
        "most_n": Value("max(n)", "max"),
        "least_n": Value("min(n)", "min"),
        "sum_n": Value("sum(n)", "sum"),
        "code": Value("max(n)::UBIGINT", "max"),
        "is_paid": Value("(plan = 'paid')::INT", "max", source="account"),
    }
    counts = {"land": Count("country", usual=True, shared=True), "number": Count("n", usual=True)}  # noqa: RUF012

    def test(self, log: Any, members: Any, null: Any, *, least: int = 5) -> Any:
        return ()


def toy(engine: DuckDBEngine, exchanges: pa.Table) -> LogProfile:
    return profiled(engine, exchanges, families={"structure": FAMILIES["structure"], "toy": Toy()}).log


def test_values_come_together_as_they_say(engine: DuckDBEngine) -> None:
    exchanges = rows(
        {"account_id": "a", "org_id": "o", "n": 3, "plan": "paid"},
        {"account_id": "a", "org_id": "o", "n": 5},
        {"account_id": "b", "org_id": "o", "n": 4, "plan": "free"},
        {"account_id": "c"},
    )
    columns = toy(engine, exchanges).columns
    account, firm = 0, 1
    assert [columns[name][firm] for name in ("most_n", "least_n", "sum_n", "is_paid")] == [5, 3, 12, 1]
    assert np.isnan(columns["most_n"][account])
    assert np.isnan(columns["is_paid"][account])
    assert columns["code"].tolist() == [0, 5], "whole numbers without a sign are codes"
    assert columns["code"].dtype == np.uint64


def test_the_usual_thing_is_the_most_used_and_of_equals_the_same_each_time(engine: DuckDBEngine) -> None:
    exchanges = rows(
        *[{"account_id": "a", "country": land} for land in ("FR", "DE", "DE")],
        *[{"account_id": "b", "country": land} for land in ("DE", "FR")],
        *[{"account_id": "c", "country": land} for land in ("FR", "DE")],
        {"account_id": "d"},
        *[{"account_id": "e", "n": n} for n in (7, 2, 9, 9, 7)],
    )
    columns = toy(engine, exchanges).columns
    a, b, c, d, e = columns["land"].tolist()
    german = engine.fetch("SELECT md5_number_lower('DE') AS x")["x"].to_pylist()[0]
    french = engine.fetch("SELECT md5_number_lower('FR') AS x")["x"].to_pylist()[0]
    assert a == german
    assert b == c == min(german, french)
    assert d == e == 0
    assert columns["number"].tolist() == [0, 0, 0, 0, 7], "of equals the least"


def test_what_is_shared_is_told_with_its_share_of_exchanges(engine: DuckDBEngine) -> None:
    exchanges = rows(
        *[{"account_id": "a", "country": land} for land in ("FR", "FR", "DE", None)],
        *[{"account_id": "b", "country": land} for land in ("FR", "IT")],
        {"account_id": "c", "country": "ES"},
        {"account_id": "d"},
    )
    shared = toy(engine, exchanges).shared["toy"]
    assert shared is not None
    assert shared.matrix.toarray().ravel().tolist() == [0.5, 0.5, 0.0, 0.0], "one thing, that two have"
    assert shared.holders.tolist() == [2]
    assert shared.known.tolist() == [True, True, True, False]
    assert toy(engine, rows({}, {"account_id": "b"})).shared["toy"] is None
    # Who is never blind knows something of everybody.
    structure = toy(engine, exchanges).shared["structure"]
    assert structure is not None
    assert structure.known.all()


def test_things_are_counted_by_account_and_then_by_entity(engine: DuckDBEngine) -> None:
    exchanges = engine.keep(
        rows(
            *[{"account_id": "a", "org_id": "o", "country": land} for land in ("FR", "FR", "DE", None)],
            *[{"account_id": "b", "org_id": "o", "country": land} for land in ("FR", "IT")],
            {"account_id": "c", "country": "FR"},
        )
    )
    file = engine.keep(ACCOUNT_FILE.empty_table())
    accounts = with_entities(engine, account_table(engine, [Toy()], exchanges=exchanges, account_file=file))
    counted = count_table(engine, Count("country"), accounts, exchanges)
    uses = sorted(engine.fetch("SELECT uses FROM {t}", t=counted)["uses"].to_pylist())
    assert uses == [1, 1, 1, 1, 2]
    of_entities = engine.fetch("SELECT uses FROM {t}", t=entity_counts(engine, counted, accounts))["uses"].to_pylist()
    assert sorted(of_entities) == [1, 1, 1, 3]
    widely = engine.fetch("FROM {t}", t=of_several(engine, entity_counts(engine, counted, accounts))).to_pylist()
    assert sorted(row["uses"] for row in widely) == [1, 3]


# Templates.

LONG = (
    "Please write a short formal letter to the housing office about the {} and ask for a reply within {} days. Mention "
    "that two earlier letters were not answered, that the rent was paid in full, and that the tenant keeps a copy."
)


def test_near_identical_prompts_are_one_template(engine: DuckDBEngine) -> None:
    exchanges = rows(
        {"account_id": "a", "prompt": LONG.format("boiler", 3)},
        {"account_id": "b", "prompt": LONG.format("window", 14)},
        {"account_id": "b", "prompt": LONG.format("boiler", 7)},
        {"account_id": "c", "prompt": "Which of the two harvest festivals is older, and who says so, in what source?"},
        {"account_id": "c", "prompt": "Which of the two harvest festivals is older, and who says so, in what source?"},
        {"account_id": "d", "prompt": "Tell me how glaciers move."},
    )
    use, of, _ = find_templates(engine, engine.keep(sketches(exchanges)))
    uses = engine.fetch("FROM {t}", t=use).to_pylist()
    assert sorted(row["uses"] for row in uses) == [1, 2]
    assert len({row["thing"] for row in uses}) == 1
    shown = engine.fetch("FROM {t}", t=of).to_pylist()
    assert len({row["template"] for row in shown}) == 1
    assert len(shown) == 2, "numbers make no other text"


def test_a_template_keeps_its_name_whatever_the_order(engine: DuckDBEngine) -> None:
    things = ("boiler", "window", "chimney", "garden")
    asked = [{"account_id": f"a{n}", "prompt": LONG.format(thing, n)} for n, thing in enumerate(things)]
    named = []
    for order in (asked, asked[::-1]):
        use, _, _ = find_templates(engine, engine.keep(sketches(rows(*order))))
        named.append(engine.fetch("SELECT account, thing FROM {t} ORDER BY account", t=use).to_pylist())
    assert len(named[0]) == 4
    assert named[0] == named[1]


def test_a_template_of_one_account_or_of_two_exchanges_is_not_shown(engine: DuckDBEngine) -> None:
    two = rows(*({"account_id": name, "prompt": LONG.format("boiler", 3)} for name in "ab"))
    use, of, _ = find_templates(engine, engine.keep(sketches(two)))
    assert len(engine.fetch("FROM {t}", t=use)) == 2
    assert len(engine.fetch("FROM {t}", t=of)) == 0
    one = rows(*({"account_id": "a", "prompt": LONG.format("boiler", n)} for n in range(5)))
    use, of, _ = find_templates(engine, engine.keep(sketches(one)))
    assert len(engine.fetch("FROM {t}", t=use)) == 0
    assert len(engine.fetch("FROM {t}", t=of)) == 0


def test_texts_meet_the_first_that_has_their_key() -> None:
    keys = np.random.default_rng(0).integers(0, 150, 400).astype(np.uint64) * np.uint64(977)
    first = {int(key): int(np.flatnonzero(keys == key)[0]) for key in keys}
    expected = {(first[int(key)], n) for n, key in enumerate(keys) if first[int(key)] != n}
    a, b = _meetings(keys)
    assert len(a) == len(expected)
    assert set(zip(a.tolist(), b.tolist(), strict=True)) == expected


def test_a_key_of_very_many_texts_is_a_phrase_of_the_language() -> None:
    for many, pairs in ((COMMON_KEY, COMMON_KEY - 1), (COMMON_KEY + 1, 0)):
        a, _ = _meetings(np.full(many, 7, np.uint64))
        assert len(a) == pairs
    assert len(_meetings(np.zeros(0, np.uint64))[0]) == 0


# Texts.


def test_a_closer_look_reads_more_of_some_entities(engine: DuckDBEngine) -> None:
    exchanges = World().exchanges.slice(0, 600)
    made = profiled(engine, exchanges, sample_prompts=4)
    assert made.log.closer is not None
    counted = np.diff(made.log.prompt_sets.offsets)
    raw, whitened, owner = made.log.closer(np.array([1, 3]))
    assert np.bincount(owner, minlength=4).tolist() == [
        0,
        min(counted[1], CLOSER_PROMPTS),
        0,
        min(counted[3], CLOSER_PROMPTS),
    ]
    assert raw.shape == (len(owner), made.log.content.raw.shape[1])
    assert whitened.shape == (len(owner), made.log.content.dimensions)
    # What was sampled is among what is read now, standardised alike.
    for entity in (1, 3):
        sampled_rows = made.log.content.raw[made.log.content.rows(np.array([entity]))]
        distance = np.abs(sampled_rows[:, None] - raw[owner == entity][None]).max(axis=2).min(axis=1)
        assert distance.max() < 0.02


def test_what_was_sent_in_common_moments_is_read_alone(engine: DuckDBEngine) -> None:
    """Sixty requests of each of six accounts fall into one hour, ninety are spread over nine days."""
    rng = np.random.default_rng(0)

    def asked(account: int, hours: float, prompt: str) -> dict[str, Any]:
        return {"account_id": f"a{account}", "time": START + int(hours * HOUR), "prompt": prompt}

    own = [asked(a, rng.uniform(0, 216), f"Of {a}, matter {n} and {7 * n}?") for a in range(6) for n in range(90)]
    together = [asked(a, 96 + n / 60, f"Together {a}: {n} and {3 * n}?") for a in range(6) for n in range(60)]
    made = profiled(engine, rows(*own, *together), sample_prompts=4)
    assert made.log.in_common is not None
    everyone = np.arange(6)
    sent = made.log.in_common(everyone)
    assert sent is not None
    counts = np.bincount(sent[2], minlength=6)
    # Nearly all of those of the hour, and hardly any of the others.
    assert ((counts >= 55) & (counts <= 75)).all()
    assert made.log.in_common(everyone[:2]) is None


def test_what_carries_a_groups_own_text_is_read_alone(engine: DuckDBEngine) -> None:
    """Six accounts put one pool under a sentence of theirs, and ask thirty things of their own beside it."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefghijklmnop"), 7)) for _ in range(400)]

    def asked(account: int, n: int, prompt: str) -> dict[str, Any]:
        return {"account_id": f"a{account}", "time": START + (40 * account + n) * HOUR, "prompt": prompt}

    def talk(account: int) -> str:
        return f"Of {account}: {' '.join(rng.choice(words[30 * account : 30 * account + 30], 12))}?"

    def pooled() -> str:
        return f"Set out every step before you answer what follows. {' '.join(rng.choice(words[360:], 12))}?"

    own = [asked(a, n, talk(a)) for a in range(6) for n in range(30)]
    theirs = [asked(a, n, pooled()) for a in range(6) for n in range(20)]
    strangers = [asked(a, n, talk(a)) for a in range(6, 12) for n in range(30)]
    made = profiled(engine, rows(*own, *theirs, *strangers), sample_prompts=24)
    log = made.log
    entity = dict(
        zip(*(engine.fetch("SELECT account_id, entity FROM {t}", t=made.accounts).to_pydict().values()), strict=True)
    )
    group = np.sort([entity[f"a{n}"] for n in range(6)])
    others = np.sort([entity[f"a{n}"] for n in range(6, 12)])
    sent = carried(log, group)
    assert sent is not None
    assert sent.counts[group].tolist() == [20] * 6
    assert sent.counts[others].sum() == 0
    assert carried(log, others) is None


def few() -> pa.Table:
    return World().exchanges.slice(0, 400)


def sampled(engine: DuckDBEngine, exchanges: pa.Table, most: int = 5) -> pa.Table:
    table = engine.keep(exchanges)
    accounts = engine.sql(
        "SELECT account_id, dense_rank() OVER (ORDER BY account_id) - 1 AS entity "
        "FROM (SELECT DISTINCT account_id FROM {t})",
        t=table,
    )
    return draw_sample(engine, most, prompts=prompt_table(engine, exchanges=table, accounts=accounts), exchanges=table)


def test_a_sample_is_bounded_sorted_and_of_distinct_prompts(engine: DuckDBEngine) -> None:
    exchanges = rows(
        *({"account_id": "a", "prompt": "again"} for _ in range(9)),
        *({"account_id": "a", "prompt": f"other {n}"} for n in range(9)),
        {"account_id": "b", "prompt": "again"},
    )
    sample = sampled(engine, exchanges)
    assert sample["entity"].to_pylist() == [0] * 5 + [1]
    assert sample["place"].to_pylist() == [1, 2, 3, 4, 5, 1]
    assert len(set(sample["name"].to_pylist()[:5])) == 5
    # Of one prompt's exchanges the first stands for it.
    again = exchanges["prompt"].to_pylist().index("again")
    firsts = {again, *range(9, 18)}
    assert set(sample["row_key"].to_pylist()[:5]) <= firsts
    assert sampled(engine, exchanges).equals(sample)
    assert sampled(engine, exchanges.take(list(range(len(exchanges)))[::-1])).equals(sample)


def features(engine: DuckDBEngine, sample: pa.Table, shared: np.ndarray) -> Texts:
    return read_texts(TextsByKey(engine, engine.keep(few())), sample, shared, FAMILIES["purpose"].wordings, None)()


NOTHING = np.zeros(0, np.uint64)


def equal(one: Texts | None, other: Texts) -> bool:
    return one is not None and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("features", "flags", "varies")
    )


def test_texts_kept_are_the_texts_read(engine: DuckDBEngine) -> None:
    sample = sampled(engine, few())
    fresh = features(engine, sample, NOTHING)
    assert fresh.features.shape == (len(sample), WIDTH)
    assert fresh.flags.any()
    wordings = len(FAMILIES["purpose"].wordings)
    kept = fresh.table(sample, NOTHING)
    assert equal(Texts.from_table(kept, sample, NOTHING, wordings), fresh)
    order = np.random.default_rng(0).permutation(len(sample))
    shuffled = sample.take(pa.array(order[:50]))
    part = Texts.from_table(kept, shuffled, NOTHING, wordings)
    rows, carries = order[:50], fresh.machinery != 0
    payload = fresh.payload[(np.cumsum(carries) - 1)[rows][carries[rows]]]
    wanted = Texts(fresh.features[rows], fresh.flags[rows], fresh.varies[rows], fresh.machinery[rows], payload)
    assert equal(part, wanted)


def test_texts_of_another_log_do_not_hold(engine: DuckDBEngine) -> None:
    sample = sampled(engine, few())
    fresh, wordings = features(engine, sample, NOTHING), len(FAMILIES["purpose"].wordings)
    kept = fresh.table(sample, NOTHING)
    assert Texts.from_table(kept, sample, np.array([7], np.uint64), wordings) is None
    assert (
        Texts.from_table(fresh.table(sample, np.array([3, 4], np.uint64)), sample, np.array([7], np.uint64), 4) is None
    )
    assert Texts.from_table(kept.slice(0, len(kept) - 1), sample, NOTHING, wordings) is None
    assert Texts.from_table(kept.slice(1), sample, NOTHING, wordings) is None
    assert Texts.from_table(kept.slice(0, 0), sample, NOTHING, wordings) is None
    assert Texts.from_table(kept.replace_schema_metadata(None), sample, NOTHING, wordings) is None


class Noted(Stages):
    def __init__(self) -> None:
        self.names: list[str] = []

    def stage(self, name: str) -> None:
        self.names.append(name)


def test_a_profile_with_kept_texts_is_the_profile_without(engine: DuckDBEngine) -> None:
    stages = Noted()
    first = profiled(engine, few(), stages=stages)
    again = profiled(engine, few(), kept_texts=first.texts.table(first.sample, first.left_out))
    assert equal(again.texts, first.texts)
    np.testing.assert_array_equal(first.log.content.means, again.log.content.means)
    assert stages.names == ["accounts", "sample", "templates", "text features", "content"]


def test_a_sample_shrinks_as_accounts_grow_but_not_below_four(engine: DuckDBEngine) -> None:
    exchanges = rows(*({"account_id": f"a{n % 3}", "prompt": f"question {n} {n * n}"} for n in range(60)))
    for total, most in ((18, 6), (3, 4), (1000, 8)):
        made = profiled(engine, exchanges, sample_total=total)
        assert np.bincount(made.sample["entity"].to_pylist()).tolist() == [most] * 3


def test_sentences_of_many_are_left_out_of_what_is_compared(engine: DuckDBEngine) -> None:
    line = "Answer as the assistant of a notes app."

    def asked(accounts: int) -> pa.Table:
        return rows(
            *(
                {"account_id": f"a{n % accounts}", "prompt": f"{line} What of matter {chr(97 + n)}{n}?"}
                for n in range(20)
            )
        )

    assert len(profiled(engine, asked(SHARED_BY)).left_out) == 1
    assert len(profiled(engine, asked(SHARED_BY - 1)).left_out) == 0


def test_wordings_are_told_as_shares_of_the_sample(engine: DuckDBEngine) -> None:
    exchanges = rows(
        {"account_id": "a", "prompt": "Show your full reasoning about rivers."},
        {"account_id": "a", "prompt": "And of glaciers?"},
        {"account_id": "b", "prompt": "You are an impartial judge. Score the response from 1 to 10."},
    )
    wording = profiled(engine, exchanges).log.wording
    assert wording["purpose"].shape == (2, 4)
    assert wording["purpose"][:, 0].tolist() == [0.5, 0.0]
    assert wording["purpose"][:, 1].tolist() == [0.0, 1.0]
    assert wording["timing"].shape == (2, 0)
    both = profiled(engine, exchanges, families={"toy": Toy(), **FAMILIES}).log.wording
    assert both["toy"].ravel().tolist() == [0.5, 0.0]
    np.testing.assert_array_equal(both["purpose"], wording["purpose"])


@pytest.mark.slow
def test_worker_processes_read_the_same_texts(engine: DuckDBEngine) -> None:
    asked = [f"Word {n} and {n * n} step by step" for n in range(33_000)]
    keys = np.random.default_rng(0).permutation(33_000)
    sample = pa.table({"entity": np.arange(33_000) // 20, "row_key": keys})
    exchanges = TextsByKey(engine, engine.keep(pa.table({"row_key": np.arange(33_000), "prompt": asked})))
    wordings = FAMILIES["purpose"].wordings
    with worker_pool(2) as pool:
        there = read_texts(exchanges, sample, NOTHING, wordings, pool)()
    assert equal(there, read_texts(exchanges, sample, NOTHING, wordings, None)())
    assert len(there.varies) == 33_000


# Prompt sets.


def test_prompt_sets_hold_distinct_prompts_of_each_entity(engine: DuckDBEngine) -> None:
    exchanges = rows(
        *(
            {"account_id": name, "prompt": prompt}
            for name, asked in zip("abcd", ("xyx", "yz", "w", "xyz"), strict=True)
            for prompt in asked
        )
    )
    sets = profiled(engine, exchanges).log.prompt_sets
    assert np.diff(sets.offsets).tolist() == [2, 2, 1, 3]
    assert sets.repeats(np.arange(4)).tolist() == [1.0, 1.0, 0.0, 1.0]
    assert sets.repeats(np.array([0, 2])).tolist() == [0.0, 0.0]
    assert sets.repeats(np.array([1, 2, 3])).tolist() == pytest.approx([1.0, 0.0, 2 / 3])
    assert sets.repeats(np.array([0, 1])).tolist() == [0.5, 0.5]


def test_small_talk_of_many_is_no_set_that_a_few_run(engine: DuckDBEngine) -> None:
    """Seven words of a question count, and so do three that nobody else of the log sends."""
    question = "how many legs do seven spiders have"
    exchanges = rows(
        *(
            {"account_id": f"m{n}", "prompt": prompt}
            for n in range(2)
            for prompt in ("go on", "one two three", question)
        ),
        *({"account_id": f"o{n}", "prompt": prompt} for n in range(8) for prompt in ("go on", question)),
    )
    log = profiled(engine, exchanges).log
    assert log.prompt_sets.repeats(np.arange(2)).tolist() == [1.0, 1.0]
    alone = rows(
        *(
            {"account_id": f"m{n}", "prompt": p}
            for n in range(2)
            for p in ("go on", f"what is the matter with {'ab'[n]}")
        ),
        *({"account_id": f"o{n}", "prompt": "go on"} for n in range(8)),
    )
    assert profiled(engine, alone).log.prompt_sets.repeats(np.arange(2)).tolist() == [0.0, 0.0]
    few = alone.filter([not name.startswith("o") or name < "o4" for name in alone["account_id"].to_pylist()])
    assert profiled(engine, few).log.prompt_sets.repeats(np.arange(2)).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(("senders", "left_out"), [(6, False), (7, True)])
def test_small_talk_of_many_is_nobodys_content(engine: DuckDBEngine, senders: int, left_out: bool) -> None:
    rng = np.random.default_rng(1)
    said = [" ".join(rng.choice(list("abcdefghijklmnop"), 12)) for _ in range(senders)]
    own = [{"account_id": f"a{n}", "prompt": prompt} for n in range(senders) for prompt in ("go on", said[n])]
    asked = rows(*own)
    made = profiled(engine, asked)
    said_by = dict(zip(asked["row_key"].to_pylist(), asked["prompt"].to_pylist(), strict=True))
    talk = {row["name"] for row in made.sample.to_pylist() if said_by[row["row_key"]] == "go on"}
    assert len(talk) == 1
    assert made.log.sampled is not None
    assert made.log.closer is not None
    assert np.isin(list(talk), made.log.sampled).any() != left_out
    assert len(made.log.closer(np.arange(senders))[2]) == senders * (1 if left_out else 2)


def test_what_was_refused_and_asked_again_by_another_is_no_set_that_both_run(engine: DuckDBEngine) -> None:
    exchanges = rows(
        *({"account_id": "a", "prompt": prompt, "status": "403"} for prompt in "xy"),
        {"account_id": "a", "prompt": "y", "status": "200"},
        *({"account_id": "b", "prompt": prompt, "status": "success"} for prompt in "xyz"),
        *({"account_id": "c", "prompt": prompt} for prompt in "zw"),
    )
    sets = profiled(engine, exchanges).log.prompt_sets
    assert np.diff(sets.offsets).tolist() == [1, 3, 2]
    assert sets.repeats(np.arange(3)).tolist() == pytest.approx([1.0, 2 / 3, 0.5])


@pytest.mark.parametrize(("members", "each"), [(1, CLOSER_PROMPTS), (200, CLOSER_TOTAL // 200), (CLOSER_TOTAL * 2, 1)])
def test_a_closer_look_at_many_reads_less_of_each(
    engine: DuckDBEngine, members: int, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def drawn(engine: Any, most: int, **tables: Any) -> pa.Table:
        asked.append(most)
        return draw_sample(engine, most, **tables)

    monkeypatch.setattr(texts, "draw_sample", drawn)
    prompts = pa.table({"entity": [7], "prompt": pa.array([1], pa.uint64()), "row_key": [1]})
    features, owner = texts.closer_look(
        engine,
        np.arange(100, 100 + members),
        texts.features_at_hand(TextsByKey(engine, engine.keep(rows({}))), NOTHING),
        prompts=engine.keep(prompts.slice(0, 0)),
    )
    assert asked == [each]
    assert features.shape == (0, WIDTH)
    assert len(owner) == 0


def test_prompts_at_hand_are_drawn_as_an_engine_draws_them(engine: DuckDBEngine) -> None:
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(40), rng.integers(1, 60, 40))
    size = len(owner)
    prompts = engine.keep(
        pa.table({"entity": owner, "prompt": pa.array(rng.permutation(size), pa.uint64()), "row_key": np.arange(size)})
    )
    members = np.array([3, 4, 17, 39])
    theirs = PromptsAtHand(engine, prompts).of(members)
    assert isinstance(theirs, pa.Table)
    for most in (1, 7, 100):
        expected = draw_sample(engine, most, prompts=theirs.drop_columns("drawn_by"))
        keys, entity = texts.drawn_at_hand(theirs, most)
        assert keys.tolist() == expected["row_key"].to_pylist()
        assert entity.tolist() == expected["entity"].to_pylist()
