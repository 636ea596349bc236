"""Training from Python: what a notebook or a script wants."""

__all__ = ["Run", "Training", "fit", "load", "train"]

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, final

import numpy as np
from matplotlib.figure import Figure
from torch import nn

from qgan._typing import Json
from qgan.build import Experiment, build
from qgan.checkpoints import Checkpoint
from qgan.config import RunConfig, override, validate
from qgan.config import load as load_config
from qgan.errors import ConfigError
from qgan.evaluate import Score
from qgan.files import read_json
from qgan.loop import StepRecord
from qgan.loop import train as loop
from qgan.machine import threads
from qgan.objects import Objects
from qgan.opening import begin, resume, with_measured_threads
from qgan.pictures import samples_figure, training_figure
from qgan.plugins import load_plugins, require_plugins
from qgan.readout import Counts
from qgan.runs import RunDirectory
from qgan.samples import DataSet, Samples
from qgan.seeding import Key
from qgan.session import Session, evaluate_on_test


def fit(
    recipe: str | None = None,
    *,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    config: str | os.PathLike[str] | None = None,
    circuit: Any = None,
    data: Any = None,
    discriminator: nn.Module | None = None,
    loss: Any = None,
    out: str | os.PathLike[str] = "runs",
    resume: str | os.PathLike[str] | None = None,
    plugins: Iterable[str] = (),
    on_step: Callable[[StepRecord], None] | None = None,
) -> "Run":
    """Trains to the end, and keeps everything in a run directory.

    Args:
        recipe: A recipe's name; ``"digits"`` if nothing is named.
        seed: Of all random streams.
        overrides: Dotted keys of the configuration and their values, such as ``{"train.steps": 200}``.
        config: A TOML file laid over the recipe.
        circuit: A :class:`circuits.Circuit`, or a function of (latent, weights) that queues PennyLane operations on
            ``generator.n_wires`` wires, with weights ``"w"`` of shape (``generator.layers``, ``generator.n_wires``).
            For other shapes give ``circuits.from_function(function, n_wires=..., weight_shapes=...)``.
        data: Shape (n, *sample_shape); split by the seed.
        discriminator: A module of your own: samples of shape (n, *sample_shape) to one logit each.
        loss: Has the two functions of :class:`qgan.losses.Loss`.
        out: The directory of runs.
        resume: A run to go on with instead; it wants the same objects again.
        plugins: Modules to import first.
        on_step: Called after each step.

    Returns:
        The finished run.

    Raises:
        QganError: For whatever is wrong, before anything is trained where that can be known.
        Interrupted: After Ctrl-C, when the step is saved; go on with ``resume``.
    """
    objects = Objects(circuit=circuit, data=data, discriminator=discriminator, loss=loss)
    plugins = tuple(plugins)
    load_plugins(plugins)
    if resume is not None and (recipe is not None or config is not None):
        raise ConfigError(
            "A run that is resumed has its configuration already", got=recipe or config, cure="Leave it out"
        )
    session = open_session(
        recipe,
        config=Path(config) if config is not None else None,
        changes=_changes(seed, overrides),
        objects=objects,
        out=Path(out),
        resume_from=Path(resume) if resume is not None else None,
        plugins=plugins,
    )
    for record in session.records():
        if on_step is not None:
            on_step(record)
    return Run(session.run, session.experiment)


def open_session(
    recipe: str | None,
    *,
    config: Path | None,
    changes: Iterable[tuple[str, Any]],
    objects: Objects,
    out: Path,
    resume_from: Path | None,
    plugins: Iterable[str],
) -> Session:
    """A session, new or resumed; plugins are loaded already."""
    if resume_from is not None:
        return resume(resume_from, changes=changes, objects=objects, plugins=plugins)
    return begin(configured(recipe, config, changes, objects), out=out, objects=objects, plugins=plugins)


def configured(
    recipe: str | None, file: Path | None, changes: Iterable[tuple[str, Any]], objects: Objects
) -> RunConfig:
    """The configuration of a new run; one made of objects alone is called ``custom``."""
    own = [("recipe", "custom")] if objects.given() and recipe is None and file is None else []
    return load_config(recipe, file=file, changes=[*own, *changes])


def train(
    recipe: str | None = None,
    *,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    config: str | os.PathLike[str] | None = None,
    circuit: Any = None,
    data: Any = None,
    discriminator: nn.Module | None = None,
    loss: Any = None,
) -> "Training":
    """The loop itself, an iterator of records; nothing is written. The arguments are those of :func:`fit`.

    Steps happen when they are asked for: ``break``, ``zip`` and ``itertools.islice`` do what they say.
    """
    objects = Objects(circuit=circuit, data=data, discriminator=discriminator, loss=loss)
    file = Path(config) if config is not None else None
    return Training(build(configured(recipe, file, _changes(seed, overrides), objects), objects))


def load(path: str | os.PathLike[str]) -> "Run":
    """A run, whenever it was made.

    Raises:
        ConfigError: If there is none at that path.
    """
    return Run(RunDirectory.open(Path(path)))


