"""What is the same prompt: homework typed anew is, a wrapper around another question is not."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_exchanges import START, WORDS, opened

from stillwatch.engines import DuckDBEngine
from stillwatch.evidence import HOUR, PromptSets, all_families
from stillwatch.profiles import Profiled, build_profile
from stillwatch.sketching import sketch_batch
from stillwatch.tables import ACCOUNT_FILE, RUN_EXCHANGES

# No two of these questions have a sentence in common; each has four of nine words.
_WORDS = [word for word in WORDS if word.isalpha()]
_DRAWN = np.random.default_rng(0)
QUESTIONS = [". ".join(" ".join(_DRAWN.choice(_WORDS, 9, replace=False)) for _ in range(4)) + "." for _ in range(10)]
ACCOUNTS = 8


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with opened() as made:
        yield made


def profiled(engine: DuckDBEngine, asked: Sequence[Sequence[str]]) -> Profiled:
    """The profile of a log in which each account asks what is its own, hour after hour."""
    table = pa.Table.from_pylist(
        [
            {
                "exchange_id": f"x-{n}-{row}",
                "time": START + row * HOUR,
                "account_id": f"a{n}",
                "prompt": prompt,
                "source_file": "made.jsonl",
                "source_line": row,
                "row_key": 1000 * n + row,
            }
            for n, prompts in enumerate(asked)
            for row, prompt in enumerate(prompts)
        ],
        schema=RUN_EXCHANGES,
    )
    return build_profile(
        engine,
        all_families(),
        exchanges=engine.keep(table),
        sketches=engine.keep(pa.Table.from_batches([sketch_batch(one) for one in table.combine_chunks().to_batches()])),
        account_file=engine.keep(ACCOUNT_FILE.empty_table()),
        sample_prompts=8,
        sample_total=1000,
    )


def sets(engine: DuckDBEngine, asked: Sequence[Sequence[str]]) -> PromptSets:
    return profiled(engine, asked).log.prompt_sets


def mistyped(rng: np.random.Generator, question: str) -> str:
    """A question with one of its four sentences mistyped, the others in other cases and with other points, and a
    greeting in front."""
    parts = question.rstrip(".").split(". ")
    wrong = int(rng.integers(len(parts)))
    words = parts[wrong].split()
    words[int(rng.integers(len(words)))] = "teh"
    parts[wrong] = " ".join(words)
    ways = str.upper, str.lower, str.capitalize
    said = [ways[int(rng.integers(3))](part) for part in parts]
    return str(rng.choice(["", "hi! ", "hello there, "])) + str(rng.choice([". ", "! ", ".  "])).join(said)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=12)
def test_homework_typed_anew_by_each_is_one_set(engine: DuckDBEngine, seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = [[mistyped(rng, question) for question in QUESTIONS] for _ in range(ACCOUNTS)]
    # A sentence is another's wherever at least one of the seven others typed it right.
    assert np.median(sets(engine, asked).repeats(np.arange(ACCOUNTS))) > 0.5


@given(st.integers(0, 2**32 - 1), st.integers(3, 12))
@settings(max_examples=12)
def test_a_wrapper_around_other_questions_makes_none(engine: DuckDBEngine, seed: int, each: int) -> None:
    rng = np.random.default_rng(seed)
    asked = [
        [
            f"Answer as a strict examiner would do. {word} {' '.join(rng.permutation(_WORDS))} {n} {account}"
            for n, word in enumerate(rng.choice(_WORDS, each))
        ]
        for account in range(ACCOUNTS)
    ]
    assert sets(engine, asked).repeats(np.arange(ACCOUNTS)).max() == 0.0


def test_a_question_tried_again_and_again_by_one_is_still_a_question(engine: DuckDBEngine) -> None:
    asked = [[f"{question} {n * 'please '}" for question in QUESTIONS] for n in range(ACCOUNTS)]
    asked[0] += [f"{QUESTIONS[0]} {n}" for n in range(40)]
    assert sets(engine, asked).repeats(np.arange(1, ACCOUNTS)).tolist() == [1.0] * (ACCOUNTS - 1)


def test_a_form_that_is_filled_in_anew_is_no_question(engine: DuckDBEngine) -> None:
    """Half of each issue's sentences are the form's, which each of the accounts fills in once."""
    form = "Is there an existing issue for this problem? Have you read all of the guidelines here?"
    asked = [
        [f"{form} {a} {b} {c} {n} is what fails. And {c} {b} {a} {n} is what was wanted."]
        for n, (a, b, c) in enumerate(zip(_WORDS, _WORDS[1:], _WORDS[2:], strict=False))
    ]
    assert sets(engine, asked).repeats(np.arange(len(asked))).max() == 0.0


def test_a_sampled_prompt_is_named_as_the_sets_name_it(engine: DuckDBEngine) -> None:
    rng = np.random.default_rng(3)
    log = profiled(engine, [[mistyped(rng, one) for one in QUESTIONS[:5]] for _ in range(ACCOUNTS)]).log
    assert log.sampled is not None
    for account in range(ACCOUNTS):
        theirs = log.sampled[log.content.owner == account]
        assert np.isin(theirs, log.prompt_sets.held(np.array([account]))[2]).all()


@given(st.integers(2, 6), st.integers(1, 6))
@settings(max_examples=12)
def test_what_each_beside_a_group_has_of_all_that_it_sends(engine: DuckDBEngine, members: int, parts: int) -> None:
    asked = [[f"{n} {word}" for word in _WORDS[:6]] for n in range(members)]
    asked.append([prompt for prompts in asked for prompt in prompts[:parts]])
    asked.append(["nothing of theirs"])
    had = sets(engine, asked).had_by(np.arange(members), np.array([members, members + 1]))
    assert had.tolist() == [parts / 6, 0.0]


def test_partners_are_those_of_whom_another_sends_most_and_three_at_least() -> None:
    held = [[1, 2, 3, 4], [1, 2, 3, 9], [5, 6], [5, 6], [*range(20, 30), 1], []]
    prompts = np.array([one for mine in held for one in mine], np.uint64)
    made = PromptSets(prompts, np.concatenate([[0], np.cumsum([len(mine) for mine in held])]))
    assert made.partners(np.arange(6)).tolist() == [1, 1, 0, 0, 0, 0]
    assert not made.partners(np.array([2, 3, 4])).any()
    assert not made.partners(np.array([5])).any(), "who sent nothing"
    small = PromptSets(np.array([7, 7], np.uint64), np.array([0, 1, 2]), np.array([7], np.uint64), np.array([50]))
    assert not small.partners(np.array([0, 1])).any(), "small talk alone"


def test_how_much_of_what_others_send_members_send_too() -> None:
    held = [[1, 2, 3], [3, 4], [1, 2, 9, 9_000], [50, 60], []]
    prompts = np.array([one for mine in held for one in mine], np.uint64)
    offsets = np.concatenate([[0], np.cumsum([len(mine) for mine in held])])
    made = PromptSets(prompts, offsets, np.array([9_000], np.uint64), np.array([50]))
    assert made.sent_of(np.array([0, 1]), np.array([2, 3, 4])).tolist() == [2 / 3, 0.0, 0.0]


def test_what_all_of_a_group_say_is_not_how_many_send_what_several_do() -> None:
    held = [[0, 1 + n, 1 + (n + 1) % 20, *range(100 * n + 100, 100 * n + 110)] for n in range(20)]
    made = PromptSets(np.concatenate(held).astype(np.uint64), np.arange(21) * len(held[0]))
    overlaps, times = made.overlaps(np.arange(20))
    assert times == 2
    assert overlaps.tolist() == pytest.approx([(19 + 2) / 13 / 19] * 20)


@pytest.mark.parametrize("each", [1, 3])
def test_worked_examples_before_a_question_are_a_form(engine: DuckDBEngine, each: int) -> None:
    """Nearly all of a task's prompts are its worked examples, and some accounts ask more than one of its questions."""
    examples = " ".join(QUESTIONS)
    asked = [
        [f"{examples} {' '.join(np.random.default_rng(100 * n + row).permutation(_WORDS)[:9])}?" for row in range(each)]
        for n in range(ACCOUNTS)
    ]
    repeats = sets(engine, asked).repeats(np.arange(ACCOUNTS))
    assert repeats.max() == (0.0 if each > 1 else 1.0)
