"""Processes of this package that are told JSON lines and answer in JSON lines, from either end."""

__all__ = ["Pipe", "leave", "own_output", "tell"]

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import NoReturn, final

from qgan._typing import Json

SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@final
class Pipe:
    """A process, ``python -m MODULE``, as whoever starts it sees it.

    Args:
        module: What it runs; the rest of it is told.
    """

    def __init__(self, module: str) -> None:
        self._said, self._rest = tempfile.TemporaryFile(), b""  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            # Torch's own threads are those that a configuration says.
            env={**os.environ, **dict.fromkeys(SINGLE, "1"), "PYTHONPATH": os.pathsep.join(sys.path)},
            bufsize=0,
            # Ctrl-C is for whoever started it, and comes from there once.
            process_group=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def fileno(self) -> int:
        """Where it is heard."""
        return self._out.fileno()

    def send(self, order: Json) -> None:
        """Tells it something; it waits for that, so that there is room in the pipe."""
        # That it has died is seen where it is heard.
        with suppress(BrokenPipeError):
            self._in.write(json.dumps(order).encode() + b"\n")

    def hear(self) -> list[Json] | None:
        """What it has said since, in whole lines, once there is anything; None where it has ended."""
        chunk = os.read(self.fileno(), 2**16)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [json.loads(line) for line in lines] if chunk else None

    def close(self) -> None:
        """Ends its input, which is the order to leave."""
        with suppress(OSError):
            self._in.close()

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()

    def bury(self) -> tuple[int, str]:
        """Waits until it has ended: its exit code, and what it said on stderr."""
        self.close()
        code = self._process.wait()
        self._out.close()
        with self._said as said:
            said.seek(0)
            return code, said.read().decode(errors="replace").strip()


def own_output() -> int:
    """In such a process: the pipe to whoever started it; what else is written to stdout goes to stderr."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


def tell(out: int, message: Json) -> None:
    """In such a process: says something.

    Raises:
        BrokenPipeError: If nobody listens any more.
    """
    line = json.dumps(message).encode() + b"\n"
    while line:
        line = line[os.write(out, line) :]


def leave() -> NoReturn:
    """In such a process: its end. All is written, and to take an interpreter with torch down can last seconds."""
    sys.stderr.flush()
    os._exit(0)
