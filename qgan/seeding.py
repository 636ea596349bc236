"""Counter-based random streams: a seed, a purpose and a step name a stream, so that nothing is stored to resume it.

Global seeds are never touched.
"""

__all__ = ["Key", "stream", "torch_seed"]

import hashlib
from typing import NamedTuple

import numpy as np


class Key(NamedTuple):
    """Names a random stream: the run's seed, what the numbers are for, and the step they are for."""

    seed: int
    purpose: str
    step: int = 0


def _sequence(key: Key) -> np.random.SeedSequence:
    purpose = int.from_bytes(hashlib.sha256(key.purpose.encode()).digest()[:8])
    return np.random.SeedSequence([key.seed, purpose, key.step])


def stream(key: Key) -> np.random.Generator:
    """The stream of that key: the same numbers each time it is asked for."""
    return np.random.Generator(np.random.Philox(_sequence(key)))


def torch_seed(key: Key) -> int:
    """A seed for a :class:`torch.Generator`, from the same stream."""
    return int(_sequence(key).generate_state(1, np.uint64)[0] >> 1)
