from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from matplotlib import pyplot
from torch import Tensor, nn

import qgan
from qgan import api
from qgan.compare.speed import Untimed
from qgan.errors import BackendError, ConfigError
from qgan.loop import StepRecord

SMALL: dict[str, Any] = {
    "train.steps": 6,
    "train.batch_size": 4,
    "run.checkpoint_every": 3,
    "run.threads": 1,
    "run.device": "cpu",
    "evaluate.every": 3,
    "evaluate.metrics": ["energy-distance"],
    "evaluate.metric": "energy-distance",
    "evaluate.samples": 8,
}
QUANTUM = {**SMALL, "generator.n_wires": 3, "generator.n_ancillas": 0, "generator.layers": 1}


def rotations(latent: Any, weights: dict[str, Any]) -> None:
    for wire in range(2):
        qml.RY(latent[..., wire], wires=wire)
        qml.RY(weights["w"][..., 0, wire], wires=wire)


def other_rotations(latent: Any, weights: dict[str, Any]) -> None:
    for wire in range(2):
        qml.RX(latent[..., wire], wires=wire)
        qml.RY(weights["w"][..., 0, wire], wires=wire)


class SquaredLoss:
    def discriminator(self, *, real: Tensor, fake: Tensor, real_weights: Tensor, fake_weights: Tensor) -> Tensor:
        return real_weights @ (real - 1) ** 2 + fake_weights @ fake**2

    def generator(self, *, fake: Tensor, fake_weights: Tensor) -> Tensor:
        return fake_weights @ (fake - 1) ** 2


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> qgan.Run:
    return qgan.fit("digits-patch", seed=7, overrides=QUANTUM, out=tmp_path_factory.mktemp("runs"))


def own_objects() -> dict[str, Any]:
    torch.manual_seed(0)
    return {
        "circuit": rotations,
        "data": np.random.default_rng(0).random((60, 2, 2)).astype(np.float32),
        "discriminator": nn.Sequential(nn.Flatten(), nn.Linear(4, 1)),
        "loss": SquaredLoss(),
    }


OWN = {**SMALL, "generator.n_wires": 2, "generator.n_ancillas": 0, "generator.layers": 1}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> qgan.Run:
    with torch.random.fork_rng():
        return qgan.fit(**own_objects(), seed=3, overrides=OWN, out=tmp_path_factory.mktemp("own"))


def test_the_public_names() -> None:
    assert qgan.__all__ == ["Comparison", "Run", "__version__", "collect", "fit", "load", "submit", "train"]
    assert api.__all__ == ["Comparison", "Run", "Training", "collect", "compare", "fit", "load", "submit", "train"]
    names = {name for name in vars(qgan.Run) if not name.startswith("_")}
    assert names == {
        "config", "counts", "data", "discriminator", "elsewhere", "evaluate", "evaluations", "generator", "metrics",
        "path", "plot", "plot_samples", "records", "sample", "sweep",
    }  # fmt: skip


def test_a_run_can_be_loaded_and_looked_at(run: qgan.Run) -> None:
    loaded = qgan.load(run.path)
    assert loaded.config == run.config
    assert loaded.config.seed == 7
    assert [record["step"] for record in loaded.records()] == [1, 2, 3, 4, 5, 6]
    assert [line["step"] for line in loaded.evaluations()] == [0, 3, 6]
    assert repr(loaded).endswith(f"{run.path.name}', done, step 6)")
    assert loaded.counts.executions == sum(record["executions"] for record in run.records()) > 0
    score = loaded.metrics()["energy-distance"]
    assert score.value == run.metrics()["energy-distance"].value
    assert score.direction == "lower"
    assert loaded.metrics(checkpoint=3)["energy-distance"].value != score.value
    figures = (loaded.plot(), loaded.plot_samples(4))
    assert all(figure.axes for figure in figures)
    pyplot.close("all")


