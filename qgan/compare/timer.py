"""A process that times one model, ``python -m qgan.compare.timer``: JSON lines in, JSON lines out.

First it is told the model, and answers when it has built it; then each line names seconds, and the answer is what was
timed in them. The end of its input is the order to leave.
"""

__all__ = ["main"]

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict

from qgan._typing import Json
from qgan.compare.pipes import leave, own_output, tell
from qgan.errors import QganError


def main() -> None:
    """Does what it is told until its input ends."""
    out = own_output()
    # Where nobody listens, whoever asked is gone.
    with suppress(BrokenPipeError):
        for answer in _answers():
            tell(out, answer)
    leave()


def _answers() -> Iterator[Json]:
    try:
        order = json.loads(sys.stdin.readline() or "null")
        if order is None:
            return
        # Here, because they take seconds, in which whoever asked may change their mind.
        from qgan.compare.stopwatch import Stopwatch
        from qgan.config import RunConfig
        from qgan.machine import within_memory
        from qgan.plugins import load_plugins
        from qgan.validation import validate

        load_plugins(order["plugins"])
        with within_memory():
            stopwatch = Stopwatch(validate(RunConfig, order["config"]))
            yield asdict(stopwatch.warm)
            for line in sys.stdin:
                yield asdict(stopwatch.turn(json.loads(line)["seconds"]))
    except Exception as error:
        yield {"failed": str(error) if isinstance(error, QganError) else f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
