"""The process that compiles the kernels gives the same bits as those that find them on disk."""

import os
import subprocess
import sys

SCRIPT = """
import hashlib
import numpy as np
from benchmarks.cells import KINDS, Cell, Timed
for kind in KINDS:
    timed = Timed.of(kind, Cell(5, 6, 32))
    out = timed.executor(timed.latent, timed.weights, key=None)
    out.backward(timed.cotangent)
    for values in (out, *(weight.grad for weight in timed.weights.values())):
        print(hashlib.sha256(np.ascontiguousarray(values.detach().numpy())).hexdigest())
"""


def test_compiled_now_or_before(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = (
        subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert len(first.stdout.split()) == 7
    assert first.stdout == second.stdout
