"""Normal forms are the standard library's, but for marks that are piled up by the thousand."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import PATIENCE_SECONDS

from stillwatch.core.normal_form import normal_form

PILES = ("\u0301\u0316", "\u0344\u0316", "\u0f73\u0301", "\uff9e\u0301", "\u0345\u0301\u0316")


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from("ae\u0301\u0316\u00e9\uff9e\u3099\ufb01\u0e33\u2460\uff21\uac00\u1100\u1161"), max_size=29)
)
def test_a_text_as_people_write_is_in_the_standard_form(text: str) -> None:
    for form in ("NFC", "NFKC", "NFKD"):
        assert normal_form(form, text) == unicodedata.normalize(form, text)


def test_every_letter_with_a_few_marks_is_in_the_standard_form() -> None:
    every = "".join(f".{chr(code)}\u0301\u0316" for code in range(0x20, 0x30000) if not 0xD800 <= code < 0xE000)
    assert normal_form("NFKC", every) == unicodedata.normalize("NFKC", every)


@pytest.mark.parametrize("pile", PILES)
def test_a_pile_of_marks_is_put_in_order_in_time(pile: str) -> None:
    """In a process of its own: what takes hours there would let nobody here go on."""
    asked = f"from stillwatch.core.normal_form import normal_form; print(len(normal_form('NFKC', 'a' + {pile!r} * 500_000)))"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    assert int(done.stdout) < 100
