"""Who is scored beside the models without being trained: the subject run otherwise, and what learned nothing."""

__all__ = [
    "OTHERS",
    "Autoregression",
    "Copies",
    "Degraded",
    "Group",
    "Guess",
    "Other",
    "RandomDecoder",
    "Real",
    "Scene",
    "others_of",
]

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Literal, TypeAlias, final

import numpy as np
import torch

from qgan._registry import NoOptions
from qgan.build import build
from qgan.compare.autoregression import ORDER, windows
from qgan.compare.controls import SHOTS, with_noise, with_shots
from qgan.compare.results import Yardsticks
from qgan.config import RunConfig
from qgan.evaluate import References, Shelf
from qgan.experiment import Experiment
from qgan.generators.decoders import Decoder
from qgan.generators.latent import LatentGenerator
from qgan.metrics import METRICS
from qgan.metrics.trivial import (
    COPIES,
    DRAWS,
    GAUSSIAN,
    MEAN_IMAGE,
    PIXELWISE,
    PRODUCT,
    UNIFORM,
    copies,
    guesses_of,
)
from qgan.runs import RunDirectory
from qgan.samples import DataSet, Part, Samples
from qgan.seeding import Key, stream
from qgan.twins.noisy import NoisyOptions

Group: TypeAlias = Literal["degraded", "reference", "guide"]
Values: TypeAlias = Mapping[str, float | None]
RATES = NoisyOptions()


@final
class Scene:
    """One seed of a recipe, and what there is to score on it; the costly parts are made when they are asked for.

    Attributes:
        config: The subject's.
        run: Where the subject's run is.
        yardsticks: Of the seed.
    """

    def __init__(self, config: RunConfig, run: Path, yardsticks: Yardsticks, shelf: Shelf) -> None:
        self.config, self.run, self.yardsticks, self._shelf = config, run, yardsticks, shelf

    @cached_property
    def experiment(self) -> Experiment:
        """The subject as it starts."""
        return build(self.config)

    @cached_property
    def references(self) -> References:
        """The real side, as the subject's own evaluation on the test part had it."""
        n = self.config.evaluate.samples
        return self._shelf.references(self.experiment.data, self.config, part="test", n=n)

    @property
    def state(self) -> str:
        """That of the subject's run."""
        return RunDirectory.open(self.run).status["state"] if self.run.is_dir() else "not there"

    def score(self, samples: Samples) -> dict[str, float | None]:
        """By metric."""
        scores = self.references.score(samples)
        return {score.name: score.value for score in scores}

    def mean(self, draws: Sequence[Part]) -> dict[str, float | None]:
        """By metric, over several draws; None where one of them cannot be measured."""
        found = [self.score(_as_samples(part)) for part in draws]
        every = {metric: [scores[metric] for scores in found] for metric in found[0]}
        return {
            metric: fmean(v for v in values if v is not None) if None not in values else None
            for metric, values in every.items()
        }


@dataclass(frozen=True)
class Other(ABC):
    """One that is scored beside the models.

    Attributes:
        name: Unlike all others, controls among them.
        what: What it is, in a sentence.
    """

    name: str
    what: str

    @property
    def group(self) -> Group:
        """Which kind it is."""
        return "reference"

    @abstractmethod
    def suits(self, experiment: Experiment) -> bool:
        """Whether there is such a one for the subject."""

    @abstractmethod
    def values(self, scene: Scene) -> Values:
        """On the test part of the seed.

        Raises:
            QganError: If it cannot be run at all.
        """


@final
@dataclass(frozen=True)
class Degraded(Other):
    """The subject at the checkpoint that its run was judged by, on latents of the same keys, run otherwise.

    Attributes:
        change: From the configuration that it was trained by to that by which it is run.
    """

    change: Callable[[RunConfig], RunConfig]

    @property
    def group(self) -> Group:
        return "degraded"

    def suits(self, experiment: Experiment) -> bool:
        return self.change(experiment.config) != experiment.config

    def values(self, scene: Scene) -> Values:
        run, config = RunDirectory.open(scene.run), scene.config
        point = run.checkpoint(run.chosen())
        experiment = build(self.change(config))
        experiment.state.load_state_dict(point.tensors, point.scalars)
        return scene.score(experiment.generator.sample(scene.references.n, Key(config.seed, "test latent")))


@final
@dataclass(frozen=True)
class Guess(Other):
    """What a guess at the training part scores on average over its draws.

    Attributes:
        guess: Its name among the yardsticks.
        fits: Whether it says anything of data whose trivial values are not chosen from it.
    """

    guess: str
    fits: Callable[[DataSet], bool] = lambda _: False

    def suits(self, experiment: Experiment) -> bool:
        return self.guess in guesses_of(experiment.data) or self.fits(experiment.data)

    def values(self, scene: Scene) -> Values:
        known = scene.yardsticks.guesses.get(self.guess)
        found = scene.references.guess(self.guess) if known is None else known
        return {metric: value if math.isfinite(value) else None for metric, value in found.items()}


