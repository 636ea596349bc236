"""A worker process, ``python -m qgan.compare.worker``: JSON lines in, JSON lines out, one task at a time.

It keeps its imports and its compiled kernels from one run to the next. The end of its input is the order to leave,
whether it was closed or whoever wrote there has died: the step in progress is finished and saved first.
"""

__all__ = ["main"]

import faulthandler
import json
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from time import sleep
from types import FrameType
from typing import NoReturn, TypeAlias

from qgan._typing import Json
from qgan.compare.pipes import leave, own_output, tell
from qgan.errors import Interrupted, QganError

Inbox: TypeAlias = "SimpleQueue[Json]"

SECONDS_BETWEEN_SIGNALS = 2.0


def main() -> None:
    """Does what it is told until its input ends."""
    faulthandler.enable(all_threads=False)
    out = own_output()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    # Batch systems warn with it; it says something to runs only.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    inbox: Inbox = SimpleQueue()
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    with suppress(Interrupted, SystemExit):
        _serve(inbox, out)
    leave()


def _serve(inbox: Inbox, out: int) -> None:
    order = inbox.get()
    root, plugins = Path(order["root"]), order["plugins"]
    try:
        # Here, because they take seconds, in which the order to leave may come.
        from qgan.compare.carrying import carry_out
        from qgan.compare.probe import Pace
        from qgan.compare.tasks import Event, Task
        from qgan.config import RunConfig
        from qgan.evaluate import Shelf
        from qgan.plugins import load_plugins
        from qgan.validation import validate

        load_plugins(plugins)
    except QganError as error:
        _tell(out, {"refused": {"what": error.what, "got": str(error.got), "cure": error.cure}})
        return

    def told(event: Event) -> None:
        _tell(out, {"event": asdict(event)})

    _tell(out, {"ready": os.getpid()})
    pace: Pace | None = None
    shelf = Shelf()
    while True:
        order = inbox.get()
        if "measure" in order:
            try:
                pace = pace or Pace(validate(RunConfig, order["measure"]))
                _tell(out, {"pace": pace.steps_per_second(order["seconds"])})
            except Exception:
                # Why, its run will tell.
                _tell(out, {"pace": None})
            continue
        pace = None
        task = Task(order["name"], validate(RunConfig, order["config"]))
        outcome = carry_out(task, root, told=told, plugins=plugins, shelf=shelf)
        _tell(out, {"outcome": {**asdict(outcome), "where": str(outcome.where)}})


def _tell(out: int, message: Json) -> None:
    # Where nobody listens any more, the input has ended too.
    with suppress(BrokenPipeError):
        tell(out, message)


def _listen(inbox: Inbox) -> None:
    # Not by sys.stdin, whose lock this thread would still hold when the process ends.
    rest = b""
    while chunk := os.read(0, 2**16):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            inbox.put(json.loads(line))
    while True:
        # Again and again: Python loses what a handler raises in some places, such as another's clean-up.
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(SECONDS_BETWEEN_SIGNALS)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """Where no run is in progress, which sees to signals itself."""
    sys.exit(0)


if __name__ == "__main__":
    main()
