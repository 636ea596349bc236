"""DeepQuantum: the latents, or all angles of circuit B, are its encoded data, and the weights its own parameters."""

# pyright: reportMissingImports=false

from protocol import Evaluate, Problem, arguments, serve

OPTIONS = arguments()  # before the libraries are imported, so that they keep to the number of threads

import deepquantum as dq  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(OPTIONS.threads)


def _gates(asked: Problem) -> dq.QubitCircuit:
    n, circuit = asked.wires, dq.QubitCircuit(asked.wires)
    if asked.circuit == "B":
        for _ in range(asked.layers):
            circuit.rylayer(encode=True)
            circuit.rzlayer(encode=True)
            for q in range(n):
                circuit.cry(q, (q + 1) % n, encode=True)
    else:
        circuit.rylayer(encode=True)
        for layer in range(asked.layers):
            for q in range(n):
                if asked.circuit == "A":
                    circuit.ry(q)
                else:
                    circuit.rz(q)
                    circuit.ry(q)
                    circuit.rz(q)
            for q in range(n - 1 if asked.circuit == "A" else n):
                if asked.circuit == "A":
                    circuit.cz(q, q + 1)
                else:
                    circuit.cnot(q, (q + 1 + layer % (n - 1)) % n)
    for basis in {"A": "", "B": "z", "C": "zx"}[asked.circuit]:
        for q in range(n):
            circuit.observable(q, basis)
    return circuit


def build(asked: Problem) -> tuple[Evaluate, str]:
    """The circuit as a torch module, called with all rows of the batch."""
    dtype = getattr(torch, asked.r_dtype)
    circuit = _gates(asked).to(dtype)
    latents, cotangent = torch.tensor(asked.latents, dtype=dtype), torch.tensor(asked.cotangent, dtype=dtype)
    weights = [torch.tensor(weight, dtype=dtype) for weight in asked.weights.values()]
    which = torch.arange(3 * asked.wires * asked.layers) % asked.wires
    if asked.circuit == "B":
        leaves = [weight.requires_grad_() for weight in weights]
    else:
        leaves = list(circuit.parameters())  # one a gate, in the order of the gates
        for leaf, value in zip(leaves, weights[0].flatten(), strict=True):
            leaf.data.copy_(value)

    def evaluate():
        data = leaves[0] * latents[:, which] + leaves[1] if asked.circuit == "B" else latents
        state = circuit(data)
        output = state.squeeze(-1).abs() ** 2 if asked.circuit == "A" else circuit.expectation()
        gradients = torch.autograd.grad((output * cotangent).sum(), leaves)
        if asked.circuit != "B":
            gradients = [torch.stack([part.reshape(()) for part in gradients]).reshape(weights[0].shape)]
        return output.detach(), gradients

    return evaluate, str(circuit.init_state.state.dtype).removeprefix("torch.")


if __name__ == "__main__":
    serve(build, packages=("deepquantum", "torch", "numpy"), threads=OPTIONS.threads)
