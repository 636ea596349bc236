"""Checks of the samples, at each evaluation."""

__all__ = ["Collapse", "LostModes", "spread"]

from typing import final

import numpy as np

from qgan._typing import Json
from qgan.checks.check import Check, Streak
from qgan.config import RunConfig
from qgan.samples import Part, Samples
from qgan.seeding import Key, stream

# Enough real rows to know their variance to a tenth, and few enough not to notice.
REAL_ROWS = 1000
# Standard deviations under a tenth of the real ones: samples look like copies of each other. Untrained circuits with a
# narrow range of latents have more.
LEAST_SPREAD = 0.01
# One draw of few samples can be unlucky; three in a row are not.
EVALUATIONS = 3
# Coverage of a healthy run swings by a half between two evaluations, and hardly ever to a quarter of its best.
LEAST_COVERAGE = 0.25
# A run that has never covered more has not learned yet, and has nothing to lose.
LEARNED = 0.2


@final
class Collapse(Check):
    """The generator makes nearly the same sample every time."""

    log = "evaluations"

    def __init__(self, _config: RunConfig) -> None:
        self._low = Streak(EVALUATIONS)

    def see(self, line: Json) -> str | None:
        share = line.get("spread")
        if not self._low.goes_on(share is not None and share < LEAST_SPREAD):
            return None
        return (
            f"Collapse: for {EVALUATIONS} evaluations the variance of generated samples has been below "
            f"{LEAST_SPREAD:.0%} of that of real ones ({share:.2%} now), so that they look alike. Try a smaller "
            "optimizer.discriminator.lr, or a wider range of latents"
        )


@final
class LostModes(Check):
    """The generator reached parts of the data, and has left them: where the metric "coverage" is measured."""

    log = "evaluations"

    def __init__(self, _config: RunConfig) -> None:
        self._best, self._low = 0.0, Streak(EVALUATIONS)

    def see(self, line: Json) -> str | None:
        covered = line["scores"].get("coverage", {}).get("value")
        self._best = max(self._best, covered or 0.0)
        lost = covered is not None and self._best >= LEARNED and covered < LEAST_COVERAGE * self._best
        if not self._low.goes_on(lost):
            return None
        return (
            f"Lost modes: for {EVALUATIONS} evaluations coverage of the real data has been below "
            f"{LEAST_COVERAGE:.0%} of its best ({covered:.0%} now, {self._best:.0%} then). Go by the best checkpoint "
            "with evaluate.checkpoint=best, or try smaller learning rates"
        )


def spread(fake: Samples, real: Part, *, seed: int) -> float | None:
    """The variance of generated samples as a share of that of real ones, each summed over the places of a sample.

    Args:
        fake: Shape (n, *sample_shape); their variance is weighted.
        real: At most 1000 of its rows are looked at.
        seed: Of their choice.

    Returns:
        None where it is no finite number, as with real samples that do not vary.
    """
    rows = np.sort(stream(Key(seed, "spread")).permutation(len(real))[:REAL_ROWS])
    known = real.values[rows].reshape(len(rows), -1).var(axis=0).sum()
    values, weights = fake.numpy().reshape(len(fake), -1), fake.weights.detach().cpu().double().numpy()
    weights = weights / weights.sum()
    with np.errstate(all="ignore"):  # enormous samples overflow, which shows in the value
        centred = values - weights @ values
        share = float((weights @ centred**2).sum() / known)
    return share if np.isfinite(share) else None
