"""What a request carries along has the name of what was answered, whoever asked, and anything else has another."""

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.sketching.turns import LEAST_ANSWER_BYTES, answered_turns, carried_turns
from stillwatch.tables.columns import MESSAGES

LONG = "That depends on the soil: on chalk the roots stay shallow, on clay they go down to water, and on sand they do neither one. "
assert len(LONG) >= LEAST_ANSWER_BYTES


def answered(*turns: tuple[str, str | None]) -> list[int | None]:
    prompts, answers = zip(*turns, strict=True)
    return [*answered_turns(pa.array(prompts, pa.string()), pa.array(answers, pa.string())).to_pylist()]


def carried(*talks: list[tuple[str, str]] | None) -> list[int | None]:
    rows: list[Any] = [
        None if talk is None else [{"role": role, "content": content} for role, content in talk] for talk in talks
    ]
    whole = carried_turns(pa.array(rows, MESSAGES))
    # A slice says of its rows what the whole says.
    cut = [carried_turns(pa.array([None, *rows], MESSAGES).slice(1 + i, 1)).to_pylist()[0] for i in range(len(rows))]
    assert whole.to_pylist() == cut
    return [*whole.to_pylist()]


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_a_turn_that_is_carried_along_has_the_name_of_the_answered_one(ask: str, more: str, then: str) -> None:
    answer = LONG + more
    (name,) = answered((ask, answer))
    talk = [("user", ask), ("assistant", answer), ("user", then)]
    assert carried(talk) == [name]
    assert carried([("system", "Be kind."), ("user", "Hi"), ("assistant", LONG), *talk]) == [name]
    assert answered((ask, f"  {answer}\n")) == [name]


def test_other_prompts_and_other_answers_have_other_names() -> None:
    names = answered(("Why?", LONG), ("Why so?", LONG), ("Why?", LONG + "Often."), ("Why?", "Thus. " + LONG))
    assert None not in names
    assert len({*names}) == 4


def test_short_answers_and_talks_without_an_earlier_answer_have_no_name() -> None:
    assert answered(("Why?", "Because."), ("Why?", None)) == [None, None]
    assert (
        carried(
            None,
            [],
            [("user", "Why?")],
            [("user", "Why?"), ("user", "Why though?"), ("user", "Well?")],
            [("assistant", LONG), ("user", "Go on"), ("user", "please")],
            [("user", "Hi"), ("assistant", "Hello! How can I help you today?"), ("user", "Why?")],
            [("user", "Why?"), ("assistant", LONG)],
        )
        == [None] * 7
    )


def test_names_are_the_same_in_every_process_and_version() -> None:
    assert answered(("Why?", LONG)) == [1722140700377177493]
