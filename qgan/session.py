"""A run going on: the loop's records written down, evaluated, saved, and stopped for a stated reason."""

__all__ = ["Session", "begin", "resume"]

import io
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, final

import numpy as np
import psutil
import torch

from qgan._typing import Json
from qgan.build import Experiment, build
from qgan.config import RunConfig, override, validate
from qgan.convergence import Convergence
from qgan.errors import ConfigError, DataError, DivergedError, Interrupted, QganError, ResourceError
from qgan.evaluate import References, Score
from qgan.files import atomic_write
from qgan.game import Batch
from qgan.loop import StepRecord, train
from qgan.machine import Stops, fingerprint, git_commit, measure_threads, threads
from qgan.objects import Objects
from qgan.pictures import COLUMNS, ROWS, samples_figure
from qgan.plugins import require_plugins
from qgan.runs import RunDirectory
from qgan.seeding import Key

# What may change when a run is gone on with; it is then a child of the run, and not the run itself.
CHANGEABLE = ("backend", "train.steps", "train.until", "train.patience", "train.min_gain", "run.device", "run.threads")


@final
@dataclass
class Session:
    """A run and its objects, ready to go on. Iterate over :meth:`records`, then all is on disk.

    Attributes:
        run: Where it is written.
        experiment: What is trained.
        scores: Of the latest evaluation on validation, by metric.
    """

    run: RunDirectory
    experiment: Experiment
    scores: dict[str, Score] = field(default_factory=dict)
    _exact: bool = field(default=True, init=False)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.run.status["state"] == "done"

    def records(self) -> Iterator[StepRecord]:
        """Trains, and yields each step once it is written down.

        Raises:
            BusyError: If another process has the run.
            CheckpointError: If no checkpoint can be used.
            DivergedError: If something is not finite; the message names the last good checkpoint.
            Interrupted: After a signal, when the step is saved.
            ResourceError: If the run cannot be written; what was saved before stays good.
        """
        if self.finished:
            return
        threads_used = self.run.config.run.threads
        assert isinstance(threads_used, int)
        stops = Stops()
        try:
            with self.run.locked(), threads(threads_used), stops.listening():
                self._restore()
                try:
                    yield from self._train(stops)
                except DivergedError as error:
                    raise self._diverged(error) from error
                self._finish()
        except OSError as error:
            if isinstance(error, QganError):
                raise
            with suppress(OSError):
                self.run.set_status("failed", step=self.experiment.state.step, exact=self._exact, reason=str(error))
            raise ResourceError(
                f"The run {self.run.path} cannot be written",
                got=error,
                cure="Make room there, then go on with --resume",
            ) from error

    def _restore(self) -> None:
        checkpoint = self.run.rewind()
        state = self.experiment.state
        if checkpoint is not None:
            state.load_state_dict(checkpoint.tensors, checkpoint.scalars)
        now = fingerprint()
        exact = all(self.run.identity.get(part) == now[part] for part in now) and self.run.status.get("exact", True)
        self._exact = exact
        self._convergence = Convergence(self.run.config, self.run.lines("evaluations"))
        self.run.event("went on" if checkpoint else "began", step=state.step, exact=exact)
        self.run.set_status("running", step=state.step, exact=exact)
        self._references = self._validation_references()
        if checkpoint is None:
            if self.run.config.evaluate.every:
                self._evaluate(0)
            self._save()

    def _validation_references(self) -> References | None:
        config = self.run.config
        if not config.evaluate.every:
            return None
        references = References(
            self.experiment.data,
            part="validation",
            n=config.evaluate.samples,
            seed=config.seed,
            metrics=config.evaluate.metrics,
        )
        path = self.run.path / "references.json"
        if not path.exists():
            known = {score.name: score.to_json() for score in references.yardsticks}
            atomic_write(path, _pretty({"part": "validation", "n": references.n, "metrics": known}))
        return references

    def _train(self, stops: Stops) -> Iterator[StepRecord]:
        config, state = self.run.config, self.experiment.state
        loop = train(state, self.experiment.game, self.experiment.batches, steps=config.train.steps)
        process, began = psutil.Process(), perf_counter()
        while self._convergence.reason is None and (record := next(loop, None)) is not None:
            self.run.log("records", record.numbers())
            every = config.evaluate.every
            improved = bool(every) and state.step % every == 0 and self._evaluate(state.step)
            seconds = {**record.seconds, "all": perf_counter() - began}
            self.run.log("timing", {"step": state.step, "seconds": seconds, "rss": process.memory_info().rss})
            last = state.step == config.train.steps or self._convergence.reason is not None
            if improved or last or stops.signal_number or state.step % config.run.checkpoint_every == 0:
                self._save()
            if stops.signal_number and not last:
                self._interrupt(stops.signal_number)
            yield record
            began = perf_counter()

    def _evaluate(self, step: int) -> bool:
        assert self._references is not None
        config = self.run.config
        fake = self.experiment.generator.sample(self._references.n, Key(config.seed, "evaluation latent", step))
        self.scores = {score.name: score for score in self._references.score(fake)}
        verdict = self._convergence.see(self.scores[config.evaluate.metric])
        scores = {name: {"value": score.value, "skill": score.skill} for name, score in self.scores.items()}
        self.run.log("evaluations", {"step": step, **verdict._asdict(), "scores": scores})
        return verdict.best

    def _save(self) -> None:
        state = self.experiment.state
        self.run.save(state, best=self.run.best_step())
        self.run.set_status("running", step=state.step, exact=self._exact)

    def _interrupt(self, signal_number: int) -> None:
        step = self.experiment.state.step
        self.run.event("interrupted", step=step, signal=signal_number)
        self.run.set_status("interrupted", step=step, exact=self._exact, reason=f"signal {signal_number}")
        raise Interrupted(
            f"Stopped at step {step}, and saved. Go on with: qgan train --resume {shlex.quote(str(self.run.path))}",
            signal_number,
        )

    def _diverged(self, error: DivergedError) -> DivergedError:
        step = self.experiment.state.step
        self.run.event("diverged", step=step, reason=str(error))
        self.run.set_status("diverged", step=step, exact=self._exact, reason=str(error))
        good = self.run.checkpoint("last").step
        return DivergedError(
            error.what,
            got=error.got,
            cure=f"The last good checkpoint is {self.run.checkpoints / f'step-{good:06d}'}. Begin a new run with a "
            "smaller optimizer.generator.lr or optimizer.discriminator.lr, or with train.grad_clip=1.0",
        )

    def _finish(self) -> None:
        experiment, run = self.experiment, self.run
        step, seed = experiment.state.step, run.config.seed
        report, _ = evaluate_on_test(experiment, samples=run.config.evaluate.samples)
        atomic_write(run.path / "metrics.json", _pretty({"checkpoint": "last", "step": step, **report}))
        fake = experiment.generator.sample(ROWS * COLUMNS, Key(seed, "picture"))
        archive, picture = io.BytesIO(), io.BytesIO()
        np.savez(archive, values=fake.numpy(), weights=fake.weights.numpy())
        atomic_write(run.path / "samples.npz", archive.getvalue())
        data = experiment.data
        panels = {f"real: {data.name}": data.train.values, f"generated: step {step}": fake.numpy()}
        samples_figure(panels, low=data.low, high=data.high).savefig(picture)
        atomic_write(run.path / "samples.png", picture.getvalue())
        reason = self._convergence.reason or "all steps done"
        run.event("done", step=step, reason=reason)
        run.set_status("done", step=step, exact=self._exact, reason=reason)