def test_samples_are_the_same_for_the_same_seed(run: qgan.Run) -> None:
    one, two = run.sample(5, seed=1).numpy(), qgan.load(run.path).sample(5, seed=1).numpy()
    assert one.shape == (5, 8, 8)
    assert np.array_equal(one, two)
    assert np.array_equal(run.sample(5).numpy(), run.sample(5, seed=7).numpy())
    assert not np.array_equal(one, run.sample(5, seed=2).numpy())
    assert not np.array_equal(one, run.sample(5, seed=1, checkpoint=3).numpy())
    # Other simulator, same distribution: float32 samples of float64 amplitudes.
    assert np.allclose(one, run.sample(5, seed=1, backend="lightning.qubit").numpy(), atol=1e-6)
    shots = run.sample(5, seed=1, shots=100).numpy()
    assert np.array_equal(shots, run.sample(5, seed=1, shots=100).numpy())
    assert not np.allclose(one, shots, atol=1e-3)
    assert np.array_equal(one, run.sample(5, seed=1).numpy())


@pytest.mark.parametrize("arguments", [{"n": 0}, {"n": 2, "checkpoint": "newest"}, {"n": 2, "checkpoint": 5}])
def test_impossible_samples_are_refused(run: qgan.Run, arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        run.sample(**arguments)
    with pytest.raises(ConfigError, match="is not a run"):
        qgan.load(run.path / "checkpoints")


def test_the_loop_is_an_iterator_that_gives_the_same_records(run: qgan.Run) -> None:
    training = qgan.train("digits-patch", seed=7, overrides=QUANTUM)
    first = list(islice(training, 2))
    assert [record.numbers() for record in first] == run.records()[:2]
    assert training.experiment.state.step == 2
    assert training.sample(3).values.shape == (3, 8, 8)
    assert [record.numbers() for record in training] == run.records()[2:]


def test_objects_of_ones_own(own: qgan.Run) -> None:
    assert own.config.recipe == "custom"
    assert own.directory.status["state"] == "done"
    assert set(own.directory.identity["objects"]) == {"circuit", "data", "discriminator", "loss"}
    assert own.sample(4).values.shape == (4, 2, 2)
    assert own.metrics()["energy-distance"].value is not None


def test_a_run_of_objects_is_gone_on_with_by_the_same_objects(own: qgan.Run, tmp_path: Path) -> None:
    stopped: list[int] = []

    def stop(record: StepRecord) -> None:
        stopped.append(record.step)
        if record.step == 4:
            raise RuntimeError("stop")

    with torch.random.fork_rng():
        with pytest.raises(RuntimeError, match="stop"):
            qgan.fit(**own_objects(), seed=3, overrides=OWN, out=tmp_path, on_step=stop)
        assert stopped == [1, 2, 3, 4]
        (path,) = tmp_path.iterdir()
        again = qgan.fit(**own_objects(), resume=path)
    assert again.records() == own.records()
    for name in ("tensors.safetensors", "state.json"):
        last = Path("checkpoints", "step-000006", name)
        assert (again.path / last).read_bytes() == (own.path / last).read_bytes()


@pytest.mark.parametrize("name", ["circuit", "data", "discriminator", "loss"])
def test_other_objects_are_refused(own: qgan.Run, name: str) -> None:
    others = {
        "circuit": other_rotations,
        "data": np.zeros((60, 2, 2), dtype=np.float32),
        "discriminator": nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Linear(2, 1)),
        "loss": type("OtherLoss", (), {}),
    }
    for replaced in ({name: others[name]}, {name: None}):
        with torch.random.fork_rng(), pytest.raises(ConfigError, match=name):
            qgan.fit(**{**own_objects(), **replaced}, resume=own.path)
    with pytest.raises(ConfigError, match="objects that only Python can give again"):
        qgan.load(own.path).sample(2)


def test_objects_and_recipes_that_do_not_go_together(run: qgan.Run) -> None:
    with pytest.raises(ConfigError, match="has its configuration already"):
        qgan.fit("digits-patch", resume=run.path)
    with pytest.raises(ConfigError, match="has it by name"):
        qgan.fit(data=np.zeros((60, 8, 8)), resume=run.path)


