"""Sentences on pages: their numbers are found, and nothing else is let in."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from qgan.report.rendering import _spoken

SAID = re.compile(r'<span data-said data-testid="n">([^<]*)</span>')


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4))
def test_every_number_of_a_sentence_has_a_hook(values: list[float]) -> None:
    texts = [f"{value:.3g}" for value in values]
    page = _spoken(f"On mmd2 of x-3: {', p = '.join(texts)}.", "n")
    assert SAID.findall(page) == texts


@given(st.text())
def test_a_sentence_stays_as_it_is(sentence: str) -> None:
    page = SAID.sub(r"\1", _spoken(sentence, "n"))
    assert unescape(page) == sentence
    assert not set(page) & set("<>\"'")


def test_names_with_digits_are_no_numbers() -> None:
    page = _spoken("mlp-x2, mlp-2, 4x, v1.5, 3 seeds of mlp-x2", "n")
    assert SAID.findall(page) == ["3"]
