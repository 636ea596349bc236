"""How long is waited, and how often is asked."""

__all__ = ["Patience", "from_environment"]

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import final

from qgan.errors import ConfigError

VARIABLE = "QGAN_PATIENCE"


@final
@dataclass(frozen=True)
class Patience:
    """Seconds.

    Attributes:
        first: Between the first two looks at a job.
        most: Between two looks, at the most.
        unreachable: For which a service may not answer, or put off, before that is given up.
        doubt: For which a job that may have arrived is looked for.
        answer: After which an answer to a request is given up.
        slice: After which a signal is heeded.
    """

    first: float = 2.0
    most: float = 60.0
    unreachable: float = 900.0
    doubt: float = 120.0
    answer: float = 120.0
    slice: float = 0.2

    def delays(self) -> Iterator[float]:
        """Longer and longer ones, with a share of chance, so that many who wait do not ask together."""
        chance, delay = Random(), self.first
        while True:
            yield delay * chance.uniform(0.75, 1.0)
            delay = min(1.5 * delay, self.most)

    def sleep(self, seconds: float, stopped: Callable[[], None]) -> None:
        """Waits, and lets ``stopped`` raise in between."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            stopped()
            time.sleep(min(left, self.slice))
        stopped()


def from_environment() -> Patience:
    """All of it times what ``QGAN_PATIENCE`` says, which is for tests and rehearsals.

    Raises:
        ConfigError: If that is no number above 0.
    """
    said = os.environ.get(VARIABLE, "1")
    try:
        factor = float(said)
    except ValueError:
        factor = math.nan
    if not 0 < factor < math.inf:
        raise ConfigError(f"{VARIABLE} cannot be used", got=said, allowed="a number above 0", cure="Leave it out")
    known = Patience()
    waits = known.first, known.most, known.unreachable, known.doubt, known.answer
    return Patience(*(factor * seconds for seconds in waits))
