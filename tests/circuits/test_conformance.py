"""What every circuit of the table keeps to. A new circuit is tested by being in the table."""

import inspect
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pennylane as qml
import pytest
import torch
from matplotlib.figure import Figure
from pennylane.measurements import MeasurementProcess
from pennylane.tape import QuantumScript, make_qscript
from pennylane.transforms import decompose

from circuits import CIRCUITS, INITIAL, PATTERNS, Circuit

N_WIRES, LAYERS, BATCH = 3, 2, 4
EXACT = 1e-12
PATTERNED = [name for name, make in CIRCUITS.items() if "pattern" in inspect.signature(make).parameters]


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
    # Without latents there is nothing that could differ between rows.
    assert together.shape == ((BATCH,) if circuit.latent_dim else ()) + (2**N_WIRES,)
    for row, latent in zip(np.broadcast_to(together, (BATCH, 2**N_WIRES)), latents, strict=True):
        assert row == pytest.approx(state(circuit, latent, weights), abs=EXACT)


@pytest.mark.parametrize("latents_too", [True, False])
def test_a_batch_of_weights_is_its_rows(latents_too: bool, circuit, latents, many_weights, state) -> None:
    together = state(circuit, latents if latents_too else latents[0], many_weights)
    for row in range(BATCH):
        one = {name: values[row] for name, values in many_weights.items()}
        assert together[row] == pytest.approx(state(circuit, latents[row if latents_too else 0], one), abs=EXACT)


def test_torch_gives_what_numpy_gives_and_differentiates_it(circuit, latents, weights, probabilities, rng) -> None:
    leaves = [torch.tensor(values, requires_grad=True) for values in (latents[0], *weights.values())]
    found = probabilities(circuit, leaves[0], dict(zip(weights, leaves[1:], strict=True)))
    assert found.detach().numpy() == pytest.approx(probabilities(circuit, latents[0], weights), abs=EXACT)
    # The derivative along one direction, by central differences: for a step of 1e-5 they are right to about 1e-9.
    cotangent, step = rng.normal(size=2**N_WIRES), 1e-5
    found.backward(torch.tensor(cotangent))
    ways = [rng.normal(size=leaf.shape) for leaf in leaves]
    ends = []
    for sign in (1, -1):
        latent, *moved = (
            values + sign * step * way for values, way in zip((latents[0], *weights.values()), ways, strict=True)
        )
        ends.append(probabilities(circuit, latent, dict(zip(weights, moved, strict=True))) @ cotangent)
    slope = sum((np.asarray(leaf.grad) * way).sum() for leaf, way in zip(leaves, ways, strict=True) if leaf.numel())
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-7)


def test_gates_are_unitary(circuit, latents, weights, unitary) -> None:
    matrix = unitary(circuit, latents[0], weights)
    assert matrix @ matrix.conj().T == pytest.approx(np.eye(2**N_WIRES), abs=EXACT)


def test_nothing_is_measured_and_no_other_wire_is_used(circuit, latents, weights) -> None:
    tape = make_qscript(circuit.gates)(latents, weights)
    assert not [operation for operation in tape if isinstance(operation, MeasurementProcess)]
    assert set(tape.wires) == set(range(N_WIRES))


def test_two_devices_agree(circuit, latents, weights) -> None:
    def whole() -> Any:
        circuit.gates(latents[0], weights)
        return qml.probs(wires=range(N_WIRES)), *(qml.expval(qml.PauliZ(wire)) for wire in range(N_WIRES))

    one, other = (qml.QNode(whole, qml.device(name, wires=N_WIRES))() for name in ("default.qubit", "lightning.qubit"))
    for values, expected in zip(one, other, strict=True):
        assert values == pytest.approx(np.asarray(expected), abs=EXACT)


@pytest.mark.parametrize("basis", ["X", "Y", "Z"])
def test_in_another_basis_z_is_what_that_pauli_matrix_was(basis: Any, circuit, latents, weights) -> None:
    def values(circuit: Circuit, pauli: str) -> list[float]:
        def whole() -> Any:
            circuit.gates(latents[0], weights)
            return [qml.expval(getattr(qml, pauli)(wire)) for wire in range(N_WIRES)]

        return qml.QNode(whole, qml.device("default.qubit", wires=N_WIRES))()

    turned = circuit.in_basis(basis)
    assert values(turned, "Z") == pytest.approx(values(circuit, basis), abs=EXACT)
    assert (turned.weight_shapes, turned.latent_dim) == (circuit.weight_shapes, circuit.latent_dim)
    assert turned.entangled == circuit.entangled


