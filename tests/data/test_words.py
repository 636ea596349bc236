from itertools import pairwise, product

import pytest

from qgan.data.words import WordsOptions, words

VOWELS = set("aeoiuy")


@pytest.mark.parametrize(("length", "bits"), [(2, 2), (3, 3), (4, 3), (4, 2), (3, 4)])
def test_the_words_are_those_that_keep_the_rule(length: int, bits: int) -> None:
    data = words(WordsOptions(length=length, bits=bits), 0)
    assert len(data.alphabet) == 2**bits
    found = [word for part in (data.train, data.validation, data.test) for word in data.texts(part.values)]

    def kept(word: str) -> bool:
        vowels = {letter for letter in word if letter in VOWELS}
        turns = all((one in VOWELS) != (other in VOWELS) for one, other in pairwise(word))
        return turns and (vowels <= set("aou") or vowels <= set("eiy"))

    expected = [word for word in map("".join, product(data.alphabet, repeat=length)) if kept(word)]
    assert sorted(found) == sorted(expected)
