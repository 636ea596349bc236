"""When the runs of a comparison came to a skill on validation, in steps and in seconds of training."""

__all__ = ["Arrivals", "arrivals", "median_steps", "step_seconds"]

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, final

from qgan._typing import Json
from qgan.compare.reaching import Reached, reached
from qgan.compare.results import Result
from qgan.layout import LINES, lines

if TYPE_CHECKING:
    from qgan.compare.comparison import Compared


@final
@dataclass(frozen=True)
class Arrivals:
    """Of one model's seeds, censored at the end of each run that never arrived.

    Attributes:
        steps: Steps to the first evaluation at which the skill was there.
        seconds: What these steps take, without evaluations and checkpoints: by :func:`step_seconds` where these are
            known, otherwise what they took in the runs.
    """

    steps: Reached
    seconds: Reached


def arrivals(compared: "Compared", model: str, *, metric: str, skill: float) -> Arrivals | None:
    """Of all runs of a model that are over, those that failed or diverged among them; None where there are none.

    Args:
        compared: The recipe.
        model: A trained one's name.
        metric: On the validation part.
        skill: At least that.
    """
    alone = (step_seconds(compared) or {}).get(model)
    found = [_arrival(result, metric, skill, alone) for result in compared.results.get(model, {}).values()]
    if not found:
        return None
    return Arrivals(
        steps=reached([each.step for each in found], [each.last for each in found]),
        seconds=reached([each.seconds for each in found], [each.whole for each in found]),
    )


def step_seconds(compared: "Compared") -> Mapping[str, float] | None:
    """Seconds of a step of each model that trains anything, all of them timed alone on the machine.

    Runs are trained several at a time, and slow each other down, none by the same: seconds of runs say how long these
    took, and nothing of the models.

    Returns:
        None where one of them was not timed, or timed on a busy machine: one clock for all, or none.
    """
    trained = [each for each in compared.book.entries if each.left_out is None and each.config(0).train.steps]
    known = {entry.name: compared.speed.get(entry.name) for entry in trained}
    alone = {name: speed.seconds_per_step for name, speed in known.items() if speed is not None and not speed.contended}
    return alone if trained and len(alone) == len(known) else None


def median_steps(compared: "Compared", model: str) -> float | None:
    """Steps of a whole run, of those that did not fail; None where there are none."""
    results = compared.results.get(model, {}).values()
    steps = [len(_lines(result, "timing")) for result in results if result.state != "failed"]
    return float(median(steps)) if steps else None


class _Arrival(NamedTuple):
    """Of one run: when it came to the skill, NaN where never, and when it ended."""

    step: float
    seconds: float
    last: float
    whole: float


def _arrival(result: Result, metric: str, skill: float, alone: float | None) -> _Arrival:
    timing = _lines(result, "timing")
    own = [sum(value for part, value in line["seconds"].items() if part != "all") for line in timing]
    since = [0.0, *accumulate(own)] if alone is None else [alone * step for step in range(len(timing) + 1)]
    for line in _lines(result, "evaluations"):
        value = line["scores"].get(metric, {}).get("skill")
        if value is not None and value >= skill and line["step"] < len(since):
            return _Arrival(line["step"], since[line["step"]], len(timing), since[-1])
    return _Arrival(math.nan, math.nan, len(timing), since[-1])


def _lines(result: Result, kind: str) -> list[Json]:
    return lines(result.where / f"{kind}.jsonl", LINES[kind])
