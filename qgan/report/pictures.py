"""All figures of a recipe, with their captions: what the page shows and what is kept for a paper."""

__all__ = ["Picture", "figures_of"]

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

from matplotlib.figure import Figure

from qgan._typing import Json
from qgan.report.economy import LATENCY, SIMULATION
from qgan.report.figures import svg
from qgan.report.figures.economy import break_even, split
from qgan.report.figures.learning import curve, reached
from qgan.report.figures.verdicts import differences, strip


@final
@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        place: Where on the page it belongs.
        name: Of its files.
        figure: The drawing.
        caption: What is seen, in a sentence or two; who does not see it is told the same.
    """

    place: str
    name: str
    figure: Figure
    caption: str

    @cached_property
    def svg(self) -> bytes:
        """For a paper."""
        return svg.svg(self.figure, self.name)

    @cached_property
    def pdf(self) -> bytes:
        """For a paper."""
        return svg.pdf(self.figure)

    def inline(self, name: str) -> str:
        """For a page that calls it by that name."""
        return svg.inline(self.svg, name, self.caption)


def figures_of(recipe: Json) -> list[Picture]:
    """Those of a comparison's recipe that can be drawn yet, from its document alone."""
    found = (*_claims(recipe), *_training(recipe), *_economy(recipe))
    return [
        Picture(place, f"{recipe['recipe']}-{name}", figure, caption)
        for place, name, figure, caption in found
        if figure is not None
    ]


def _claims(recipe: Json) -> Iterator[tuple[str, str, Figure | None, str]]:
    metric = recipe["claim"]["metric"]
    yield (
        "verdict",
        "differences",
        differences(recipe),
        f"Subject minus opponent on {metric}: a dot for each seed, a diamond for the mean, a bar for its interval, by "
        "itself and uncorrected. Left of 0 the subject is better, right of it worse; the grey band was declared to "
        "count as no difference. Arrows are dots beyond the edge.",
    )
    yield (
        "quality",
        "scores",
        strip(recipe),
        f"Every model's {metric} on the test part: a dot for each seed, a bar for the median, between what real data "
        "score against real data (floor) and what the best that learned nothing scores (trivial).",
    )


def _training(recipe: Json) -> Iterator[tuple[str, str, Figure | None, str]]:
    leading, share = ("subject", recipe["opponent"]), recipe["reached"]
    for curves in recipe["curves"]:
        primary = curves["metric"] == recipe["claim"]["metric"]
        for against in ("steps", "seconds") if primary else ("steps",):
            seen = f"{curves['metric']} on the validation part against {against}: the median over seeds"
            caption = f"{seen} in its band" if _banded(curves, leading) else seen
            clock = f" Seconds are {recipe['seconds_are']}." if against == "seconds" else ""
            more = "; thin lines are seeds, and a cross is where one diverged: from there on it is at its worst value."
            drawn = curve(curves, leading, against=against, seeds=primary)
            place = "curves" if primary else "more-curves"
            yield place, f"{curves['metric']}-{against}", drawn, f"{caption}{more if primary else '.'}{clock}"
    for against in ("steps", "seconds"):
        caption = f"Share of seeds that had reached a skill of {share['skill']:g} on validation, against {against}."
        caption += f" Seconds are {recipe['seconds_are']}." if against == "seconds" else ""
        yield "reached", f"reached-{against}", reached(share, recipe["opponent"], against=against), caption


def _banded(curves: Json, leading: Sequence[str | None]) -> bool:
    return any(model["model"] in leading and None not in model["low"] for model in curves["models"])


def _economy(recipe: Json) -> Iterator[tuple[str, str, Figure | None, str]]:
    tables = recipe["tables"]
    yield "speed", "speed", split(tables["speed"]["rows"]), "What a step takes, by its parts."
    caption = (
        "The rate of executions a quantum computer would need, over qubits, beside today's; "
        f"{LATENCY}. The diamond is this circuit, held against the primary opponent's time to the stated skill. The "
        f"line is another question: circuits of other sizes, not trained, held against {SIMULATION}."
    )
    yield "break-even", "break-even", break_even(tables["break-even"]["rows"]), caption