@final
class Training:
    """Records of a training that is kept in memory only.

    Attributes:
        experiment: Generator, discriminator, data and state, as they are after the latest record.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self._threads = with_measured_threads(experiment).run.threads
        config = experiment.config
        self._records = loop(experiment.state, experiment.game, experiment.batches, steps=config.train.steps)

    def __iter__(self) -> Iterator[StepRecord]:
        return self

    def __next__(self) -> StepRecord:
        assert isinstance(self._threads, int)
        with threads(self._threads):
            return next(self._records)

    def sample(self, n: int) -> Samples:
        """n samples of the generator as it is."""
        state = self.experiment.state
        return self.experiment.generator.sample(n, Key(state.seed, "sample", state.step))


@final
class Run:
    """A run on disk, to be looked at.

    Attributes:
        directory: Its files.
    """

    def __init__(self, directory: RunDirectory, experiment: Experiment | None = None) -> None:
        self.directory, self._experiment = directory, experiment

    def __repr__(self) -> str:
        status = self.directory.status
        return f"Run({str(self.path)!r}, {status['state']}, step {status['step']})"

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.directory.path

    @property
    def config(self) -> RunConfig:
        """What it was asked, whole."""
        return self.directory.config

    def records(self) -> list[Json]:
        """One for each step: losses, scores, gradient norms, executions."""
        return self.directory.lines("records")

    def evaluations(self) -> list[Json]:
        """One for each evaluation on validation."""
        return self.directory.lines("evaluations")

    def metrics(self, *, samples: int | None = None, checkpoint: str | int | None = None) -> dict[str, Score]:
        """Each metric on the test part: value, floor, trivial value, direction, skill.

        Args:
            samples: On each side; None for as many as the part holds.
            checkpoint: ``"last"``, ``"best"`` (chosen on validation), or a step that is kept; the one that the run was
                judged by if None.
        """
        return {score.name: score for score in self.evaluate(samples=samples, checkpoint=checkpoint)[1]}

    def evaluate(self, *, samples: int | None = None, checkpoint: str | int | None = None) -> tuple[Json, list[Score]]:
        """The same with what it was measured on, as it stands in ``metrics.json``."""
        which = self._which(checkpoint)
        experiment, point = self._at(which)
        with threads(self._threads):
            report, scores = evaluate_on_test(experiment, samples=samples or self.config.evaluate.samples)
        return {"checkpoint": which, "step": point.step, **report}, scores

    def sample(
        self,
        n: int,
        *,
        checkpoint: str | int | None = None,
        seed: int | None = None,
        backend: str | None = None,
        shots: int | None = None,
    ) -> Samples:
        """n samples; the same ones for the same seed.

        Args:
            n: How many.
            checkpoint: ``"last"``, ``"best"`` (chosen on validation), or a step that is kept; the one that the run was
                judged by if None.
            seed: Of latents and shots; the run's own if None.
            backend: Another device to run the circuits on.
            shots: For each circuit; as the run has it if None.
        """
        if n < 1:
            raise ConfigError("There must be samples to draw", got=n, allowed="1 or more")
        experiment, _ = self._at(self._which(checkpoint), backend=backend, shots=shots)
        with threads(self._threads):
            return experiment.generator.sample(n, Key(self.config.seed if seed is None else seed, "sample"))

    def plot(self) -> Figure:
        """Losses, the discriminator's scores, and the quality on validation."""
        path = self.path / "references.json"
        known = read_json(path)["metrics"] if path.exists() else {}
        return training_figure(self.records(), self.evaluations(), known, metric=self.config.evaluate.metric)

    def plot_samples(self, n: int = 36) -> Figure:
        """Real and generated samples side by side."""
        which = self.directory.chosen()
        fake, data = self.sample(n), self._built().data
        title = f"generated: step {self.directory.checkpoint(which).step}"
        panels = {f"real: {data.name}": data.train.values, title: fake.numpy()}
        return samples_figure(panels, low=data.low, high=data.high)

    @property
    def data(self) -> DataSet:
        """What it was trained on."""
        return self._built().data

    @property
    def counts(self) -> Counts:
        """Circuits and shots of all recorded steps; evaluations and samples are not among them."""
        records = self.records()
        return Counts(sum(record["executions"] for record in records), sum(record["shots"] for record in records))

    @property
    def _threads(self) -> int:
        count = self.config.run.threads
        assert isinstance(count, int)
        return count

    def _which(self, checkpoint: str | int | None) -> str:
        return self.directory.chosen() if checkpoint is None else str(checkpoint)

    def _built(self) -> Experiment:
        if self._experiment is None:
            Objects().require(self.directory.identity.get("objects", {}), str(self.path))
            require_plugins(self.directory.identity.get("plugins", []), str(self.path))
            self._experiment = build(self.config)
        return self._experiment

    def _at(
        self, checkpoint: str, *, backend: str | None = None, shots: int | None = None
    ) -> tuple[Experiment, Checkpoint]:
        point = self.directory.checkpoint(checkpoint)
        changes = [
            (key, value) for key, value in (("backend.name", backend), ("backend.shots", shots)) if value is not None
        ]
        experiment = self._built()
        if changes:
            experiment = build(validate(RunConfig, override(self.config.document(), changes)))
        experiment.state.load_state_dict(point.tensors, point.scalars)
        return experiment, point


def as_array(samples: Samples) -> np.ndarray:
    """The values, float32, shape (n, *sample_shape)."""
    return samples.values.detach().cpu().numpy()


def _changes(seed: int | None, overrides: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    return [*(overrides or {}).items(), *([] if seed is None else [("seed", seed)])]
