"""Which wires an entangling layer joins: laws that hold for every number of wires."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.patterns import PATTERNS, all_to_all, brick, line, reverse_line, ring

wire_counts = st.integers(1, 24)


def undirected(pairs: tuple[tuple[int, int], ...]) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in pairs}


@pytest.mark.parametrize("name", PATTERNS)
@settings(deadline=None)
@given(n_wires=wire_counts)
def test_pairs_are_of_two_different_wires_that_exist_and_none_is_twice(name: str, n_wires: int) -> None:
    pairs = PATTERNS[name](n_wires)
    assert all(len({a, b}) == 2 and {a, b} <= set(range(n_wires)) for a, b in pairs)
    assert len(undirected(pairs)) == len(pairs)


@pytest.mark.parametrize("name", PATTERNS)
@settings(deadline=None)
@given(n_wires=wire_counts)
def test_every_wire_is_reached_from_wire_0(name: str, n_wires: int) -> None:
    reached, pairs = {0}, undirected(PATTERNS[name](n_wires))
    for _ in range(n_wires):
        reached |= {wire for pair in pairs if pair & reached for wire in pair}
    assert reached == set(range(n_wires))


@settings(deadline=None)
@given(n_wires=wire_counts)
def test_numbers_of_pairs(n_wires: int) -> None:
    assert len(line(n_wires)) == len(brick(n_wires)) == n_wires - 1
    assert len(ring(n_wires)) == (n_wires if n_wires > 2 else n_wires - 1)
    assert len(all_to_all(n_wires)) == n_wires * (n_wires - 1) // 2


@settings(deadline=None)
@given(n_wires=wire_counts)
def test_brick_is_a_line_in_two_slots(n_wires: int) -> None:
    pairs = brick(n_wires)
    assert undirected(pairs) == undirected(line(n_wires))
    slots = pairs[: n_wires // 2], pairs[n_wires // 2 :]
    for slot in slots:
        wires = list(itertools.chain.from_iterable(slot))
        assert len(set(wires)) == len(wires)


@settings(deadline=None)
@given(n_wires=st.integers(3, 24))
def test_a_ring_looks_the_same_from_every_wire(n_wires: int) -> None:
    turned = tuple(((a + 1) % n_wires, (b + 1) % n_wires) for a, b in ring(n_wires))
    assert undirected(turned) == undirected(ring(n_wires))


def test_patterns_by_example() -> None:
    assert line(4) == ((0, 1), (1, 2), (2, 3))
    assert ring(4) == ((0, 1), (1, 2), (2, 3), (3, 0))
    assert brick(5) == ((0, 1), (2, 3), (1, 2), (3, 4))
    assert all_to_all(3) == ((0, 1), (0, 2), (1, 2))
    assert ring(2) == ((0, 1),)
    assert reverse_line(4) == ((2, 3), (1, 2), (0, 1))
