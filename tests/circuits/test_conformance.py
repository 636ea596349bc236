"""What every circuit of the table keeps to. A new circuit is tested by being in the table."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from pennylane.measurements import MeasurementProcess
from pennylane.tape import make_qscript
from pennylane.transforms import decompose

from circuits import CIRCUITS, Circuit

N_WIRES, LAYERS, BATCH = 3, 2, 4
EXACT = 1e-12


@pytest.fixture(params=CIRCUITS)
def make(request: pytest.FixtureRequest) -> Callable[..., Circuit]:
    return CIRCUITS[request.param]


@pytest.fixture(params=[True, False], ids=["entangled", "product"])
def circuit(make: Callable[..., Circuit], request: pytest.FixtureRequest) -> Circuit:
    return make(n_wires=N_WIRES, layers=LAYERS, entangled=request.param)


@pytest.fixture
def latents(circuit: Circuit, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0, 2 * np.pi, (BATCH, circuit.latent_dim))


@pytest.fixture
def many_weights(circuit: Circuit, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {name: rng.uniform(0, 2 * np.pi, (BATCH, *shape)) for name, shape in circuit.weight_shapes.items()}


@pytest.fixture
def weights(many_weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: values[0] for name, values in many_weights.items()}


def test_a_batch_of_latents_is_its_rows(circuit, latents, weights, state) -> None:
    together = state(circuit, latents, weights)
    assert together.shape == (BATCH, 2**N_WIRES)
    for row, latent in zip(together, latents, strict=True):
        assert row == pytest.approx(state(circuit, latent, weights), abs=EXACT)


@pytest.mark.parametrize("latents_too", [True, False])
def test_a_batch_of_weights_is_its_rows(latents_too: bool, circuit, latents, many_weights, state) -> None:
    together = state(circuit, latents if latents_too else latents[0], many_weights)
    for row in range(BATCH):
        one = {name: values[row] for name, values in many_weights.items()}
        assert together[row] == pytest.approx(state(circuit, latents[row if latents_too else 0], one), abs=EXACT)


def test_torch_gives_what_numpy_gives(circuit, latents, weights, probabilities) -> None:
    in_torch = {name: torch.tensor(values, requires_grad=True) for name, values in weights.items()}
    found = probabilities(circuit, torch.tensor(latents), in_torch)
    assert found.detach().numpy() == pytest.approx(probabilities(circuit, latents, weights), abs=EXACT)


def test_torch_differentiates_it(circuit, latents, weights, probabilities) -> None:
    leaves = [torch.tensor(values, requires_grad=True) for values in (latents, *weights.values())]

    def values(latent: torch.Tensor, *arrays: torch.Tensor) -> torch.Tensor:
        return probabilities(circuit, latent, dict(zip(weights, arrays, strict=True)))

    assert torch.autograd.gradcheck(values, leaves)


def test_gates_are_unitary(circuit, latents, weights, unitary) -> None:
    matrix = unitary(circuit, latents[0], weights)
    assert matrix @ matrix.conj().T == pytest.approx(np.eye(2**N_WIRES), abs=EXACT)


def test_nothing_is_measured_and_no_other_wire_is_used(circuit, latents, weights) -> None:
    tape = make_qscript(circuit.gates)(latents, weights)
    assert not [operation for operation in tape if isinstance(operation, MeasurementProcess)]
    assert set(tape.wires) == set(range(N_WIRES))


def test_without_entanglement_every_wire_is_pure(make, latents, weights, state, circuit) -> None:
    def purities(circuit: Circuit) -> list[float]:
        tensor = state(circuit, latents[0], weights).reshape((2,) * N_WIRES)
        halves = [np.moveaxis(tensor, wire, 0).reshape(2, -1) for wire in range(N_WIRES)]
        return [float(np.linalg.norm(half @ half.conj().T) ** 2) for half in halves]

    assert purities(circuit.without_entanglement()) == pytest.approx([1.0] * N_WIRES, abs=EXACT)
    assert max(purities(make(n_wires=N_WIRES, layers=LAYERS))) < 0.999


def test_without_entanglement_the_weights_are_the_same(make) -> None:
    entangled = make(n_wires=N_WIRES, layers=LAYERS)
    control = entangled.without_entanglement()
    assert control.weight_shapes == entangled.weight_shapes
    assert control.n_weights == entangled.n_weights
    assert not control.entangled
    assert control.resources().two_wire_gates == 0 < entangled.resources().two_wire_gates


def test_inert_weights_and_only_those_do_nothing(circuit, latents, weights, probabilities) -> None:
    bits = np.arange(2**N_WIRES)[:, None] >> np.arange(N_WIRES) & 1
    read_outs = {"probabilities": np.eye(2**N_WIRES), "expectation values of Z": 1.0 - 2 * bits}
    assert circuit.inert.keys() <= read_outs.keys()
    for read_out, matrix in read_outs.items():
        before = probabilities(circuit, latents, weights) @ matrix
        for name, values in weights.items():
            declared = circuit.inert.get(read_out, {}).get(name, np.zeros(values.shape, dtype=bool))
            assert declared.shape == values.shape
            for index in np.ndindex(values.shape):
                moved = values.copy()
                moved[index] += 1.0
                after = probabilities(circuit, latents, {**weights, name: moved}) @ matrix
                assert (np.abs(after - before).max() < EXACT) == declared[index]


def test_resources_count_the_tape(circuit, latents, weights) -> None:
    (tape,), _ = cast(Any, decompose)(make_qscript(circuit.gates)(latents[0], weights))
    resources = circuit.resources()
    names = [operation.name for operation in tape.operations]
    assert resources.gates == {name: names.count(name) for name in set(names)}
    assert resources.two_wire_gates == sum(len(operation.wires) == 2 for operation in tape.operations)
    assert resources.depth == tape.graph.get_depth()
    assert (resources.wires, resources.weights, resources.latents) == (N_WIRES, circuit.n_weights, circuit.latent_dim)
    assert circuit.n_weights == sum(values.size for values in weights.values())


def test_initial_weights_can_be_had_again_and_fit(circuit) -> None:
    first, again, other = (circuit.initial_weights(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert {name: values.shape for name, values in first.items()} == circuit.weight_shapes
    assert all(values.dtype == np.float64 for values in first.values())
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert any(not np.array_equal(first[name], other[name]) for name in first)


def test_text_has_one_line_for_each_wire(circuit) -> None:
    lines = circuit.draw("text").splitlines()
    assert [line.split(":")[0] for line in lines] == [str(wire) for wire in range(N_WIRES)]


def test_figure_is_not_kept_by_pyplot(circuit) -> None:
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    figure = circuit.draw()
    assert isinstance(figure, Figure)
    assert figure.axes
    assert pyplot.get_fignums() == before


def test_it_says_what_it_is_and_where_it_is_from(circuit) -> None:
    assert CIRCUITS[circuit.name]
    assert "arXiv:" in circuit.reference
    assert circuit.doc
    assert "\n" not in circuit.doc


@pytest.mark.parametrize("n_wires", [1, 2, 6])
def test_other_numbers_of_wires_work(make, n_wires: int, state) -> None:
    circuit = make(n_wires=n_wires, layers=1)
    weights = {name: np.ones(shape) for name, shape in circuit.weight_shapes.items()}
    assert state(circuit, np.ones(circuit.latent_dim), weights).shape == (2**n_wires,)
