"""Who does what of a call: blocks of rows by threads or, where they are few, cosets of a large state, step by step."""

__all__ = ["Do", "Steps", "shared_out", "whole"]

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from qgan.backends.batched.crew import at_once
from qgan.backends.batched.groups import SHARES

Steps: TypeAlias = tuple[int, int, int, int]
"""The first step and the one after the last, and which shares of cosets; see :func:`qgan.backends.batched.run.push`."""

Do: TypeAlias = Callable[[int, int, Steps], bool]
"""Does blocks, from the one to before the other. True if all is well."""


def whole(n_passes: int) -> Steps:
    """All steps of a circuit, by one thread."""
    return 0, n_passes + 2, 0, SHARES


def shared_out(
    do: Do, ends: Sequence[int], by_coset: Sequence[bool], *, threads: int, pieces: int, backwards: bool
) -> list[bool]:
    """What each call gives. The bits are the same, however it is done.

    Args:
        do: What is to be done.
        ends: Where a thread may begin and stop: blocks, from 0 to how many there are.
        by_coset: Which passes can be done by several threads.
        threads: As many as pay.
        pieces: As many as threads may take one after the other.
        backwards: In which direction steps are taken.
    """
    parts, everything = len(ends) - 1, whole(len(by_coset))
    if parts < threads and any(by_coset):
        return _in_steps(do, ends[-1], by_coset, threads, backwards)
    if threads == 1 or parts == 1:
        return [do(0, ends[-1], everything)]
    pieces = min(pieces, parts)
    limits = [ends[parts * index // pieces] for index in range(pieces + 1)]
    return at_once([partial(do, first, last, everything) for first, last in pairwise(limits)], threads)


def _in_steps(do: Do, blocks: int, by_coset: Sequence[bool], threads: int, backwards: bool) -> list[bool]:
    found, stretches = list[bool](), list(_stretches(by_coset))
    threads = min(threads, SHARES)
    limits = list(pairwise(SHARES * index // threads for index in range(threads + 1)))
    for block in range(blocks):
        for first, end, many in reversed(stretches) if backwards else stretches:
            shares = limits if many else [(0, SHARES)]
            found += at_once([partial(do, block, block + 1, (first, end, *pair)) for pair in shares], threads)
    return found


def _stretches(by_coset: Sequence[bool]) -> Iterator[tuple[int, int, bool]]:
    """Steps that are done by one thread, as many as follow each other, and in between those that are not."""
    first = 0
    for step, many in enumerate(by_coset, 1):
        if many:
            if first < step:
                yield first, step, False
            yield step, step + 1, True
            first = step + 1
    yield first, len(by_coset) + 2, False
