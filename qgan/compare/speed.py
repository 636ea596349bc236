"""How fast each model trains and samples, timed alone on the machine."""

__all__ = ["Speed", "Timer", "Untimed", "timed_together"]

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import final

import psutil

from qgan._typing import Json
from qgan.compare.parts import PARTS
from qgan.compare.pipes import Pipe
from qgan.compare.stopwatch import Turn, Warm
from qgan.compare.workers import SHARE_OF_MEMORY
from qgan.config import RunConfig
from qgan.errors import ResourceError

ROUNDS, SECONDS = 3, 0.5
# Of one core: daemons take less.
ALONE = 0.2
# Characters of what a process said before it died.
LAST_WORDS = 500


@final
@dataclass(frozen=True)
class Speed:
    """One model on one machine, as its runs train it.

    Attributes:
        model: Its name.
        contended: Why the times may be of a busy machine, or None where it was alone.
        load: Of the machine before, over one minute.
        threads: Torch's, and the circuits'.
        compiled: Whether the circuits run as compiled kernels; None where there are none.
        seconds_per_step: Median over timed steps; evaluations and checkpoints are not in it.
        split: The shares of a step, in seconds: ``"generator forward"``, ``"generator backward"``,
            ``"discriminator"`` and ``"rest"``; they add up to ``seconds_per_step``. What belongs where is said by
            :func:`qgan.compare.parts.parts_of`.
        samples_per_second: Drawn from the generator, without gradients, in batches as large as training's.
        steps: How many steps were timed.
        executions: Circuits run in one step.
        shots: Shots taken in one step.
        operations: Floating-point operations in one step, counted, by part as in ``split`` where known.
        peak_bytes: Resident memory of the process at its peak.
        cpu_seconds_per_step: Of all threads together.
        gpu: The name of the GPU that was used, or None.
        joules_per_step: Of the whole machine meanwhile, what it takes at rest included; None where it does not tell.
    """

    model: str
    contended: str | None
    load: float
    threads: int
    compiled: bool | None
    seconds_per_step: float
    split: Mapping[str, float]
    samples_per_second: float
    steps: int
    executions: int
    shots: int
    operations: Mapping[str, float]
    peak_bytes: int
    cpu_seconds_per_step: float
    gpu: str | None = None
    joules_per_step: float | None = None


@final
@dataclass(frozen=True)
class Untimed:
    """A model that could not be timed.

    Attributes:
        why: In a sentence.
    """

    why: str


def timed_together(
    models: Mapping[str, RunConfig],
    *,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    plugins: Iterable[str] = (),
) -> dict[str, Speed | Untimed]:
    """Times models by turns, so that a slow minute of the machine is one of all of them; each in a process of its own.

    A process builds its model as a run does, with the threads that its configuration says, and warms up. Then all wait
    but one, which takes its turn: steps of the loop as they are, steps with marks that tell their parts, samples. Over
    the rounds medians are taken. The parts' medians are scaled to add up to a step as it is, so that marks slow nothing
    that is reported. Where there is no room for all processes, each ends after its turn, and begins anew in the next
    round.

    Args:
        models: Configurations by name, whole and resolved.
        rounds: Turns of each model.
        seconds: In each turn, at least; a few steps may take longer.
        plugins: Modules that every process imports first.

    Returns:
        What each model takes, or why it could not be timed.
    """
    load, plugins = psutil.getloadavg()[0], tuple(plugins)
    timers = {model: Timer(config, plugins=plugins) for model, config in models.items()}
    turns: dict[str, list[Turn]] = {model: [] for model in models}
    untimed: dict[str, Untimed] = {}
    room = psutil.virtual_memory().available / (SHARE_OF_MEMORY * psutil.Process().memory_info().rss)
    with ExitStack() as processes:
        for timer in timers.values():
            processes.callback(timer.close)
        for _ in range(rounds):
            for model in [*turns]:
                try:
                    turns[model].append(timers[model].turn(seconds))
                except ResourceError as error:
                    del turns[model]
                    untimed[model] = Untimed(str(error.got))
                if room < len(models):
                    timers[model].close()
    return untimed | {model: _speed(model, timers[model].warm, taken, load) for model, taken in turns.items()}


def _speed(model: str, warm: Warm, turns: Sequence[Turn], load: float) -> Speed:
    step = median(turn.seconds_per_step for turn in turns)
    parts = {part: median(turn.parts[part] for turn in turns) for part in PARTS}
    whole = sum(parts.values())
    energy = [turn.joules for turn in turns if turn.joules is not None]
    return Speed(
        model=model,
        contended=_contended(turns),
        load=load,
        threads=warm.threads,
        compiled=warm.compiled,
        seconds_per_step=step,
        split={part: step * seconds / whole if whole else 0.0 for part, seconds in parts.items()},
        samples_per_second=median(turn.samples_per_second for turn in turns),
        steps=sum(turn.steps for turn in turns),
        executions=turns[-1].executions,
        shots=turns[-1].shots,
        operations=warm.operations,
        peak_bytes=max(turn.peak_bytes for turn in turns),
        cpu_seconds_per_step=median(turn.cpu_seconds_per_step for turn in turns),
        gpu=warm.gpu,
        joules_per_step=median(energy) if energy else None,
    )


def _contended(turns: Sequence[Turn]) -> str | None:
    others = sum(turn.others for turn in turns) / sum(turn.seconds for turn in turns)
    if others <= ALONE:
        return None
    return f"other processes used {others:.1f} of {psutil.cpu_count()} cores meanwhile"


@final
class Timer:
    """A process of its own that times one model; it begins with the first turn, and after :meth:`close` anew.

    Args:
        config: Whole and resolved.
        plugins: Modules that it imports first.

    Attributes:
        warm: What was known before anything was timed; there after the first turn.
    """

    warm: Warm

    def __init__(self, config: RunConfig, *, plugins: Iterable[str] = ()) -> None:
        self._order: Json = {"config": config.document(), "plugins": list(plugins)}
        self._pipe: Pipe | None = None

    def turn(self, seconds: float) -> Turn:
        """Times it for about so many seconds.

        Raises:
            ResourceError: If the model cannot be built or trained, or its process dies; ``got`` says why.
        """
        if self._pipe is None:
            self._pipe = Pipe("qgan.compare.timer")
            self.warm = Warm(**self._ask(self._pipe, self._order))
        return Turn(**self._ask(self._pipe, {"seconds": seconds}))

    def close(self) -> None:
        """Ends the process, if there is one."""
        if self._pipe is not None:
            self._pipe.kill()
            self._buried(self._pipe)

    def _ask(self, pipe: Pipe, order: Json) -> Json:
        pipe.send(order)
        while (answers := pipe.hear()) == []:
            pass
        if answers is None:
            code, words = self._buried(pipe)
            words = words[-LAST_WORDS:]
            why = f"its process ended with exit code {code}{': ' if words else ''}{words}"
        elif "failed" in answers[0]:
            self.close()
            why = answers[0]["failed"]
        else:
            return answers[0]
        raise ResourceError("A model cannot be timed", got=why)

    def _buried(self, pipe: Pipe) -> tuple[int, str]:
        self._pipe = None
        return pipe.bury()
