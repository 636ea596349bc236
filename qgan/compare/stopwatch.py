"""One model in this process, timed turn by turn: real steps of the loop, and samples."""

__all__ = ["Stopwatch", "Turn", "Warm"]

import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TypeVar, final

import psutil
import torch

from qgan.backends.facts import BATCHED
from qgan.build import build
from qgan.compare.energy import joules, used
from qgan.compare.operations import counted
from qgan.compare.parts import PARTS, parts_of
from qgan.config import RunConfig
from qgan.errors import ConfigError
from qgan.experiment import Experiment
from qgan.loop import StepRecord, train
from qgan.machine import threads
from qgan.seeding import Key

T = TypeVar("T")

# They find space and compiled kernels.
WARM_UP = 4
# Of a turn: steps as they are, the same steps taken apart, and samples.
WHOLE, APART, SAMPLES = 0.5, 0.3, 0.2
# Of each, at the least.
FEWEST = 2


@final
@dataclass(frozen=True)
class Warm:
    """What is known before anything is timed.

    Attributes:
        threads: Torch's, and the circuits'.
        compiled: Whether circuits run as compiled kernels; None where there are none.
        operations: Of one step, by part.
        gpu: Its name, where one is used.
    """

    threads: int
    compiled: bool | None
    operations: Mapping[str, float]
    gpu: str | None


@final
@dataclass(frozen=True)
class Turn:
    """What came of some seconds; times are medians.

    Attributes:
        steps: How many were timed as they are.
        seconds_per_step: Of these.
        cpu_seconds_per_step: Of these, of all threads.
        parts: Of steps that were taken apart; they need not add up.
        samples_per_second: In batches as large as training's, without gradients.
        executions: Circuits in a step.
        shots: Shots in a step.
        seconds: Of the whole turn.
        others: CPU-seconds that other processes took meanwhile, and what a hypervisor withheld.
        joules: In a step, of the whole machine; None where no meter can be read.
        peak_bytes: Resident memory of this process at its peak so far.
    """

    steps: int
    seconds_per_step: float
    cpu_seconds_per_step: float
    parts: Mapping[str, float]
    samples_per_second: float
    executions: int
    shots: int
    seconds: float
    others: float
    joules: float | None
    peak_bytes: int


@final
class Stopwatch:
    """A model, built as its run would build it.

    Where its training is over it begins anew, so that no step is timed that a run would not take.

    Args:
        config: Whole and resolved.

    Attributes:
        warm: What is known before anything is timed.

    Raises:
        ConfigError: If the number of threads is not fixed.
        QganError: For whatever keeps the run from beginning, or stops it within its first steps.
    """

    def __init__(self, config: RunConfig) -> None:
        count = config.run.threads
        if not isinstance(count, int):
            raise ConfigError(
                "A model is timed with as many threads as its run takes, and this one does not say how many",
                got=f"run.threads = {count}",
                cure="Resolve the configuration first",
            )
        self._experiment = experiment = build(config)
        self._steps, self._begun = config.train.steps, experiment.state.state_dict()
        self._on_gpu = "cuda" in (experiment.device.type, experiment.config.backend.options.get("device"))
        self._records = self._from_the_start()
        operations = dict.fromkeys(PARTS, 0.0)
        with threads(count):
            self._sample()
            if self._steps:
                for _ in range(WARM_UP):
                    self._step()
                operations = counted(experiment, self._step)
        name = torch.cuda.get_device_name() if self._on_gpu else None
        self.warm = Warm(count, _compiled(experiment), operations, name)

    def turn(self, seconds: float) -> Turn:
        """Times the model for about so many seconds; of one that is not trained, samples only.

        Raises:
            DivergedError: If the training of these steps fails.
        """
        machine, own, began = _busy(), process_time(), perf_counter()
        whole: list[tuple[StepRecord, float]] = []
        apart: list[dict[str, float]] = []
        energy = None
        with threads(self.warm.threads):
            if self._steps:
                self._repeat(0.0, self._whole)
                meters = joules(gpu=self._on_gpu)
                whole = self._repeat(seconds * WHOLE, self._whole)
                energy = used(meters, joules(gpu=self._on_gpu))
                apart = self._repeat(seconds * APART, self._apart)
            samples = self._repeat(seconds * SAMPLES, self._sample)
        latest = whole[-1][0] if whole else None
        return Turn(
            steps=len(whole),
            seconds_per_step=_median(sum(record.seconds.values()) for record, _ in whole),
            cpu_seconds_per_step=_median(cpu for _, cpu in whole),
            parts={part: _median(each[part] for each in apart) for part in PARTS},
            samples_per_second=self._experiment.config.train.batch_size / _median(samples),
            executions=latest.executions if latest else 0,
            shots=latest.shots if latest else 0,
            seconds=perf_counter() - began,
            others=max(_busy() - machine - (process_time() - own), 0.0),
            joules=None if energy is None else energy / len(whole),
            peak_bytes=_peak(),
        )

    def _repeat(self, seconds: float, act: Callable[[], T]) -> list[T]:
        found: list[T] = []
        deadline = perf_counter() + seconds
        while len(found) < FEWEST or perf_counter() < deadline:
            found.append(act())
        return found

    def _from_the_start(self) -> Iterator[StepRecord]:
        experiment = self._experiment
        experiment.state.load_state_dict(*self._begun)
        return train(experiment.state, experiment.game, experiment.batches, steps=self._steps)

    def _step(self) -> StepRecord:
        if self._experiment.state.step == self._steps:
            self._records = self._from_the_start()
        return next(self._records)

    def _whole(self) -> tuple[StepRecord, float]:
        """A step as it is, and its CPU-seconds."""
        before = process_time()
        record = self._step()
        return record, process_time() - before

    def _apart(self) -> dict[str, float]:
        """A step's seconds by part."""
        return parts_of(self._step, self._experiment.game, meter=self._now)

    def _sample(self) -> float:
        """Seconds that a batch of samples takes."""
        config, before = self._experiment.config, self._now()
        self._experiment.generator.sample(config.train.batch_size, Key(config.seed, "timed latent"))
        return self._now() - before

    def _now(self) -> float:
        # What a GPU has been told to do is not done yet.
        if self._on_gpu:
            torch.cuda.synchronize()
        return perf_counter()


def _median(values: Iterable[float]) -> float:
    found = list(values)
    return median(found) if found else 0.0


def _compiled(experiment: Experiment) -> bool | None:
    config = experiment.config
    if not experiment.generator.quantum or config.twin.name == "dequantised":
        return None
    return config.backend.name == BATCHED and config.backend.options.get("device") != "cuda"


def _busy() -> float:
    """CPU-seconds of all processes since the machine began, and what a hypervisor withheld."""
    times = psutil.cpu_times()._asdict()
    # What guests take is in the user's time already.
    return sum(value for name, value in times.items() if name not in ("idle", "iowait", "guest", "guest_nice"))


def _peak() -> int:
    # Not by getrusage alone: on Linux a process begins with the peak of the one that started it.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