def evaluate_on_test(experiment: Experiment, *, samples: int | None) -> tuple[Json, list[Score]]:
    """Scores of the generator as it is, on the test part, with as many samples as it holds or fewer."""
    config = experiment.config
    references = References(experiment.data, part="test", n=samples, seed=config.seed, metrics=config.evaluate.metrics)
    scores = references.score(experiment.generator.sample(references.n, Key(config.seed, "test latent")))
    report = {
        "part": "test",
        "n": references.n,
        "capped": references.capped,
        "resamples": references.resamples,
        "metrics": {score.name: score.to_json() for score in scores},
    }
    return report, scores


def begin(config: RunConfig, *, out: Path, objects: Objects | None = None, plugins: Iterable[str] = ()) -> Session:
    """A new run in the directory of runs; nothing is written before everything has been checked."""
    objects = objects or Objects()
    experiment = build(config, objects)
    config = with_measured_threads(experiment)
    run = RunDirectory.create(out, config, _identity(experiment, objects, plugins))
    return Session(run, experiment)


def resume(
    path: Path,
    *,
    changes: Iterable[tuple[str, Any]] = (),
    objects: Objects | None = None,
    plugins: Iterable[str] = (),
) -> Session:
    """A run to go on with, in place; or, where backend, shots or budget are changed, a child of it beside it.

    Raises:
        ConfigError: If something else is changed, or an object or plugin of the run is missing.
        DataError: If the data are no longer those that the run began with.
    """
    run, objects = RunDirectory.open(path), objects or Objects()
    config = changed(run, changes, objects)
    experiment = build(config, objects)
    _require_same_data(experiment, run)
    if config.document() == run.config.document():
        return Session(run, experiment)
    config = with_measured_threads(experiment)
    if config.document() == run.config.document():
        return Session(run, experiment)
    with run.locked():
        run.rewind()
        step = run.checkpoint("last").step
        if step > config.train.steps:
            raise ConfigError(
                "The run is further than that", got=f"train.steps = {config.train.steps}", allowed=f"{step} or more"
            )
        # A checkpoint that is taken along was made under the configuration of whichever ancestor saved it.
        ancestors = run.identity.get("parent", {}).get("configs", [])
        parent = {"run": run.path.name, "step": step, "configs": [run.config.sha256(), *ancestors]}
        identity = {**_identity(experiment, objects, plugins), "parent": parent}
        child = RunDirectory.create(run.path.parent, config, identity, parent=run)
    return Session(child, experiment)


