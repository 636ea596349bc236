"""The simulators that are measured side by side, and how one process of each is started and asked.

``make bench-peers`` makes their environments. What the processes say to each other is in ``protocol``.
"""

__all__ = ["PEERS", "Peer", "Worker", "start"]

import json
import queue
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, final

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PATIENCE = 600.0  # seconds; the largest circuits take JAX more than a minute to compile
FAREWELL = 5.0


@final
@dataclass(frozen=True)
class Peer:
    """A simulator.

    Attributes:
        name: For people.
        python: Of its environment.
        script: Its worker.
        arguments: Of the script, besides the number of threads.
        circuits: Those it can do.
    """

    name: str
    python: Path
    script: Path
    arguments: tuple[str, ...] = ()
    circuits: str = "ABC"


def _own(name: str, script: str, *, circuits: str = "ABC") -> Peer:
    """A peer in an environment of its own."""
    return Peer(name, ROOT / ".peers" / script / "bin" / "python", HERE / f"{script}.py", circuits=circuits)


def _device(name: str) -> Peer:
    """A device of PennyLane in the environment of this process."""
    return Peer(name, Path(sys.executable), HERE / "pennylane_devices.py", ("--device", name))


PEERS = {
    "default.qubit": _device("default.qubit"),
    "lightning.qubit": _device("lightning.qubit"),
    "pennylane-jax": _own("PennyLane, JAX", "pennylane_jax"),
    "tensorcircuit-jax": _own("TensorCircuit-NG, JAX", "tensorcircuit_jax"),
    "deepquantum": _own("DeepQuantum", "deepquantum_torch"),
    "qiskit-ml": _own("qiskit-machine-learning", "qiskit_ml", circuits="A"),
}


@final
class Worker:
    """One process of a peer; whatever befalls it becomes an error in words, and ends it.

    Args:
        peer: Which.
        threads: That it may use.
        patience: Seconds that one answer may take.
    """

    def __init__(self, peer: Peer, threads: int, *, patience: float = PATIENCE) -> None:
        self.peer, self.patience = peer, patience
        self.failure: str | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._complaints = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by `close`
        command = [str(peer.python), str(peer.script), "--threads", str(threads), *peer.arguments]
        if not peer.python.exists():
            self.failure = "there is no environment: make bench-peers"
            return
        try:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, text=True
            )
        except OSError as error:
            self.failure = f"did not start: {error}"
            return
        self._listener = threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True)
        self._listener.start()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def prepare(
        self, circuit: str, wires: int, layers: int, batch: int, c_dtype: str = "complex64", *, seed: int = 0
    ) -> dict[str, Any]:
        """Build and evaluate a circuit: the worker's answer, or ``{"error": why}``."""
        sizes = {"wires": wires, "layers": layers, "batch": batch}
        return self._ask({"circuit": circuit, **sizes, "c_dtype": c_dtype, "seed": seed})

    def run(self, times: int) -> list[float] | str:
        """Milliseconds of so many evaluations of the prepared circuit, each by itself; or why there are none."""
        answer = self._ask({"run": times})
        return answer.get("error") or answer["ms"]

    def close(self) -> None:
        """End the process; calls after this one are answered with an error."""
        self.failure = self.failure or "was closed"
        self._end(FAREWELL)
        self._complaints.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.failure is None:
            try:
                return self._exchange(request)
            except queue.Empty:
                self._fail(f"no answer in {self.patience:g} s")
            except (OSError, EOFError):
                self._fail("died")
            except ValueError as error:
                self._fail(f"was not understood: {error}")
        return {"error": self.failure}

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._answers.get(timeout=self.patience)
        if not line:
            raise EOFError
        answer = json.loads(line)
        if not isinstance(answer, dict) or not {"ready", "ms", "error"} & answer.keys():
            raise ValueError(line.strip())
        return answer

    def _fail(self, what: str) -> None:
        """Remember what happened, with the exit code and the last line of what the process complained of."""
        code = self._end(FAREWELL if what == "died" else 0)
        self._complaints.seek(0)
        last = self._complaints.read().strip().splitlines()[-1:]
        self.failure = ": ".join([f"died with exit code {code}" if what == "died" else what, *last])[:500]

    def _end(self, patience: float) -> int | None:
        """End the process, after so many seconds by force; its exit code."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return None
        with suppress(OSError):  # what was not sent yet is no use to a process that is gone
            process.stdin.close()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._listener is not None:
            self._listener.join()
        return process.returncode


def _listen(answers: IO[str], into: "queue.SimpleQueue[str]") -> None:
    """Hand on each line, and an empty one at the end."""
    with answers:
        for line in answers:
            into.put(line)
    into.put("")


def start(peer: Peer, threads: int, *, patience: float = PATIENCE) -> Worker:
    """A worker of this peer; :meth:`Worker.close` ends it, and so does leaving ``with``."""
    return Worker(peer, threads, patience=patience)
