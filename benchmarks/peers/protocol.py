"""What all workers share: the conversation in lines of JSON, the inputs of a circuit, and the numbers to check it by.

A worker is a script, told its number of threads on the command line, that answers each line of its standard input:

- ``{"circuit": "A", "wires": 5, "layers": 6, "batch": 32, "seed": 0, "c_dtype": "complex64"}``: the circuit is built
  and evaluated once; ``{"ready": true, "compile_s": ..., "check": {"out": ..., "grad": ...}, "c_dtype": ...,
  "threads": ..., "versions": {...}}``, with the precision that was really used.
- ``{"run": 10}``: ten evaluations, forward and backward, each timed by itself; ``{"ms": [...]}``.
- ``{"quit": true}``, or the end of the input: the worker ends.

What cannot be done is answered ``{"error": "why"}``.

Circuits of n wires, L layers and B rows of latents; wire 0 is the most significant bit, and M = 3 n L:

- A: RY(z) on every wire; L times RY(w) on every wire and a line of CZ. Weights w (L, n); output: all probabilities,
  (B, 2^n).
- B: L times RY, then RZ on every wire, then CRY from every wire q to q + 1, where the angle of the m-th gate is
  scale[m] * z[m mod n] + shift[m]. Weights scale (M,) and shift (M,); output: <Z> of every wire, (B, n).
- C: RY(z) on every wire; L times RZ(w2) RY(w1) RZ(w0) on every wire, RZ(w0) first, then in layer l CNOT from every
  wire q to q + 1 + l mod (n - 1). Weights w (L, n, 3); output: <Z>, then <X> of every wire, (B, 2n).

Only the standard library is imported with this module: the limits on threads must be set before numpy is loaded.
"""

__all__ = ["WEIGHTS", "Evaluate", "Problem", "Refusal", "Session", "answer", "arguments", "check", "problem", "serve"]

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter
from typing import IO, Any, TypeAlias, final

WEIGHTS = {"A": ("w",), "B": ("scale", "shift"), "C": ("w",)}
PRECISIONS = ("complex64", "complex128")
LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NPROC", "PJRT_NPROC")

# One forward and backward pass: the output, and the gradient for each array of weights, both finished.
Evaluate: TypeAlias = Callable[[], tuple[Any, Sequence[Any]]]


class Refusal(Exception):
    """What this peer cannot do, in a few words."""


@final
@dataclass(frozen=True)
class Problem:
    """A circuit with its inputs, float64.

    Attributes:
        latents: Shape (batch, wires); gradients with respect to these are not asked for.
        weights: By name, in the order of ``WEIGHTS``.
        cotangent: Shape of the output; the cost is the sum of output times this.
        c_dtype: Precision that is asked for.
    """

    circuit: str
    wires: int
    layers: int
    batch: int
    c_dtype: str
    latents: Any
    weights: Mapping[str, Any]
    cotangent: Any

    @property
    def single(self) -> bool:
        """Whether single precision is asked for."""
        return self.c_dtype == "complex64"

    @property
    def r_dtype(self) -> str:
        """The real type that goes with ``c_dtype``."""
        return "float32" if self.single else "float64"


@final
@dataclass
class Session:
    """What a worker remembers between requests."""

    build: Callable[[Problem], tuple[Evaluate, str]]
    packages: Sequence[str]
    threads: int
    evaluate: Evaluate | None = None


