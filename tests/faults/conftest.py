"""Children that are forked from this process, where everything is imported already, and then killed."""

import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch

from qgan import config, opening
from qgan.cli import main
from qgan.runs import RunDirectory

TINY: dict[str, Any] = {
    "generator.n_wires": 3,
    "generator.layers": 2,
    "generator.n_ancillas": 1,
    "train.batch_size": 4,
    "train.steps": 40,
    "run.checkpoint_every": 5,
    "run.threads": 1,
    "run.device": "cpu",
    "evaluate.every": 10,
    "evaluate.metrics": ["energy-distance"],
    "evaluate.metric": "energy-distance",
    "evaluate.samples": 10,
}
PATIENCE = 60.0


@dataclass
class Child:
    """A process that runs the command line.

    Attributes:
        pid: Its number.
        output: Where its stdout and stderr go.
    """

    pid: int
    output: Path

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, patience: float = PATIENCE) -> int:
        """Its exit code, or minus the signal that ended it."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.005)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError(f"the child hung: {self.said}")

    @property
    def said(self) -> str:
        return self.output.read_text()


def start(arguments: list[str], output: Path, prepare: Callable[[], object] = lambda: None) -> Child:
    """Starts ``qgan`` with these arguments in a fork; ``prepare`` runs in it first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if not pid:
        _work(arguments, output, prepare)
    return Child(pid, output)


def _work(arguments: list[str], output: Path, prepare: Callable[[], object]) -> NoReturn:
    code = 99
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
        sys.argv = ["qgan", *arguments]
        torch.set_num_threads(1)
        prepare()
        main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Laboratory:
    """Runs of one configuration, and the one that nothing disturbed."""

    def __init__(self, root: Path, recipe: str, overrides: dict[str, Any]) -> None:
        self.root, self.recipe, self.overrides = root, recipe, overrides
        self._number = 0
        self.straight = self.new()
        began = time.monotonic()
        child = self.resume(self.straight)
        assert child.wait() == 0, child.said
        self.seconds = time.monotonic() - began

    def new(self, **changes: Any) -> Path:
        """A run that is ready to begin."""
        loaded = config.load(self.recipe, changes=[*self.overrides.items(), *changes.items()])
        return opening.begin(loaded, out=self.root).run.path

    def run(self, *arguments: str, prepare: Callable[[], object] = lambda: None) -> Child:
        self._number += 1
        return start(list(arguments), self.root / f"output-{self._number}.txt", prepare)

    def resume(self, path: Path, *arguments: str, prepare: Callable[[], object] = lambda: None) -> Child:
        return self.run("train", "--resume", str(path), "--quiet", *arguments, prepare=prepare)

    def wait_for_step(self, path: Path, step: int) -> None:
        """Returns once that many steps are in the records."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            records = path / "records.jsonl"
            if records.exists() and records.read_bytes().count(b"\n") >= step:
                return
            time.sleep(0.002)
        raise AssertionError(f"step {step} never came")

    def finish_as_undisturbed(self, path: Path) -> None:
        """Goes on to the end, which must be byte for byte that of the run that nothing disturbed."""
        child = self.resume(path)
        assert child.wait() == 0, child.said
        assert RunDirectory.open(path).status["state"] == "done"
        self.require_identical(path)

    def require_identical(self, path: Path) -> None:
        """Sees that a finished run is byte for byte the undisturbed one, and that it holds nothing half made."""
        last = f"checkpoints/step-{self.overrides['train.steps']:06d}"
        same = ("records.jsonl", "evaluations.jsonl", f"{last}/tensors.safetensors", f"{last}/state.json")
        for name in same:
            assert (path / name).read_bytes() == (self.straight / name).read_bytes(), name
        assert not list(path.rglob("*.tmp-*"))


@pytest.fixture(scope="session")
def quantum(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("quantum"), "digits-patch", TINY)


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    # Without ancillas, no draw of shots can leave a patch without any.
    overrides = {**TINY, "generator.n_ancillas": 0, "backend.shots": 64, "train.steps": 15}
    return Laboratory(tmp_path_factory.mktemp("sampled"), "digits-patch", overrides)


@pytest.fixture(scope="session")
def classical(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    overrides = {key: value for key, value in TINY.items() if not key.startswith("generator.")}
    return Laboratory(tmp_path_factory.mktemp("classical"), "digits-patch-classical", overrides)


@pytest.fixture
def dice() -> random.Random:
    """Another moment each time: whatever the moment, the outcome must be the same."""
    return random.Random(time.time_ns())
