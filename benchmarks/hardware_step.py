"""One generator step on Aer and under a fake computer's noise, as one job, beside PennyLane-Qiskit's devices."""

__all__ = ["measure"]

import json
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pennylane as qml
import torch

from benchmarks.evidence import Figure, Workplace, number, say, table
from benchmarks.peers.environments import HERE, ROOT
from circuits import from_function
from qgan._typing import Array, Json
from qgan.backends import resolve
from qgan.backends.primitives.device import PrimitiveQubit
from qgan.backends.primitives.executor import PrimitiveExecutor
from qgan.readout import Probabilities
from qgan.seeding import Key

WIRES, LAYERS, BATCH, SHOTS = 4, 2, 8, 512
ROUNDS, QUICK_ROUNDS = 7, 2
THEIR_ROUNDS = 2
BACKENDS = ("aer", "fake:manila")
PEER = "pennylane_qiskit"
# By its own device for Aer, and by the one through which IBM's computers are reached.
THEIRS = (("qiskit.aer", "aer"), ("qiskit.remote", "aer"), ("qiskit.remote", "fake:manila"))


def measure(place: Workplace) -> Figure:
    """Forward and gradient by all weights, with shots."""
    rng = np.random.default_rng(0)
    given: Json = {
        "latents": rng.uniform(0, np.pi, (BATCH, WIRES)).tolist(),
        "weights": rng.uniform(-np.pi, np.pi, (LAYERS, WIRES)).tolist(),
        "cotangent": rng.normal(size=(BATCH, 2**WIRES)).tolist(),
        "shots": SHOTS,
    }
    rounds = QUICK_ROUNDS if place.quick else ROUNDS
    exact = _exact(given)
    rows: list[Json] = []
    for backend in BACKENDS:
        for name, steps in (("qgan's executor", _executor), ("primitive.qubit", _device)):
            say(f"step: {name} on {backend}")
            rows.append({"by": name, "on": backend, **_timed(*steps(backend, given), rounds=rounds, exact=exact)})
    for device, backend in () if place.quick else THEIRS:
        say(f"step: {device} on {backend}")
        rows.append({"by": device, "on": backend, **_theirs(place, device, backend, given, exact)})
    names = ("pennylane", "qiskit", "qiskit-aer", "qiskit-ibm-runtime")
    results: Json = {"given": given, "rows": rows, "versions": {name: version(name) for name in names}}
    return Figure("One generator step with shots: jobs, transpilations, seconds", results, _body(results))


def _gates(weights: Any, latents: Any) -> None:
    for wire in range(WIRES):
        qml.RY(latents[..., wire], wire)
    for layer in range(LAYERS):
        for wire in range(WIRES):
            qml.RY(weights[..., layer, wire], wire)
        for wire in range(WIRES - 1):
            qml.CZ([wire, wire + 1])


def _circuit() -> Any:
    return from_function(
        lambda latent, weights: _gates(weights["w"], latent),
        n_wires=WIRES,
        latent_dim=WIRES,
        weight_shapes={"w": (LAYERS, WIRES)},
        name="step",
    )


def _tensors(given: Json) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    latents, weights, cotangent = (
        torch.tensor(given[name], dtype=torch.float64) for name in ("latents", "weights", "cotangent")
    )
    return latents, weights.requires_grad_(), cotangent


def _exact(given: Json) -> Array:
    latents, weights, cotangent = _tensors(given)
    made = resolve("batched.qubit").executor(_circuit(), Probabilities(), shots=None, c_dtype="complex128")
    found = made(latents, {"w": weights}, key=Key(0, "step"))
    return torch.autograd.grad((found * cotangent).sum(), weights)[0].numpy().ravel()


Steps = tuple[Callable[[int], Array], Any]


def _executor(backend: str, given: Json) -> Steps:
    latents, weights, cotangent = _tensors(given)
    made = resolve(backend).executor(_circuit(), Probabilities(), shots=SHOTS)
    assert isinstance(made, PrimitiveExecutor)

    def step(number: int) -> Array:
        found = made(latents, {"w": weights}, key=Key(0, "step", number))
        return torch.autograd.grad((found * cotangent).sum(), weights)[0].numpy().ravel()

    return step, made.target.sent


