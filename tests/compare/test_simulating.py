from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgan.compare.operations import sweep, whole_pass
from qgan.compare.simulating import circuit_of, grown, growth_of, simulated_operations
from qgan.generators import PatchOptions

if TYPE_CHECKING:
    pass

OPTIONS = PatchOptions(layers=1)


@given(st.floats(0, 1), st.floats(1e-12, 1e-6))
def test_a_growth_that_is_one_is_found(overhead: float, slope: float) -> None:
    work = [10.0**power for power in range(3, 9)]
    seconds = [overhead + slope * each for each in work]
    found = grown(range(4, 10), work, seconds)
    assert [found.at(each) for each in work] == pytest.approx(seconds, rel=1e-6)
    assert found.at(1e12) == pytest.approx(overhead + slope * 1e12, rel=1e-3)
    assert found.seconds == pytest.approx(seconds)


@given(st.lists(st.floats(1e-6, 1e3), min_size=3, max_size=3))
def test_more_operations_never_take_less(seconds: list[float]) -> None:
    found = grown((4, 6, 8), (1e3, 1e5, 1e7), seconds)
    assert found.overhead >= 0
    assert found.at(1e9) >= found.at(1e7) >= found.at(0) >= 0


def test_circuits_on_more_wires_are_those_of_the_recipe() -> None:
    four, eight = circuit_of(OPTIONS, 4), circuit_of(OPTIONS, 8)
    assert four is not None
    assert eight is not None
    assert (four.n_wires, eight.n_wires) == (4, 8)
    assert eight.n_weights == 2 * four.n_weights
    assert simulated_operations(eight, rows=3, updates=1) > 16 * simulated_operations(four, rows=3, updates=1)
    facts = four.resources()._asdict()
    assert simulated_operations(four, rows=3, updates=2) == 3 * (3 * whole_pass(facts) + sweep(facts))
    assert circuit_of(PatchOptions(circuit="object"), 4) is None


def test_passes_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock of its own, which each reading moves."""
    ticks = iter(range(10**6))
    monkeypatch.setattr("qgan.compare.simulating.perf_counter", lambda: float(next(ticks)))
    found = growth_of(OPTIONS, rows=2, updates=1, count=1, wires=(2, 3))
    assert found is not None
    assert found.wires == (2, 3)
    assert found.seconds == (1.0, 1.0)
    assert (found.overhead, found.seconds_per_operation) == pytest.approx((1.0, 0.0))
    assert growth_of(OPTIONS, rows=2, updates=1, count=1, wires=(2,)) is None
