"""What texts share: pieces that stand, letter for letter, in another's, and the table of what a log and campaigns share."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_log import made_log

from stillwatch.detection import template_table
from stillwatch.detection.shared_text import shared_pieces
from stillwatch.engines import Engine
from stillwatch.evidence import Postings
from stillwatch.tables import TEMPLATES

spaced = st.lists(
    st.sampled_from(["the", "a", "fox", "river", "runs", "over", "under", "old", "bridge\n", "into", "night"]),
    max_size=40,
).map(" ".join)
unspaced = st.text(st.sampled_from("水管列車速度時間値段川橋。、12 \nであるかをาก"), max_size=60)


@given(spaced | unspaced, spaced | unspaced)
def test_pieces_stand_in_both_texts(a: str, b: str) -> None:
    for piece in shared_pieces(a, b):
        assert piece in a
        assert piece.strip() in b


@given(spaced)
def test_a_text_shares_all_of_itself(text: str) -> None:
    pieces = shared_pieces(text, text)
    assert pieces in ([], [text])
    assert bool(pieces) == (len(text.strip()) >= 16)


@given(spaced, spaced)
def test_pieces_follow_one_another(a: str, b: str) -> None:
    at = 0
    for piece in shared_pieces(a, b):
        at = a.index(piece, at) + len(piece)


@pytest.mark.parametrize(
    ("before", "own", "after"),
    [
        ("Answer as a strict examiner: ", ("what is rain? ", "why is snow white? "), "Then give your reasons."),
        ("Antworte kurz für Prüfer: ", ("was ist Regen? ", "warum schneit es? "), "Danach begründe es ausführlich."),
        ("请把每一步推理写进账簿。", ("水管火车100。", "苹果桥梁2345。"), "最后给出结论。"),
        ("途中の推論を台帳に書く。", ("水槽と列車1。", "川や橋2。"), "最後に結論を示す。"),
        ("เขียนทุกขั้นตอนลงในสมุดบัญชี ", ("น้ำ 12 ", "รถไฟ 345 "), "แล้วสรุปผลลัพธ์ให้ชัดเจน"),
    ],
)
def test_fixed_text_around_a_question_is_found_in_any_script(before: str, own: tuple[str, str], after: str) -> None:
    one, other = (f"{before}{question}{after}" for question in own)
    assert shared_pieces(one, other) == [before, after]


def test_a_few_characters_are_no_piece() -> None:
    assert shared_pieces("水管列車。", "火車速度。") == []
    assert shared_pieces("甲乙丙丁子", "甲乙丙丁丑") == []
    assert shared_pieces("甲乙丙丁戊子", "甲乙丙丁戊丑") == ["甲乙丙丁戊"]
    assert shared_pieces("so it goes now", "so it goes now") == []


def test_only_what_is_shown_of_a_text_is_compared() -> None:
    long = " ".join(f"word{n}" for n in range(400))
    (piece,) = shared_pieces(long, long)
    assert piece == long[:1200]


# The table: six accounts whose prompts hold sentence 7, three of which hold sentence 8 too, and a family of prompts.

E = 60
Asked = tuple[int, str, list[int]]
RULE = "Open a section named Ledger before you answer."
END = "Close with a line that says how sure you are."


def texts(*shared: tuple[int, range]) -> Postings:
    """Which entities have which sentence in all of their exchanges."""
    entity = np.concatenate([np.array(who) for _, who in shared])
    name = np.concatenate([np.full(len(who), thing, np.uint64) for thing, who in shared])
    return Postings.build(entity, name, np.ones(len(entity)), E)


def table(
    engine: Engine,
    prompts: list[Asked],
    *,
    campaigns: dict[str, list[int]] | None = None,
    shared: Postings | None = None,
    families: dict[int, int] | None = None,
    sample: list[tuple[int, int, str]] | None = None,
) -> list[dict[str, Any]]:
    """The rows that come of exchanges with an account, a prompt and its sentences."""
    keys = pa.array(range(len(prompts)), pa.int64())
    exchanges = pa.table(
        {
            "row_key": keys,
            "exchange_id": [f"x{n}" for n in range(len(prompts))],
            "prompt": [prompt for _, prompt, _ in prompts],
        }
    )
    sketches = pa.table(
        {
            "row_key": keys,
            "account": pa.array([account for account, _, _ in prompts], pa.uint64()),
            "masked": pa.array([1000 + n for n in range(len(prompts))], pa.uint64()),
            "sentences": pa.array([sentences for _, _, sentences in prompts], pa.list_(pa.uint64())),
        }
    )
    of = families or {}
    template_of = pa.table(
        {
            "masked": pa.array([1000 + n for n in of], pa.uint64()),
            "template": pa.array(list(of.values()), pa.int64()),
        }
    )
    drawn = sample or []
    found = template_table(
        engine,
        made_log(entities=E, texts=shared or texts((5, range(50, 52))), exchanges=np.full(E, 3)),
        {name: np.array(members) for name, members in (campaigns or {}).items()},
        exchanges=engine.keep(exchanges),
        sketches=engine.keep(sketches),
        template_of=engine.keep(template_of),
        sample=pa.table(
            {
                "entity": pa.array([entity for entity, _, _ in drawn], pa.int64()),
                "place": pa.array([place for _, place, _ in drawn], pa.int64()),
                "exchange_id": pa.array([f"s{entity}-{place}" for entity, place, _ in drawn], pa.string()),
                "prompt": pa.array([prompt for _, _, prompt in drawn], pa.string()),
            }
        ),
    ).table
    assert found.schema.equals(TEMPLATES)
    rows: list[dict[str, Any]] = found.to_pylist()
    assert [row["template_id"] for row in rows] == [f"T{n:05d}" for n in range(1, len(rows) + 1)]
    return rows


def question(n: int) -> str:
    return f"{RULE} What of number {n} and its neighbour {n * 7}? {END}"


def test_a_sentence_that_a_campaign_shares_is_shown_with_its_uses(engine: Engine) -> None:
    prompts = [(n % 6, question(n), [7, 8] if n % 6 < 3 else [7]) for n in range(12)]
    prompts += [(40, "Something else.", [9]), (41, f"{RULE} Or not.", [7])]
    shared = texts((7, range(6)), (8, range(3)), (9, range(40, 42)))
    rows = table(engine, prompts, campaigns={"C001": list(range(6))}, shared=shared)
    assert [(row["kind"], row["campaign_id"]) for row in rows] == [("sentence", "C001")] * 2
    first, second = rows
    # Of the sentence all uses are counted, whoever made them.
    assert (first["exchanges"], first["accounts"]) == (13, 7)
    assert (second["exchanges"], second["accounts"]) == (6, 3)
    assert len(first["exchange_ids"]) == 5
    assert set(second["exchange_ids"]) <= {f"x{n}" for n in range(12) if n % 6 < 3}
    assert second["example"] in {question(n) for n in range(12) if n % 6 < 3}
    assert any(RULE in piece for piece in second["shared"])
    assert any(END in piece for piece in second["shared"])


def test_at_most_four_sentences_a_campaign_are_shown_the_strongest_first(engine: Engine) -> None:
    prompts = [(n % 8, question(n), [10 + m for m in range(6) if n % 8 < 8 - m]) for n in range(16)]
    shared = texts(*((10 + n, range(8 - n)) for n in range(6)))
    rows = table(engine, prompts, campaigns={"C001": list(range(8))}, shared=shared)
    assert [row["accounts"] for row in rows] == [8, 7, 6, 5]


def test_sentences_that_always_come_together_are_one_template(engine: Engine) -> None:
    prompts = [(n % 8, question(n), [10, 11, 12] if n % 8 < 6 else [10, 12]) for n in range(16)]
    shared = texts((10, range(8)), (11, range(6)), (12, range(8)))
    rows = table(engine, prompts, campaigns={"C001": list(range(8))}, shared=shared)
    assert [(row["accounts"], row["exchanges"]) for row in rows] == [(8, 16), (6, 12)]


def test_a_campaign_without_shared_text_is_shown_by_a_prompt_of_its_source(engine: Engine) -> None:
    prompts: list[Asked] = [(n, f"Prompt {n} has its own words only.", []) for n in range(6)]
    sample = [(n, place, f"Prompt {n}, place {place}." + "x" * 2000) for n in range(3, 9) for place in (1, 2)]
    (row,) = table(engine, prompts, campaigns={"C001": [4, 5, 6]}, sample=sample)
    assert (row["kind"], row["campaign_id"], row["exchanges"], row["accounts"]) == ("source", "C001", 9, 3)
    assert row["example"].startswith("Prompt 4, place 1.")
    assert len(row["example"]) == 1200
    assert (row["shared"], row["exchange_ids"]) == ([], ["s4-1"])
    assert table(engine, prompts, campaigns={"C001": [40]}, sample=sample) == []


def test_a_family_of_prompts_is_shown_where_three_of_two_accounts_have_it(engine: Engine) -> None:
    prompts: list[Asked] = [
        (account, question(n), []) for n, account in enumerate([1, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9])
    ]
    # Three of two accounts; three of one account; two of two; four of four.
    of = {0: 100, 1: 100, 2: 100, 3: 200, 4: 200, 5: 200, 6: 300, 7: 300, 8: 400, 9: 400, 10: 400, 11: 400}
    rows = table(engine, prompts, families=of)
    assert [(row["kind"], row["exchanges"], row["accounts"], row["campaign_id"]) for row in rows] == [
        ("near-duplicate", 4, 4, None),
        ("near-duplicate", 3, 2, None),
    ]
    assert set(rows[0]["exchange_ids"]) == {"x8", "x9", "x10", "x11"}
    assert set(rows[1]["exchange_ids"]) == {"x0", "x1", "x2"}
    assert all(any(RULE in piece for piece in row["shared"]) for row in rows)
    examples = {question(n) for n in (0, 1, 2)}
    assert rows[1]["example"] in examples


def test_a_family_shows_five_of_its_exchanges(engine: Engine) -> None:
    prompts: list[Asked] = [(account, question(account), []) for account in range(9)]
    (row,) = table(engine, prompts, families=dict.fromkeys(range(9), 100))
    assert len(set(row["exchange_ids"])) == 5


def test_families_stand_before_campaigns_and_each_campaign_has_its_own(engine: Engine) -> None:
    prompts = [(n, question(n), [7] if n < 6 else [8]) for n in range(12)]
    shared = texts((7, range(6)), (8, range(6, 12)))
    rows = table(
        engine,
        prompts,
        campaigns={"C001": list(range(6)), "C002": list(range(6, 12))},
        shared=shared,
        families=dict.fromkeys(range(3), 100),
    )
    assert [(row["kind"], row["campaign_id"]) for row in rows] == [
        ("near-duplicate", None),
        ("sentence", "C001"),
        ("sentence", "C002"),
    ]
    assert set(rows[2]["exchange_ids"]) <= {f"x{n}" for n in range(6, 12)}
