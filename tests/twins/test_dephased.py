"""The dephased twin against a density matrix whose off-diagonal is taken away after each layer."""

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pennylane.tape import make_qscript

from circuits import CIRCUITS, begun_uniform, from_function, with_basis_angle
from qgan._registry import NoOptions
from qgan.backends import resolve
from qgan.errors import ConfigError, ResourceError
from qgan.readout import Counts, Executor, ExpectationXZ, ExpectationZ, Probabilities
from qgan.seeding import Key
from qgan.twins import TWINS, Setting

KEY, EXACT = Key(3, "dephased"), 1e-11


def dephased(circuit, readout, *, backend="batched.qubit", rows=1.0, shots=None, batch_size=4, asked=None):
    def make(circuit, readout, *, rows):
        if asked is not None:
            asked.append(batch_size * rows)
        precision = "complex128" if backend == "batched.qubit" else None
        return resolve(backend).executor(circuit, readout, shots=None, c_dtype=precision)

    entry = TWINS["dephased"]
    twin = entry.make(NoOptions(), Setting(KEY, batch_size, shots))
    return twin.executor(make)(circuit, readout, rows=rows)


def inputs(circuit, *, rows, sets, seed=0):
    rng = np.random.default_rng(seed)
    lead = () if sets is None else (sets,)
    latent = torch.tensor(rng.uniform(-4, 4, (rows, circuit.latent_dim)), requires_grad=True)
    weights = {
        name: torch.tensor(rng.uniform(-4, 4, (*lead, *shape)), requires_grad=True)
        for name, shape in circuit.weight_shapes.items()
    }
    return latent, weights


