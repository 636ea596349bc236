"""What models are given, equal or not, and what was chosen for them before anything was compared."""

__all__ = ["disclosed", "given"]

from qgan._typing import Json
from qgan.build import build
from qgan.compare.comparison import Compared
from qgan.compare.entries import Entry
from qgan.config import Component, RunConfig
from qgan.data import DATA
from qgan.data.options import DrawnOptions
from qgan.errors import ConfigError, QganError
from qgan.report.tables import Column, Table

EXACT = "all probabilities at once, exactly"


def given(compared: Compared) -> Table:
    """A row for each trained model: what a step sees of it, and the random numbers that its samples are made of."""
    rows: list[Json] = [
        {
            "recipe": compared.recipe,
            "model": entry.name,
            "sees": _sees(entry.document),
            "latents": _latents(entry, compared.seeds[0]),
        }
        for entry in compared.book.entries
        if entry.left_out is None
    ]
    return Table(
        "given",
        "What each model is given",
        (
            Column("model", "model"),
            Column(
                "sees", "what a step sees", about="What the discriminator is shown of the generator, in each update"
            ),
            Column("latents", "latents", about="Random numbers that go into a sample"),
        ),
        rows,
        "Probabilities that are known exactly have a gradient without the noise of a batch, which samples have not.",
    )


def disclosed(compared: Compared) -> list[str]:
    """What favours someone, in sentences."""
    found = [
        "Circuit, learning rates, batches, steps, loss and penalty of the recipe were chosen beforehand, for its "
        "quantum generator. All models take them over, but for what the differences of configurations list. "
        + (
            "The search is equally long for all, and begins at these settings. Batches, steps, loss and penalty "
            "are not searched."
            if compared.tuned
            else "Nothing was searched for any of them."
        )
    ]
    if _fixed(str(compared.subject.document["data"]["name"])):
        found.append(
            "The data set is the same for all seeds, each of which only divides it anew: rows that one seed tests on "
            "are training rows of others, those of the search for settings among them. That is so for all models."
        )
    trained = [entry for entry in compared.book.entries if entry.left_out is None]
    exact = [entry.name for entry in trained if _sees(entry.document) == EXACT]
    if "subject" in exact and len(exact) < len(trained):
        others = [entry.name for entry in trained if entry.name not in exact]
        found.append(
            "In training the subject shows its probabilities exactly, all at once: an advantage over models that show "
            f"as many samples as a batch has ({', '.join(others)})."
        )
    return found


def _sees(document: Json) -> str:
    generator = _innermost(document)
    whole = generator.get("output") == "distribution" and generator.get("read_out", "bits") == "bits"
    if whole or generator["name"] == "categorical":
        return EXACT
    return f"{document['train']['batch_size']} samples"


def _latents(entry: Entry, seed: int) -> str | None:
    """None where the model cannot be built here."""
    config = entry.config(seed)
    count = _count(config.model_copy(update={"backend": Component(name="default.qubit")}))
    if not count:
        return "none" if count == 0 else None
    generator = _innermost(entry.document)
    if generator.get("latent") == "uniform":
        return f"{count}, uniform from {generator['latent_low']:.3g} to {generator['latent_high']:.3g}"
    return f"{count}, normal"


def _count(config: RunConfig) -> int | None:
    try:
        return build(config).generator.latent_dim
    except QganError:
        return None


def _innermost(document: Json) -> Json:
    generator = document["generator"]
    while isinstance(generator.get("inner"), dict):
        generator = generator["inner"]
    return generator


def _fixed(name: str) -> bool:
    """Whether it is one list of rows; not known of data sets that others bring along."""
    try:
        entry = DATA.lookup(name)
    except ConfigError:
        return False
    return entry.options.__module__.startswith("qgan.") and not issubclass(entry.options, DrawnOptions)
