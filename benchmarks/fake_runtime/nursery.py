"""Processes that run ``qgan`` against a fake, forked from one in which everything is imported already."""

__all__ = ["Child", "Nursery"]

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NoReturn, final

from benchmarks.fake_runtime.killing import Point, deadly
from benchmarks.fake_runtime.loopback import environment, redirected

WARM = "benchmarks.fake_runtime.warm"
# Kernels may have to be compiled.
LONGEST = 600.0


@final
class Child:
    """One that was started.

    Attributes:
        output: Where its stdout and stderr go.
    """

    def __init__(self, process: ForkServerProcess, output: Path) -> None:
        self._process, self.output = process, output

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def wait(self, seconds: float = LONGEST) -> int:
        """Its exit code, or minus the signal that ended it.

        Raises:
            TimeoutError: If it has not ended by then; it is killed.
        """
        self._process.join(seconds)
        if self._process.exitcode is None:
            self.kill()
            self._process.join()
            raise TimeoutError(f"a process hung: {self.said}")
        return self._process.exitcode

    @property
    def ended(self) -> bool:
        """Whether it has."""
        return self._process.exitcode is not None

    @property
    def said(self) -> str:
        """All that it wrote."""
        return self.output.read_text() if self.output.exists() else ""


@final
class Nursery:
    """Starts processes.

    A server of the same process has threads, and has simulated, after which it must not be forked.

    Args:
        outputs: Where their output goes, a file for each.
        patience: By which all their waiting is multiplied.
    """

    def __init__(self, outputs: Path, *, patience: float) -> None:
        self._outputs, self._patience, self._number = outputs, patience, 0
        outputs.mkdir(parents=True, exist_ok=True)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([WARM])

    def start(
        self, url: str, *arguments: str, dies: tuple[Point, int] | None = None, environ: Mapping[str, str] | None = None
    ) -> Child:
        """``qgan`` with these arguments against the fake there, with the fake's account."""
        self._number += 1
        output = self._outputs / f"{self._number}.txt"
        there = {**environment(), "QGAN_PATIENCE": f"{self._patience}", "COLUMNS": "200", **(environ or {})}
        process = self._context.Process(target=_run, args=(url, arguments, output, dies, there))
        process.start()
        return Child(process, output)


def _run(
    url: str, arguments: tuple[str, ...], output: Path, dies: tuple[Point, int] | None, environ: dict[str, str]
) -> NoReturn:
    import torch
    from qiskit_ibm_runtime.accounts import management

    from qgan.cli import main

    code = 99
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        sys.stdout, sys.stderr = (open(place, "w", closefd=False, buffering=1) for place in (1, 2))  # noqa: SIM115
        # Neither the account of whoever runs this.
        management._DEFAULT_ACCOUNT_CONFIG_JSON_FILE = str(output.with_suffix(".account"))  # type: ignore[attr-defined]
        os.environ.update(environ)
        torch.set_num_threads(1)
        sys.argv = ["qgan", *arguments]
        with redirected(url):
            if dies is not None:
                deadly(*dies)
            main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
