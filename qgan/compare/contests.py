"""What is judged, metric by metric and opponent by opponent, and its tests, corrected for how many there are."""

__all__ = ["Contest", "Finding", "Kind", "Standing", "findings"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from qgan.compare.multiple import holm
from qgan.compare.paired import Equivalence, Paired, equivalence, paired

Kind: TypeAlias = Literal["better", "worse", "equivalent", "not told apart", "no claim"]
Standing: TypeAlias = Literal["primary", "secondary", "exploratory", "indicative", "none"]


@final
@dataclass(frozen=True)
class Contest:
    """One metric and one opponent.

    Attributes:
        metric: Its name.
        subject: Name of the model that is compared.
        opponent: Name of the other.
        differences: For each seed that both were trained with, the subject's score minus the opponent's, where smaller
            scores are better; failed and diverged seeds are among them, at the trivial score.
        device: What ran the subject's circuits: ideal simulation, shots, a noise model, a named QPU.
        margin: Differences below it count as none, in the units of the score; None where no equivalence was asked for.
        failures: How many of the subject's seeds failed or diverged.
        opponent_failures: And of the opponent's.
    """

    metric: str
    subject: str
    opponent: str
    differences: tuple[float, ...]
    device: str
    margin: float | None = None
    failures: int = 0
    opponent_failures: int = 0


@final
@dataclass(frozen=True)
class Finding:
    """The tests of a contest.

    Attributes:
        contest: What was tested.
        tests: How many contests were corrected for together, this one included.
        plain: The test by itself, uncorrected.
        corrected: The test at the level that Holm's correction held it to: its interval excludes 0 just where the
            corrected p allows it, and ``detectable`` is what could have been told apart in spite of the correction.
        p: Of a mean difference of 0, corrected.
        equivalence: Two one-sided tests, uncorrected; None without a margin.
        equivalence_p: Theirs, corrected among the contests that have a margin.
    """

    contest: Contest
    tests: int
    plain: Paired
    corrected: Paired
    p: float
    equivalence: Equivalence | None
    equivalence_p: float | None

    def kind(self, alpha: float) -> Kind:
        """What the tests say at this level, whatever else there is to be said."""
        if self.equivalence_p is not None and self.equivalence_p <= alpha:
            return "equivalent"
        if self.p <= alpha:
            return "better" if self.plain.p_less < self.plain.p_greater else "worse"
        return "not told apart"


def findings(contests: Sequence[Contest], alpha: float) -> list[Finding]:
    """Tests contests together.

    Differences are corrected among differences, and equivalences among equivalences: at most alpha of the time is one
    of a kind false.

    Raises:
        ConfigError: If a margin is not positive.
        DataError: If a contest has no differences, or some are not finite.
    """
    plain = [paired(each.differences, alpha=alpha) for each in contests]
    correction = holm([test.p for test in plain], alpha)
    margins = [
        None if each.margin is None else equivalence(each.differences, each.margin, alpha=alpha) for each in contests
    ]
    within = iter(holm([test.p for test in margins if test is not None], alpha).adjusted.tolist())
    return [
        Finding(
            contest=contest,
            tests=len(contests),
            plain=test,
            corrected=paired(contest.differences, alpha=level),
            p=p,
            equivalence=margin,
            equivalence_p=None if margin is None else next(within),
        )
        for contest, test, level, p, margin in zip(
            contests, plain, correction.alphas.tolist(), correction.adjusted.tolist(), margins, strict=True
        )
    ]
