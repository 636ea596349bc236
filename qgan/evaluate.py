"""Scores: what a metric says of generated samples, between what real data and the best naive guess would score."""

__all__ = ["References", "Score", "Shelf", "obstacle"]

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, TypeAlias, final

import numpy as np

from qgan._registry import NoOptions
from qgan.config import RunConfig
from qgan.errors import DataError
from qgan.metrics import METRICS, Metric, Reference
from qgan.metrics.score import Score, unmeasured, yardstick
from qgan.metrics.trivial import copies, drawn, naive_guesses
from qgan.samples import DataSet, Part, Samples
from qgan.seeding import Key, stream

PartName: TypeAlias = Literal["validation", "test"]

SMALL = 200
RESAMPLES_SMALL, RESAMPLES_LARGE = 100, 20
MOST_BY_DEFAULT = 1000
# Validation and test of two seeds.
ON_THE_SHELF = 4


@final
class References:
    """The real side of an evaluation, worked out once: floors, trivial values, and all that depends on real data alone.

    A floor is the metric between the reference samples and as many real ones from the parts of the data that the
    reference was not taken from, drawn without replacement: 100 times for up to 200 samples, 20 times for more. Where a
    metric looks for copies of the training part, the real ones must not be of it: half as many are then drawn from the
    reference itself, with replacement, which spread about it as much as fresh ones would.

    Args:
        data: The real data.
        part: What to hold against. Floors of ``"validation"`` come from train, those of ``"test"`` from both others.
        n: Samples on either side; without it the whole part, and at most 1000. It is capped by the part, and by half
            the rows that floors come from, so that their resamples differ: see the attribute ``capped``.
        seed: Of the draws.
        metrics: Names of metrics; without them all.
        conditional: Whether the generated samples carry labels, which a metric may then ask for.

    Attributes:
        n: Samples on either side.
        capped: Why n is smaller than asked for, or None.
        resamples: How many draws a floor rests on.
        guesses: What each guess that learned nothing scores on average, by its name and the metric's: the best one is
            the trivial value.

    Raises:
        ConfigError: If there is no metric of a name.
        DataError: If n is below 1.
    """

    def __init__(
        self,
        data: DataSet,
        *,
        part: PartName = "test",
        n: int | None = None,
        seed: int = 0,
        metrics: Iterable[str] | None = None,
        conditional: bool = False,
    ) -> None:
        if n is not None and n < 1:
            cure = "Ask for more, or leave n out for the whole part"
            raise DataError("There are too few samples to evaluate", got=f"n = {n}", allowed="1 or more", cure=cure)
        names = METRICS if metrics is None else metrics
        self._metrics: list[Metric] = [METRICS.lookup(name).make(NoOptions()) for name in names]
        self._data, self._seed, self._conditional = data, seed, conditional
        whole, others = _sides(data, part)
        self.n, self.capped = _size(n, len(whole), len(others))
        self.resamples = RESAMPLES_SMALL if self.n <= SMALL else RESAMPLES_LARGE
        chosen = stream(Key(seed, f"{part} reference")).permutation(len(whole))[: self.n]
        self._reference = Reference(data, whole.subset(np.sort(chosen)))
        why = {metric.name: metric.obstacle(data, self.n) for metric in self._metrics}
        self._obstacles = {name: reason for name, reason in why.items() if reason}
        self.guesses: dict[str, dict[str, float]] = {}
        self.yardsticks = self._all_yardsticks(others)

    def score(self, fake: Samples) -> list[Score]:
        """Scores of generated samples, one for each metric, in the order of the metrics.

        Exactly n samples are used. Samples of unequal weight, or fewer than n, are drawn by weight with replacement
        (duplicates count against them); more than n of equal weight without.

        Raises:
            DataError: If there are no samples, or they have not the shape of the data.
        """
        if not len(fake) or tuple(fake.values.shape[1:]) != self._data.sample_shape:
            raise DataError(
                "The generated samples do not fit the data",
                got=f"shape {tuple(fake.values.shape)}",
                allowed=f"shape (n, {', '.join(map(str, self._data.sample_shape))}) with n of 1 or more",
                cure="Set the generator's sample shape to that of the data",
            )
        if not (fake.values.isfinite().all() and fake.weights.isfinite().all()):
            why = "the samples hold values or weights that are not finite"
            return [replace(yardstick, reason=why) for yardstick in self.yardsticks]
        part = self._as_part(fake)
        pairs = zip(self._metrics, self.yardsticks, strict=True)
        return [self._score(metric, yardstick, part) for metric, yardstick in pairs]

    def guess(self, name: str) -> dict[str, float]:
        """What a guess scores on average, whether the trivial value is chosen from it too or not.

        By metric, but for those that cannot be measured, and those that look for copies of the training part.

        Args:
            name: As :func:`qgan.metrics.trivial.drawn` has it.
        """
        usable = [metric for metric in self._metrics if metric.name not in self._obstacles and not metric.copies]
        parts = list(drawn(name, self._data, self.n, seed=self._seed, labels=self._naive_labels()))
        return {metric: float(np.mean(numbers)) for metric, numbers in self._values(usable, parts).items()}

    def _as_part(self, fake: Samples) -> Part:
        key = Key(self._seed, "evaluation")
        even = bool((fake.weights == fake.weights[0]).all())
        if not even or len(fake) < self.n:
            fake = fake.resampled(self.n, key)
        labels = fake.labels.detach().cpu().numpy() if self._conditional and fake.labels is not None else None
        part = Part(fake.numpy(), labels)
        return part if len(part) == self.n else part.subset(stream(key).permutation(len(part))[: self.n])

    def _score(self, metric: Metric, yardstick: Score, fake: Part) -> Score:
        if metric.name in self._obstacles:
            return yardstick
        value = self._value(metric, fake)
        if not np.isfinite(value):
            return replace(yardstick, reason="the value is not a finite number")
        return replace(yardstick, value=value, skill=yardstick.skill_of(value))

    def _value(self, metric: Metric, part: Part) -> float:
        with np.errstate(all="ignore"):  # enormous samples overflow, which shows in the value
            return metric.function(self._reference, part)

    def _all_yardsticks(self, others: Part) -> list[Score]:
        """The scores of the metrics, but for values and skill."""
        usable = [metric for metric in self._metrics if metric.name not in self._obstacles]
        known = {metric.name: unmeasured(metric, self._obstacles.get(metric.name)) for metric in self._metrics}
        if plain := [metric for metric in usable if not metric.copies]:
            known |= self._yardsticks(plain, self._real_subsets(others), self._naive_guesses())
        if about_copies := [metric for metric in usable if metric.copies]:
            memory = copies(self._data, self.n, seed=self._seed)
            known |= self._yardsticks(about_copies, self._like_the_reference(), memory)
        return [known[metric.name] for metric in self._metrics]

    def _real_subsets(self, others: Part) -> list[Part]:
        subsets = []
        for step in range(self.resamples):
            rows = stream(Key(self._seed, "floor", step)).permutation(len(others))[: self.n]
            subset = others.subset(rows)
            subsets.append(subset if self._conditional else Part(subset.values))
        return subsets

    def _like_the_reference(self) -> list[Part]:
        real = self._reference.real
        draws = (stream(Key(self._seed, "floor of copies", step)) for step in range(self.resamples))
        return [Part(real.subset(draw.integers(self.n, size=max(self.n // 2, 1))).values) for draw in draws]

    def _naive_guesses(self) -> dict[str, list[Part]]:
        return naive_guesses(self._data, self.n, seed=self._seed, labels=self._naive_labels())

    def _naive_labels(self) -> np.ndarray | None:
        labels = self._data.train.labels
        if not self._conditional or labels is None:
            return None
        return stream(Key(self._seed, "naive labels")).choice(labels, size=self.n)

    def _yardsticks(self, metrics: list[Metric], real: list[Part], naive: dict[str, list[Part]]) -> dict[str, Score]:
        floors = self._values(metrics, real)
        guessed = {name: self._values(metrics, parts) for name, parts in naive.items()}
        for name, values in guessed.items():
            means = {metric: float(np.mean(numbers)) for metric, numbers in values.items()}
            self.guesses.setdefault(name, {}).update(means)
        return {
            metric.name: yardstick(
                metric, floors[metric.name], {name: self.guesses[name][metric.name] for name in guessed}
            )
            for metric in metrics
        }

    def _values(self, metrics: list[Metric], parts: list[Part]) -> dict[str, list[float]]:
        """Part by part, because metrics share what they work out of a part."""
        rows = [[self._value(metric, part) for metric in metrics] for part in parts]
        return {metric.name: [row[place] for row in rows] for place, metric in enumerate(metrics)}


@final
class Shelf:
    """Keeps the references that were worked out last, for whoever evaluates several generators on the same data."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], References] = {}

    def references(self, data: DataSet, config: RunConfig, *, part: PartName, n: int | None) -> References:
        """Those of a run's data, seed and metrics."""
        evaluated, conditional = config.evaluate.metrics, config.train.conditional
        key = (data.sha256, part, n, config.seed, evaluated, conditional)
        found = self._kept.pop(key, None)
        if found is None:
            found = References(data, part=part, n=n, seed=config.seed, metrics=evaluated, conditional=conditional)
        self._kept[key] = found
        for oldest in list(self._kept)[:-ON_THE_SHELF]:
            del self._kept[oldest]
        return found


def obstacle(name: str, data: DataSet, *, part: PartName, n: int | None) -> str | None:
    """Why a metric could not be measured there, or None."""
    whole, others = _sides(data, part)
    return METRICS.lookup(name).make(NoOptions()).obstacle(data, _size(n, len(whole), len(others))[0])


def _sides(data: DataSet, part: PartName) -> tuple[Part, Part]:
    """What is held against, and what its floors come from."""
    if part == "validation":
        return data.validation, data.train
    return data.test, data.train.joined(data.validation)


def _size(asked: int | None, available: int, others: int) -> tuple[int, str | None]:
    """How many samples to compare, and why fewer than asked for (by default: than the part has)."""
    limits = {
        f"the part has {available} samples": available,
        f"floors are drawn from {others} others, half of them at a time at most": max(others // 2, 1),
    }
    if asked is None:
        limits[f"{MOST_BY_DEFAULT} is the most without asking for more"] = MOST_BY_DEFAULT
    wanted = available if asked is None else asked
    why = min(limits, key=lambda limit: limits[limit])
    return (wanted, None) if wanted <= limits[why] else (limits[why], f"{wanted} became {limits[why]}: {why}")
