"""A sweep over noise and shots: the same latents everywhere, beside the exact simulator."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qgan
from qgan._typing import Json
from qgan.errors import BackendError, ConfigError
from qgan.sweeps import Setting, Sweep, settings_of

METRICS = ["energy-distance", "sliced-wasserstein"]
SMALL = {
    "train.steps": 4,
    "train.batch_size": 4,
    "run.threads": 1,
    "evaluate.every": 2,
    "evaluate.metrics": METRICS,
    "evaluate.metric": "energy-distance",
    "evaluate.samples": 20,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> qgan.Run:
    """Of 6 qubits."""
    circuit = {"generator.n_wires": 6, "generator.n_ancillas": 0, "generator.layers": 1}
    return qgan.fit("digits-patch", seed=3, overrides={**SMALL, **circuit}, out=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def swept(run: qgan.Run) -> Sweep:
    return run.sweep(backends=["batched.qubit", "fake:lagos"], shots=[16, 100_000, None], repeats=3)


def rows(sweep: Sweep, name: str = "energy-distance") -> dict[tuple[str, int | None], Json]:
    return {(row["backend"], row["shots"]): row["metrics"][name] for row in sweep.document["rows"]}


def test_every_backend_is_measured_with_every_number_of_shots_and_the_exact_simulator_comes_first(
    swept: Sweep,
) -> None:
    first, *others = rows(swept)
    assert first == ("batched.qubit", None)
    assert set(others) == {
        *(("batched.qubit", shots) for shots in (16, 100_000)),
        *(("fake:lagos", shots) for shots in (16, 100_000, None)),
    }
    assert swept.document["confidence"] == 0.75


def test_the_exact_row_is_what_an_evaluation_says(run: qgan.Run, swept: Sweep) -> None:
    known, scores = run.evaluate()
    for score in scores:
        exact = rows(swept, score.name)["batched.qubit", None]
        assert exact["values"][0] == score.value
        assert len(set(exact["values"])) == 3
        for side in ("floor", "floor_low", "floor_high", "trivial", "trivial_name", "direction"):
            assert exact[side] == getattr(score, side)
        assert exact["change"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert {key: swept.document[key] for key in ("n", "step", "checkpoint", "part", "capped")} == {
        key: known[key] for key in ("n", "step", "checkpoint", "part", "capped")
    }


def test_medians_ranges_changes_and_skill_are_those_of_the_values(swept: Sweep) -> None:
    exact = rows(swept)["batched.qubit", None]
    for row in rows(swept).values():
        changes = np.subtract(row["values"], exact["values"])
        assert (row["low"], row["value"], row["high"]) == tuple(np.sort(row["values"]))
        assert tuple(row["change"][key] for key in ("low", "value", "high")) == tuple(np.sort(changes))
        assert row["skill"] == (row["trivial"] - row["value"]) / (row["trivial"] - row["floor"])


@pytest.mark.parametrize("backend", ["batched.qubit", "fake:lagos"])
def test_with_more_shots_it_comes_nearer_to_the_exact_one_of_the_same_noise(swept: Sweep, backend: str) -> None:
    known = rows(swept)
    few, many = (
        np.abs(np.subtract(known[backend, shots]["values"], known[backend, None]["values"])) for shots in (16, 100_000)
    )
    assert (many < few / 10).all()


def test_noise_stays_however_many_shots_there_are(swept: Sweep) -> None:
    known = rows(swept)
    noise = np.abs(np.subtract(known["fake:lagos", None]["values"], known["batched.qubit", None]["values"]))
    shots = np.abs(np.subtract(known["fake:lagos", 100_000]["values"], known["fake:lagos", None]["values"]))
    assert (noise > 3 * shots).all()


def test_the_same_question_has_the_same_answer_and_place(run: qgan.Run, tmp_path: Path) -> None:
    first, again = (run.sweep(shots=[50], repeats=2) for _ in range(2))
    assert first.document == again.document
    assert list(rows(first)) == [("batched.qubit", None), ("batched.qubit", 50)]
    places = {sweep.save(tmp_path) for sweep in (first, again)}
    (place,) = places
    assert place.parent == tmp_path / "sweeps"
    assert json.loads((place / "sweep.json").read_text()) == first.document
    assert (place / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert run.sweep(shots=[51], repeats=2).save(tmp_path) != place


def test_the_picture_has_a_line_for_each_backend_and_the_floor_and_the_trivial_value(swept: Sweep) -> None:
    (axes,) = swept.plot().axes
    labels = axes.get_legend_handles_labels()[1]
    assert {"batched.qubit", "fake:lagos", "floor: real against real"} <= set(labels)
    assert any(label.startswith("trivial: ") for label in labels)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["16", "100,000", "exact"]
    containers: list[Any] = list(axes.containers)
    lines = [container.lines[0] for container in containers]
    assert [list(line.get_ydata()) for line in lines] == [
        [rows(swept)[backend, shots]["value"] for shots in (16, 100_000, None)]
        for backend in ("batched.qubit", "fake:lagos")
    ]


def test_what_is_told_counts_all_parts(run: qgan.Run) -> None:
    told: list[tuple[str, int, int]] = []
    run.sweep(shots=[8], repeats=2, told=lambda *what: told.append(what))
    assert [(done, parts) for _, done, parts in told] == [(done, 6) for done in range(6)]
    assert told[0][0] == "making circuits: batched.qubit, exact"
    assert told[-1][0] == "evaluation 2 of 2: batched.qubit, 8 shots"


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({}, ConfigError, "nothing to sweep over"),
        ({"shots": [0]}, ConfigError, "1 to 10000000, or exact"),
        ({"shots": [8, -1]}, ConfigError, "Got: -1"),
        ({"shots": [True]}, ConfigError, "shots cannot be"),
        ({"shots": [1.5]}, ConfigError, "shots cannot be"),
        ({"backends": ["fake:tornio"]}, BackendError, "Did you mean 'fake:torino'"),
        ({"backends": ["fake:torino", "fake:manila"]}, BackendError, "fake:manila does not take that many qubits"),
        ({"shots": [8], "repeats": 1}, ConfigError, "one evaluation has no interval"),
        ({"shots": [8], "samples": 1}, ConfigError, "2 or more"),
        ({"shots": [8], "checkpoint": "3"}, ConfigError, "checkpoint"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_measured(
    run: qgan.Run, asked: dict[str, Any], error: type[Exception], words: str
) -> None:
    told: list[str] = []
    with pytest.raises(error, match=words):
        run.sweep(**asked, told=lambda what, *_: told.append(what))
    assert not [what for what in told if what.startswith("evaluation")]


def test_a_run_without_circuits_has_nothing_to_sweep(tmp_path: Path) -> None:
    classical = qgan.fit("digits-patch-classical", overrides=SMALL, out=tmp_path)
    with pytest.raises(ConfigError, match="has no circuits"):
        classical.sweep(shots=[8])


def test_the_reference_has_neither_noise_nor_shots() -> None:
    exact = Setting("batched.qubit", None)
    noisy = Setting("fake:torino", None)
    assert settings_of("fake:torino", backends=[], shots=[8]) == [exact, exact._replace(shots=8)]
    assert settings_of("fake:torino", backends=["fake:torino"], shots=[]) == [exact, noisy]
    assert settings_of("ibm:ibm_torino", backends=["fake:torino"], shots=[]) == [exact, noisy]
    own = Setting("lightning.qubit", None)
    assert settings_of("lightning.qubit", backends=["fake:torino", "fake:torino"], shots=[]) == [own, noisy]