@final
class Copies(Other):
    """The training part again, by the draws that metrics which look for copies have their trivial values from.

    It has seen real data: a guide to what is good, and no contestant.
    """

    @property
    def group(self) -> Group:
        return "guide"

    def suits(self, experiment: Experiment) -> bool:  # noqa: ARG002 - there is always something to remember
        return True

    def values(self, scene: Scene) -> Values:
        draws = copies(scene.experiment.data, scene.references.n, seed=scene.config.seed)[COPIES]
        return {**scene.mean(draws), **scene.yardsticks.guesses.get(COPIES, {})}


@final
class Autoregression(Other):
    """Series that hang together from one time to the next, and know nothing else; see :mod:`autoregression`."""

    def suits(self, experiment: Experiment) -> bool:
        data = experiment.data
        return data.kind == "series" and len(data.sample_shape) == 1 and data.features > ORDER

    def values(self, scene: Scene) -> Values:
        data, n, seed = scene.experiment.data, scene.references.n, scene.config.seed
        rows = data.train.flat()
        made = [windows(rows, n, stream(Key(seed, "autoregression", step))) for step in range(DRAWS)]
        found = scene.mean([Part(np.clip(values, data.low, data.high)) for values in made])
        return {metric: value for metric, value in found.items() if not _looks_for_copies(metric)}


@final
class RandomDecoder(Other):
    """A frozen decoder's samples of codes that nothing generates: standard normal, as those it was fitted with.

    Labels, where there are some, are drawn as the subject draws them.
    """

    def suits(self, experiment: Experiment) -> bool:
        return any(_decoders(experiment))

    def values(self, scene: Scene) -> Values:
        (decoder,) = _decoders(scene.experiment)
        n, codes = scene.references.n, next(decoder.network.parameters()).shape[1]
        key = Key(scene.config.seed, "random codes")
        decoded = decoder(torch.from_numpy(stream(key).standard_normal((n, codes))))
        return scene.score(replace(scene.experiment.generator.sample(n, key), values=decoded))


@final
class Real(Other):
    """Real samples that are not of the test part, drawn without replacement, scored once as if they were generated.

    Not by metrics that look for copies of the training part, from which most of them come.
    """

    def suits(self, experiment: Experiment) -> bool:  # noqa: ARG002 - there are always real samples
        return True

    def values(self, scene: Scene) -> Values:
        data, n = scene.experiment.data, scene.references.n
        others = data.train.joined(data.validation)
        chosen = others.subset(stream(Key(scene.config.seed, "real against real")).permutation(len(others))[:n])
        scores = scene.score(_as_samples(chosen))
        return {metric: value for metric, value in scores.items() if not _looks_for_copies(metric)}


OTHERS: Mapping[str, Other] = {
    other.name: other
    for other in (
        Degraded("shots", f"The trained generator, every circuit read by {SHOTS} shots.", with_shots),
        Degraded(
            "noise",
            "The trained generator as a density matrix: after each gate its wires depolarise, with an average "
            f"infidelity of {RATES.one_qubit:g} of gates on one wire and {RATES.two_qubit:g} of those on two, and "
            f"{RATES.readout:g} of all measured bits are misread: medians of an IBM Heron r1 (ibm_torino, 26 February "
            "2025). Gates are taken as they are written: a transpiled circuit has more.",
            with_noise,
        ),
        Guess("mean-image", "The mean of the training images, every time.", MEAN_IMAGE),
        Guess(
            "pixel-wise-gaussian",
            "For each pixel a Gaussian of its own, with the mean and spread of the training images.",
            PIXELWISE,
        ),
        Guess(
            "product-of-marginals",
            "Each feature drawn by itself from the training part: every marginal is right, and nothing hangs together.",
            PRODUCT,
            lambda data: data.features > 1,
        ),
        Guess("uniform", "Uniform over the levels or the range of the one feature.", UNIFORM),
        Guess(
            "moment-matched-gaussian",
            "A Gaussian with the means and all covariances of the training part, kept within its range.",
            GAUSSIAN,
            lambda data: data.kind != "text",
        ),
        Autoregression(
            "autoregression",
            f"Series whose values follow from the {ORDER} before them, fitted to the training part by least squares.",
        ),
        Copies(
            "copies-of-training-samples",
            "Real samples of the training part again, drawn with replacement (a bootstrap): what only memory would "
            "score. It is a guide and no contestant.",
        ),
        RandomDecoder("random-decoder", "Standard normal codes through the subject's own frozen decoder."),
        Real("real", "Real samples of the training and validation parts in place of generated ones."),
    )
}


def others_of(experiment: Experiment, *, names: Iterable[str] = OTHERS) -> list[Other]:
    """Those of that many names that there are for a subject; names of other controls are passed over."""
    asked = set(names)
    return [other for name, other in OTHERS.items() if name in asked and other.suits(experiment)]


def _as_samples(part: Part) -> Samples:
    labels = None if part.labels is None else torch.from_numpy(part.labels)
    return Samples.uniform(torch.from_numpy(part.values), labels)


def _looks_for_copies(metric: str) -> bool:
    return METRICS.lookup(metric).make(NoOptions()).copies


def _decoders(experiment: Experiment) -> list[Decoder]:
    return [part.decoder for part in experiment.generator.modules() if isinstance(part, LatentGenerator)]
