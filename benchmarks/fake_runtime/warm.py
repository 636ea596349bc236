"""What a process does once that others are forked from: it imports, compiles, and trains one step.

Qiskit's simulators are not used here: they start threads, which no fork has.
"""

__all__ = []

import tempfile
import warnings
from importlib import import_module
from pathlib import Path

import torch

from qgan.config import load
from qgan.opening import begin

for _name in (
    "qgan.cli.training",
    "qgan.show",
    "qgan.backends.primitives.ibm",
    "qgan.backends.primitives.remote",
    "qgan.backends.primitives.services",
    "benchmarks.fake_runtime.killing",
    "benchmarks.fake_runtime.laboratory",
):
    import_module(_name)

torch.set_num_threads(1)
with tempfile.TemporaryDirectory() as _folder, warnings.catch_warnings():
    warnings.simplefilter("ignore")
    _small = {"train.steps": 1, "train.batch_size": 4, "evaluate.every": 0, "run.threads": 1, "run.device": "cpu"}
    for _ in begin(load("lognormal", changes=_small.items()), out=Path(_folder)).records():
        pass
