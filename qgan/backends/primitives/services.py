"""Services by their names."""

__all__ = ["service_of"]

from pathlib import Path

from qgan.backends.facts import IBM
from qgan.backends.jobs.service import Service
from qgan.backends.primitives.local import LocalService
from qgan.backends.primitives.targets import target_of

ISA, HERE = "isa", "here"


def service_of(name: str, folder: Path, *, qubits: int = 1, mode: str = "job", answer: float = 120.0) -> Service:
    """IBM Quantum, or for all other names a simulator here that takes jobs as if it were far away.

    Args:
        name: As ``--backend`` has it.
        folder: Of a run's jobs.
        qubits: That the least busy computer must have.
        mode: ``"job"``, ``"batch"`` or ``"session"``.
        answer: Seconds after which a request that is not answered is given up.

    Raises:
        QganError: If it cannot be had.
        DeviceError: If there is no such simulator.
    """
    if name.startswith(IBM):
        from qgan.backends.primitives.ibm import RuntimeService

        return RuntimeService(name, folder / ISA, qubits=qubits, mode=mode, answer=answer)  # type: ignore[arg-type]
    return LocalService(target_of(name), folder / HERE)
