"""The RY + CZ circuit against its closed forms and against the published reach of its states."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import PATTERNS, hardware_efficient

angles = st.floats(-7, 7)
EXACT = 1e-12


def tangent_rank(state, *, n_wires: int, layers: int, pattern: str) -> int:
    """The rank of d|psi>/d theta at random angles: d RY(t) / dt = RY(t + pi) / 2."""
    rng = np.random.default_rng(5)
    circuit = hardware_efficient(n_wires=n_wires, layers=layers, pattern=pattern)
    weights = rng.uniform(0, 2 * np.pi, (layers, n_wires))
    shifts = np.pi * np.eye(weights.size).reshape(-1, layers, n_wires)
    tangents = state(circuit, rng.uniform(0, 2 * np.pi, n_wires), {"w": weights + shifts}) / 2
    assert np.abs(tangents.imag).max() < EXACT
    # The smallest singular value that counts is above 0.05 of the largest, the others are rounding errors.
    return int(np.linalg.matrix_rank(tangents.real, tol=1e-9))


@settings(deadline=None)
@given(latent=angles, weight=angles)
def test_one_wire_turns_by_the_sum_of_its_angles(latent: float, weight: float, unitary) -> None:
    circuit = hardware_efficient(n_wires=1, layers=1)
    matrix = unitary(circuit, np.array([latent]), {"w": np.array([[weight]])})
    assert abs(matrix[1, 0]) ** 2 == pytest.approx(np.sin((latent + weight) / 2) ** 2, abs=EXACT)


def test_wire_0_is_the_most_significant_bit(probabilities) -> None:
    circuit = hardware_efficient(n_wires=3, layers=1)
    found = probabilities(circuit, np.array([np.pi, 0.0, 0.0]), {"w": np.zeros((1, 3))})
    assert found == pytest.approx(np.eye(8)[0b100], abs=EXACT)


@settings(max_examples=20, deadline=None)
@given(data=st.data(), n_wires=st.integers(1, 4), pattern=st.sampled_from(list(PATTERNS)))
def test_the_first_layer_shifts_the_latent(data: st.DataObject, n_wires: int, pattern: str, unitary) -> None:
    latent, shift = (np.array(data.draw(st.lists(angles, min_size=n_wires, max_size=n_wires))) for _ in range(2))
    circuit = hardware_efficient(n_wires=n_wires, layers=2, pattern=pattern)
    weights = np.random.default_rng(1).uniform(0, 2 * np.pi, (2, n_wires))
    moved = weights + np.array([[1.0], [0.0]]) * shift
    before, after = unitary(circuit, latent + shift, {"w": weights}), unitary(circuit, latent, {"w": moved})
    assert before == pytest.approx(after, abs=EXACT)


@pytest.mark.parametrize("n_wires", [1, 2, 3, 4])
def test_without_entanglement_the_angles_of_a_wire_add_up(n_wires: int, state, rng: np.random.Generator) -> None:
    circuit = hardware_efficient(n_wires=n_wires, layers=3, entangled=False)
    latent, weights = rng.uniform(0, 7, n_wires), rng.uniform(0, 7, (3, n_wires))
    expected = np.ones(1)
    for angle in (latent + weights.sum(0)) / 2:
        expected = np.kron(expected, [np.cos(angle), np.sin(angle)])
    assert state(circuit, latent, {"w": weights}) == pytest.approx(expected, abs=EXACT)


def test_line_and_brick_are_one_circuit_in_fewer_time_slots(rng: np.random.Generator, state) -> None:
    line, brick = (hardware_efficient(n_wires=5, layers=2, pattern=name) for name in ("line", "brick"))
    latent, weights = rng.uniform(0, 7, 5), {"w": rng.uniform(0, 7, (2, 5))}
    assert state(line, latent, weights) == pytest.approx(state(brick, latent, weights), abs=EXACT)
    assert line.resources().depth > brick.resources().depth == 1 + 2 * 3


@pytest.mark.parametrize(
    ("pattern", "n_wires", "dimension"),
    [("line", 3, 6), ("line", 4, 10), ("line", 5, 15), ("ring", 3, 7), ("ring", 4, 12), ("ring", 5, 21)],
)
def test_tangent_space_has_its_published_dimension_and_one_more_layer_adds_nothing(
    pattern: str, n_wires: int, dimension: int, state
) -> None:
    for layers in (n_wires + 1, n_wires + 2):
        assert tangent_rank(state, n_wires=n_wires, layers=layers, pattern=pattern) == dimension
    assert tangent_rank(state, n_wires=n_wires, layers=1, pattern=pattern) == n_wires


def test_published_numbers_of_weights() -> None:
    demonstration = hardware_efficient(n_wires=5, layers=6)
    assert 4 * demonstration.n_weights == 120
    assert 4 * hardware_efficient(n_wires=5, layers=5).n_weights == 100
    assert demonstration.resources() == (5, 21, {"RY": 35, "CZ": 24}, 24, 30, 5)


def test_weights_begin_between_0_and_1(rng: np.random.Generator) -> None:
    weights = hardware_efficient(n_wires=10, layers=30).initial_weights(rng)["w"]
    assert weights.min() >= 0
    assert weights.max() < 1
    assert np.ptp(weights) > 0.9


@pytest.mark.parametrize("value", [0, -1, 2.5, 2.0, "3", True, None])
@pytest.mark.parametrize("name", ["n_wires", "layers"])
def test_numbers_that_count_nothing_are_refused(name: str, value: object) -> None:
    numbers: dict = {"n_wires": 3, "layers": 2, name: value}
    with pytest.raises(ValueError, match=rf"{name} is wrong\. Got: .*\. Allowed: an integer, 1 or more\. Give the"):
        hardware_efficient(**numbers)


def test_numpy_integers_count() -> None:
    assert hardware_efficient(n_wires=np.int64(3), layers=np.int32(2)).weight_shapes == {"w": (2, 3)}  # type: ignore[arg-type]


def test_an_unknown_pattern_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        ValueError, match=r"no pattern called 'rink'.*Allowed: line, ring, brick.*Did you mean 'ring'\?"
    ):
        hardware_efficient(n_wires=3, layers=1, pattern="rink")
