"""What a circuit queues becomes one-angle gates; what cannot is refused with a reason."""

import pennylane as qml
import pytest
import torch

from circuits import Circuit
from qgan.backends import resolve
from qgan.backends.program import ROTATIONS, trace
from qgan.errors import BackendError, ConfigError
from qgan.readout import Probabilities
from qgan.seeding import Key


def circuit_of(queue, n_wires=2, **weight_shapes):
    return Circuit(
        name="made here",
        n_wires=n_wires,
        latent_dim=n_wires,
        weight_shapes=weight_shapes or {"w": (2,)},
        queue=lambda latent, weights, _: queue(latent, weights),
    )


def test_latents_reach_angles_through_torch():
    circuit = circuit_of(lambda z, w: qml.RX(3 * z[..., 1] + w["w"][..., 0] ** 2, wires=0))
    latent, weights = torch.ones(4, 2, requires_grad=True), {"w": torch.full((2,), 2.0, requires_grad=True)}
    program = trace(circuit, latent, weights)
    assert program.angles.shape == (4, 1)
    gradients = torch.autograd.grad(program.angles.sum(), [latent, weights["w"]])
    assert gradients[0].tolist() == [[0, 3]] * 4
    assert gradients[1].tolist() == [4 * 2 * 2, 0]


def test_only_what_wants_a_gradient_is_trainable():
    def queue(latent, weights):
        qml.RX(latent[..., 0], wires=0)
        qml.RY(0.5, wires=0)
        qml.RZ(weights["w"][..., 0], wires=0)

    weights = {"w": torch.ones(2, requires_grad=True)}
    program = trace(circuit_of(queue), torch.ones(3, 2), weights)
    assert program.trainable == (2,)
    with torch.no_grad():
        assert program.trainable == ()


@pytest.mark.parametrize(
    "operation", ["PhaseShift", "Rot", "CRot", "U3", "IsingXY", "PauliRot", "adjoint", "controlled", "global"]
)
def test_everything_is_decomposed_into_gates_with_one_angle(operation):
    def queue(latent, weights):
        x, y = latent[..., 0], weights["w"][..., 0]
        made = {
            "PhaseShift": lambda: qml.PhaseShift(x, wires=0),
            "Rot": lambda: qml.Rot(x, y, 0.1, wires=0),
            "CRot": lambda: qml.CRot(x, y, 0.1, wires=[0, 1]),
            "U3": lambda: qml.U3(x, y, 0.1, wires=0),
            "IsingXY": lambda: qml.IsingXY(x, wires=[0, 1]),
            "PauliRot": lambda: qml.PauliRot(x, "XY", wires=[0, 1]),
            "adjoint": lambda: qml.adjoint(qml.RX)(x, wires=0),
            "controlled": lambda: qml.ctrl(qml.RX, control=1)(x, wires=0),
            "global": lambda: (qml.GlobalPhase(0.3), qml.RX(x, wires=0)),
        }
        made[operation]()

    program = trace(circuit_of(queue), torch.ones(3, 2), {"w": torch.ones(2)})
    assert program.angles.shape[1] > 0
    assert {operator.name for operator in program.operators if operator.num_params} <= ROTATIONS


@pytest.mark.parametrize(
    ("queue", "reason"),
    [
        (lambda z, _w: qml.RX(z[..., 0], wires=2), "wires 2"),
        (lambda _z, _w: qml.expval(qml.PauliZ(0)), "expval"),
        (lambda _z, _w: qml.measure(0), "cannot be made of rotations"),
    ],
    ids=["stranger", "measurement", "measured inside"],
)
def test_what_no_device_should_see_is_refused(queue, reason):
    with pytest.raises(BackendError, match=reason):
        trace(circuit_of(queue), torch.ones(3, 2), {"w": torch.ones(2)})


def run(circuit, rows, weights):
    executor = resolve("default.qubit").executor(circuit, Probabilities(), shots=None)
    return executor(torch.rand(rows, circuit.n_wires), weights, key=Key(0, "g"))


# With as many rows as features the shapes agree, and only the values are wrong.
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_latents_indexed_from_the_left_are_refused(rows):
    with pytest.raises(ConfigError, match="Index latents and weights from the right"):
        run(circuit_of(lambda z, _w: qml.RX(z[-1], wires=0)), rows, {"w": torch.ones(2)})


def test_batched_weights_indexed_from_the_left_are_refused():
    with pytest.raises(ConfigError, match="Index latents and weights from the right"):
        run(circuit_of(lambda _z, w: qml.RX(w["w"][1, :], wires=0), w=(2,)), 2, {"w": torch.rand(2, 2)})


def test_square_weights_that_all_rows_share_are_not_taken_for_a_batch():
    def queue(latent, weights):
        qml.RX(latent[..., 0] + weights["w"][..., 1, 0], wires=0)

    assert run(circuit_of(queue, w=(2, 2)), 2, {"w": torch.rand(2, 2)}).shape == (2, 4)


@pytest.mark.parametrize("shape", [(2,), (3, 1), (0, 2)])
def test_latents_of_another_shape_are_refused(shape):
    executor = resolve("default.qubit").executor(
        circuit_of(lambda z, _w: qml.RX(z[..., 0], wires=0)), Probabilities(), shots=None
    )
    with pytest.raises(ConfigError, match="do not fit the circuit"):
        executor(torch.zeros(shape), {"w": torch.ones(2)}, key=Key(0, "g"))
