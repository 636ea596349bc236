"""Any Qiskit V2 sampler: what it measures is all that is known."""

__all__ = ["SamplerTarget", "bits_of"]

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import BackendSamplerV2, BaseSamplerV2

from qgan._typing import AnyArray
from qgan.backends.primitives.target import Target, passes
from qgan.backends.primitives.templates import Request, Template


@final
class SamplerTarget(Target[QuantumCircuit]):
    """A primitive, and the backend that circuits are transpiled for.

    The seed of a job is the primitive's own affair: Qiskit's interface has none.

    Args:
        sampler: Qiskit's ``BaseSamplerV2``.
        backend: Qiskit's ``BackendV2``; None where circuits are taken as they are.
        level: Of the transpiler's optimisation, 0 to 3.
        seed: Of the transpiler.
    """

    def __init__(self, sampler: BaseSamplerV2, backend: Any = None, *, level: int = 1, seed: int = 0) -> None:
        super().__init__()
        self._sampler = sampler
        self.name = getattr(backend, "name", type(sampler).__name__)
        self.max_qubits = getattr(backend, "num_qubits", None) or 63
        self._passes = None if backend is None else passes(level=level, seed=seed, backend=backend)

    @classmethod
    def of_backend(cls, backend: Any) -> "SamplerTarget":
        """With Qiskit's own sampler for it."""
        return cls(BackendSamplerV2(backend=backend), backend)

    def sampled(self, requests: Sequence[Request], *, shots: int, seed: int) -> list[AnyArray]:  # noqa: ARG002
        """See :meth:`Target.sampled`; what is drawn is decided by the primitive."""
        self._count(requests)
        circuits = [self.prepared(request.template) for request in requests]
        asked = []
        for request, circuit in zip(requests, circuits, strict=True):
            values = request.template.values(circuit, request.table)
            # Without parameters, too, it is run once for each row.
            asked.append((circuit, values or np.zeros((len(request.table), 0))))
        result: Any = self._sampler.run(asked, shots=shots).result()
        return [bits_of(each.data) for each in result]

    def _prepare(self, template: Template) -> QuantumCircuit:
        if self._passes is None:
            return template.measured
        self.sent.transpilations += 1
        return self._passes.run(template.measured)


def bits_of(data: Any) -> AnyArray:
    """Shape (circuits, shots, qubits), of the one register that was measured."""
    (register,) = data.values()
    # Big-endian bytes, of which the last bit is qubit 0.
    bits = np.unpackbits(register.array, axis=-1)[..., ::-1][..., : register.num_bits]
    return bits.reshape(-1, register.num_shots, register.num_bits)
