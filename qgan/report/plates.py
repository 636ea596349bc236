"""Samples side by side, and the circuit that made some of them."""

__all__ = ["Plate", "Plates", "plates", "plates_of", "plates_of_run"]

from dataclasses import dataclass
from typing import final

from qgan.build import build
from qgan.compare.comparison import Compared
from qgan.config import Component, RunConfig
from qgan.errors import QganError
from qgan.experiment import Experiment, innermost
from qgan.report.figures.samples import Sampled, mosaic, real, sampled, scatter, words
from qgan.report.pictures import Picture
from qgan.runs import RunDirectory
from qgan.samples import DataSet

REAL = 500


@final
@dataclass(frozen=True)
class Plate:
    """Samples of one model, or real ones; one of the last three is there.

    Attributes:
        title: Whose.
        image: A data URI.
        picture: A figure.
        words: Texts.
    """

    title: str
    image: str | None = None
    picture: Picture | None = None
    words: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class Plates:
    """Of one recipe, or of one run.

    Attributes:
        plates: Real samples first.
        seed: Whose samples they are.
        circuit: A drawing in letters; None where there is none.
        why_not: Why there is nothing, or None.
    """

    plates: tuple[Plate, ...] = ()
    seed: int | None = None
    circuit: str | None = None
    why_not: str | None = None


def plates_of(compared: Compared) -> Plates:
    """Real data, subject and primary opponent, on the first seed on which both have drawn."""
    models = [name for name in ("subject", compared.opponent) if name]

    def drawn(seed: int) -> dict[str, Sampled]:
        there = {name: sampled(compared.places.root / compared.places.run(name, seed)) for name in models}
        return {name: sample for name, sample in there.items() if sample is not None}

    seed = max(compared.seeds, key=lambda each: len(drawn(each)))
    return _plates(compared.subject.config(seed), drawn(seed), compared.recipe, compared.opponent)


def plates_of_run(run: RunDirectory, name: str) -> Plates:
    """Real data and what the run drew at its end."""
    own = sampled(run.path)
    return _plates(run.config, {} if own is None else {"subject": own}, name, None)


def _plates(config: RunConfig, drawn: dict[str, Sampled], name: str, opponent: str | None) -> Plates:
    # Only data and circuit are looked at: nothing that has to be compiled first, and no device that may be missing.
    plain = config.model_copy(update={"backend": Component(name="default.qubit")})
    try:
        experiment = build(plain)
    except QganError as error:
        return Plates(why_not=str(error))
    data = experiment.data
    samples = {"real": real(data, REAL), **drawn}
    return Plates(tuple(plates(data, samples, name, opponent)), config.seed, _circuit(experiment))


def plates(data: DataSet, samples: dict[str, Sampled], name: str, opponent: str | None) -> list[Plate]:
    if data.kind == "image":
        return [Plate(each, image=mosaic(data, sample)) for each, sample in samples.items()]
    if data.kind == "text":
        return [Plate(each, words=tuple(words(sample))) for each, sample in samples.items()]
    return [
        Plate(each, picture=Picture("samples", f"{name}-samples-{each}", figure, f"Samples: {each}"))
        for each, figure in scatter(data, samples, opponent).items()
    ]


def _circuit(experiment: Experiment) -> str | None:
    circuit = getattr(innermost(experiment.generator), "circuit", None)
    return None if circuit is None else circuit.draw("text")
