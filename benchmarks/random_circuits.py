"""Random circuits of every gate that `batched.qubit` takes as it is, with every read-out."""

__all__ = ["disagreement", "random_gates", "random_measurements", "unitary"]

from typing import Any, NamedTuple

import numpy as np
import pennylane as qml
import torch
from pennylane.devices import ExecutionConfig
from pennylane.tape import QuantumScript

ROTATIONS = ["RX", "RY", "RZ", "PhaseShift"]
TWO_WIRE_ROTATIONS = [
    "CRX", "CRY", "CRZ", "ControlledPhaseShift", "IsingXX", "IsingYY", "IsingZZ", "IsingXY", "SingleExcitation",
]  # fmt: skip
FIXED = ["Hadamard", "PauliX", "PauliY", "PauliZ", "S", "T", "SX"]
TWO_WIRE_FIXED = ["CNOT", "CZ", "SWAP", "CY"]
THREE_WIRE_FIXED = ["Toffoli", "CSWAP", "CCZ"]

# What has a parameter that no gradient is taken of.
NO_ANGLES = ("QubitUnitary", "GlobalPhase")


def unitary(rng: np.random.Generator, n_wires: int) -> np.ndarray:
    """Of shape (2**n_wires, 2**n_wires)."""
    size = 2**n_wires
    return np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))[0]


def random_gates(rng: np.random.Generator, n_wires: int, n_gates: int, rows: int | None) -> list[Any]:
    """Angles are one for each row, or single numbers where ``rows`` is None or by chance."""

    def angle() -> Any:
        return rng.uniform(-7, 7) if rows is None or rng.random() < 0.3 else rng.uniform(-7, 7, rows)

    kinds = [*ROTATIONS, *FIXED, "Rot", "adjoint", "matrix 1", "GlobalPhase", "Identity"]
    if n_wires > 1:
        kinds += [*TWO_WIRE_ROTATIONS, *TWO_WIRE_FIXED, "MultiRZ", "PauliRot", "matrix 2", "MultiControlledX"]
    if n_wires > 2:
        kinds += THREE_WIRE_FIXED
    order = [[int(wire) for wire in rng.permutation(n_wires)] for _ in range(n_gates)]
    return [_gate(rng, str(rng.choice(kinds)), wires, angle) for wires in order]


def _gate(rng: np.random.Generator, kind: str, wires: list[int], angle: Any) -> Any:
    some = int(rng.integers(1, len(wires) + 1))
    if kind in ROTATIONS:
        return getattr(qml, kind)(angle(), wires=wires[0])
    if kind in TWO_WIRE_ROTATIONS:
        return getattr(qml, kind)(angle(), wires=wires[:2])
    if kind in FIXED:
        return getattr(qml, kind)(wires=wires[0])
    if kind in TWO_WIRE_FIXED:
        return getattr(qml, kind)(wires=wires[:2])
    if kind in THREE_WIRE_FIXED:
        return getattr(qml, kind)(wires=wires[:3])
    if kind.startswith("matrix"):
        n_wires = int(kind[-1])
        return qml.QubitUnitary(unitary(rng, n_wires), wires=wires[:n_wires])
    return {
        "Rot": lambda: qml.Rot(angle(), angle(), angle(), wires=wires[0]),
        "adjoint": lambda: qml.adjoint(getattr(qml, str(rng.choice(["S", "T", "SX"])))(wires=wires[0])),
        "GlobalPhase": lambda: qml.GlobalPhase(rng.uniform(-7, 7)),
        "Identity": lambda: qml.Identity(wires=wires[0]),
        "MultiRZ": lambda: qml.MultiRZ(angle(), wires=wires[:some]),
        "PauliRot": lambda: qml.PauliRot(angle(), "".join(rng.choice(list("IXYZ"), some)), wires=wires[:some]),
        "MultiControlledX": lambda: qml.MultiControlledX(
            wires=wires[: max(2, some)], control_values=rng.integers(0, 2, max(2, some) - 1).tolist()
        ),
    }[kind]()


