"""Short words of a language that a rule makes: every word there is, each once.

Consonants and vowels take turns, and the vowels of a word go together, as they do in Finnish: a, o, u or e, i, y. The
first joins neighbouring letters, and the second letters that are further apart. A Born machine takes ``length * bits``
qubits.
"""

__all__ = ["WordsOptions", "words"]

import numpy as np
from pydantic import Field

from qgan._registry import Options
from qgan.data.options import SplitShares
from qgan.data.parts import DEFAULT_SPLIT, drawn
from qgan.samples import DataSet, Scaling

# Back and front vowels take turns.
_VOWELS, _CONSONANTS = "aeoiuy", "lnrstkmdpg"
_VOWELS_OF = {2: 2, 3: 4, 4: 6}


class WordsOptions(Options):
    """Options of the words.

    Attributes:
        length: Letters of a word.
        bits: For each letter; the alphabet has ``2**bits``.
        split: Shares of train, validation and test.
    """

    length: int = Field(default=4, ge=2, le=6)
    bits: int = Field(default=3, ge=2, le=4)
    split: SplitShares = DEFAULT_SPLIT


def words(options: WordsOptions, seed: int) -> DataSet:
    """Words as rows of levels between 0 and 1, shape (length,)."""
    size, vowels = 2**options.bits, _VOWELS_OF[options.bits]
    pools = [np.arange(vowels, size), *(np.arange(first, vowels, 2) for first in (0, 1))]
    letters = np.concatenate(
        [
            _product([pools[0] if place % 2 == vowel_first else harmony for place in range(options.length)])
            for harmony in pools[1:]
            for vowel_first in (0, 1)
        ]
    )
    levels = np.linspace(0, 1, size)
    return drawn(
        f"words of {options.length} letters",
        levels[letters],
        split=options.split,
        seed=seed,
        low=0.0,
        high=1.0,
        kind="text",
        scaling=Scaling(0.0, size - 1.0),
        levels=(levels,) * options.length,
        alphabet=_VOWELS[:vowels] + _CONSONANTS[: size - vowels],
    )


def _product(pools: list[np.ndarray]) -> np.ndarray:
    """All rows with one number of each pool, shape (n, len(pools))."""
    return np.stack(np.meshgrid(*pools, indexing="ij"), axis=-1).reshape(-1, len(pools))
