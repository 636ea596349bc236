"""Whether generated words are made of characters as real words are, and whether they are new."""

__all__ = ["DECLARED", "ngram_kl", "novel_words", "why_no_pairs", "why_not", "why_nothing_new"]

import numpy as np

from qgan._typing import Array
from qgan.metrics import novelty
from qgan.metrics.grid import half_count_divergence, on_levels, rows_as_items
from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part


def ngram_kl(reference: Reference, fake: Part) -> float:
    """``Σ p ln(p / q)`` of the pairs of neighbouring characters, p real and q generated; nats.

    Pairs are counted wherever they stand, half a count is added to each, and what fills up a short word is a character.
    """
    real = reference.once("pairs", lambda: _pairs(reference.data, reference.real))
    return half_count_divergence(real, _pairs(reference.data, fake), size=len(real))


def _pairs(data: DataSet, part: Part) -> Array:
    """How often each character is followed by each, shape (alphabet²,)."""
    letters, size = on_levels(data, part), len(data.alphabet)
    codes = letters[:, :-1] * size + letters[:, 1:]
    return np.bincount(codes.ravel(), minlength=size**2).astype(np.float64)


def novel_words(reference: Reference, fake: Part) -> float:
    """Share of the words that are not in the training part.

    Whether they are words that the rule of the data could make is not known here: noise is new too. Read it beside the
    floor, which is that of real words held back, and beside ``ngram-kl``.
    """
    data = reference.data
    known = reference.once("known words", lambda: rows_as_items(on_levels(data, data.train)))
    return float(1 - np.isin(rows_as_items(on_levels(data, fake)), known).mean())


def why_not(data: DataSet) -> str | None:
    """Why there are no words, or None."""
    if data.kind != "text" or data.levels is None:
        return "the data are not text"
    if any(len(levels) != len(data.alphabet) for levels in data.levels):
        return "the alphabet has not as many characters as there are levels"
    return None


def why_nothing_new(data: DataSet) -> str | None:
    """Why no word can be new, or None."""
    return why_not(data) or novelty.why_not(data)


def why_no_pairs(data: DataSet) -> str | None:
    """Why there are no pairs of characters, or None."""
    return why_not(data) or ("the words have one character only" if data.features < 2 else None)


DECLARED = (
    Metric(
        name="ngram-kl",
        function=ngram_kl,
        direction="lower",
        unit="nats",
        citation="Shannon, Bell Syst. Tech. J. 27, 379 (1948)",
        unavailable=why_no_pairs,
    ),
    Metric(
        name="novel-words",
        function=novel_words,
        direction="higher",
        unit="share",
        citation="Brown et al., J. Chem. Inf. Model. 59, 1096 (2019), arXiv:1811.09621",
        unavailable=why_nothing_new,
        perfect=None,
        blind_to=("collapse", "shift"),
        copies=True,
    ),
)
