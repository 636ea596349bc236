"""PennyLane with torch: default.qubit with backpropagation, or Lightning with the adjoint method."""

from protocol import Evaluate, Problem, arguments, serve

DEVICES = ("default.qubit", "default.qubit:cuda", "lightning.qubit", "lightning.gpu")
OPTIONS = arguments(devices=DEVICES)  # before the libraries are imported, so that they keep to the number of threads

import numpy as np  # noqa: E402
import pennylane as qml  # noqa: E402
import scipy.sparse  # noqa: E402
import torch  # noqa: E402
from pennylane.devices import Device, ExecutionConfig  # noqa: E402
from pennylane.tape import make_qscript  # noqa: E402
from pennylane_circuits import angles, gates, measured  # noqa: E402

torch.set_num_threads(OPTIONS.threads)


def build(asked: Problem) -> tuple[Evaluate, str]:
    """One QNode over the whole batch, except for probabilities on Lightning."""
    name, _, where = OPTIONS.device.partition(":")
    options = {"dtype": getattr(torch, asked.r_dtype), "device": where or "cpu"}
    if where:
        # PennyLane begins with a state where torch makes tensors. It costs each call a little, so not on the CPU.
        torch.set_default_device(where)
    latents, cotangent = torch.tensor(asked.latents, **options), torch.tensor(asked.cotangent, **options)
    weights = [torch.tensor(weight, **options, requires_grad=True) for weight in asked.weights.values()]
    if name == "default.qubit":
        device, c_dtype, method = qml.device("default.qubit", wires=asked.wires, seed=0), "complex128", "backprop"
    else:
        c_dtype, method = asked.c_dtype, "adjoint"
        device = qml.device(name, wires=asked.wires, c_dtype=getattr(np, c_dtype), seed=0)
        if asked.circuit == "A":
            return _row_by_row(asked, device), c_dtype

    def circuit(*angles):
        gates(asked, *angles)
        return measured(asked)

    node = qml.QNode(circuit, device, interface="torch", diff_method=method)

    def evaluate():
        output = node(*angles(asked, latents, weights))
        if isinstance(output, (list, tuple)):
            output = torch.stack(output, dim=-1)
        gradients = torch.autograd.grad((output * cotangent).sum(), weights)
        # What is on a GPU is finished when it is here.
        return output.detach().cpu(), [gradient.cpu() for gradient in gradients]

    return evaluate, c_dtype


def _row_by_row(asked: Problem, device: Device) -> Evaluate:
    """Probabilities, and their gradient as that of one diagonal observable for each row: one adjoint sweep a row."""
    real, wires = np.dtype(asked.r_dtype), range(asked.wires)
    latents, cotangent = asked.latents.astype(real), asked.cotangent.astype(real)
    (weights,) = (weight.astype(real) for weight in asked.weights.values())

    @make_qscript
    def probabilities(row):
        gates(asked, row, weights)
        qml.probs(wires=wires)

    @make_qscript
    def weighted(row, line):
        gates(asked, row, weights)
        qml.expval(qml.SparseHamiltonian(scipy.sparse.csr_matrix(scipy.sparse.diags(line)), wires=wires))

    def prepared(tapes, method):
        config = device.setup_execution_config(ExecutionConfig(gradient_method=method), tapes[0])
        return *device.preprocess_transforms(config)(tapes), config

    def evaluate():
        batch, post, config = prepared([probabilities(row) for row in latents], None)
        output = np.stack(post(device.execute(batch, config)))
        tapes = [weighted(row, line) for row, line in zip(latents, cotangent, strict=True)]
        for tape in tapes:  # the first gates have the latents, and then comes one weight a gate
            tape.trainable_params = list(range(asked.wires, asked.wires + weights.size))
        batch, _, config = prepared(tapes, "adjoint")
        rows = [np.asarray(row).ravel() for row in device.compute_derivatives(batch, config)]
        return output, [np.sum(rows, axis=0).reshape(weights.shape)]

    return evaluate


if __name__ == "__main__":
    serve(build, packages=("pennylane", "pennylane-lightning", "torch", "numpy"), threads=OPTIONS.threads)
