"""The states that Zoufal's circuit begins from, and its blocks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import zoufal
from circuits.states import discretised_normal, prepare

EXACT = 1e-12
NONE = np.zeros(0)


def still(layers: int, n_wires: int) -> dict[str, np.ndarray]:
    return {"w": np.zeros((layers + 1, n_wires))}


def test_published_numbers_of_weights_and_no_latent() -> None:
    assert [zoufal(n_wires=3, layers=k).n_weights for k in (1, 2, 3)] == [6, 9, 12]
    assert zoufal(n_wires=3, layers=1).latent_dim == 0
    assert zoufal(n_wires=3, layers=1).resources().gates == {"Hadamard": 3, "RY": 6, "CZ": 3}


def test_without_angles_the_prepared_probabilities_stay(probabilities) -> None:
    def found(**options: Any) -> np.ndarray:
        return probabilities(zoufal(n_wires=3, layers=2, **options), NONE, still(2, 3))

    normal = discretised_normal(mean=2.5, sigma=1.5, n_wires=3)
    assert found() == pytest.approx(np.full(8, 1 / 8), abs=EXACT)
    assert found(state="normal", mean=2.5, sigma=1.5) == pytest.approx(normal, abs=EXACT)
    assert found(state="random") == pytest.approx(np.eye(8)[0], abs=EXACT)


@settings(max_examples=25, deadline=None)
@given(
    n_wires=st.integers(1, 5),
    mean=st.floats(-1e300, 1e300) | st.floats(-5, 40),
    sigma=st.floats(1e-300, 1e300) | st.floats(0.1, 20),
)
def test_a_normal_distribution_is_prepared_exactly_by_ry_and_cnot(n_wires: int, mean: float, sigma: float) -> None:
    expected = discretised_normal(mean=mean, sigma=sigma, n_wires=n_wires)
    assert expected.sum() == pytest.approx(1, abs=EXACT)
    gates = prepare(expected, range(n_wires))
    assert {gate.name for gate in gates} <= {"RY", "CNOT"}
    assert len(gates) <= 2 * 2**n_wires - 3
    state = np.eye(2**n_wires)[0]
    for gate in gates:
        state = np.asarray(gate.matrix(wire_order=range(n_wires))) @ state
    # The roots of probabilities: their own rounding is that of the squares.
    assert state**2 == pytest.approx(expected, abs=EXACT)
    assert state.min() > -1e-9


def test_a_normal_distribution_is_the_density_at_the_grid_points() -> None:
    points, found = np.arange(16), discretised_normal(mean=6.2, sigma=2.0, n_wires=4)
    assert (points * found).sum() == pytest.approx(6.2, abs=0.01)
    assert np.log(found[7] / found[6]) == pytest.approx((0.2**2 - 0.8**2) / 8)


def test_registers_are_independent_dimensions(probabilities) -> None:
    circuit = zoufal(n_wires=5, layers=1, state="normal", mean=(1.0, 5.0), sigma=(0.5, 2.0), registers=(2, 3))
    expected = np.outer(
        discretised_normal(mean=1.0, sigma=0.5, n_wires=2), discretised_normal(mean=5.0, sigma=2.0, n_wires=3)
    )
    assert probabilities(circuit, NONE, still(1, 5)) == pytest.approx(expected.ravel(), abs=EXACT)


def test_without_entanglement_each_wire_keeps_its_own_distribution(probabilities) -> None:
    circuit = zoufal(n_wires=3, layers=1, state="normal", mean=2.0, sigma=1.0)
    whole, product = (
        probabilities(each, NONE, still(1, 3)).reshape(2, 2, 2) for each in (circuit, circuit.without_entanglement())
    )
    for axes in ((1, 2), (0, 2), (0, 1)):
        assert product.sum(axis=axes) == pytest.approx(whole.sum(axis=axes), abs=EXACT)
    assert np.abs(whole - product).max() > 0.05
    assert circuit.without_entanglement().resources().two_wire_gates == 0


@pytest.mark.parametrize(
    ("state", "low", "high"), [("uniform", 0, 0.02), ("normal", 0, 0.02), ("random", -np.pi, np.pi)]
)
def test_weights_begin_near_a_prepared_state_or_anywhere(state: str, low: float, high: float, rng) -> None:
    values = zoufal(n_wires=10, layers=30, state=state, registers=(5, 5) if state == "normal" else None)
    values = values.initial_weights(rng)["w"]
    assert low <= values.min() < values.max() < high
    assert np.ptp(values) > 0.9 * (high - low)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"state": "gaussian"}, "no state called 'gaussian'.*Allowed: uniform, normal, random"),
        ({"mean": 1.0}, "'uniform' is not made of a mean.*Leave them out"),
        ({"state": "normal", "sigma": 0.0}, "A sigma is wrong.*above 0"),
        ({"state": "normal", "mean": np.nan}, "mean is wrong.*1 finite"),
        ({"state": "normal", "mean": (1.0, 2.0)}, "mean is wrong.*one for each register"),
        ({"state": "normal", "registers": (1, 1)}, r"registers do not fit\. Got: \(1, 1\)\. Allowed: a sum of 3"),
        ({"state": "normal", "registers": (3, 0)}, "A register is wrong"),
        ({"state": "normal", "n_wires": 13}, "A register is too large.*Got: 13. Allowed: 1 to 12"),
    ],
)
def test_impossible_states_are_refused(options: dict, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        zoufal(**{"n_wires": 3, "layers": 1, **options})
