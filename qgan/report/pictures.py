"""All figures of a recipe, with their captions: what the page shows and what is kept for a paper."""

__all__ = ["Picture", "Plate", "figures_of", "plates_of"]

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from matplotlib.figure import Figure

from qgan._typing import Json
from qgan.build import build
from qgan.compare.comparison import Compared
from qgan.experiment import innermost
from qgan.report.figures.economy import break_even, split
from qgan.report.figures.learning import curve, reached
from qgan.report.figures.samples import Sampled, mosaic, real, sampled, scatter, words
from qgan.report.figures.verdicts import differences, strip
from qgan.samples import DataSet

REAL = 500


@final
@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        place: Where on the page it belongs.
        name: Of its files.
        figure: The drawing.
        caption: What is seen, in a sentence or two.
        alt: The same for who does not see it.
    """

    place: str
    name: str
    figure: Figure
    caption: str
    alt: str


@final
@dataclass(frozen=True)
class Plate:
    """Samples of one model, or real ones.

    Attributes:
        title: Whose.
        image: A data URI, or None.
        picture: A figure, or None.
        words: Texts, where samples are texts.
    """

    title: str
    image: str | None = None
    picture: Picture | None = None
    words: tuple[str, ...] = ()


def figures_of(recipe: Json) -> Iterator[Picture]:
    """Those that are drawn from the document alone."""
    name, metric, opponent = recipe["recipe"], recipe["claim"]["metric"], recipe["opponent"]
    found = [
        (
            "verdict",
            f"{name}-differences",
            differences(recipe),
            f"Subject minus opponent on {metric}, a dot for each seed; diamonds are means, bars their intervals. Left of 0 "
            "the subject is better; the grey band is what was declared to count as no difference. An arrow is a dot "
            "beyond the edge.",
        ),
        (
            "quality",
            f"{name}-scores",
            strip(recipe),
            f"Every model's {metric} on the test part, a dot for each seed, a bar for the median, between what real data "
            "score against real data (floor) and what the best that learned nothing scores (trivial).",
        ),
    ]
    for place, curves in enumerate(recipe["curves"]):
        axes = ("steps", "seconds") if place == 0 else ("steps",)
        for against in axes:
            caption = f"{curves['metric']} on the validation part against {against}: median over seeds with its bootstrap band"
            caption += "; thin lines are seeds, a cross is where one diverged, from where on it is at its worst value." if place == 0 else "."
            figure = curve(curves, opponent, against=against, seeds=place == 0)
            where = "curves" if place == 0 else "more-curves"
            found.append((where, f"{name}-{curves['metric']}-{against}", figure, caption))
    for against in ("steps", "seconds"):
        caption = f"Share of seeds that had reached a skill of {recipe['reached']['skill']:g} on validation, against {against}."
        found.append(("reached", f"{name}-reached-{against}", reached(recipe["reached"], opponent, against=against), caption))
    tables = recipe["tables"]
    found.append(("speed", f"{name}-speed", split(tables["speed"]["rows"]), "What a step takes, by its parts."))
    ties = tables["break-even"]["rows"]
    caption = "The rate of executions at which a quantum computer would tie with the classical opponent, and today's, over qubits."
    found.append(("break-even", f"{name}-break-even", break_even(ties), caption))
    for where, file, figure, caption in found:
        if figure is not None:
            yield Picture(where, file, figure, caption, caption)


def plates_of(compared: Compared) -> tuple[list[Plate], Picture | None, str | None]:
    """Samples of real data, subject and primary opponent on the first seed that both have; and the subject's circuit."""
    models = [name for name in ("subject", compared.opponent) if name]
    for seed in compared.seeds:
        drawn = {name: _drawn(compared, name, seed) for name in models}
        whole = {name: sample for name, sample in drawn.items() if sample is not None}
        if len(whole) == len(models):
            break
    experiment = build(compared.subject.config(compared.seeds[0]))
    circuit = getattr(innermost(experiment.generator), "circuit", None)
    text = None if circuit is None else circuit.draw("text")
    data = build(compared.subject.config(seed)).data if seed != compared.seeds[0] else experiment.data
    return plates(data, {"real": real(data, REAL), **whole}, compared.opponent, compared.recipe), None, text


def plates(data: DataSet, samples: dict[str, Sampled], opponent: str | None, name: str) -> list[Plate]:
    """One for each model."""
    if data.kind == "image":
        return [Plate(each, image=mosaic(data, sample)) for each, sample in samples.items()]
    if data.kind == "text":
        return [Plate(each, words=tuple(words(sample))) for each, sample in samples.items()]
    figures = scatter(data, samples, opponent)
    return [
        Plate(each, picture=Picture("samples", f"{name}-samples-{each}", figure, each, f"Samples: {each}"))
        for each, figure in figures.items()
    ]


def _drawn(compared: Compared, model: str, seed: int) -> Sampled | None:
    return sampled(Path(compared.places.root) / compared.places.run(model, seed))
