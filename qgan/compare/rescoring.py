"""Opponents that nothing trains: the subject's trained generator run under shots or noise, and what learned nothing."""

__all__ = ["Rescored", "rescore"]

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import final

from qgan.compare.entries import Book
from qgan.compare.others import OTHERS, Group, Other, Scene, others_of
from qgan.compare.places import Places
from qgan.compare.results import yardsticks_at
from qgan.compare.stored import read, write
from qgan.errors import QganError
from qgan.evaluate import Shelf
from qgan.machine import threads, within_memory


@final
@dataclass(frozen=True)
class Rescored:
    """Scores of one of them on the test part of one seed.

    Attributes:
        name: Which.
        group: ``"degraded"``: the subject's trained generator, run otherwise. ``"reference"``: it learned nothing.
            ``"guide"``: it is real data that was seen, and no contestant.
        what: What it is, in a sentence.
        seed: Of the split.
        n: Samples on either side.
        values: By metric; None where it could not be computed, or where the subject's run came to nothing, so that the
            trivial value stands for it. Nothing stands for a metric that is not there.
        reason: Why there are no values at all, or None.
    """

    name: str
    group: Group
    what: str
    seed: int
    n: int
    values: Mapping[str, float | None]
    reason: str | None = None


def rescore(places: Places, seed: int, *, names: Iterable[str] = OTHERS, shelf: Shelf | None = None) -> list[Rescored]:
    """Scores them on one seed, and writes down each that is not there yet, or that could not be scored before.

    Args:
        places: Of the recipe, whose book and whose yardsticks of the seed are there.
        seed: Which.
        names: Which of them.
        shelf: Where the real side of evaluations may be already.
    """
    config = read(places.models, Book).entries[0].config(seed)
    yardsticks = yardsticks_at(places.yardsticks(seed), seed)
    scene = Scene(config, places.root / places.run("subject", seed), yardsticks, shelf or Shelf())
    count = config.run.threads
    assert isinstance(count, int)
    with threads(count):
        return list(_rescored(places, scene, names))


def _rescored(places: Places, scene: Scene, names: Iterable[str]) -> Iterator[Rescored]:
    for other in others_of(scene.experiment, names=names):
        path = places.rescored(other.name, scene.config.seed)
        if path.exists() and (kept := read(path, Rescored)).reason is None:
            yield kept
        else:
            found = _scored(other, scene)
            write(path, found)
            yield found


def _scored(other: Other, scene: Scene) -> Rescored:
    values, reason = {}, None
    if other.group == "degraded" and scene.state != "done":
        values, reason = dict.fromkeys(scene.config.evaluate.metrics), f"the subject's run is {scene.state}"
    else:
        try:
            with within_memory():
                values = other.values(scene)
        except QganError as error:
            reason = str(error)
    yardsticks = scene.yardsticks
    return Rescored(other.name, other.group, other.what, yardsticks.seed, yardsticks.n, values, reason)
