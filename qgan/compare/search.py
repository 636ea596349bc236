"""What is searched for the settings of every model, and in which order: the same for all."""

__all__ = ["PORTION", "SPACE", "Search"]

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import optuna

from qgan._typing import Json
from qgan.config import RunConfig

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

    rate: float = 10.0
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

    Attributes:
        settings: What was asked so far: dotted keys and values, by the number of the trial.

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
        self.settings: list[Json] = []

    def ask(self) -> list[Json]:
        """The next portion of settings, dotted keys and values; none when all were tried."""
        count = min(PORTION, self._left)
        self._left -= count
        self._open = [self._study.ask() for _ in range(count)]
        asked = [self._settings_of(trial) for trial in self._open]
        self.settings += asked
        return asked

    def tell(self, losses: Sequence[float]) -> None:
        """What they came to, in the same order."""
        for trial, loss in zip(self._open, losses, strict=True):
            self._study.tell(trial, loss)

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
