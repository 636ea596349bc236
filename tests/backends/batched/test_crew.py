"""Calls side by side: each done once, by whoever is free, and nothing of it lost."""

import gc
import os
import signal
import threading
import weakref
from threading import Barrier, Event

import pytest

from qgan.backends.batched.crew import at_once

PATIENCE = 20


def helpers() -> int:
    return sum(thread.name == "batched.qubit" for thread in threading.enumerate())


@pytest.mark.parametrize("threads", [1, 2, 3, 50])
def test_each_call_is_done_once(threads: int) -> None:
    done: list[int] = []
    calls = [lambda n=n: done.append(n) or n % 2 == 0 for n in range(40)]
    assert sorted(at_once(calls, threads)) == [False] * 20 + [True] * 20
    assert sorted(done) == list(range(40))


@pytest.mark.parametrize("threads", [2, 3])
def test_as_many_are_done_at_the_same_time_as_there_are_threads(threads: int) -> None:
    meeting = Barrier(threads, timeout=PATIENCE)
    assert at_once([lambda: meeting.wait() >= 0] * threads, threads) == [True] * threads


@pytest.mark.parametrize("slow", [0, 1])
def test_who_is_free_takes_what_is_left(slow: int) -> None:
    left = threading.Semaphore(0)

    def quick() -> bool:
        left.release()
        return True

    def wait() -> bool:
        return all(left.acquire(timeout=PATIENCE) for _ in range(5))

    calls = [quick] * 5
    calls.insert(slow, wait)
    assert at_once(calls, 2) == [True] * 6


def test_what_goes_wrong_elsewhere_is_raised_here_and_the_thread_serves_on() -> None:
    here, meeting = threading.get_ident(), Barrier(2, timeout=PATIENCE)

    def call() -> bool:
        meeting.wait()
        if threading.get_ident() != here:
            raise ValueError("elsewhere")
        return True

    with pytest.raises(ValueError, match="elsewhere"):
        at_once([call, call], 2)
    before = helpers()
    assert at_once([lambda: meeting.wait() >= 0] * 2, 2) == [True, True]
    assert helpers() == before


def test_what_goes_wrong_here_is_raised_when_the_others_are_done() -> None:
    here, done, meeting = threading.get_ident(), Event(), Barrier(2, timeout=PATIENCE)

    def call() -> bool:
        meeting.wait()
        if threading.get_ident() == here:
            raise ValueError("here")
        done.set()
        return True

    with pytest.raises(ValueError, match="here"):
        at_once([call, call], 2)
    assert done.is_set()


def test_callers_in_several_threads_do_not_share_helpers() -> None:
    meeting, found = Barrier(4, timeout=PATIENCE), list[list[bool]]()

    def caller() -> None:
        found.append(at_once([lambda: meeting.wait() >= 0] * 2, 2))

    callers = [threading.Thread(target=caller) for _ in range(2)]
    for each in callers:
        each.start()
    for each in callers:
        each.join(PATIENCE)
    assert found == [[True, True]] * 2


def test_nothing_that_calls_hold_is_kept() -> None:
    class Large:
        def __call__(self) -> bool:
            return True

    calls = [Large(), Large(), Large()]
    gone = [weakref.ref(call) for call in calls]
    at_once(calls, 2)
    del calls
    gc.collect()
    assert [each() for each in gone] == [None] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_helpers_of_its_own() -> None:
    at_once([lambda: True] * 2, 2)
    child = os.fork()
    if not child:
        # Should it wait for a thread that only its parent has.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(PATIENCE)
        meeting = Barrier(2, timeout=PATIENCE)
        try:
            os._exit(0 if at_once([lambda: meeting.wait() >= 0] * 2, 2) == [True, True] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
