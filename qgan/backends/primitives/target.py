"""Who runs circuits: all that were asked for together in one job, and each structure transpiled once."""

__all__ = ["Exact", "Jobs", "Target", "draw", "passes"]

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from qiskit.transpiler import StagedPassManager, generate_preset_pass_manager

from qgan._typing import AnyArray, Array
from qgan.backends.primitives.templates import Request, Template

# Structures that are kept.
KEPT = 256

P = TypeVar("P")


@dataclass
class Jobs:
    """What has been sent so far."""

    jobs: int = 0
    circuits: int = 0
    transpilations: int = 0


class Target(ABC, Generic[P]):
    """A computer or a simulator, and what has been transpiled for it.

    Attributes:
        name: As ``--backend`` has it.
        sent: So far.
        max_qubits: Of a circuit.
        pure: Whether it knows states, and not only what is measured of them.
    """

    name: str
    max_qubits: int
    pure: bool = False

    def __init__(self) -> None:
        self.sent = Jobs()
        self._known: dict[Template, P] = {}

    @abstractmethod
    def sampled(self, requests: Sequence[Request], *, shots: int, seed: int) -> list[AnyArray]:
        """Outcomes, in one job.

        Returns:
            For each request bits of shape (circuits, shots, qubits).
        """

    @abstractmethod
    def _prepare(self, template: Template) -> P:
        """A structure as it is run here."""

    def prepared(self, template: Template) -> P:
        """The same for every request of that structure."""
        if template not in self._known:
            while len(self._known) >= KEPT:
                del self._known[next(iter(self._known))]
            self._known[template] = self._prepare(template)
        return self._known[template]

    def _count(self, requests: Sequence[Request]) -> None:
        self.sent.jobs += 1
        self.sent.circuits += sum(len(request.table) for request in requests)


class Exact(Target[P]):
    """A simulator that knows the probabilities of all outcomes, noise and misread bits among them."""

    @abstractmethod
    def probabilities(self, requests: Sequence[Request]) -> list[Array]:
        """For each request of shape (circuits, 2**qubits), qubit 0 the most significant bit; in one job."""

    def states(self, requests: Sequence[Request]) -> list[AnyArray]:
        """For each request of shape (circuits, 2**qubits), likewise.

        Raises:
            NotImplementedError: If it is not pure.
        """
        raise NotImplementedError(f"{self.name} has no states")

    def sampled(self, requests: Sequence[Request], *, shots: int, seed: int) -> list[AnyArray]:
        """See :meth:`Target.sampled`: drawn from the probabilities, by that seed."""
        generator = np.random.default_rng(seed)
        return [draw(each, shots, generator) for each in self.probabilities(requests)]


def draw(probabilities: Array, shots: int, generator: np.random.Generator) -> AnyArray:
    """Bits of shape (circuits, shots, qubits), shot by shot as they come."""
    n_qubits = probabilities.shape[1].bit_length() - 1
    summed = probabilities.cumsum(axis=1)
    summed /= summed[:, -1:]
    thrown = generator.random((len(probabilities), shots))
    places = np.stack([np.searchsorted(row, some, side="right") for row, some in zip(summed, thrown, strict=True)])
    return places[..., None] >> np.arange(n_qubits - 1, -1, -1) & 1


def passes(*, level: int, seed: int, **computer: Any) -> StagedPassManager:
    """Of Qiskit's transpiler.

    Args:
        level: Of optimisation, 0 to 3.
        seed: Of what it draws.
        computer: As Qiskit takes it: ``backend`` or ``target``.
    """
    with warnings.catch_warnings():
        # IBM's client has a stage that nobody asked for, and warns of it.
        warnings.simplefilter("ignore", DeprecationWarning)
        return generate_preset_pass_manager(level, seed_transpiler=seed, **computer)