def _device(backend: str, given: Json) -> Steps:
    latents, weights, cotangent = _tensors(given)
    made = PrimitiveQubit(wires=WIRES, backend=backend, seed=0)

    @qml.set_shots(SHOTS)
    @qml.qnode(made, interface="torch", diff_method="best")
    def node(weights: Any, latents: Any) -> Any:
        _gates(weights, latents)
        return qml.probs(wires=range(WIRES))

    def step(number: int) -> Array:  # noqa: ARG001
        found: Any = node(weights, latents)
        return torch.autograd.grad((found * cotangent).sum(), weights)[0].numpy().ravel()

    return step, made.target.sent


def _timed(step: Callable[[int], Array], sent: Any, *, rounds: int, exact: Array) -> Json:
    seconds, slopes, counts = list[float](), list[Array](), list[Json]()
    for place in range(rounds):
        before = sent.jobs, sent.transpilations
        began = perf_counter()
        slopes.append(step(place))
        seconds.append(perf_counter() - began)
        counts.append({"jobs": sent.jobs - before[0], "transpilations": sent.transpilations - before[1]})
    return _row(seconds, counts, np.array(slopes), exact)


def _theirs(place: Workplace, device: str, backend: str, given: Json, exact: Array) -> Json:
    python = ROOT / ".peers" / PEER / "bin" / "python"
    if not python.exists():
        return {"problem": "there is no environment: make bench-peers"}
    place.work.mkdir(parents=True, exist_ok=True)
    asked = place.work / "step.json"
    asked.write_text(json.dumps(given), encoding="utf-8")
    arguments = [str(HERE / f"{PEER}.py"), device, backend, str(THEIR_ROUNDS), str(asked)]
    command = [str(python), "-P", "-W", "ignore", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return {"problem": done.stderr.strip().splitlines()[-1][:300]}
    found = json.loads(done.stdout.splitlines()[-1])
    return {**_row(found["seconds"], found["counts"], np.array(found["slopes"]), exact), "versions": found["versions"]}


def _row(seconds: list[float], counts: list[Json], slopes: Array, exact: Array) -> Json:
    cosines = slopes @ exact / (np.linalg.norm(slopes, axis=1) * np.linalg.norm(exact))
    return {
        "first_s": seconds[0],
        "later_s": seconds[1:],
        "first": counts[0],
        "later": counts[-1],
        "cosine": float(np.median(cosines)),
    }


def _body(results: Json) -> str:
    rows = results["rows"]
    theirs = {
        row["on"]: median(row["later_s"]) for row in rows if row["by"] == "qiskit.remote" and "problem" not in row
    }
    lines = []
    for row in rows:
        if "problem" in row:
            lines.append((row["by"], row["on"], row["problem"], "", "", "", "", ""))
            continue
        own = median(row["later_s"])
        ratio = number(theirs[row["on"]] / own) if row["on"] in theirs else "-"
        first, later = row["first"], row["later"]
        lines.append(
            (
                row["by"],
                row["on"],
                f"{first['jobs']} / {later['jobs']}",
                f"{first['transpilations']} / {later['transpilations']}",
                f"{number(row['first_s'])} s",
                f"{number(own)} s",
                ratio,
                f"{row['cosine']:.3f}",
            )
        )
    circuits = BATCH * (1 + 2 * WIRES * LAYERS)
    return "\n\n".join(
        [
            f"{WIRES} qubits, batch {BATCH}, {WIRES * LAYERS} weights, {SHOTS} shots: {circuits} circuits, values and "
            "the gradient by all weights by the parameter-shift rule. `qiskit.aer` and `qiskit.remote` are "
            "PennyLane-Qiskit's, in an environment of their own. Seconds are the median of the steps after the first. "
            "A fake computer's noise is the whole of it on both sides. The last column is the cosine of the gradient "
            "to the exact one without noise.",
            table(
                (
                    "by",
                    "on",
                    "jobs, first / later",
                    "transpilations, first / later",
                    "first step",
                    "later steps",
                    "qiskit.remote takes times as long",
                    "cosine",
                ),
                lines,
            ),
        ]
    )
