"""Threads that wait for work, to do calls side by side."""

__all__ = ["at_once"]

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from threading import Lock, Thread
from typing import TypeAlias, final

Call: TypeAlias = Callable[[], bool]


def at_once(calls: Sequence[Call], threads: int) -> list[bool]:
    """What the calls give, in no order.

    Whoever is free takes the next one: cores differ in speed, and from one moment to the other.
    """
    left, found, idle = iter(calls), list[bool](), _idle(os.getpid())
    helpers = [_helper(idle) for _ in range(min(threads, len(calls)) - 1)]
    for helper in helpers:
        helper.begin(left, found)
    try:
        _do(left, found)
    finally:
        problems = [helper.end() for helper in helpers]
        idle.extend(helpers)
    for problem in problems:
        if problem is not None:
            raise problem
    return found


@final
class _Helper:
    """One such thread. Two locks hand over faster than the futures of an executor, which a short call would feel."""

    def __init__(self) -> None:
        self._left: Iterator[Call] = iter(())
        self._found: list[bool] = []
        self._problem: BaseException | None = None
        self._begun, self._ended = Lock(), Lock()
        self._begun.acquire()
        self._ended.acquire()
        Thread(target=self._serve, name="batched.qubit", daemon=True).start()

    def begin(self, left: Iterator[Call], found: list[bool]) -> None:
        """Lets it take calls from those that are left, and add what they give."""
        self._left, self._found = left, found
        self._begun.release()

    def end(self) -> BaseException | None:
        """Waits until it finds no more; gives what went wrong."""
        self._ended.acquire()
        problem, self._problem = self._problem, None
        return problem

    def _serve(self) -> None:
        while True:
            self._begun.acquire()
            try:
                _do(self._left, self._found)
            except BaseException as problem:
                self._problem = problem
            self._ended.release()


def _do(left: Iterator[Call], found: list[bool]) -> None:
    for call in left:
        found.append(call())


def _helper(idle: deque[_Helper]) -> _Helper:
    try:
        return idle.pop()
    except IndexError:
        return _Helper()


@cache
def _idle(process: int) -> deque[_Helper]:  # noqa: ARG001
    """Those who wait; a forked process has none of its parent's threads."""
    return deque()