def purities(states: np.ndarray) -> np.ndarray:
    """Of every wire of each state: shape (rows, 2**n) to (rows, n)."""
    rows, n_wires = len(states), states.shape[1].bit_length() - 1
    tensors = states.reshape(rows, *(2,) * n_wires)
    halves = [np.moveaxis(tensors, 1 + wire, 1).reshape(rows, 2, -1) for wire in range(n_wires)]
    return np.stack([np.linalg.norm(half @ half.conj().swapaxes(1, 2), axis=(1, 2)) ** 2 for half in halves], axis=1)


def assert_entanglement_can_be_switched_off(circuit: Circuit, state: Any) -> None:
    rng = np.random.default_rng(3)
    latent = rng.uniform(0, 2 * np.pi, circuit.latent_dim)
    weights = {name: rng.uniform(0, 2 * np.pi, (BATCH, *shape)) for name, shape in circuit.weight_shapes.items()}
    assert purities(state(circuit.without_entanglement(), latent, weights)) == pytest.approx(1.0, abs=EXACT)
    # Some weights hardly entangle some wire; not all do.
    assert purities(state(circuit, latent, weights)).max(axis=1).min() < 0.99


def test_without_entanglement_every_wire_is_pure(make, state) -> None:
    assert_entanglement_can_be_switched_off(make(n_wires=N_WIRES, layers=LAYERS), state)


def test_without_entanglement_the_weights_are_the_same(make) -> None:
    entangled = make(n_wires=N_WIRES, layers=LAYERS)
    control = entangled.without_entanglement()
    assert control.weight_shapes == entangled.weight_shapes
    assert control.n_weights == entangled.n_weights
    assert not control.entangled
    assert control.resources().two_wire_gates == 0 < entangled.resources().two_wire_gates


def assert_inert_as_declared(circuit: Circuit, probabilities: Any) -> None:
    """Moves every weight alone, all in one batch, and looks what changes."""
    rng, n_wires = np.random.default_rng(8), circuit.n_wires
    latent = rng.uniform(0, 2 * np.pi, circuit.latent_dim)
    start = {name: rng.uniform(0, 2 * np.pi, shape) for name, shape in circuit.weight_shapes.items()}
    moved = {name: np.repeat(values[None], 1 + circuit.n_weights, axis=0) for name, values in start.items()}
    row, places = 1, []
    for name, values in start.items():
        for index in np.ndindex(values.shape):
            moved[name][(row, *index)] += 1.0
            places.append((name, index))
            row += 1
    found = probabilities(circuit, latent, moved)
    bits = np.arange(2**n_wires)[:, None] >> np.arange(n_wires) & 1
    read_outs = {"probabilities": np.eye(2**n_wires), "expectation values of Z": 1.0 - 2 * bits}
    assert circuit.inert.keys() <= read_outs.keys()
    for read_out, matrix in read_outs.items():
        masks = circuit.inert.get(read_out, {})
        assert all(mask.shape == circuit.weight_shapes[name] for name, mask in masks.items())
        still = np.abs((found[1:] - found[:1]) @ matrix).max(axis=1) < EXACT
        assert still.tolist() == [bool(masks[name][index]) if name in masks else False for name, index in places]


@pytest.mark.parametrize("basis", ["X", "Z"])
def test_inert_weights_and_only_those_do_nothing(basis: Any, circuit, probabilities) -> None:
    assert_inert_as_declared(circuit.in_basis(basis), probabilities)


@pytest.mark.parametrize("n_wires", [1, 2, 4])
def test_other_numbers_of_wires_and_layers_have_the_inert_weights_they_say(make, n_wires: int, probabilities) -> None:
    for entangled in (True, False):
        assert_inert_as_declared(make(n_wires=n_wires, layers=1, entangled=entangled), probabilities)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", PATTERNED)
def test_every_pattern_works(name: str, pattern: str, probabilities, state) -> None:
    circuit = CIRCUITS[name](n_wires=N_WIRES, layers=LAYERS, pattern=pattern)
    assert_inert_as_declared(circuit, probabilities)
    assert_entanglement_can_be_switched_off(circuit, state)


@pytest.mark.parametrize("name", PATTERNED)
def test_an_unknown_pattern_is_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(ValueError, match=r"no pattern called 'rink'.*Allowed: line, ring, .*Did you mean 'ring'\?"):
        CIRCUITS[name](n_wires=3, layers=1, pattern="rink")


