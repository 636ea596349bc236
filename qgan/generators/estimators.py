"""What finite shots make of a generator's gradient, for each way of reading circuits."""

__all__ = ["ESTIMATORS", "Estimator"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, kw_only=True)
class Estimator:
    """The gradient that comes of putting relative frequencies where probabilities stand.

    Circuits are differentiated by the parameter-shift rule, whose slopes of probabilities are unbiased with any number
    of shots; what matters is what is made of the probabilities afterwards.

    Attributes:
        name: Its key in :data:`ESTIMATORS`.
        unbiased: Whether its mean over shots is the gradient, for any number of them.
        why: Why it is, or is not.
        smallest_shots: From so many for each circuit on, its bias was at most a tenth of the gradient's length; None
            where no number that was tried is enough.
        everywhere: Whether that was so on every circuit that was tried, or on half of them: there are circuits whose
            bias no number that was tried makes small enough.
    """

    name: str
    unbiased: bool
    why: str
    smallest_shots: int | None
    everywhere: bool

    def warning(self, shots: int) -> str | None:
        """What is wrong with so many shots for each circuit, in plain words with what to try; None where nothing is."""
        if self.smallest_shots is not None and shots >= self.smallest_shots:
            return None
        bias = f"the gradient may be biased by more than a tenth of its length: {self.why}"
        if self.unbiased:
            bias = "the gradient is nearly all noise, though without bias"
        cure = f"Try backend.shots={self.smallest_shots} or more"
        if self.smallest_shots is None:
            cure = "No number of shots that was tried is enough: take many, and hold the run against an exact one"
        return f"With {shots} shots for each circuit {bias}. {cure}"


# The numbers of shots are those of evidence/hardware/gradients.json, which `python -m benchmarks.hardware --only
# gradients` measures; a test holds them against it.
ESTIMATORS: Mapping[str, Estimator] = {
    each.name: each
    for each in (
        Estimator(
            name="distribution",
            unbiased=True,
            why="probabilities weigh the discriminator's scores of fixed points, so that the loss is linear in them",
            smallest_shots=4,
            everywhere=True,
        ),
        Estimator(
            name="post-selected distribution",
            unbiased=False,
            why="the probabilities of the grid's points are divided by their sum, which has the noise of shots too",
            smallest_shots=64,
            everywhere=True,
        ),
        Estimator(
            name="samples",
            unbiased=False,
            why="outcomes are drawn from the frequencies, and those that no shot has shown cannot be drawn",
            smallest_shots=256,
            everywhere=True,
        ),
        Estimator(
            name="expectation",
            unbiased=False,
            why="the discriminator is not linear in the expectation values, and sees them with the noise of shots",
            smallest_shots=256,
            everywhere=False,
        ),
        Estimator(
            name="patch",
            unbiased=False,
            why="pixels are ratios of probabilities, and the discriminator is not linear in them",
            smallest_shots=1024,
            everywhere=False,
        ),
        Estimator(
            name="batch-patch",
            unbiased=False,
            why="pixels are ratios of probabilities, each image has but its share of the shots, and the discriminator "
            "is not linear in them",
            smallest_shots=1024,
            everywhere=False,
        ),
        Estimator(
            name="amplitude",
            unbiased=False,
            why="colours are arc cosines of roots of probabilities, whose slopes have no bound where few shots fall",
            smallest_shots=None,
            everywhere=False,
        ),
    )
}
