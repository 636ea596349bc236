"""Qiskit's primitives as executors: the values of a batch and its gradient are one job."""

__all__ = ["PrimitiveExecutor", "primitive_executor"]

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from circuits import Circuit
from qgan._typing import Array
from qgan.backends.bases import basis_by_basis
from qgan.backends.gradients import Shots, Term, TermsOf, shift_terms, shifted
from qgan.backends.primitives.measured import Found, measured
from qgan.backends.primitives.target import Exact
from qgan.backends.primitives.templates import Request, template_of
from qgan.backends.program import EveryCall, Program
from qgan.errors import BackendError
from qgan.readout import Counts, Executor, GradientMethod, ReadOut
from qgan.seeding import Key, stream

IN_ONE_JOB = "in one job with the circuits themselves"
WHY = f"two or four circuits for each angle, {IN_ONE_JOB}"


def primitive_executor(
    target: Exact[Any],
    circuit: Circuit,
    readout: ReadOut,
    *,
    shots: int | None,
    gradient: GradientMethod,
    terms_of: TermsOf = shift_terms,
) -> Executor:
    """One circuit on one target; ``terms_of`` says which differences are taken.

    Raises:
        BackendError: If the target has too few qubits.
    """
    if circuit.n_wires > target.max_qubits:
        raise BackendError(
            f"{target.name} does not take that many qubits",
            got=circuit.n_wires,
            allowed=f"1 to {target.max_qubits}",
            cure="Change the number of qubits",
        )
    why = WHY if gradient.name == "parameter-shift" else f"{gradient.why}, {IN_ONE_JOB}"
    drawn, stated = Shots(shots, Counts()), gradient._replace(why=why)

    def of_one_basis(circuit: Circuit, readout: ReadOut) -> Executor:
        return PrimitiveExecutor(circuit, readout, target, shots=drawn, gradient=stated, terms_of=terms_of)

    return basis_by_basis(circuit, readout, of_one_basis)


@final
class PrimitiveExecutor(Executor):
    """A circuit whose structure is transpiled once.

    Executions are counted in circuits. Where a gradient is wanted, all shifted ones are run with the others.

    Args:
        circuit: Which.
        readout: What is made of the joint probabilities, in the basis of Z.
        target: Who runs it.
        shots: How probabilities are drawn, and where all is counted.
        gradient: How the differences are called.
        terms_of: Which they are.
    """

    def __init__(
        self,
        circuit: Circuit,
        readout: ReadOut,
        target: Exact[Any],
        *,
        shots: Shots,
        gradient: GradientMethod,
        terms_of: TermsOf,
    ) -> None:
        self.counts, self.gradient, self.target = shots.counts, gradient, target
        self._tracer, self._readout, self._shots, self._n_wires = EveryCall(circuit), readout, shots, circuit.n_wires
        self._terms_of = terms_of

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:
        program = self._tracer(latent, weights)
        columns = program.trainable
        terms = self._terms_of(program.operators, columns, rows=program.rows, key=key) if columns else ()
        there, slopes = self._run(program, terms, key)
        probabilities: Any = torch.from_numpy(there)
        if terms:
            probabilities = measured(program.angles, Found(there, columns, terms, slopes))
        return self._readout.read(probabilities).to(latent.device)

    def _run(self, program: Program, terms: Sequence[Term], key: Key) -> tuple[Array, Array]:
        """Probabilities of the circuits themselves, shape (rows, 2**n), and of shifted ones, (terms, rows, 2**n)."""
        angles = program.angles.detach().numpy()
        table = np.concatenate([angles, shifted(angles, terms)]) if terms else angles
        (exact,) = self.target.probabilities([Request(template_of(program.operators, self._n_wires), table)])

        def drawn(some: Array, what: str) -> Array:
            return self._shots.draw(some, stream(key._replace(purpose=f"{key.purpose}:{what}")))

        rows = len(angles)
        return drawn(exact[:rows], "shots"), drawn(exact[rows:], "shift").reshape(len(terms), *exact[:rows].shape)
