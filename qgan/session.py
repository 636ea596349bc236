"""A run going on: the loop's records written down, evaluated, saved, and stopped for a stated reason."""

__all__ = ["Session", "evaluate_on_test"]

import io
import json
import shlex
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, final

import psutil

from qgan._typing import Json
from qgan.convergence import Convergence
from qgan.errors import ConfigError, DivergedError, Interrupted, QganError, ResourceError
from qgan.evaluate import References, Score, Shelf
from qgan.experiment import Experiment
from qgan.export import WRITERS
from qgan.files import atomic_write
from qgan.generators.remotes import remotes, simulated
from qgan.loop import StepRecord, train
from qgan.machine import Stops, fingerprint, threads, within_memory
from qgan.pictures import samples_figure, samples_wanted
from qgan.runs import RunDirectory
from qgan.seeding import Key
from qgan.sending import NO_TERMS, Terms, connected
from qgan.watch import Watch

# What is measured while training on a computer, and after it, costs nothing.
SIMULATED = "simulated, exact and without noise: `qgan submit` samples on the computer"


@final
@dataclass
class Session:
    """A run and its objects, ready to go on. Iterate over :meth:`records`, then all is on disk.

    Attributes:
        run: Where it is written.
        experiment: What is trained.
        shelf: Where the real side of evaluations is kept.
        scores: Of the latest evaluation on validation, by metric.
        terms: On which circuits may be sent that cost something.
        told: Hears what is waited for, where circuits are sent away.
    """

    run: RunDirectory
    experiment: Experiment
    shelf: Shelf = field(default_factory=Shelf)
    scores: dict[str, Score] = field(default_factory=dict)
    terms: Terms = NO_TERMS
    told: Callable[[str], None] = lambda _: None
    _exact: bool = field(default=True, init=False)
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self._watch = Watch(self.run, self.experiment)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.run.status["state"] == "done"

    def records(self) -> Generator[StepRecord, None, None]:
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
                try:
                    self._restore()
                    with self._connected(stops):
                        yield from self._guarded(stops)
                    self._finish()
                except Interrupted:
                    raise
                except (KeyboardInterrupt, GeneratorExit):
                    # Not at the end of a step: what counts is the last checkpoint.
                    saved = self.run.status
                    stood = saved.get("warnings", [])
                    self._set_status("interrupted", step=saved["step"], warnings=stood, reason="stopped at once")
                    raise
        except OSError as error:
            if isinstance(error, QganError):
                raise
            self._failed(error)
            gone = not self.run.path.is_dir()
            raise ResourceError(
                f"The run {self.run.path} {'has been moved or deleted' if gone else 'cannot be written'}",
                got=error,
                cure="Put it back" if gone else "Make room there, then go on with --resume",
            ) from error

    @contextmanager
    def _connected(self, stops: Stops) -> Iterator[None]:
        """Where circuits are sent away, for as long as there are steps to do."""

        def stopped() -> None:
            if stops.signal_number:
                self._leave(stops.signal_number)

        try:
            with connected(self.run.path, self.experiment, self.terms, stopped=stopped, told=self.told):
                yield
        except (OSError, DivergedError):
            raise
        except QganError as error:
            self._failed(error)
            raise

    def _leave(self, signal_number: int) -> None:
        """In the middle of a step, while jobs wait: what has come is kept, and is there when the step is done again."""
        step = self.run.status["step"]
        self.run.event("interrupted", step=step, signal=signal_number, waiting=True)
        self._set_status("interrupted", step=step, reason=f"signal {signal_number}, while jobs were waited for")
        raise Interrupted(
            "Stopped while jobs wait; they go on, and nothing of them is lost. `qgan jobs` lists them. Go on with: "
            f"qgan train --resume {shlex.quote(str(self.run.path))}",
            signal_number,
        )

    def _guarded(self, stops: Stops) -> Iterator[StepRecord]:
        try:
            yield from self._train(stops)
        except DivergedError as error:
            raise self._diverged(error) from error
        except OSError:
            raise
        except Exception as error:
            self._failed(error)
            raise

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
        self._watch.begin()
        self._set_status("running")
        self._references = self._validation_references()
        if checkpoint is None:
            if self.run.config.evaluate.every:
                self._evaluate(0)
            self._save()

    def _set_status(self, state: str, **more: Any) -> None:
        known: Json = {"step": self.experiment.state.step, "exact": self._exact, "warnings": self._watch.standing}
        self.run.set_status(state, **(known | more))

    def _validation_references(self) -> References | None:
        config = self.run.config
        if not config.evaluate.every:
            return None
        n = config.evaluate.samples
        references = self.shelf.references(self.experiment.data, config, part="validation", n=n)
        path = self.run.path / "references.json"
        if not path.exists():
            known = {score.name: score.to_json() for score in references.yardsticks}
            atomic_write(path, _pretty({"part": "validation", "n": references.n, "metrics": known}))
        return references

    def _train(self, stops: Stops) -> Iterator[StepRecord]:
        config, state = self.run.config, self.experiment.state
        loop = train(state, self.experiment.game, self.experiment.batches, steps=config.train.steps)
        process, began = psutil.Process(), perf_counter()
        while self._convergence.reason is None and (record := _next(loop)) is not None:
            numbers = record.numbers()
            self.run.log("records", numbers)
            self._watch.see("records", numbers)
            every = config.evaluate.every
            improved = bool(every) and state.step % every == 0 and self._evaluate(state.step)
            seconds = {**record.seconds, "all": perf_counter() - began}
            self.run.log("timing", {"step": state.step, "seconds": seconds, "rss": process.memory_info().rss})
            last = state.step == config.train.steps or self._convergence.reason is not None
            due = state.step % config.run.checkpoint_every == 0
            if improved or last or due or stops.signal_number or stops.save:
                stops.save = False
                self._save()
            if stops.signal_number and not last:
                self._interrupt(stops.signal_number)
            yield record
            began = perf_counter()

    def _evaluate(self, step: int) -> bool:
        assert self._references is not None
        config = self.run.config
        with simulated(self.experiment.generator):
            fake = self.experiment.generator.sample(self._references.n, Key(config.seed, "evaluation latent", step))
        self.scores = {score.name: score for score in self._references.score(fake)}
        verdict = self._convergence.see(self.scores[config.evaluate.metric])
        scores = {name: {"value": score.value, "skill": score.skill} for name, score in self.scores.items()}
        line: Json = {"step": step, **verdict._asdict(), "scores": scores, "spread": self._watch.spread(fake)}
        self.run.log("evaluations", line)
        self._watch.see("evaluations", line)
        return verdict.best

    def _save(self) -> None:
        self.run.save(self.experiment.state, best=self.run.best_step())
        self._set_status("running")

    def _interrupt(self, signal_number: int) -> None:
        step = self.experiment.state.step
        self.run.event("interrupted", step=step, signal=signal_number)
        self._set_status("interrupted", reason=f"signal {signal_number}")
        raise Interrupted(
            f"Stopped at step {step}, and saved. Go on with: qgan train --resume {shlex.quote(str(self.run.path))}",
            signal_number,
        )

    def _failed(self, error: Exception) -> None:
        with suppress(OSError):
            self._set_status("failed", reason=str(error))

    def _diverged(self, error: DivergedError) -> DivergedError:
        step = self.experiment.state.step
        self.run.event("diverged", step=step, reason=str(error))
        self._set_status("diverged", reason=str(error))
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
        which = run.chosen()
        if which == "last" and run.wants_best and run.best_step() is not None:
            run.event("best checkpoint gone", step=run.best_step())
        point = run.checkpoint(which)
        experiment.state.load_state_dict(point.tensors, point.scalars)
        report, _ = evaluate_on_test(experiment, samples=run.config.evaluate.samples, shelf=self.shelf)
        atomic_write(run.path / "metrics.json", _pretty({"checkpoint": which, "step": point.step, **report}))
        data, picture = experiment.data, io.BytesIO()
        with simulated(experiment.generator):
            fake = experiment.generator.sample(samples_wanted(data), Key(seed, "picture"))
        atomic_write(run.path / "samples.npz", WRITERS[".npz"](fake, data))
        samples_figure(data, {f"generated: step {point.step}": fake}).savefig(picture)
        atomic_write(run.path / "samples.png", picture.getvalue())
        reason = self._convergence.reason or "all steps done"
        run.event("done", step=step, reason=reason)
        self._set_status("done", step=step, reason=reason)


def _next(loop: Iterator[StepRecord]) -> StepRecord | None:
    try:
        with within_memory():
            return next(loop, None)
    except OSError as error:
        # Of the user's circuit, module or loss; the run's own files are written elsewhere.
        raise ConfigError("A part of the run fails", got=error, cure="Correct what it reads or writes") from error


def evaluate_on_test(
    experiment: Experiment, *, samples: int | None, shelf: Shelf | None = None
) -> tuple[Json, list[Score]]:
    """Scores of the generator as it is, on the test part, with as many samples as it holds or fewer."""
    config = experiment.config
    references = (shelf or Shelf()).references(experiment.data, config, part="test", n=samples)
    with simulated(experiment.generator):
        scores = references.score(experiment.generator.sample(references.n, Key(config.seed, "test latent")))
    report = {
        "part": "test",
        "n": references.n,
        "capped": references.capped,
        "resamples": references.resamples,
        **({"circuits": SIMULATED} if remotes(experiment.generator) else {}),
        "metrics": {score.name: score.to_json() for score in scores},
    }
    return report, scores


def _pretty(document: Json) -> bytes:
    return json.dumps(document, indent=2, allow_nan=False).encode() + b"\n"
