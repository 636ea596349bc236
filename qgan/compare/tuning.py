"""The same search for the settings of every model: before the seeds are run, on seeds and data of its own."""

__all__ = ["SPACE", "Search", "tune", "tuning_seeds"]

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, final

import optuna

from qgan._typing import Json
from qgan.compare.engine import Engine
from qgan.compare.entries import Entry, Tuning
from qgan.compare.places import Places
from qgan.compare.results import validation_loss
from qgan.compare.tasks import Outcome, Task, Told
from qgan.config import RunConfig
from qgan.documents import override
from qgan.runs import RunDirectory
from qgan.validation import validate

SEEDS = 2
# Far from those that people choose.
FIRST_SEED = 10_001
# Trials are asked for in portions of this size, whatever the number of workers, so that it does not change the search.
PORTION = 4

RATES = ("optimizer.generator.lr", "optimizer.discriminator.lr")
# What makes a discriminator wider or narrower, in those that come with the package.
WIDTHS = ("hidden", "channels", "width")


@final
@dataclass(frozen=True)
class Space:
    """What is searched, around a recipe's own settings.

    Attributes:
        rate: Learning rates of both sides, from 1 over this to this times the recipe's, on a logarithmic scale.
        widths: Times the widths of the discriminator's layers.
    """

    rate: float = 4.0
    widths: tuple[float, ...] = (0.5, 1.0, 2.0)

    def describe(self) -> str:
        """In a sentence."""
        shares = ", ".join(f"{share:g}" for share in self.widths)
        return (
            f"the learning rates of both sides, from 1/{self.rate:g} to {self.rate:g} times the recipe's, on a "
            f"logarithmic scale, and the discriminator's widths, {shares} times the recipe's"
        )


SPACE = Space()


@final
class Search:
    """Optuna's tree-structured Parzen estimator, pinned; the recipe's own settings are its first trial.

    Every model has one of its own, of the same seed, so that all are asked the same until what they answer differs.

    Args:
        config: The model's, before it is tuned.
        trials: How many.

    References:
        Bergstra J. et al., Algorithms for hyper-parameter optimization, NeurIPS 2011.
        Akiba T. et al., Optuna: A next-generation hyperparameter optimization framework, KDD 2019, arXiv:1907.10902.
    """

    def __init__(self, config: RunConfig, trials: int) -> None:
        self._document, self._left = config.document(), trials
        with _quiet():
            sampler = optuna.samplers.TPESampler(
                n_startup_trials=PORTION, n_ei_candidates=24, multivariate=True, constant_liar=True, seed=0
            )
            self._study = optuna.create_study(sampler=sampler)
        self._study.enqueue_trial({**dict.fromkeys(RATES, 1.0), "width": 1.0})
        self._open: list[optuna.Trial] = []
        self.losses: list[float] = []
        self._settings: list[Json] = []

    def ask(self) -> list[Json]:
        """The next portion of settings, dotted keys and values; none when all were tried."""
        count = min(PORTION, self._left)
        self._left -= count
        self._open = [self._study.ask() for _ in range(count)]
        asked = [self._settings_of(trial) for trial in self._open]
        self._settings += asked
        return asked

    def tell(self, losses: Sequence[float]) -> None:
        """What they came to, in the same order."""
        for trial, loss in zip(self._open, losses, strict=True):
            self._study.tell(trial, loss)
        self.losses += losses

    @property
    def best(self) -> Json:
        """The settings of the smallest loss, the earliest among equals."""
        return self._settings[self.losses.index(min(self.losses))]

    def _settings_of(self, trial: optuna.Trial) -> Json:
        found: Json = {}
        for key in RATES:
            factor = trial.suggest_float(key, 1 / SPACE.rate, SPACE.rate, log=True)
            side = key.split(".")[1]
            # Three digits, so that what is chosen can be read and typed.
            found[key] = float(f"{factor * self._document['optimizer'][side]['lr']:.3g}")
        factor = trial.suggest_categorical("width", SPACE.widths)
        widths = {key: value for key, value in self._document["discriminator"].items() if key in WIDTHS}
        return found | {f"discriminator.{key}": _scaled(value, factor) for key, value in widths.items()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells every study on stderr, and warns that options may change, which are pinned here."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _scaled(width: Any, factor: float) -> Any:
    if isinstance(width, (list, tuple)):
        return [_scaled(each, factor) for each in width]
    return max(1, round(factor * width))


def tuning_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    """Those of the search: none of the comparison's."""
    candidates = (seed for seed in range(FIRST_SEED, FIRST_SEED + SEEDS + len(seeds)) if seed not in seeds)
    return tuple(next(candidates) for _ in range(SEEDS))


def tune(
    searched: Sequence[tuple[Places, Entry, str]],
    *,
    trials: int,
    seeds: Sequence[int],
    engine: Engine,
    told: Told = lambda _: None,
) -> list[Entry]:
    """Searches for the settings of models, all of them at once, and gives them to them.

    A trial is a whole run on each tuning seed, of which only the validation part is looked at: the primary metric at
    the checkpoint that the run chose. What failed or diverged counts at the trivial value.

    Args:
        searched: Where a model's recipe is kept, the model, and the primary metric.
        trials: Settings for each.
        seeds: The comparison's.
        engine: Does the runs.
        told: Hears of them.

    Returns:
        The models with the settings that were chosen.
    """
    searches = [Search(entry.config(0), trials) for _, entry, _ in searched]
    spent = [0.0] * len(searches)
    number = 0
    while portions := [portion for search in searches if (portion := search.ask())]:
        tasks = [
            _tasks(places, entry, metric, portion, number, tuning_seeds(seeds))
            for (places, entry, metric), portion in zip(searched, portions, strict=True)
        ]
        flat = [task for of_model in tasks for of_trial in of_model for task in of_trial]
        outcomes = {outcome.name: outcome for outcome in engine.run(flat, root=searched[0][0].root, told=told)}
        for place, ((_, _, metric), of_model) in enumerate(zip(searched, tasks, strict=True)):
            found = [[outcomes[task.name] for task in of_trial] for of_trial in of_model]
            spent[place] += sum(_seconds(outcome) for of_trial in found for outcome in of_trial)
            losses = [fmean(validation_loss(outcome.where, metric) for outcome in of_trial) for of_trial in found]
            searches[place].tell(losses)
        number += len(portions[0])
    return [
        _tuned(entry, search, seconds) for (_, entry, _), search, seconds in zip(searched, searches, spent, strict=True)
    ]


def _tasks(
    places: Places, entry: Entry, metric: str, portion: Sequence[Json], number: int, seeds: Sequence[int]
) -> list[list[Task]]:
    return [
        [Task(places.trial(entry.name, number + k, seed), _trial(entry, settings, metric, seed)) for seed in seeds]
        for k, settings in enumerate(portion)
    ]


def _trial(entry: Entry, settings: Mapping[str, Any], metric: str, seed: int) -> RunConfig:
    config = entry.config(seed)
    measured = list(dict.fromkeys((config.evaluate.metric, metric)))
    return validate(RunConfig, override(config.document(), [*settings.items(), ("evaluate.metrics", measured)]))


def _seconds(outcome: Outcome) -> float:
    if not (outcome.where / "run.json").is_file():
        return 0.0
    return sum(line["seconds"]["all"] for line in RunDirectory.open(outcome.where).lines("timing"))


def _tuned(entry: Entry, search: Search, seconds: float) -> Entry:
    settings = search.best
    document = override(entry.document, settings.items())
    return replace(entry, document=document, tuning=Tuning(len(search.losses), seconds, settings, tuple(search.losses)))
