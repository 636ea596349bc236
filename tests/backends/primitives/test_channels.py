"""Noisy circuits in whole batches are Qiskit's, and Aer's but for what Aer leaves out."""

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import PTM, DensityMatrix, Statevector, SuperOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, thermal_relaxation_error
from qiskit_aer.noise.device import basic_device_gate_errors

from circuits import CIRCUITS
from qgan.backends.primitives import channels
from qgan.backends.primitives.aer import KEY, ready, run
from qgan.backends.primitives.channels import Channels
from qgan.backends.primitives.fake import FakeTarget, _compact, _qubits, _restricted
from qgan.backends.primitives.names import fakes
from qgan.backends.primitives.templates import template_of
from qgan.backends.program import EveryCall

# Of an error's terms Aer leaves out those of a smaller probability, and with them their share of the whole.
LEFT_OUT = 1e-10


@pytest.fixture(scope="module")
def known():
    return fakes()


def program_of(name, n_wires, rows=3):
    circuit, rng = CIRCUITS[name](n_wires=n_wires, layers=1), np.random.default_rng(1)
    latent = torch.tensor(rng.normal(size=(rows, circuit.latent_dim)))
    return EveryCall(circuit)(
        latent, {key: torch.tensor(rng.normal(size=s)) for key, s in circuit.weight_shapes.items()}
    )


def pruned(error):
    """The channel that Aer makes of an error."""
    terms = zip(error.probabilities, error.circuits, strict=True)
    return SuperOp(np.sum([share * SuperOp(term).data for share, term in terms if share >= LEFT_OUT], axis=0))


def by_aer(computer, name, n_wires):
    """Aer's probabilities without misread bits, ours, and ours with as much left out as by Aer."""
    program, target = program_of(name, n_wires), FakeTarget(computer)
    template, table = template_of(program.operators, n_wires), program.angles.numpy()
    known = target.prepared(template)
    used, measured = _qubits(known.isa)
    places = [used.index(qubit) for qubit in measured]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        errors = list(basic_device_gate_errors(target=_restricted(target._target, used)))
    noise, like_aer = NoiseModel(basis_gates=sorted(set(known.isa.count_ops()) - {"measure", "barrier"})), {}
    for gate, qubits, error in errors:
        noise.add_quantum_error(error, gate, qubits, warnings=False)
        like_aer[gate, tuple(qubits)] = pruned(error)
    simulator, circuit = AerSimulator(method="density_matrix", noise_model=noise), _compact(known.isa, used)
    ours = known.channels.probabilities(table)
    less = Channels(circuit, template.angles, like_aer, places).probabilities(table)
    circuit.save_probabilities(places[::-1], label=KEY)  # pyright: ignore[reportAttributeAccessIssue]
    (aers,) = run(simulator, [ready(simulator, template, circuit)], [table])
    return np.real(aers), ours, less


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_every_circuit_is_aers(known, circuit):
    n_wires = 4 if circuit == "matrix-product" else 3
    aers, ours, less = by_aer(known["manila"], circuit, n_wires)
    np.testing.assert_allclose(less, aers, rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours, aers, rtol=0, atol=1e-7)
    np.testing.assert_allclose(ours.sum(axis=1), 1.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["torino", "fez", "sherbrooke", "fractional", "lagos", "almaden"])
def test_every_kind_of_computer_is_aers(known, name):
    aers, ours, less = by_aer(known[name], "style", 4)
    np.testing.assert_allclose(less, aers, rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours, aers, rtol=0, atol=1e-7)


def test_gates_of_several_angles_and_of_none_are_qiskits():
    one, other, third = (Parameter(name) for name in "abc")
    circuit: Any = QuantumCircuit(3)
    circuit.u(one, 0.3, other + one / 2, 0)
    circuit.append(circuit_u2(other, third), [1])
    circuit.cx(0, 2)
    circuit.rzz(third - 0.4, 2, 1)
    circuit.u(one, third, 0.1, 2)
    circuit.sx(1)
    noise = {("cx", (0, 2)): PTM(thermal_relaxation_error(50, 40, 3).tensor(thermal_relaxation_error(50, 70, 3)))}
    rows = np.random.default_rng(0).normal(size=(5, 3))
    found = Channels(circuit, [one, other, third], noise, [2, 0]).probabilities(rows)
    for row, probabilities in zip(rows, found, strict=True):
        state: Any = DensityMatrix.from_label("000")
        for each in circuit.assign_parameters(dict(zip([one, other, third], row, strict=True))).data:
            places = [circuit.find_bit(qubit).index for qubit in each.qubits]
            state = state.evolve(each.operation, qargs=places)
            if each.operation.name == "cx":
                state = state.evolve(SuperOp(noise["cx", (0, 2)]), qargs=places)
        np.testing.assert_allclose(probabilities, state.probabilities([0, 2]), rtol=0, atol=1e-12)


def circuit_u2(phi, lam):
    from qiskit.circuit.library import U2Gate

    return U2Gate(phi, lam)


def test_many_qubits_and_chunks_of_rows_change_nothing(monkeypatch):
    angles = [Parameter(f"angle_{place}") for place in range(14)]
    circuit = QuantumCircuit(7)
    for layer in (angles[:7], angles[7:]):
        for qubit, angle in enumerate(layer):
            circuit.ry(angle, qubit)
        for qubit in (5, 0, 3, 1, 4, 2):
            circuit.cx(qubit, qubit + 1)
    rows = np.random.default_rng(0).normal(size=(3, 14))
    made = Channels(circuit, angles, {}, range(7)[::-1])
    found = made.probabilities(rows)
    for row, probabilities in zip(rows, found, strict=True):
        state = Statevector(circuit.assign_parameters(dict(zip(angles, row, strict=True))))
        np.testing.assert_allclose(probabilities, state.probabilities(), rtol=0, atol=1e-12)
    monkeypatch.setattr(channels, "AT_ONCE", 4**7)
    np.testing.assert_array_equal(made.probabilities(rows), found)


def test_an_angle_that_is_not_linear_is_refused():
    angle = Parameter("angle")
    circuit = QuantumCircuit(1)
    circuit.rx(angle * angle, 0)
    with pytest.raises(ValueError, match="not linear"):
        Channels(circuit, [angle], {}, [0])