@pytest.mark.parametrize("value", [0, 2.0, True, None])
@pytest.mark.parametrize("name", ["n_wires", "layers"])
def test_numbers_that_count_nothing_are_refused(name: str, value: object, make) -> None:
    with pytest.raises(ValueError, match=rf"{name} is wrong\. Got: .*\. Allowed: an integer, 1 or more\. Give the"):
        make(**{"n_wires": 3, "layers": 2, name: value})


def test_resources_count_the_tape(circuit, latents, weights) -> None:
    operations = make_qscript(circuit.gates)(latents[0], weights).operations
    gates = QuantumScript([operation for operation in operations if operation.name != "Barrier"])
    (tape,), _ = cast(Any, decompose)(gates)
    resources = circuit.resources()
    names = [operation.name for operation in tape.operations]
    assert resources.gates == {name: names.count(name) for name in set(names)}
    assert resources.two_wire_gates == sum(len(operation.wires) == 2 for operation in tape.operations)
    assert resources.depth == tape.graph.get_depth()
    assert (resources.wires, resources.weights, resources.latents) == (N_WIRES, circuit.n_weights, circuit.latent_dim)
    assert circuit.n_weights == sum(values.size for values in weights.values())


@pytest.mark.parametrize("initial", [name for name in INITIAL if name != "identity-block"])
def test_initial_weights_can_be_had_again_and_fit(initial: str, circuit) -> None:
    begun = circuit.with_initial(initial)
    first, again, other = (begun.initial_weights(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert {name: values.shape for name, values in first.items()} == circuit.weight_shapes
    assert all(values.dtype == np.float64 for values in first.values())
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert all(not np.array_equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("n_wires", [1, 3])
def test_blocks_are_the_identity_where_the_circuit_says_so(make, n_wires: int, unitary) -> None:
    random = 0
    for layers in (1, 2, 4, 5):
        circuit = make(n_wires=n_wires, layers=layers)
        if circuit.identity is None:
            with pytest.raises(ValueError, match=r"has no weights.*identity-block.*Allowed: own, uniform, normal\. "):
                circuit.with_initial("identity-block")
            continue
        weights = circuit.with_initial("identity-block").initial_weights(np.random.default_rng(layers))
        nothing = {name: np.zeros(values.shape) for name, values in weights.items()}
        still = np.zeros(circuit.latent_dim)
        # What is left without entanglement and angles is the state that it begins from.
        prepared = unitary(circuit.without_entanglement(), still, nothing)
        found = unitary(circuit, still, weights) @ prepared.conj().T
        assert found == pytest.approx(found[0, 0] * np.eye(2**n_wires), abs=EXACT)
        random += sum(np.count_nonzero(values) for values in weights.values())
        again = circuit.with_initial("identity-block").initial_weights(np.random.default_rng(layers))
        assert all(np.array_equal(weights[name], again[name]) for name in weights)
    # A single wire may have a single rotation, which nothing can undo.
    assert random or n_wires == 1 or all(make(n_wires=3, layers=layers).identity is None for layers in (4, 5))


def test_text_has_one_line_for_each_wire(circuit) -> None:
    labels = [line.split(":")[0] for line in circuit.draw("text").splitlines() if line]
    # What is too wide goes on below.
    assert labels == [str(wire) for wire in range(N_WIRES)] * (len(labels) // N_WIRES)


def test_figure_is_not_kept_by_pyplot(make) -> None:
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    figure = make(n_wires=2, layers=1).draw()
    assert isinstance(figure, Figure)
    assert figure.axes
    assert pyplot.get_fignums() == before


def test_it_says_what_it_is_and_where_it_is_from(circuit) -> None:
    assert CIRCUITS[circuit.name]
    assert "arXiv:" in circuit.reference
    assert circuit.doc
    assert "\n" not in circuit.doc


def test_two_circuits_are_told_apart(make) -> None:
    circuit, others = (
        make(n_wires=N_WIRES, layers=LAYERS),
        [other(n_wires=N_WIRES, layers=LAYERS) for other in CIRCUITS.values()],
    )
    assert [circuit.fingerprint() == other.fingerprint() for other in others].count(True) == 1
    assert circuit.fingerprint() != circuit.in_basis("X").fingerprint() != circuit.in_basis("Y").fingerprint()
