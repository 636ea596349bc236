"""Processes that end themselves with SIGKILL at a stated point of a submission; the program itself knows none.

``python -m benchmarks.fake_runtime.killing URL POINT NTH ARGS...`` is ``qgan ARGS...`` with the fake, killed at that
point of its NTH job.
"""

__all__ = ["POINTS", "Point", "deadly"]

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, Literal, get_args

Point = Literal["intended", "accepted", "submitted", "fetched", "kept"]
# After the intent is on the disk and before the POST; after the POST was accepted and before that is written; after it
# was written; after the result came and before it is kept; after it was kept and before anything is made of it.
POINTS: tuple[Point, ...] = get_args(Point)


def deadly(point: Point, nth: int) -> None:
    """From now on this process is killed at that point, when it comes there for the nth time, from 1."""
    from qgan.backends.jobs.journal import Journal
    from qgan.backends.jobs.ledger import Ledger
    from qgan.backends.primitives.ibm import RuntimeService

    match point:
        case "intended" | "submitted":
            event = "intent" if point == "intended" else "submitted"
            _kill_after(Ledger, "append", nth, lambda *said, **_: said[1] == event)
        case "accepted":
            _kill_after(RuntimeService, "submit", nth)
        case "fetched":
            _kill_after(RuntimeService, "fetch", nth)
        case "kept":
            _kill_after(Journal, "keep", nth)


def _kill_after(owner: Any, name: str, nth: int, counts: Callable[..., bool] = lambda *_, **__: True) -> None:
    """At the end of that call of a method which is the nth of those that count."""
    work, done = getattr(owner, name), 0

    def deadly(*args: Any, **named: Any) -> Any:
        nonlocal done
        found = work(*args, **named)
        done += counts(*args, **named)
        if done == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, name, deadly)


def main() -> None:
    """Runs `qgan` with what follows the address of the fake, the point and the number."""
    url, point, nth, *arguments = sys.argv[1:]
    if point not in POINTS:
        raise SystemExit(f"There is no point {point!r}. Allowed: {', '.join(POINTS)}")
    sys.argv = ["qgan", *arguments]
    from benchmarks.fake_runtime.loopback import redirected
    from qgan.cli import main as qgan

    with redirected(url):
        deadly(point, int(nth))
        qgan()


if __name__ == "__main__":
    main()
