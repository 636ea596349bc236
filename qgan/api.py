"""Training from Python: what a notebook or a script wants."""

__all__ = ["Comparison", "Run", "Training", "collect", "compare", "fit", "load", "submit", "train"]

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, final

import numpy as np
from torch import nn

from qgan.build import build
from qgan.compare.asking import asked
from qgan.compare.campaign import carry_out, fresh
from qgan.compare.comparison import Comparison
from qgan.compare.engine import LocalEngine
from qgan.compare.speed import timed_together
from qgan.config import RunConfig
from qgan.config import load as load_config
from qgan.errors import ConfigError
from qgan.experiment import Experiment
from qgan.loop import StepRecord
from qgan.loop import train as loop
from qgan.machine import threads
from qgan.objects import Objects
from qgan.opening import begin, resume, with_measured_threads
from qgan.plugins import load_plugins
from qgan.report import report_comparison
from qgan.run import Run
from qgan.runs import RunDirectory
from qgan.samples import Samples
from qgan.seeding import Key
from qgan.sending import NO_TERMS, Terms
from qgan.session import Session
from qgan.submissions import Brought, Submitted, bring_home
from qgan.submissions import submit as hand_in


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
    budget: float | None = None,
    resubmit_in_doubt: bool = False,
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
        discriminator: A module of your own: samples of shape (n, *sample_shape) to one logit each; with
            ``train.conditional``, labels of shape (n,), numbered from 0, are its second argument. A copy of it is
            trained; :meth:`Run.discriminator` gives that back.
        loss: Has the two functions of :class:`qgan.losses.Loss`.
        out: The directory of runs.
        resume: A run to go on with instead; it wants the same objects again.
        plugins: Modules to import first.
        on_step: Called after each step.
        budget: Seconds of a quantum computer that may be spent, where the backend is one.
        resubmit_in_doubt: Whether a job is sent again of which it is not known whether it arrived.

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
        terms=Terms(budget, resubmit_in_doubt),
    )
    for record in session.records():
        if on_step is not None:
            on_step(record)
    return Run(session.run, session.experiment, objects)


def open_session(
    recipe: str | None,
    *,
    config: Path | None,
    changes: Iterable[tuple[str, Any]],
    objects: Objects,
    out: Path,
    resume_from: Path | None,
    plugins: Iterable[str],
    terms: Terms = NO_TERMS,
) -> Session:
    """A session, new or resumed; plugins are loaded already."""
    if resume_from is not None:
        return resume(resume_from, changes=changes, objects=objects, plugins=plugins, terms=terms)
    config_of_it = configured(recipe, config, changes, objects)
    return begin(config_of_it, out=out, objects=objects, plugins=plugins, terms=terms)


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


def compare(
    *recipes: str,
    seeds: int | Sequence[int] | None = None,
    baselines: Sequence[str] | None = None,
    controls: Sequence[str] | None = None,
    trials: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    workers: int | None = None,
    plugins: Iterable[str] = (),
    out: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
) -> Comparison:
    """Compares quantum recipes with classical opponents and controls, as ``qgan compare`` does.

    Runs are done in processes of their own, so that a script needs ``if __name__ == "__main__"`` no more than a
    notebook does.

    Args:
        recipes: Quantum ones, by name.
        seeds: How many, from 0, or which; 10 if None.
        baselines: ``"matched"``, ``"ladder"``, families by name; the first two if None.
        controls: By name; all if None, and ``["none"]`` for none.
        trials: Settings that are tried for every model, 8 if None; 0 for none, and then nothing is claimed.
        overrides: Dotted keys of every recipe's configuration, and their values.
        workers: Runs side by side; measured if None.
        plugins: Modules to import first.
        out: The comparison's directory; a new one in ``comparisons`` if None.
        resume: A comparison to go on with instead; where something else is asked of it, that is an amendment.

    Returns:
        The finished comparison; its page is ``report/index.html`` in its directory.

    Raises:
        QganError: For whatever is wrong, before anything is trained where that can be known.
        Interrupted: After Ctrl-C; go on with ``resume``.
    """
    plugins = tuple(plugins)
    load_plugins(plugins)
    known = None if resume is None else Path(resume)
    declaration = asked(
        recipes,
        resume=known,
        seeds=range(seeds) if isinstance(seeds, int) else seeds,
        baselines=baselines,
        controls=controls,
        trials=trials,
        changes=None if overrides is None else dict(_changes(None, overrides)),
    )
    path = known or (fresh(declaration) if out is None else Path(out))
    engine = LocalEngine(workers=workers, plugins=plugins)
    comparison = carry_out(path, declaration, engine=engine, timing=partial(timed_together, plugins=plugins))
    report_comparison(path)
    return comparison


def submit(
    run: "Run | str | os.PathLike[str]",
    *,
    backend: str,
    shots: int,
    n: int = 64,
    checkpoint: str | int | None = None,
    budget: float | None = None,
    resubmit_in_doubt: bool = False,
) -> Submitted:
    """Hands in the circuits of n samples of a trained generator, and returns at once.

    Args:
        run: Which.
        backend: ``"ibm:ibm_torino"``, ``"ibm:least-busy"``, or for a rehearsal ``"fake:torino"`` or ``"aer"``.
        shots: For each circuit.
        n: How many samples.
        checkpoint: As for :meth:`Run.sample`.
        budget: Seconds of the computer that this may take; it must be given where they cost something.
        resubmit_in_doubt: Whether a job is sent again of which it is not known whether it arrived.

    Raises:
        BudgetError: If it would cost more; then nothing is sent.
        LoginError: If the service does not know who asks.
    """
    source = run if isinstance(run, Run) else load(run)
    which = None if checkpoint is None else str(checkpoint)
    terms = Terms(budget, resubmit_in_doubt)
    return hand_in(source, backend=backend, shots=shots, n=n, checkpoint=which, terms=terms)


def collect(run: "Run | str | os.PathLike[str]") -> Brought:
    """Fetches what is done of a run's jobs, with samples and their scores; what still waits is left alone."""
    return bring_home(run if isinstance(run, Run) else load(run))


def load(
    path: str | os.PathLike[str],
    *,
    circuit: Any = None,
    data: Any = None,
    discriminator: nn.Module | None = None,
    loss: Any = None,
) -> "Run":
    """A run, whenever it was made; one made of objects wants the same objects again before it can draw samples.

    Raises:
        ConfigError: If there is none at that path.
    """
    objects = Objects(circuit=circuit, data=data, discriminator=discriminator, loss=loss)
    return Run(RunDirectory.open(Path(path)), objects=objects)


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


def _changes(seed: int | None, overrides: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    given = {**(overrides or {}), **({} if seed is None else {"seed": seed})}
    # numpy's numbers are numbers; a configuration holds Python's.
    return [(key, value.item() if isinstance(value, np.generic) else value) for key, value in given.items()]
