"""Counter-based random streams: a seed, a purpose and a step name a stream, so that nothing is stored to resume it.

Global seeds are never touched.
"""

__all__ = ["Key", "stream", "torch_seed"]

import hashlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np


class Key(NamedTuple):
    """Names a random stream: the run's seed, what the numbers are for, and the step they are for."""

    seed: int
    purpose: str
    step: int = 0


def _sequence(key: Key) -> np.random.SeedSequence:
    """NumPy's of the three numbers, which takes twice as long to cut them into words itself."""
    words = _words(key.seed) + _of_purpose(key.purpose) + _words(key.step)
    return np.random.SeedSequence(np.frombuffer(words, dtype="<u4"))  # type: ignore[arg-type]


@lru_cache
def _of_purpose(purpose: str) -> bytes:
    return _words(int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8]))


def _words(number: int) -> bytes:
    """Of 32 bits, the lowest first: one at least, and no more than there are."""
    return number.to_bytes(4 * max(-(-number.bit_length() // 32), 1), "little")


def stream(key: Key) -> np.random.Generator:
    """The stream of that key: the same numbers each time it is asked for."""
    return np.random.Generator(np.random.Philox(_sequence(key)))


def torch_seed(key: Key) -> int:
    """A seed for a :class:`torch.Generator`, from the same stream."""
    return int(_sequence(key).generate_state(1, np.uint64)[0] >> 1)
