"""An account's own machinery: what it sends again and again, and what stands beside it."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketching import EMBEDDED, WIDTH, sampled_features, text_features
from stillwatch.sketching.machinery import own_machinery
from stillwatch.sketching.words import split_words

NONE = np.zeros(0, np.uint64)
WRAPPERS = (
    "Kindly walk me through every step of the following matter:",
    "As my patient tutor, take this apart and show your reasoning:",
)
TOPICS = ("tides", "bridges", "comets", "beetles", "harbours", "glaciers", "orchards", "violins", "lanterns", "rivers")


def question(number: int) -> str:
    """Eight words, of which no three in a row are another's."""
    return " ".join(np.random.default_rng(number).permutation(TOPICS)[:8])


def found(texts: list[str], owner: list[int]) -> tuple[list[str], list[bool]]:
    """The words of each text that are machinery, and whether it carries any."""
    words = split_words(pa.array(texts))
    covered, machinery = own_machinery(words, np.array(owner))
    text = words.text_of_word()
    # Words are told by their place: each text is split as it stands.
    out = []
    for number, one in enumerate(texts):
        inside = covered[text == number]
        out.append(" ".join(word for word, is_in in zip(one.replace(":", "").split(), inside, strict=True) if is_in))
    return out, (machinery != 0).tolist()


def test_a_wrapper_of_an_accounts_own_is_found_and_its_questions_are_not() -> None:
    texts = [f"{WRAPPERS[n // 6]} {question(n)}" for n in range(12)]
    machinery, carries = found(texts, [0] * 6 + [1] * 6)
    assert machinery == [WRAPPERS[n // 6].replace(":", "") for n in range(12)]
    assert all(carries)


FRAMES = (("Consider", "Cheers"), ("Hey there", "Thanks"), ("Next", "please answer"), ("Task", ""), ("", "Thanks"))


@pytest.mark.parametrize(("opening", "closing"), FRAMES)
def test_a_few_words_before_and_behind_are_machinery_and_at_one_end_alone_they_are_not(
    opening: str, closing: str
) -> None:
    texts = [f"{opening} {question(n)} {closing}".strip() for n in range(8)] + [question(20 + n) for n in range(4)]
    machinery, carries = found(texts, [0] * 12)
    framed = bool(opening and closing)
    assert carries == [framed] * 8 + [False] * 4
    assert machinery == [f"{opening} {closing}" if framed else ""] * 8 + [""] * 4


def test_ends_that_stand_with_a_wrapper_belong_to_it() -> None:
    texts = [f"{WRAPPERS[0]} {question(n)} Cheers" for n in range(6)] + [question(20 + n) for n in range(4)]
    machinery, _ = found(texts, [0] * 10)
    assert machinery == [f"{WRAPPERS[0]} Cheers".replace(":", "")] * 6 + [""] * 4


@pytest.mark.parametrize(("times", "carried"), [(2, False), (3, True)])
def test_what_is_said_twice_is_no_machinery(times: int, carried: bool) -> None:
    texts = [f"{WRAPPERS[0]} {question(n)}" if n < times else question(n) for n in range(8)]
    _, carries = found(texts, [0] * 8)
    assert carries == [carried and n < times for n in range(8)]


def test_what_another_account_sends_is_no_machinery_of_this_one() -> None:
    texts = [f"{WRAPPERS[0]} {question(n)}" for n in range(6)]
    _, carries = found(texts, list(range(6)))
    assert not any(carries)


def test_what_stands_beside_a_wrapper_is_compared_and_cover_is_not() -> None:
    """Two accounts ask the same questions behind wrappers of their own, beside talk that carries none."""
    talk = [f"{question(50 + n)} and so on" for n in range(4)]
    texts = [
        *(f"{WRAPPERS[0]} {question(n)}" for n in range(6)), *talk,
        *(f"{WRAPPERS[1]} {question(n)}" for n in range(6)), *talk,
    ]  # fmt: skip
    owner = np.repeat([3, 8], 10)
    made = sampled_features(pa.array(texts), owner, NONE)
    carries = made.machinery != 0
    assert carries.tolist() == ([True] * 6 + [False] * 4) * 2
    assert made.payload.shape == (12, WIDTH)
    assert len(set(made.machinery[carries].tolist())) == 2
    np.testing.assert_allclose(made.payload[:6, :EMBEDDED], made.payload[6:, :EMBEDDED], atol=1e-5)
    asked, _ = text_features(pa.array([question(n) for n in range(6)]), NONE)
    np.testing.assert_allclose(made.payload[:6, :EMBEDDED], asked[:, :EMBEDDED], atol=1e-5)
    # What is compared without regard to the account stays as it was.
    whole, varies = text_features(pa.array(texts), NONE)
    np.testing.assert_array_equal(made.features, whole)
    np.testing.assert_array_equal(made.varies, varies)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.text(max_size=60)), max_size=20))
def test_any_text_has_as_many_numbers_as_it_has_prompts(rows: list[tuple[int, str]]) -> None:
    rows.sort(key=lambda row: row[0])
    owner = np.array([account for account, _ in rows], np.int64)
    made = sampled_features(pa.array([text for _, text in rows], pa.string()), owner, NONE)
    assert made.features.shape == (len(rows), WIDTH)
    assert made.payload.shape == (int((made.machinery != 0).sum()), WIDTH)
    assert np.isfinite(made.payload).all()
    for account in set(owner.tolist()):
        assert np.sum(made.machinery[owner == account] != 0) in (0, *range(3, 21))
