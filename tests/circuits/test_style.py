"""The style-based circuit against its published layout."""

import numpy as np
import pytest
from pennylane.tape import make_qscript

from circuits import style

# Of the authors' repository: for three wires and each number of half layers, the gates after each half layer.
ENTANGLERS = {1: [((0, 1), (0, 2))], 2: [((0, 1), (0, 2)), ((1, 2), (2, 0))]}


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
def test_the_published_layout_has_its_number_of_weights(layers: int) -> None:
    half_layers, n = 2 * layers, 3
    assert style(n_wires=n, layers=layers).n_weights == 4 * half_layers * n + 2 * n + 2 * half_layers
    assert style(n_wires=1, layers=layers, latent_dim=3).n_weights == 4 * half_layers + 2


def test_the_published_runs_have_10_34_and_62_weights() -> None:
    assert style(n_wires=1, layers=1, latent_dim=3).n_weights == 10
    assert style(n_wires=3, layers=1).n_weights == 34
    assert style(n_wires=3, layers=2).n_weights == 62


@pytest.mark.parametrize("layers", ENTANGLERS)
def test_gates_are_in_the_published_order(layers: int, rng: np.random.Generator) -> None:
    circuit = style(n_wires=3, layers=layers)
    latent, m = rng.normal(size=5), circuit.weight_shapes["scale"][0]
    scale, shift = rng.normal(size=(2, m))
    operations = make_qscript(circuit.gates)(latent, {"scale": scale, "shift": shift}).operations
    gates = [operation for operation in operations if operation.name != "Barrier"]
    expected = []
    for entanglers in ENTANGLERS[layers]:
        expected += [(name, (wire,)) for _ in range(2) for wire in range(3) for name in ("RY", "RZ")]
        expected += [("CRY", pair) for pair in entanglers]
    expected += [("RY", (wire,)) for wire in range(3)]
    assert [(gate.name, tuple(gate.wires)) for gate in gates] == expected
    angles = [gate.data[0] for gate in gates]
    # One noise after the other, from gate to gate, whatever the wire.
    assert angles == pytest.approx(scale * latent[np.arange(m) % 5] + shift)


def test_on_other_numbers_of_wires_it_is_a_ring() -> None:
    gates = make_qscript(style(n_wires=4, layers=1).gates)(
        np.zeros(5), {"scale": np.zeros(24), "shift": np.zeros(24)}
    ).operations
    assert [tuple(gate.wires) for gate in gates if gate.name == "CRY"] == [(0, 1), (1, 2), (2, 3), (3, 0)]
    assert style(n_wires=3, layers=1, pattern="ring").n_weights == 2 * (12 + 3 + 3)


def test_weights_begin_within_their_published_interval(rng: np.random.Generator) -> None:
    values = np.concatenate(list(style(n_wires=3, layers=40).initial_weights(rng).values()))
    assert np.abs(values).max() <= 0.15
    assert np.ptp(values) > 0.29


@pytest.mark.parametrize("value", [0, 2.0, True])
def test_impossible_numbers_of_latents_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match=r"latent_dim is wrong\. Got: .*\. Allowed: an integer, 1 or more\. Give"):
        style(n_wires=1, layers=1, latent_dim=value)
