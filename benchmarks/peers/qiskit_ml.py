"""qiskit-machine-learning: a SamplerQNN on exact state vectors, by parameter shifts, in a TorchConnector."""

# pyright: reportMissingImports=false

from protocol import Evaluate, Problem, Refusal, arguments, serve

OPTIONS = arguments()  # before the libraries are imported, so that they keep to the number of threads

import torch  # noqa: E402
from qiskit.circuit import ParameterVector, QuantumCircuit  # noqa: E402
from qiskit_machine_learning.connectors import TorchConnector  # noqa: E402
from qiskit_machine_learning.neural_networks import SamplerQNN  # noqa: E402
from qiskit_machine_learning.primitives import QMLSampler  # noqa: E402

torch.set_num_threads(OPTIONS.threads)


def build(asked: Problem) -> tuple[Evaluate, str]:
    """Qubit n - 1 - q is wire q, since Qiskit's qubit 0 is the least significant bit."""
    if asked.circuit != "A":
        raise Refusal("a SamplerQNN returns probabilities: circuit A only")
    n, circuit = asked.wires, QuantumCircuit(asked.wires)
    latent, weight = ParameterVector("z", n), ParameterVector("w", asked.layers * n)
    for q in range(n):
        circuit.ry(latent[q], n - 1 - q)
    for layer in range(asked.layers):
        for q in range(n):
            circuit.ry(weight[layer * n + q], n - 1 - q)
        for q in range(n - 1):
            circuit.cz(n - 1 - q, n - 2 - q)
    network = SamplerQNN(circuit=circuit, sampler=QMLSampler(), input_params=list(latent), weight_params=list(weight))
    module = TorchConnector(network, initial_weights=asked.weights["w"].ravel())
    latents, cotangent = (torch.tensor(each, dtype=torch.float32) for each in (asked.latents, asked.cotangent))

    def evaluate():
        output = module(latents)
        (gradient,) = torch.autograd.grad((output * cotangent).sum(), [module.weight])
        return output.detach(), [gradient.reshape(asked.weights["w"].shape)]

    return evaluate, "complex128"  # whatever is asked for; its inputs and outputs are float32


if __name__ == "__main__":
    serve(build, packages=("qiskit-machine-learning", "qiskit", "torch", "numpy"), threads=OPTIONS.threads)