def changed(run: RunDirectory, changes: Iterable[tuple[str, Any]], objects: Objects) -> RunConfig:
    """The configuration that a run would go on with.

    Raises:
        ConfigError: If more is changed than may be, or an object or plugin of the run is missing.
    """
    objects.require(run.identity.get("objects", {}), str(run.path))
    require_plugins(run.identity.get("plugins", []), str(run.path))
    config = validate(RunConfig, override(run.config.document(), _relative(changes, run)))
    _require_changeable(run.config.document(), config.document())
    return config


def _require_same_data(experiment: Experiment, run: RunDirectory) -> None:
    then, now = run.identity.get("data", {}).get("sha256"), experiment.data.sha256
    if then != now:
        raise DataError(
            f"The data are not those that the run {run.path} began with",
            got=f"SHA-256 {now[:12]}",
            allowed=f"SHA-256 {str(then)[:12]}",
            cure="Put the old data back, or begin a new run",
        )


def with_measured_threads(experiment: Experiment) -> RunConfig:
    """The resolved configuration with a number of threads in it, measured here if it says ``"auto"``."""
    config = experiment.config
    if config.run.threads != "auto":
        return config
    state, game, counts = experiment.state, experiment.game, experiment.generator.counts
    tensors, scalars = state.state_dict()
    batch = Batch(
        experiment.batches.at(0), experiment.generator.draw(config.train.batch_size, Key(config.seed, "probe"))
    )

    def work() -> None:
        for player in game.players:
            torch.autograd.grad(player.objective(batch).loss, player.parameters, allow_unused=True)

    with torch.random.fork_rng():
        count = measure_threads(work)
    state.load_state_dict(tensors, scalars)
    counts.executions = counts.shots = 0
    return config.model_copy(update={"run": config.run.model_copy(update={"threads": count})})


def _relative(changes: Iterable[tuple[str, Any]], run: RunDirectory) -> list[tuple[str, Any]]:
    return [
        (key, run.config.train.steps + int(value))
        if key == "train.steps" and str(value).startswith("+") and str(value)[1:].isdecimal()
        else (key, value)
        for key, value in changes
    ]


def _require_changeable(before: Json, after: Json) -> None:
    changed = sorted(_differences(before, after))
    fixed = [key for key in changed if not any(key == free or key.startswith(f"{free}.") for free in CHANGEABLE)]
    if fixed:
        raise ConfigError(
            "A run cannot go on with another configuration",
            got=", ".join(f"a new {key}" for key in fixed),
            allowed=f"a new {', '.join(CHANGEABLE)}",
            cure="Begin a new run with it",
        )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key in {*before, *after}:
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{path}{key}.")
        elif old != new:
            yield f"{path}{key}"


def _identity(experiment: Experiment, objects: Objects, plugins: Iterable[str]) -> Json:
    return {
        **fingerprint(),
        "git": git_commit(),
        "plugins": sorted(plugins),
        "objects": objects.hashes(),
        **experiment.facts,
    }


def _pretty(document: Json) -> bytes:
    return json.dumps(document, indent=2, allow_nan=False).encode() + b"\n"
