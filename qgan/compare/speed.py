"""How fast each model trains and samples, timed alone on the machine."""

__all__ = ["Speed", "Timer", "timed", "timed_together"]

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from statistics import median
from typing import IO, final

import psutil

from qgan._typing import Json
from qgan.compare.parts import PARTS
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


def timed(
    config: RunConfig, model: str, *, rounds: int = ROUNDS, seconds: float = SECONDS, plugins: Iterable[str] = ()
) -> Speed:
    """One model, as :func:`timed_together` times several.

    Raises:
        ResourceError: If it cannot be timed; the message says why.
    """
    why: list[str] = []
    speeds = timed_together(
        {model: config}, rounds=rounds, seconds=seconds, plugins=plugins, failed=lambda _, reason: why.append(reason)
    )
    if model not in speeds:
        raise ResourceError(f"The model '{model}' cannot be timed", got=why[0])
    return speeds[model]


def timed_together(
    models: Mapping[str, RunConfig],
    *,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    plugins: Iterable[str] = (),
    failed: Callable[[str, str], object] = lambda _model, _why: None,
) -> dict[str, Speed]:
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
        failed: Hears of each model that could not be timed, and why; it is not among the results.
    """
    load, plugins = psutil.getloadavg()[0], tuple(plugins)
    timers = {model: Timer(config, plugins=plugins) for model, config in models.items()}
    turns: dict[str, list[Turn]] = {model: [] for model in models}
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
                    failed(model, str(error.got))
                if room < len(models):
                    timers[model].close()
    return {model: _speed(model, timers[model].warm, taken, load) for model, taken in turns.items()}


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
        self._process: subprocess.Popen[str] | None = None

    def turn(self, seconds: float) -> Turn:
        """Times it for about so many seconds.

        Raises:
            ResourceError: If the model cannot be built or trained, or its process dies; ``got`` says why.
        """
        if self._process is None:
            self._process, self._said = self._begun()
            self.warm = Warm(**self._ask(self._process, self._order))
        return Turn(**self._ask(self._process, {"seconds": seconds}))

    def close(self) -> None:
        """Ends the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._said.close()
            self._process = None

    def _begun(self) -> tuple["subprocess.Popen[str]", IO[bytes]]:
        said = tempfile.TemporaryFile()  # noqa: SIM115
        # As workers of runs are started: torch's own threads are those that the configuration says.
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "qgan.compare.timer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, **single, "PYTHONPATH": os.pathsep.join(sys.path)},
            text=True,
            encoding="utf-8",
            # Ctrl-C is for whoever started it.
            process_group=0,
        )
        return process, said

    def _ask(self, process: "subprocess.Popen[str]", order: Json) -> Json:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
        line = process.stdout.readline()
        answer = json.loads(line) if line.endswith("\n") else {"failed": self._last_words(process)}
        if "failed" in answer:
            self.close()
            raise ResourceError("A model cannot be timed", got=answer["failed"])
        return answer

    def _last_words(self, process: "subprocess.Popen[str]") -> str:
        code = process.wait()
        self._said.seek(0)
        words = self._said.read().decode(errors="replace").strip()[-LAST_WORDS:]
        return f"its process ended with exit code {code}{': ' if words else ''}{words}"