def random_measurements(rng: np.random.Generator, n_wires: int) -> list[Any]:
    """Expectation values, variances and probabilities of words, matrices, projectors and sums."""
    wires = [int(wire) for wire in rng.permutation(n_wires)]
    letters = [qml.X, qml.Y, qml.Z]

    def word(count: int) -> Any:
        factors = [letters[int(rng.integers(3))](wire) for wire in wires[:count]]
        return qml.prod(*factors) if count > 1 else factors[0]

    some, pair = int(rng.integers(1, n_wires + 1)), min(2, n_wires)
    return [
        qml.expval(word(some)),
        qml.var(word(some)),
        qml.probs(wires=wires[:some]),
        qml.expval(qml.Hermitian(_hermitian(rng, pair), wires=wires[:pair])),
        qml.var(qml.Hermitian(_hermitian(rng, 1), wires=wires[0])),
        qml.expval(qml.Projector([int(bit) for bit in rng.integers(0, 2, pair)], wires=wires[:pair])),
        qml.expval(qml.Hamiltonian([0.3, -1.2], [word(1), qml.Z(wires[-1])])),
        qml.probs(op=qml.Y(wires[0])),
    ]


class Disagreement(NamedTuple):
    """The largest difference to default.qubit in double precision, which is held against its own backpropagation."""

    values: float
    gradients: float


def disagreement(seed: int, *, n_wires: int, n_gates: int, rows: int | None, c_dtype: Any) -> Disagreement:
    """Of one random circuit with all read-outs, and of the gradients of a random cost by all of its angles."""
    rng = np.random.default_rng(seed)
    first = [qml.RY(0.1 + wire, wire) for wire in range(n_wires)]
    tape = QuantumScript([*first, *random_gates(rng, n_wires, n_gates, rows)], random_measurements(rng, n_wires))
    n_angles = sum(gate.num_params for gate in tape.operations)
    owners: list[Any] = [info["op"] for info in tape.par_info]
    tape.trainable_params = [
        index for index in range(n_angles) if owners[index].name not in ("QubitUnitary", "GlobalPhase")
    ]
    expected, weights, slopes = _expected(rng, tape)

    device = qml.device("batched.qubit", wires=n_wires, c_dtype=c_dtype, seed=0)
    (found,) = device.execute((tape,))
    (gradient,) = device.compute_vjp((tape,), (weights,))
    return Disagreement(_worst(found, expected), _worst(gradient, slopes))


def _expected(rng: np.random.Generator, tape: QuantumScript) -> tuple[list[Any], list[Any], list[Any]]:
    leaves = [torch.tensor(np.asarray(tape.data[index]), requires_grad=True) for index in tape.trainable_params]
    # Of a single torch number PennyLane 0.45 works out some eigenvalues in single precision: hence always a batch.
    values: Any = iter([leaf.expand(tape.batch_size or 1) for leaf in leaves])
    gates: list[Any] = []
    for gate in tape.operations:
        made = gate if gate.name in NO_ANGLES else _with(gate, [next(values) for _ in range(gate.num_params)])
        # And of a batch of torch numbers it makes no matrix for this one.
        gates += made.decomposition() if gate.name == "IsingXY" else [made]
    config = ExecutionConfig(gradient_method="backprop", interface="torch")
    reference = qml.device("default.qubit", wires=tape.num_wires, seed=0)
    results: Any = reference.execute((QuantumScript(gates, tape.measurements),), config)
    found = [each if tape.batch_size or not leaves else each[0] for each in results[0]]
    weights = [torch.tensor(rng.normal(size=tuple(each.shape))) for each in found]
    loss = torch.stack([(weight * each).sum() for weight, each in zip(weights, found, strict=True)]).sum()
    slopes = torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)
    return (
        [each.detach().numpy() for each in found],
        [weight.numpy() for weight in weights],
        [each.numpy() for each in slopes],
    )


def _with(gate: Any, angles: list[Any]) -> Any:
    if not angles:
        return gate
    words = {"pauli_word": gate.hyperparameters["pauli_word"]} if gate.name == "PauliRot" else {}
    return type(gate)(*angles, **words, wires=gate.wires)


def _worst(found: Any, expected: Any) -> float:
    differences = [np.abs(np.asarray(one) - other).max() for one, other in zip(found, expected, strict=True)]
    return float(max(differences, default=0.0))


def _hermitian(rng: np.random.Generator, n_wires: int) -> np.ndarray:
    matrix = unitary(rng, n_wires)
    return matrix + matrix.conj().T
