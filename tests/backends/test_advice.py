"""Advice is what was measured, and says why."""

import pytest

from circuits import CIRCUITS
from qgan.backends.advice import ON_GPU, Timing, advise, conclusion, warnings


def test_every_backend_that_is_here_is_timed_and_the_fastest_comes_first():
    told = []
    timings = advise(CIRCUITS["style"](n_wires=2, layers=1), batch=3, told=told.append)
    assert {"batched.qubit", "default.qubit", "lightning.qubit"} <= {timing.backend for timing in timings}
    assert told == sorted(told, key=told.index)
    assert {timing.backend for timing in timings} == set(told)
    found = [timing.milliseconds for timing in timings if timing.milliseconds is not None]
    assert found == sorted(found)
    assert all(milliseconds > 0 for milliseconds in found)


def test_what_does_not_fit_is_said():
    timings = advise(CIRCUITS["hardware-efficient"](n_wires=50, layers=1), batch=1)
    assert all(timing.milliseconds is None and timing.problem for timing in timings)
    assert "No backend" in conclusion(timings, n_wires=50, batch=1)


@pytest.mark.parametrize(("wires", "batch", "told"), [(22, 1, True), (22, 64, False), (6, 1, False)])
def test_large_circuits_with_small_batches_are_sent_to_lightning(wires, batch, told):
    timings = [Timing("batched.qubit", "adjoint", 4.0), Timing("lightning.qubit", "adjoint", 6.0)]
    text = conclusion(timings, n_wires=wires, batch=batch)
    assert text.startswith("Use batched.qubit: 1.5 times faster than lightning.qubit")
    assert ("lightning.gpu" in text) == told


def test_a_gpu_that_was_measured_slower_than_the_cpu_is_warned_of():
    cpu = Timing("batched.qubit", "adjoint", 4.0)
    slow, fast = Timing("lightning.gpu", "adjoint", 30.0), Timing(ON_GPU, "adjoint", 1.0)
    assert warnings([fast, cpu, slow]) == [
        "lightning.gpu is 7.5 times slower than batched.qubit on this CPU for this circuit and batch."
    ]
    assert warnings([cpu, fast._replace(milliseconds=8.0)])[0].startswith(f"{ON_GPU} is 2.0 times slower")
    assert warnings([cpu._replace(milliseconds=40.0), slow]) == []


def test_nobody_is_warned_of_what_was_not_measured():
    slow = Timing("lightning.gpu", "adjoint", 30.0)
    assert warnings([slow]) == []
    assert warnings([Timing("batched.qubit", "adjoint", None, problem="too little memory"), slow]) == []
    assert warnings([Timing("batched.qubit", "adjoint", 4.0), slow._replace(milliseconds=None)]) == []
