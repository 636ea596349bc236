"""`batched.qubit` against default.qubit on random circuits of all gates and read-outs."""

__all__ = ["measure"]

from typing import Any

import numpy as np

from benchmarks.evidence import Figure, Workplace, table
from benchmarks.random_circuits import disagreement

CIRCUITS, QUICK_CIRCUITS = 1000, 10
ALLOWED: dict[str, float] = {"complex128": 1e-10, "complex64": 1e-4}
MOST_WIRES, MOST_GATES, MOST_ROWS = 10, 60, 33


def measure(place: Workplace) -> Figure:
    """The largest difference of a value and of a gradient, in either precision."""
    rng = np.random.default_rng(7)
    rows = []
    for seed in range(QUICK_CIRCUITS if place.quick else CIRCUITS):
        batch = int(rng.integers(0, MOST_ROWS + 1))
        shape: dict[str, Any] = {
            "n_wires": int(rng.integers(1, MOST_WIRES + 1)),
            "n_gates": int(rng.integers(0, MOST_GATES + 1)),
            "rows": batch or None,
        }
        found = {name: disagreement(seed, c_dtype=np.dtype(name), **shape)._asdict() for name in ALLOWED}
        rows.append({"seed": seed, **shape, **found})
    worst = {name: {side: max(row[name][side] for row in rows) for side in ("values", "gradients")} for name in ALLOWED}
    results = {"circuits": len(rows), "allowed": ALLOWED, "worst": worst, "rows": rows}
    return Figure("Agreement with default.qubit", results, _body(results))


def _body(results: Any) -> str:
    lines = [
        (name, f"{found['values']:.1e}", f"{found['gradients']:.1e}", f"{results['allowed'][name]:.0e}")
        for name, found in results["worst"].items()
    ]
    return "\n\n".join(
        [
            f"{results['circuits']} random circuits of 1 to {MOST_WIRES} wires, up to {MOST_GATES} gates of every kind "
            f"that the device takes as it is, batches of 1 to {MOST_ROWS} or none; expectation values and variances of "
            "Pauli words, Hermitian matrices and projectors, of a Hamiltonian, and probabilities. Gradients are those "
            "of a random cost of all of them by all angles; default.qubit gets them by backpropagation in float64.",
            table(("amplitudes", "largest difference of a value", "of a gradient", "allowed"), lines),
        ]
    )
