"""A run on disk, as a notebook wants it: its figures, its samples, its pictures."""

__all__ = ["Run"]

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import final

from matplotlib.figure import Figure
from torch import nn

from qgan import layout
from qgan._typing import Json
from qgan.build import build
from qgan.checkpoints import Checkpoint
from qgan.config import RunConfig
from qgan.documents import override
from qgan.errors import ConfigError
from qgan.evaluate import Score
from qgan.experiment import Experiment, require_same_circuit, require_same_data
from qgan.generators import ConditionalGenerator, Generator
from qgan.generators.remotes import simulated
from qgan.machine import threads
from qgan.objects import Objects
from qgan.pictures import samples_figure, samples_wanted, training_figure
from qgan.plugins import require_plugins
from qgan.readout import Counts
from qgan.runs import RunDirectory
from qgan.samples import DataSet, Samples
from qgan.seeding import Key
from qgan.session import evaluate_on_test
from qgan.sweeps import REPEATS, Sweep, settings_of, sweep
from qgan.validation import validate


@final
class Run:
    """A run on disk, to be looked at.

    Attributes:
        directory: Its files.
    """

    def __init__(
        self, directory: RunDirectory, experiment: Experiment | None = None, objects: Objects | None = None
    ) -> None:
        self.directory, self._experiment, self._objects = directory, experiment, objects or Objects()

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
        self._require_enough(samples)
        experiment, point = self._at(which)
        with threads(self._threads):
            report, scores = evaluate_on_test(experiment, samples=samples or self.config.evaluate.samples)
        return {"checkpoint": which, "step": point.step, **report}, scores

    def sweep(
        self,
        *,
        backends: Sequence[str] = (),
        shots: Sequence[int | None] = (),
        samples: int | None = None,
        checkpoint: str | int | None = None,
        repeats: int = REPEATS,
        told: Callable[[str, int, int], None] | None = None,
    ) -> Sweep:
        """How the trained generator degrades on the test part: every backend with every number of shots.

        The exact simulator comes first, and all have its latents. Nothing is written: see :meth:`Sweep.save`.

        Args:
            backends: Names, such as ``"fake:torino"``; the exact simulator alone if there are none.
            shots: For each circuit, None for exact; exact alone if there are none.
            samples: On each side; as :meth:`evaluate` has it.
            checkpoint: As :meth:`metrics` has it.
            repeats: Evaluations of each, with latents and shots of their own.
            told: Told what is done now, how many of the parts are done, and of how many.

        Raises:
            BackendError: If a backend is unknown or missing, or refuses the circuit.
            ConfigError: If nothing is asked for, a number cannot be, or the run has no circuits.
        """
        which, config = self._which(checkpoint), self.config
        self._require_enough(samples)
        settings = settings_of(config.backend.name, backends=list(backends), shots=list(shots))
        self._built()
        with threads(self._threads):
            found = sweep(
                config,
                self._objects,
                self.directory.checkpoint(which),
                settings=settings,
                samples=samples or config.evaluate.samples,
                repeats=repeats,
                told=told,
            )
        return Sweep({"checkpoint": which, **found.document})

    def sample(
        self,
        n: int,
        *,
        checkpoint: str | int | None = None,
        seed: int | None = None,
        backend: str | None = None,
        shots: int | None = None,
        label: int | None = None,
    ) -> Samples:
        """n samples; the same ones for the same seed.

        Args:
            n: How many.
            checkpoint: ``"last"``, ``"best"`` (chosen on validation), or a step that is kept; the one that the run was
                judged by if None.
            seed: Of latents and shots; the run's own if None.
            backend: Another device to run the circuits on.
            shots: For each circuit; as the run has it if None.
            label: The one class to draw, as the data name it; all by their shares if None. The run must be conditional.
        """
        if not isinstance(n, int) or n < 1:
            raise ConfigError("There must be samples to draw", got=n, allowed="1 or more")
        if seed is not None and seed < 0:
            raise ConfigError("The seed of samples cannot be used", got=seed, allowed="0 or more")
        experiment, _ = self._at(self._which(checkpoint), backend=backend, shots=shots)
        generator, key = experiment.generator, Key(self.config.seed if seed is None else seed, "sample")
        # Of a run on a computer nothing is paid for here; one that is asked for by name is refused.
        with threads(self._threads), simulated(generator) if backend is None else nullcontext():
            if label is None:
                return generator.sample(n, key)
            if not isinstance(generator, ConditionalGenerator):
                raise ConfigError(
                    f"The run {self.path} was not trained by class",
                    got=f"label = {label}",
                    cure="Leave the label out, or train with train.conditional=true",
                )
            return generator.sample_class(label, n, key)

    def elsewhere(self, backend: str, *, shots: int, checkpoint: str) -> Experiment:
        """As it was at a checkpoint, with circuits that are sent to another backend once it is connected with one."""
        point = self.directory.checkpoint(checkpoint)
        self._built()
        # Of options for where it was trained none has a meaning there.
        document = {**self.config.document(), "backend": {"name": backend, "shots": shots}}
        experiment = build(validate(RunConfig, document), self._objects, sends=True)
        experiment.state.load_state_dict(point.tensors, point.scalars)
        return experiment

    def plot(self) -> Figure:
        """Losses, the discriminator's scores, and the quality on validation."""
        path = self.path / "references.json"
        known = layout.read(path, layout.References)["metrics"] if path.exists() else {}
        return training_figure(self.records(), self.evaluations(), known, metric=self.config.evaluate.metric)

    def plot_samples(self, n: int | None = None) -> Figure:
        """Real and n generated samples side by side; as many as make a picture if None."""
        which, data = self.directory.chosen(), self._built().data
        title = f"generated: step {self.directory.checkpoint(which).step}"
        return samples_figure(data, {title: self.sample(samples_wanted(data) if n is None else n)})

    @property
    def data(self) -> DataSet:
        """What it was trained on."""
        return self._built().data

    def generator(self, *, checkpoint: str | int | None = None) -> Generator:
        """The trained generator, a torch module; as it was at the checkpoint that the run was judged by if None."""
        return self._at(self._which(checkpoint))[0].generator

    def discriminator(self, *, checkpoint: str | int | None = None) -> nn.Module:
        """The trained discriminator, likewise."""
        return self._at(self._which(checkpoint))[0].discriminator

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

    def _require_enough(self, samples: int | None) -> None:
        if samples is not None and samples < 2:
            raise ConfigError("There are too few samples to evaluate", got=samples, allowed="2 or more")

    def _which(self, checkpoint: str | int | None) -> str:
        return self.directory.chosen() if checkpoint is None else str(checkpoint)

    def _built(self) -> Experiment:
        if self._experiment is None:
            self._objects.require(self.directory.identity.get("objects", {}), str(self.path))
            require_plugins(self.directory.identity.get("plugins", []), str(self.path))
            experiment = build(self.config, self._objects)
            require_same_data(experiment.data, self.directory.identity, str(self.path))
            require_same_circuit(experiment.facts, self.directory.identity, str(self.path))
            self._experiment = experiment
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
            experiment = build(validate(RunConfig, override(self.config.document(), changes)), self._objects)
        experiment.state.load_state_dict(point.tensors, point.scalars)
        return experiment, point
