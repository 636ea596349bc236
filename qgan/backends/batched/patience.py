"""A word to whoever waits while kernels are compiled for the first time."""

__all__ = ["patience"]

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

SECONDS = 1.5


@contextmanager
def patience(text: str) -> Iterator[None]:
    """Says so on stderr where what is inside takes more than a moment: with a spinner on a terminal, else in a line."""
    console = Console(stderr=True)
    status = console.status(text) if console.is_terminal else None

    def speak() -> None:
        if status is None:
            console.print(text, soft_wrap=True)
        else:
            status.start()

    timer = threading.Timer(SECONDS, speak)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if status is not None:
            status.stop()