def test_a_plugin_is_recorded_and_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugin_of_a_run.py").write_text("")
    run = qgan.fit("digits-patch-classical", overrides=SMALL, out=tmp_path / "runs", plugins=["plugin_of_a_run"])
    assert run.directory.identity["plugins"] == ["plugin_of_a_run"]
    del sys.modules["plugin_of_a_run"]
    with pytest.raises(ConfigError, match="--plugin plugin_of_a_run"):
        qgan.fit(resume=run.path)
    assert qgan.fit(resume=run.path, plugins=["plugin_of_a_run"]).records() == run.records()
    (tmp_path / "plugin_broken_here.py").write_text("1 / 0")
    with pytest.raises(BackendError, match="ZeroDivisionError"):
        qgan.fit("digits-patch", plugins=["plugin_broken_here"], out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_another_backend_runs_the_users_own_circuit(tmp_path: Path) -> None:
    overrides = {**SMALL, "generator.n_wires": 2, "generator.n_ancillas": 0, "generator.layers": 1}
    run = qgan.fit(circuit=rotations, seed=1, overrides=overrides, out=tmp_path)
    there = run.sample(4, backend="lightning.qubit").numpy()
    assert np.allclose(run.sample(4).numpy(), there, atol=1e-6)
    assert np.allclose(qgan.load(run.path, circuit=rotations).sample(4).numpy(), there, atol=1e-6)
    with pytest.raises(ConfigError, match="is not the one"):
        qgan.load(run.path, circuit=other_rotations).sample(4)


def test_wrong_numbers_of_samples_and_seeds_are_refused(run: qgan.Run) -> None:
    for arguments in ({"n": 2.5}, {"n": 0}, {"n": 2, "seed": -1}):
        with pytest.raises(ConfigError):
            run.sample(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="2 or more"):
        run.metrics(samples=1)


def test_the_users_discriminator_is_left_as_it_was(tmp_path: Path) -> None:
    objects = own_objects()
    before = {name: value.clone() for name, value in objects["discriminator"].state_dict().items()}
    runs = [qgan.fit(**objects, seed=3, overrides=OWN, out=tmp_path) for _ in range(2)]
    assert all(torch.equal(before[name], value) for name, value in objects["discriminator"].state_dict().items())
    assert runs[0].records() == runs[1].records()
    trained = runs[0].discriminator().state_dict()
    assert not all(torch.equal(before[name], value) for name, value in trained.items())


def test_the_trained_generator_can_be_had(run: qgan.Run) -> None:
    weights = {step: run.generator(checkpoint=step).state_dict()["weights.w"].clone() for step in (3, 6)}
    assert not torch.equal(weights[3], weights[6])


def test_numbers_of_numpy_are_numbers() -> None:
    overrides = SMALL | {"train.batch_size": np.int32(3)}
    training = qgan.train("digits-patch-classical", seed=np.int64(7), overrides=overrides)  # pyright: ignore[reportArgumentType]
    assert training.experiment.config.seed == 7
    assert training.experiment.config.train.batch_size == 3


def test_a_setting_needs_a_name() -> None:
    with pytest.raises(ConfigError, match="has no name"):
        qgan.train(overrides={3: 4})  # pyright: ignore[reportArgumentType]


def test_a_comparison_is_made_and_read_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Which takes a process for each model: see test_speed.py.
    plugins = ["qgan.losses"]
    monkeypatch.setattr(api, "timed_together", lambda _, plugins: {"mlp": Untimed(f"patched out, {plugins}")})
    small = {"train.steps": 4, "evaluate.every": 2, "evaluate.metrics": ["kl", "ks"], "evaluate.samples": 60}
    out, of_one = tmp_path / "it", {"baselines": ["mlp"], "controls": ["none"], "trials": 0}
    made = api.compare("bimodal", seeds=1, overrides=small, workers=1, out=out, plugins=plugins, **of_one)
    assert made.recipes[0].untimed == {"mlp": "patched out, ('qgan.losses',)"}
    (compared,) = made.recipes
    assert [entry.name for entry in compared.book.entries] == ["subject", "mlp"]
    assert set(compared.results["mlp"]) == {0}
    more = api.compare(resume=out, seeds=[0, 5], workers=1, plugins=plugins)
    assert set(more.recipes[0].results["mlp"]) == {0, 5}
    assert qgan.Comparison(out).declared == more.declared
    with pytest.raises(ConfigError, match="nothing to compare"):
        api.compare()
