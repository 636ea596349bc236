"""The workers that measure other simulators: what can be tried in the project's own environment."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.peers import protocol
from benchmarks.peers.environments import PEERS, Peer, Worker, start

DEVICES = ("default.qubit", "lightning.qubit")
SIZES: dict[str, Any] = {"wires": 2, "layers": 1, "batch": 3}
LARGER: dict[str, Any] = {"wires": 3, "layers": 2, "batch": 2}  # here no two kinds of weights have the same gradient
STEP = 1e-5  # radians; the error of a central difference is then below 1e-9
X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])


@pytest.fixture(scope="module")
def workers() -> Iterator[dict[str, Worker]]:
    started = {name: start(PEERS[name], 1) for name in DEVICES}
    yield started
    for worker in started.values():
        worker.close()


def session(evaluate: protocol.Evaluate) -> protocol.Session:
    return protocol.Session(lambda asked: (evaluate, asked.c_dtype), ("numpy",), 1)


def on(q: int, n: int, matrix: Any) -> Any:
    """The matrix of a gate on wire q; wire 0 is the most significant bit."""
    return np.kron(np.kron(np.eye(2**q), matrix), np.eye(2 ** (n - q - 1)))


def turn(axis: Any, angle: float) -> Any:
    return np.cos(angle / 2) * np.eye(2) - 1j * np.sin(angle / 2) * axis


def controlled(control: int, target: int, n: int, matrix: Any) -> Any:
    return on(control, n, np.diag([1, 0])) + on(control, n, np.diag([0, 1])) @ on(target, n, matrix)


def matrices(asked: protocol.Problem, latent: Any, weights: list[Any]) -> list[Any]:
    """All gates in order, as the protocol states them."""
    n = asked.wires
    if asked.circuit == "B":
        angles = [a * latent[m % n] + b for m, (a, b) in enumerate(zip(*weights, strict=True))]
        made = []
        for one in range(0, len(angles), 3 * n):
            made += [on(q, n, turn(Y, angles[one + q])) for q in range(n)]
            made += [on(q, n, turn(Z, angles[one + n + q])) for q in range(n)]
            made += [controlled(q, (q + 1) % n, n, turn(Y, angles[one + 2 * n + q])) for q in range(n)]
        return made
    made = [on(q, n, turn(Y, latent[q])) for q in range(n)]
    for layer, row in enumerate(weights[0]):
        if asked.circuit == "A":
            made += [on(q, n, turn(Y, row[q])) for q in range(n)]
            made += [controlled(q, q + 1, n, Z) for q in range(n - 1)]
        else:
            made += [on(q, n, turn(Z, row[q, 2]) @ turn(Y, row[q, 1]) @ turn(Z, row[q, 0])) for q in range(n)]
            made += [controlled(q, (q + 1 + layer % (n - 1)) % n, n, X) for q in range(n)]
    return made


def cost(asked: protocol.Problem, weights: list[Any]) -> float:
    total, n = 0.0, asked.wires
    for latent, row in zip(asked.latents, asked.cotangent, strict=True):
        state = np.eye(2**n)[0]
        for matrix in matrices(asked, latent, weights):
            state = matrix @ state
        axes = {"A": [], "B": [Z], "C": [Z, X]}[asked.circuit]
        values = [(state.conj() @ on(q, n, axis) @ state).real for axis in axes for q in range(n)]
        total += row @ (values or np.abs(state) ** 2)
    return total


def differences(asked: protocol.Problem) -> float:
    """The sum of the absolute values of the gradient, by central differences."""
    weights, total = [weight.copy() for weight in asked.weights.values()], 0.0
    for flat in (weight.reshape(-1) for weight in weights):
        for index, kept in enumerate(flat.copy()):
            sides = []
            for step in (STEP, -STEP):
                flat[index] = kept + step
                sides.append(cost(asked, weights))
            flat[index] = kept
            total += abs(sides[0] - sides[1]) / (2 * STEP)
    return total


def scripted(tmp_path: Path, text: str) -> Peer:
    """A peer whose worker is this script."""
    script = tmp_path / "worker.py"
    script.write_text(text, encoding="utf-8")
    return Peer("scripted", Path(sys.executable), script)


@pytest.mark.parametrize(
    ("circuit", "shapes", "output"),
    [("A", [(4, 3)], (5, 8)), ("B", [(36,), (36,)], (5, 3)), ("C", [(4, 3, 3)], (5, 6))],
)
def test_the_inputs_have_the_shapes_of_the_circuit_and_follow_from_the_seed(
    circuit: str, shapes: list[tuple[int, ...]], output: tuple[int, ...]
) -> None:
    request = {"circuit": circuit, "wires": 3, "layers": 4, "batch": 5, "seed": 7}
    one, again, other = (protocol.problem({**request, "seed": seed}) for seed in (7, 7, 8))
    assert tuple(one.weights) == protocol.WEIGHTS[circuit]
    assert [weight.shape for weight in one.weights.values()] == shapes
    assert (one.latents.shape, one.cotangent.shape) == ((5, 3), output)
    assert np.array_equal(one.latents, np.random.default_rng(7).uniform(0, 1, (5, 3)))
    assert np.array_equal(one.cotangent, again.cotangent)
    assert not np.array_equal(one.cotangent, other.cotangent)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"circuit": "D"}, "no circuit 'D'"),
        ({"wires": 1}, "two wires"),
        ({"batch": 0}, "a batch of one"),
        ({"layers": None}, "whole numbers"),
        ({"c_dtype": "complex32"}, "complex64, complex128"),
    ],
)
def test_requests_that_make_no_sense_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(protocol.Refusal, match=said):
        protocol.problem({"circuit": "A", **SIZES, **change})


def test_the_check_is_of_the_cost_and_its_gradient() -> None:
    asked, gradient = protocol.problem({"circuit": "A", **SIZES}), [[[-2.0, 3.0]]]
    checked = protocol.check(asked, np.ones((3, 4)), gradient)
    assert checked == {"out": pytest.approx(asked.cotangent.sum(), rel=1e-12), "grad": 5.0}
    for shape, parts in (((4, 3), gradient), ((3, 4), gradient[0])):
        with pytest.raises(protocol.Refusal, match="wrong shapes"):
            protocol.check(asked, np.ones(shape), parts)


def test_a_session_times_each_evaluation_of_the_circuit_that_is_ready() -> None:
    calls = []

    def evaluate() -> tuple[Any, list[Any]]:
        calls.append(None)
        return np.ones((3, 4)), [np.ones((1, 2))]

    asked = session(evaluate)
    with pytest.raises(protocol.Refusal, match="no circuit is ready"):
        protocol.answer(asked, {"run": 1})
    ready = protocol.answer(asked, {"circuit": "A", **SIZES})
    assert (ready["ready"], ready["threads"], ready["c_dtype"]) == (True, 1, "complex64")
    assert ready["versions"] == {"numpy": np.__version__}
    assert len(protocol.answer(asked, {"run": 4})["ms"]) == 4
    assert len(calls) == 5
    with pytest.raises(protocol.Refusal):
        protocol.answer(asked, {"circuit": "D", **SIZES})
    with pytest.raises(protocol.Refusal, match="no circuit is ready"):
        protocol.answer(asked, {"run": 1})


@pytest.mark.parametrize(("c_dtype", "tolerance"), [("complex128", 1e-6), ("complex64", 1e-4)])
@pytest.mark.parametrize("circuit", list(protocol.WEIGHTS))
def test_the_devices_agree_with_each_other_and_with_dense_matrices(
    workers: dict[str, Worker], circuit: str, c_dtype: str, tolerance: float
) -> None:
    for sizes in (SIZES, LARGER):
        asked = protocol.problem({"circuit": circuit, **sizes})
        expected = {"out": cost(asked, list(asked.weights.values())), "grad": differences(asked)}
        for name, worker in workers.items():
            ready = worker.prepare(circuit, **sizes, c_dtype=c_dtype)
            assert ready["check"] == pytest.approx(expected, rel=tolerance, abs=tolerance)
            assert ready["c_dtype"] == ("complex128" if name == "default.qubit" else c_dtype)
            assert ready["compile_s"] > 0
            assert len(worker.run(2)) == 2


def test_a_refusal_does_not_end_a_worker(workers: dict[str, Worker]) -> None:
    for worker in workers.values():
        assert "no circuit 'D'" in worker.prepare("D", **SIZES)["error"]
        assert worker.run(1) == "no circuit is ready"
        assert worker.prepare("A", **SIZES)["ready"]


def test_lines_that_are_no_requests_are_answered_and_the_end_of_the_input_ends_it() -> None:
    peer = PEERS["default.qubit"]
    lines = 'nonsense\n[1]\n{"run": 1}\n'
    done = subprocess.run([peer.python, peer.script], input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(answer) for answer in answers] == [["error"]] * 3
    assert "Traceback" not in done.stderr


def test_a_worker_that_dies_gives_an_error(tmp_path: Path) -> None:
    with start(scripted(tmp_path, "import sys\ninput()\nsys.exit('out of cheese')"), 1) as worker:
        answer = worker.prepare("A", **SIZES)
        assert answer == {"error": "died with exit code 1: out of cheese"}
        assert worker.run(1) == answer["error"]


def test_a_worker_that_hangs_gives_an_error(tmp_path: Path) -> None:
    with start(scripted(tmp_path, "import time\ntime.sleep(60)"), 1, patience=0.2) as worker:
        assert [worker.run(1), worker.run(1)] == ["no answer in 0.2 s"] * 2


def test_a_worker_that_talks_of_other_things_gives_an_error(tmp_path: Path) -> None:
    with start(scripted(tmp_path, "input()\nprint('hello')\ninput()"), 1) as worker:
        error = worker.run(1)
        assert isinstance(error, str)
        assert error.startswith("was not understood")


def test_what_a_simulator_prints_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    text = f"""
import os, sys
sys.path.insert(0, {str(Path(protocol.__file__).parent)!r})
from protocol import Refusal, serve
def build(asked):
    print("hello", flush=True)
    os.write(1, b"hello")
    raise Refusal("not today")
serve(build, packages=(), threads=1)
"""
    with start(scripted(tmp_path, text), 1) as worker:
        assert worker.prepare("A", **SIZES) == {"error": "not today"}


def test_a_worker_without_its_environment_gives_an_error(tmp_path: Path) -> None:
    with start(replace(PEERS["pennylane-jax"], python=tmp_path / "python"), 1) as worker:
        assert worker.run(1) == "there is no environment: make bench-peers"


def test_a_closed_worker_is_ended_and_says_so(tmp_path: Path) -> None:
    worker = start(scripted(tmp_path, "input()"), 1)
    worker.close()
    assert worker.run(1) == "was closed"
    worker.close()


def test_every_peer_has_its_worker_and_its_requirements() -> None:
    for name, peer in PEERS.items():
        assert peer.script.is_file()
        if name not in DEVICES:
            assert peer.script.with_suffix(".txt").is_file()
            assert peer.python.parent.parent.name == peer.script.stem
