"""What a backend is made for, told before a run to those who chose another; nothing is measured for it."""

__all__ = ["hint"]

from qgan.backends.facts import BATCHED

# A state of so many wires is a few megabytes: with fewer, starting work on a GPU takes longer than the work.
MANY_WIRES = 20


def hint(backend: str, n_wires: int) -> str | None:
    """One line for whoever runs circuits of so many wires on that backend, or None."""
    if backend == "lightning.gpu" and n_wires < MANY_WIRES:
        return (
            f"lightning.gpu is made for circuits of {MANY_WIRES} qubits and more, and these have {n_wires}: "
            f"`qgan backends --advise --wires {n_wires}` measures whether {BATCHED} is faster here"
        )
    if backend == BATCHED and n_wires > MANY_WIRES:
        return (
            f"{BATCHED} is made for many rows of up to {MANY_WIRES} qubits, and these circuits have {n_wires}: "
            "--backend lightning.qubit takes the memory of one row, and lightning.gpu is made for such states"
        )
    return None