def by_density_matrix(circuit, latent, weights, measure):
    """PennyLane's mixed states, every wire dephased at each barrier.

    PhaseDamping(1) is right to 1e-8 only, as PennyLane adds an epsilon under its root; a phase flip of one half is the
    same channel. Of a single torch number default.mixed makes an RZ in single precision, of one for each row not.
    """
    rows, sets = len(latent), {name: len(each) for name, each in weights.items()}
    shared = all(each.ndim == len(circuit.weight_shapes[name]) for name, each in weights.items())
    by_row = {
        name: each.expand(rows, *each.shape) if shared else each.repeat_interleave(rows // sets[name], dim=0)
        for name, each in weights.items()
    }

    @qml.qnode(qml.device("default.mixed", wires=circuit.n_wires), interface="torch", diff_method="backprop")
    def node():
        for operation in make_qscript(circuit.gates)(latent, by_row).operations:
            if operation.name == "Barrier":
                for wire in range(circuit.n_wires):
                    qml.PhaseFlip(0.5, wires=wire)
            else:
                qml.apply(operation)
        return measure()

    return node()


def gradients(values, cotangent, latent, weights):
    leaves = [leaf for leaf in (latent, *weights.values()) if leaf.numel()]
    found = torch.autograd.grad((values * cotangent).sum(), leaves, allow_unused=True)
    return [torch.zeros_like(leaf) if each is None else each for leaf, each in zip(leaves, found, strict=True)]


@settings(max_examples=40)
@given(
    name=st.sampled_from(sorted(CIRCUITS)),
    n_wires=st.integers(1, 3),
    layers=st.integers(1, 3),
    entangled=st.booleans(),
    sets=st.sampled_from([None, 1, 2]),
    seed=st.integers(0, 2**20),
)
def test_values_and_gradients_are_those_of_a_dephased_density_matrix(
    name, n_wires, layers, entangled, sets, seed
) -> None:
    circuit = CIRCUITS[name](n_wires=n_wires, layers=layers, entangled=entangled)
    latent, weights = inputs(circuit, rows=4, sets=sets, seed=seed)
    found = dephased(circuit, Probabilities())(latent, weights, key=KEY)
    expected = by_density_matrix(circuit, latent, weights, lambda: qml.probs(wires=range(n_wires)))
    torch.testing.assert_close(found, expected, rtol=0, atol=EXACT)
    cotangent = torch.tensor(np.random.default_rng(seed).normal(size=(4, 2**n_wires)))
    for one, other in zip(
        gradients(found, cotangent, latent, weights), gradients(expected, cotangent, latent, weights), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=10 * EXACT)


@pytest.mark.parametrize("name", ["efficient-su2", "style"])
def test_x_is_turned_after_the_last_dephasing_and_so_is_0(name) -> None:
    circuit = CIRCUITS[name](n_wires=2, layers=2)
    latent, weights = inputs(circuit, rows=4, sets=2)
    found = dephased(circuit, ExpectationXZ())(latent, weights, key=KEY)
    z = dephased(circuit, ExpectationZ())(latent, weights, key=KEY)
    torch.testing.assert_close(found[:, 1::2], z, rtol=0, atol=EXACT)
    torch.testing.assert_close(found[:, ::2], torch.zeros(4, 2).double(), rtol=0, atol=EXACT)


def test_x_of_a_function_whose_last_gates_are_after_its_last_barrier_is_not() -> None:
    def function(latent, weights) -> None:
        qml.RY(latent[..., 0], wires=0)
        qml.CNOT(wires=[0, 1])
        qml.Barrier(wires=[0, 1])
        qml.RY(weights["w"][..., 0], wires=0)

    circuit = from_function(function, n_wires=2, latent_dim=1, weight_shapes={"w": (1,)})
    latent, weights = inputs(circuit, rows=4, sets=None)
    found = dephased(circuit, ExpectationXZ())(latent, weights, key=KEY)
    # Of cos(z) Z on the first wire, a turn by w makes cos(z) (cos(w) Z + sin(w) X).
    z, w = latent[:, 0].cos(), weights["w"][0]
    expected = torch.stack([z * w.sin(), z * w.cos(), torch.zeros(4).double(), z], dim=1)
    torch.testing.assert_close(found, expected, rtol=0, atol=EXACT)


@pytest.mark.parametrize("backend", ["default.qubit", "lightning.qubit"])
def test_other_backends_give_the_same(backend) -> None:
    circuit = begun_uniform(CIRCUITS["strongly-entangling"](n_wires=2, layers=3), [0])
    latent, weights = inputs(circuit, rows=4, sets=2)
    cotangent = torch.tensor(np.random.default_rng(1).normal(size=(4, 4)))
    one, other = (
        dephased(circuit, Probabilities(), backend=each)(latent, weights, key=KEY)
        for each in (backend, "batched.qubit")
    )
    torch.testing.assert_close(one, other, rtol=0, atol=EXACT)
    pairs = zip(*(gradients(each, cotangent, latent, weights) for each in (one, other)), strict=True)
    for mine, theirs in pairs:
        torch.testing.assert_close(mine, theirs, rtol=0, atol=EXACT)


@pytest.mark.parametrize("name", ["hardware-efficient", "zoufal", "data-reuploading"])
def test_cz_gates_at_the_ends_of_layers_couple_nothing(name) -> None:
    circuit = CIRCUITS[name](n_wires=3, layers=3)
    latent, weights = inputs(circuit, rows=4, sets=None)
    joint = dephased(circuit, Probabilities())(latent, weights, key=KEY).detach().reshape(4, 2, 2, 2)
    one, two, three = joint.sum((2, 3)), joint.sum((1, 3)), joint.sum((1, 2))
    product = torch.einsum("ra,rb,rc->rabc", one, two, three)
    torch.testing.assert_close(joint, product, rtol=0, atol=EXACT)


def test_cnot_gates_do() -> None:
    circuit = CIRCUITS["real-amplitudes"](n_wires=2, layers=2)
    latent, weights = inputs(circuit, rows=4, sets=None)
    joint = dephased(circuit, Probabilities())(latent, weights, key=KEY).detach().reshape(4, 2, 2)
    assert (torch.linalg.det(joint).abs() > 1e-3).any()


def test_one_layer_has_lost_nothing_yet() -> None:
    circuit = CIRCUITS["strongly-entangling"](n_wires=3, layers=1)
    latent, weights = inputs(circuit, rows=4, sets=None)
    own = resolve("batched.qubit").executor(circuit, Probabilities(), shots=None, c_dtype="complex128")
    found = dephased(circuit, Probabilities())(latent, weights, key=KEY)
    torch.testing.assert_close(found, own(latent, weights, key=KEY), rtol=0, atol=EXACT)


@pytest.mark.parametrize(("name", "moved"), [("efficient-su2", False), ("style", True)])
def test_layers_that_no_latent_enters_are_run_once_for_all_rows(name, moved) -> None:
    asked: list[float] = []
    circuit = CIRCUITS[name](n_wires=3, layers=2)
    executor = dephased(circuit, Probabilities(), rows=2, batch_size=10, asked=asked)
    # The first layer for each row, the two others from each of 8 bit strings: of each row, or of each set of weights.
    assert asked == [pytest.approx(20 + 2 * 8 * (20 if moved else 2))] * 3
    executor(*inputs(circuit, rows=20, sets=2), key=KEY)
    assert executor.counts == Counts()


def test_what_does_not_fit_is_refused_with_the_reason() -> None:
    def make(circuit, readout, *, rows):
        backend = resolve("batched.qubit")
        backend.check(circuit.n_wires, batch=int(32 * rows), n_gates=10)
        return backend.executor(circuit, readout, shots=None)

    twin = TWINS["dephased"].make(NoOptions(), Setting(KEY, 32, None))
    circuit = CIRCUITS["style"](n_wires=12, layers=4)
    with pytest.raises(ResourceError, match=r"runs 4096 circuits for each layer of 'style'.*need too much memory"):
        twin.executor(make)(circuit, Probabilities(), rows=1)


def test_shots_and_functions_without_layers_are_refused() -> None:
    circuit = CIRCUITS["style"](n_wires=2, layers=1)
    with pytest.raises(ConfigError, match=r"twin is exact.*shots = 5"):
        dephased(circuit, Probabilities(), shots=5)
    own = from_function(lambda z, w: qml.RY(z[..., 0] + w["w"][..., 0], wires=0), n_wires=1, weight_shapes={"w": (1,)})
    with pytest.raises(ConfigError, match="does not say where its layers end"):
        dephased(own, Probabilities())


def test_latents_of_another_circuit_are_refused_in_its_own_terms() -> None:
    circuit = CIRCUITS["style"](n_wires=2, layers=1)
    _, weights = inputs(circuit, rows=4, sets=None)
    with pytest.raises(ConfigError, match=r"\(batch, 5\)"):
        dephased(circuit, Probabilities())(torch.zeros(4, 3).double(), weights, key=KEY)
    turned = with_basis_angle(circuit)
    assert turned.latent_dim == 6


class Counting(Executor):
    """Another executor, which writes down how many rows it is given."""

    def __init__(self, inner, given):
        self.counts, self.gradient, self.precision = inner.counts, inner.gradient, inner.precision
        self.inner, self.given = inner, given

    def __call__(self, latent, weights, *, key):
        self.given.append(len(latent))
        return self.inner(latent, weights, key=key)


@pytest.mark.parametrize("readout", [Probabilities(), ExpectationXZ()], ids=["Z", "X and Z"])
@pytest.mark.parametrize("name", ["hardware-efficient", "data-reuploading"])
def test_it_says_how_many_rows_of_circuits_a_row_takes_at_most(name, readout):
    given = []

    def make(circuit, readout, *, rows):  # noqa: ARG001
        return Counting(resolve("batched.qubit").executor(circuit, readout, shots=None), given)

    circuit = CIRCUITS[name](n_wires=3, layers=3)
    twin = TWINS["dephased"].make(NoOptions(), Setting(KEY, 4, None)).executor(make)(circuit, readout, rows=1.0)
    latent, weights = inputs(circuit, rows=1, sets=1)
    twin(latent, weights, key=KEY)
    # Layers without latents are run once for both bases.
    assert 16 < sum(given) <= twin.rows_for_one <= len(readout.bases) * sum(given)
