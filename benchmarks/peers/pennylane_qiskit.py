"""PennyLane-Qiskit's devices on one generator step: seconds, jobs and transpilations, as JSON.

``python -P pennylane_qiskit.py DEVICE BACKEND ROUNDS FILE``, where the file holds angles, and shots. Without ``-P``
this file would be found in the place of the package whose name it bears.
"""

import json
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
import pennylane as qml
import torch
from qiskit.transpiler import PassManager
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime import SamplerV2
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

BACKENDS = {"aer": AerSimulator, "fake:manila": FakeManilaV2}
# Where a device hands its circuits over: what is called below that, in threads too, is within the same job.
JOBS = {"qiskit.remote": SamplerV2, "qiskit.aer": AerSimulator}
COUNTS: dict[str, int] = {"jobs": 0, "transpilations": 0}
INSIDE = threading.local()


def counted(owner, name, count):
    """Counts every call of a method that is not within another one that is counted."""
    called = getattr(owner, name)

    def counting(self, *arguments, **options):
        outer, INSIDE.now = getattr(INSIDE, "now", False), True
        if not outer:
            given = next(iter((*arguments, *options.values())))
            COUNTS[count] += len(given) if count == "transpilations" and isinstance(given, list) else 1
        try:
            return called(self, *arguments, **options)
        finally:
            INSIDE.now = outer

    setattr(owner, name, counting)


def main(device, backend, rounds, path):
    asked = json.loads(Path(path).read_text(encoding="utf-8"))
    latents = torch.tensor(asked["latents"], dtype=torch.float64)
    weights = torch.tensor(asked["weights"], dtype=torch.float64, requires_grad=True)
    cotangent = torch.tensor(asked["cotangent"], dtype=torch.float64)
    wires = range(latents.shape[1])
    for owner in {PassManager, *PassManager.__subclasses__()}:
        if "run" in vars(owner):
            counted(owner, "run", "transpilations")
    counted(JOBS[device], "run", "jobs")
    made = BACKENDS[backend]()
    options = {"backend": made} if device == "qiskit.remote" else {}
    on = qml.device(device, wires=len(wires), **options)

    @qml.set_shots(asked["shots"])
    @qml.qnode(on, interface="torch", diff_method="parameter-shift")
    def node(weights, latents):
        for wire in wires:
            qml.RY(latents[..., wire], wire)
        for layer in range(weights.shape[0]):
            for wire in wires:
                qml.RY(weights[layer, wire], wire)
            for wire in wires[:-1]:
                qml.CZ([wire, wire + 1])
        return qml.probs(wires=wires)

    seconds, slopes, counts = [], [], []
    for _ in range(int(rounds)):
        COUNTS.update(jobs=0, transpilations=0)
        began = perf_counter()
        (slope,) = torch.autograd.grad((node(weights, latents) * cotangent).sum(), [weights])
        seconds.append(perf_counter() - began)
        counts.append({name: COUNTS[name] for name in ("jobs", "transpilations")})
        slopes.append(np.ravel(slope).tolist())
    names = ("pennylane", "pennylane-qiskit", "qiskit", "qiskit-aer", "qiskit-ibm-runtime")
    versions = {name: version(name) for name in names}
    json.dump({"seconds": seconds, "slopes": slopes, "counts": counts, "versions": versions}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
