from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from qgan.data.parts import assemble
from qgan.metrics import Reference
from qgan.metrics.text import ngram_kl, novel_words, why_no_pairs, why_not, why_nothing_new
from qgan.samples import DataSet, Part

ALPHABET = "ab_"
LEVELS = np.linspace(0, 1, 3)


def words(text: str) -> Part:
    """Each word's letters as levels, rounded as generators do."""
    rows = [[LEVELS[ALPHABET.index(letter)] for letter in word] for word in text.split()]
    return Part(np.array(rows).astype(np.float32).astype(float))


def data(train: str = "aab abb ab_", **more: object) -> DataSet:
    rows = words(train)
    length = rows.values.shape[1]
    text = {"kind": "text", "alphabet": ALPHABET, "levels": (LEVELS,) * length, **more}
    return assemble("words", train=rows, validation=rows, test=rows, low=0, high=1, **text)


def test_pairs_are_counted_wherever_they_stand() -> None:
    real, fake = words("aab abb"), words("baa bab")
    # aa ab a_ ba bb b_ _a _b __
    p, q = (np.array(counts) + 0.5 for counts in ([1, 2, 0, 0, 1, 0, 0, 0, 0], [1, 1, 0, 2, 0, 0, 0, 0, 0]))
    assert ngram_kl(Reference(data(), real), fake) == pytest.approx(stats.entropy(p, q), rel=1e-12)


def test_words_are_known_or_new() -> None:
    reference = Reference(data(), words("aab"))
    assert novel_words(reference, words("aab abb ab_ aab")) == 0
    assert novel_words(reference, words("aaa abb ba_ b__")) == 0.75


def test_words_that_end_alike_are_told_apart() -> None:
    # The number of the first letter is 0, and so is that of what a shorter key would be filled with.
    assert novel_words(Reference(data("baa baa"), words("baa")), words("bba bab aab baa")) == 0.75


def test_what_is_missing_is_named() -> None:
    assert why_no_pairs(data()) is None
    assert "not text" in (why_not(replace(data(), kind="points")) or "")
    assert "not text" in (why_not(replace(data(), levels=None)) or "")
    assert "alphabet" in (why_no_pairs(replace(data(), alphabet="ab")) or "")
    assert "100% of the real samples held back" in (why_nothing_new(data()) or "")
    assert why_nothing_new(replace(data(), validation=words("aaa bba"))) is None
    assert "not text" in (why_nothing_new(replace(data(), kind="points")) or "")
    assert "one character" in (why_no_pairs(data("a b a")) or "")
