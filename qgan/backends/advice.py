"""Which backend is fastest for a circuit and a batch, measured on this machine."""

__all__ = ["ON_GPU", "Timing", "advise", "conclusion", "warnings"]

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np
import torch

from circuits import Circuit
from qgan.backends import names, resolve
from qgan.backends.facts import BATCHED
from qgan.errors import QganError
from qgan.readout import Executor, Probabilities
from qgan.seeding import Key, stream

# Beyond so many wires one state fills the caches of a processor, and rows side by side gain little.
MANY_WIRES = 20
SECONDS, REPEATS = 2.0, 50
# batched.qubit in torch's operations, as it is asked for.
ON_GPU = f"{BATCHED} with --device cuda"


class Timing(NamedTuple):
    """What one backend takes.

    Attributes:
        backend: Its name, or :data:`ON_GPU`.
        gradient: How it differentiates.
        milliseconds: Of one forward and backward pass of the batch, the median; None where it could not be measured.
        estimated: Whether that is the time of one row, times the rows.
        problem: Why it could not be measured.
    """

    backend: str
    gradient: str
    milliseconds: float | None
    estimated: bool = False
    problem: str = ""


def advise(circuit: Circuit, *, batch: int, told: Callable[[str], None] = lambda _: None) -> list[Timing]:
    """Times the gradient of a random cost of the probabilities by the weights, on every backend that is here.

    Args:
        circuit: Which.
        batch: Rows.
        told: Is given each backend's name before it is timed.

    Returns:
        The fastest first, and those that could not be timed last.
    """
    timings = []
    for name in names():
        if resolve(name).status().installed:
            told(name)
            timings.append(_timed(name, circuit, batch))
    if torch.cuda.is_available():
        told(ON_GPU)
        timings.append(_timed(BATCHED, circuit, batch, device=torch.device("cuda")))
    return sorted(timings, key=lambda timing: (timing.milliseconds is None, timing.milliseconds or 0.0))


def conclusion(timings: Sequence[Timing], *, n_wires: int, batch: int) -> str:
    """What to take, and why."""
    measured = [timing for timing in timings if timing.milliseconds is not None]
    if not measured:
        return f"No backend that is installed can run {n_wires} qubits with a batch of {batch} on this machine."
    first, *others = measured
    text = f"Use {first.backend}"
    if others and first.milliseconds and others[0].milliseconds:
        text += f": {others[0].milliseconds / first.milliseconds:.1f} times faster than {others[0].backend} here."
    if n_wires >= MANY_WIRES and batch < 8:
        text += (
            f" With {n_wires} qubits one state fills the machine, and a batch of {batch} leaves batched.qubit little "
            "to do side by side: lightning.qubit runs row by row in the memory of one state, and lightning.gpu is made "
            "for this, where there is an NVIDIA GPU."
        )
    return text


def warnings(timings: Sequence[Timing]) -> list[str]:
    """What on a GPU was measured slower than batched.qubit on the CPU."""
    times = {timing.backend: timing.milliseconds for timing in timings}
    here = times.get(BATCHED)
    return [
        f"{name} is {there / here:.1f} times slower than {BATCHED} on this CPU for this circuit and batch."
        for name in ("lightning.gpu", ON_GPU)
        if here and (there := times.get(name)) and there > here
    ]


def _timed(name: str, circuit: Circuit, batch: int, *, device: torch.device | None = None) -> Timing:
    backend = resolve(name)
    method = backend.gradient(None).name
    gates = sum(circuit.resources().gates.values())
    try:
        backend.check(circuit.n_wires, batch=batch, n_gates=gates, device=device)
        executor = backend.executor(circuit, Probabilities(), shots=None, device=device)
        name = name if device is None else ON_GPU
        _once(executor, circuit, 1)
        one = _once(executor, circuit, 1)
        if one * batch > 5 * SECONDS:
            return Timing(name, method, 1e3 * one * batch, estimated=True)
        _once(executor, circuit, batch)
        seconds: list[float] = []
        while sum(seconds) < SECONDS and len(seconds) < REPEATS:
            seconds.append(_once(executor, circuit, batch))
    except QganError as error:
        return Timing(name, method, None, problem=error.what)
    return Timing(name, method, 1e3 * median(seconds))


def _once(executor: Executor, circuit: Circuit, rows: int) -> float:
    rng = stream(Key(0, "advice"))
    latent = torch.from_numpy(rng.uniform(0, np.pi, (rows, circuit.latent_dim)))
    weights = {
        name: torch.from_numpy(rng.uniform(0, np.pi, shape)).requires_grad_()
        for name, shape in circuit.weight_shapes.items()
    }
    cotangent = torch.from_numpy(rng.normal(size=(rows, 2**circuit.n_wires)))
    began = perf_counter()
    cost = (executor(latent, weights, key=Key(0, "advice")) * cotangent).sum()
    torch.autograd.grad(cost, list(weights.values()), allow_unused=True)
    return perf_counter() - began
