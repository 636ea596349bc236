"""Checks of the training itself, at each step."""

__all__ = ["PostSelection", "Saturated", "Vanishing"]

from statistics import median
from typing import final

from qgan._typing import Json
from qgan.checks.check import Check, Streak
from qgan.config import RunConfig

# Five seeds of the recipe "digits-patch" that learn stay beyond 0.98 for 60 steps at most, and come back by themselves.
SURE, SURE_STEPS = 0.98, 100
# The scores of a Wasserstein critic are no probabilities, and its gradient does not fade where they are extreme.
WITHOUT_PROBABILITIES = frozenset({"wasserstein"})
# A healthy gradient wanders by a factor of ten, and at the equilibrium the noise of the batches keeps it up.
LEAST_SHARE, SMALL_STEPS, EARLY_STEPS = 0.01, 50, 20
# A few times the rounding of single precision on losses of order one: a smaller gradient has no direction.
LEAST_NORM = 1e-6
# Nine shots of ten thrown away; one ancilla of the recipe "digits-patch" throws away one of three.
LEAST_KEPT, WASTED_STEPS = 0.1, 20


@final
class Saturated(Check):
    """The discriminator is sure of everything, and teaches nothing."""

    log = "records"

    def __init__(self, config: RunConfig) -> None:
        self._applies = config.loss.name not in WITHOUT_PROBABILITIES
        self._sure = Streak(SURE_STEPS)

    def see(self, line: Json) -> str | None:
        real, fake = (line["scores"].get(side) for side in ("real", "fake"))
        sure = real is not None and fake is not None and real > SURE and fake < 1 - SURE
        if not self._sure.goes_on(self._applies and sure):
            return None
        return (
            f"The discriminator is saturated: for {SURE_STEPS} steps it has given real samples more than {SURE} and "
            f"generated ones less than {1 - SURE:.2g} ({real:.4f} and {fake:.4f} now), and the generator learns "
            "little from it. Try a smaller optimizer.discriminator.lr, or fewer train.discriminator_updates"
        )


@final
class Vanishing(Check):
    """The generator's gradient is gone: on a barren plateau, or because the discriminator teaches nothing.

    References:
        McClean J. R. et al., Barren plateaus in quantum neural network training landscapes (2018), arXiv:1803.11173.
    """

    log = "records"

    def __init__(self, _config: RunConfig) -> None:
        self._early: list[float] = []
        self._small = Streak(SMALL_STEPS)

    def see(self, line: Json) -> str | None:
        norm = line.get("grad_norms", {}).get("generator")
        if norm is None:  # it rests in this step
            return None
        if len(self._early) < EARLY_STEPS:
            self._early.append(norm)
        early = median(self._early)
        bound = max(LEAST_NORM, LEAST_SHARE * early)
        if not self._small.goes_on(norm < bound):
            return None
        return (
            f"The generator's gradient has vanished: for {SMALL_STEPS} steps its norm has been below {bound:.1e} "
            f"({norm:.1e} now, {early:.1e} in its first steps). With many qubits and layers this is a barren plateau: "
            "try fewer of them, or smaller initial weights"
        )


@final
class PostSelection(Check):
    """The ancillas throw most shots away."""

    log = "records"

    def __init__(self, _config: RunConfig) -> None:
        self._low = Streak(WASTED_STEPS)

    def see(self, line: Json) -> str | None:
        kept = line.get("generator", {}).get("postselection")
        if not self._low.goes_on(kept is not None and kept < LEAST_KEPT):
            return None
        cost = f"each shot that is kept costs {1 / kept:.0f}" if kept else "no shot is kept"
        return (
            f"Post-selection keeps little: for {WASTED_STEPS} steps less than {LEAST_KEPT:.0%} ({kept:.2%} now). "
            f"Where shots are taken, {cost}; an exact simulator pays nothing for it. Try fewer generator.n_ancillas"
        )
