"""`qgan train` on Qiskit's simulators."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgan.files import read_json

Call = Callable[..., Any]

SMALL = (
    "--set=train.batch_size=4",
    "--set=run.checkpoint_every=2",
    "--set=run.threads=1",
    "--set=evaluate.every=2",
    "--set=evaluate.metrics=['kl']",
    "--set=evaluate.samples=8",
)


def test_training_under_a_computers_noise_goes_on_bit_for_bit(call: Call, tmp_path: Path) -> None:
    noisy = ("lognormal", "--backend", "fake:manila", "--shots", "64", *SMALL)
    whole, part = (tmp_path / name for name in ("whole", "part"))
    for steps, out in (("4", whole), ("2", part)):
        done = call("train", *noisy, "--steps", steps, "--out", out)
        assert done.code == 0, done.err
    (straight,), (broken,) = whole.iterdir(), part.iterdir()
    done = call("train", "--resume", broken, "--steps", "+2", "--json")
    assert done.code == 0, done.err
    child = Path(json.loads(done.out)["run"])
    for name, new in (("records.jsonl", 2), ("evaluations.jsonl", 1)):
        expected, found = ((run / name).read_bytes().splitlines() for run in (straight, child))
        assert expected[-new:] == found[-new:]
    identity = read_json(straight / "run.json")
    assert "parameter-shift" in str(identity["gradient"])


def test_a_computer_that_has_too_few_qubits_is_refused_before_anything_is_written(call: Call, tmp_path: Path) -> None:
    done = call("train", "lognormal", "--backend", "fake:manila", "--set=data.bits=6", "--steps", "1")
    assert done.code == 4, done.err
    assert "fake:manila does not take that many qubits" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_near_miss_of_a_computers_name_is_told(call: Call) -> None:
    done = call("train", "lognormal", "--backend", "fake:tornio", "--dry-run")
    assert done.code == 4
    assert "Did you mean 'fake:torino'?" in done.err