def arguments(*, devices: Sequence[str] = ()) -> argparse.Namespace:
    """Read the command line and limit the threads of everything that is imported afterwards."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    if devices:
        parser.add_argument("--device", choices=devices, default=devices[0])
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(LIMITS, str(options.threads)))
    many = "true" if options.threads > 1 else "false"
    os.environ["XLA_FLAGS"] = (
        f"--xla_cpu_multi_thread_eigen={many} intra_op_parallelism_threads={options.threads} "
        + os.environ.get("XLA_FLAGS", "")
    ).strip()
    return options


def problem(request: Mapping[str, Any]) -> Problem:
    """The inputs, drawn from the seed in this order: latents, weights, cotangent.

    Raises:
        Refusal: If the request is not understood.
    """
    import numpy as np

    circuit, n, layers, batch = (request.get(name) for name in ("circuit", "wires", "layers", "batch"))
    if circuit not in WEIGHTS:
        raise Refusal(f"there is no circuit {circuit!r}")
    if not (isinstance(n, int) and isinstance(layers, int) and isinstance(batch, int)):
        raise Refusal("wires, layers and batch must be whole numbers")
    if n < 2 or layers < 1 or batch < 1:
        raise Refusal("at least two wires, one layer and a batch of one are needed")
    c_dtype = request.get("c_dtype", "complex64")
    if c_dtype not in PRECISIONS:
        raise Refusal(f"c_dtype is one of {', '.join(PRECISIONS)}")
    shape = {"A": (layers, n), "B": (3 * n * layers,), "C": (layers, n, 3)}[circuit]
    rng = np.random.default_rng(request.get("seed", 0))
    latents = rng.uniform(0, 1, (batch, n))
    weights = {name: rng.uniform(0, 1, shape) for name in WEIGHTS[circuit]}
    cotangent = rng.normal(size=(batch, {"A": 2**n, "B": n, "C": 2 * n}[circuit]))
    return Problem(circuit, n, layers, batch, c_dtype, latents, weights, cotangent)


def check(asked: Problem, output: Any, gradients: Sequence[Any]) -> dict[str, float]:
    """The cost, and the sum of the absolute values of its gradient.

    Raises:
        Refusal: If a shape is wrong.
    """
    import numpy as np

    output, gradients = np.asarray(output, np.float64), [np.asarray(part, np.float64) for part in gradients]
    shapes = [weight.shape for weight in asked.weights.values()]
    if output.shape != asked.cotangent.shape or [part.shape for part in gradients] != shapes:
        raise Refusal(f"wrong shapes: output {output.shape}, gradients {[part.shape for part in gradients]}")
    return {
        "out": float((output * asked.cotangent).sum()),
        "grad": float(sum(np.abs(part).sum() for part in gradients)),
    }


def answer(session: Session, request: Mapping[str, Any]) -> dict[str, Any]:
    """To one request, other than to quit."""
    if "run" in request:
        if session.evaluate is None:
            raise Refusal("no circuit is ready")
        return {"ms": [_milliseconds(session.evaluate) for _ in range(request["run"])]}
    session.evaluate = None
    asked = problem(request)
    began = perf_counter()
    evaluate, c_dtype = session.build(asked)
    output, gradients = evaluate()
    seconds = perf_counter() - began
    checked = check(asked, output, gradients)
    session.evaluate = evaluate
    return {
        "ready": True,
        "compile_s": seconds,
        "check": checked,
        "c_dtype": c_dtype,
        "threads": session.threads,
        "versions": {name: version(name) for name in session.packages},
    }


def _milliseconds(evaluate: Evaluate) -> float:
    began = perf_counter()
    evaluate()
    return 1e3 * (perf_counter() - began)


def serve(
    build: Callable[[Problem], tuple[Evaluate, str]],
    *,
    packages: Sequence[str],
    threads: int,
    requests: IO[str] = sys.stdin,
) -> None:
    """Answer requests until the last one.

    Args:
        build: From a circuit to its evaluation and to the precision really used; raises :class:`Refusal`.
        packages: The versions of these are told.
        threads: As they were limited.
        requests: One in each line.
    """
    # Libraries print; the answers go out alone.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    session = Session(build, packages, threads)
    for line in requests:
        try:
            request = json.loads(line)
            if request.get("quit"):
                break
            reply = answer(session, request)
        except Refusal as refusal:
            reply = {"error": str(refusal)}
        except Exception as error:  # whatever a simulator raises is told, and the next request may go better
            reply = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(reply), file=replies, flush=True)
