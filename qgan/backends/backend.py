"""One backend: whether it is here, how it differentiates, what it needs, and the executors it makes."""

__all__ = ["Backend", "Status"]

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, final

from qgan.backends import memory
from qgan.backends.facts import BATCHED, facts_of, plugin_devices
from qgan.backends.options import BackendOptions, Precision
from qgan.backends.perturbation import Perturbation
from qgan.errors import BackendError, ConfigError, ResourceError

if TYPE_CHECKING:
    import torch

    from circuits import Circuit
    from qgan.backends.gradients import TermsOf
    from qgan.backends.jobs.service import Service
    from qgan.readout import Executor, GradientMethod, ReadOut

# Runs of before the precision was recorded went by this one.
DEFAULT_C_DTYPE: Precision = "complex64"

WHY = {
    "backprop": "the device is made of torch operations, so one backward pass gives all gradients exactly",
    "adjoint": "one exact sweep for each row, whatever the number of weights",
    "parameter-shift": "the device differentiates no joint probabilities; two or four circuits for each angle",
}
SPSA = (
    "asked for; {circuits} circuits for each row, whatever the number of angles: {directions} directions of "
    "{step:g} radians"
)
DEFAULT_SPSA = Perturbation()


class Status(NamedTuple):
    """Whether a backend can be used.

    Attributes:
        installed: Whether a device could be made.
        missing: What failed, in the plugin's own words; empty where nothing did.
        cure: How it is installed or repaired; empty where nothing is to be done.
    """

    installed: bool
    missing: str = ""
    cure: str = ""


@final
class Backend:
    """A PennyLane device by its name. Nothing is imported or made before it is asked for.

    Args:
        name: For example ``"lightning.qubit"``.
        sends: Whether circuits are sent as jobs even if they could be run at once.
    """

    def __init__(self, name: str, *, sends: bool = False) -> None:
        self.name = name
        self._facts = facts_of(name)
        self._sends = sends or self._facts.paid

    @property
    def broadcasting(self) -> bool:
        """Whether one run takes a whole batch."""
        return self._facts.broadcasting

    @property
    def paid(self) -> bool:
        """Whether what it runs costs something."""
        return self._facts.paid

    def require_sensible(self, asked: BackendOptions) -> None:
        """Refuses options that do not go with what it is.

        Raises:
            ConfigError: If there are no shots, and the backend measures; or a mode, and it takes no jobs of others.
        """
        if asked.mode is not None and not self._facts.paid:
            raise ConfigError(f"{self.name} has no modes", got=f"mode = {asked.mode}", cure="Leave backend.mode out")
        if self._sends and asked.shots is None:
            raise ConfigError(
                f"{self.name} measures, so that nothing of it is exact",
                got="no shots",
                allowed="1 to 10000000",
                cure="Say how many measurements each circuit gets: --shots 1024",
            )

    def sending(self) -> "Backend":
        """The same, with circuits that are sent as jobs even if they could be run at once.

        Raises:
            BackendError: If it takes no jobs.
        """
        self._require_jobs()
        return Backend(self.name, sends=True)

    def status(self) -> Status:
        """Whether it can be used, found by making a device of one wire; done once."""
        return self._status

    @cached_property
    def _status(self) -> Status:
        if self.name not in plugin_devices() and not self._facts.primitive:
            return Status(False, f"no PennyLane plugin that is installed has '{self.name}'", self._facts.cure)
        try:
            self._make(1)
        except Exception as error:
            return Status(False, f"{type(error).__name__}: {error}", self._facts.cure)
        return Status(True)

    def gradient(
        self, shots: int | None, method: str = "auto", *, spsa: Perturbation = DEFAULT_SPSA
    ) -> "GradientMethod":
        """How gradients will be found.

        Args:
            shots: For each circuit; None is exact.
            method: What was asked for.
            spsa: What SPSA is told if it is used.

        Raises:
            ConfigError: If that method does not go with this device or with shots.
        """
        from qgan.readout import GradientMethod

        exact = self._facts.exact
        best = "parameter-shift" if shots else exact
        if method == "spsa":
            if shots:
                return GradientMethod(method, SPSA.format(circuits=spsa.circuits, **spsa._asdict()))
            raise ConfigError(
                "The gradient 'spsa' is for finite shots: without them the exact gradient costs less and is exact",
                got=f"gradient = '{method}', shots = {shots}",
                allowed=", ".join(dict.fromkeys(["auto", best, "parameter-shift"])),
                cure="Set backend.shots, or use gradient = 'auto'",
            )
        if method not in ("auto", "parameter-shift", best):
            raise ConfigError(
                f"The gradient '{method}' does not go with {self.name}" + (" and finite shots" if shots else ""),
                got=f"gradient = '{method}', shots = {shots}",
                allowed=", ".join(dict.fromkeys(["auto", best, "parameter-shift", *(["spsa"] if shots else [])])),
                cure="Leave shots out, or use gradient = 'auto'" if method == exact else "Use gradient = 'auto'",
            )
        if shots:
            return GradientMethod(best, "shots measure differences of circuits, and nothing inside them")
        if method == "parameter-shift" != exact:
            return GradientMethod(method, f"asked for; '{exact}' gives the same and is faster")
        return GradientMethod(exact, WHY[exact])

    def memory(self, n_wires: int, *, batch: int, n_gates: int, sets: int = 1) -> int:
        """Bytes that training takes: an estimate, see :func:`qgan.backends.memory.needed`."""
        return memory.needed(self._facts, n_wires, batch=batch, n_gates=n_gates, sets=sets)

    def device(self, asked: Literal["cpu", "cuda"] | None, *, networks: str) -> Literal["cpu", "cuda"] | None:
        """Where circuits are run: None where the backend alone knows.

        A GPU is used if it was asked for, not if one was found: small circuits may well be faster in the kernels.

        Args:
            asked: For circuits.
            networks: For the classical networks: ``"auto"``, ``"cpu"`` or ``"cuda"``.

        Raises:
            ConfigError: If circuits were asked to be on a GPU, and the backend leaves no choice.
        """
        if self.name == BATCHED:
            return asked or ("cuda" if networks == "cuda" else "cpu")
        if asked == "cuda":
            raise ConfigError(
                f"{self.name} leaves no choice of where circuits are run",
                got="backend.device = cuda",
                cure=f"Leave backend.device out, or use {BATCHED}; for NVIDIA GPUs there is lightning.gpu too",
            )
        return None

    def check(
        self, n_wires: int, *, batch: int, n_gates: int, sets: int = 1, device: "torch.device | None" = None
    ) -> None:
        """Refuses what cannot work, before anything is allocated.

        Args:
            n_wires: Of the circuit.
            batch: Rows of all sets of weights.
            n_gates: Of the circuit.
            sets: Of weights.
            device: Of torch's, on which the states will be; None for wherever the backend has them.

        Raises:
            BackendError: If the backend is missing, or does not take that many wires.
            ResourceError: If there is too little memory.
        """
        if not 1 <= n_wires <= self._facts.max_wires:
            raise BackendError(
                f"{self.name} does not take that many qubits",
                got=n_wires,
                allowed=f"1 to {self._facts.max_wires}",
                cure="Change the number of qubits",
            )
        need, have = self.memory(n_wires, batch=batch, n_gates=n_gates, sets=sets), memory.available()
        if device is not None:
            need, have = memory.needed_in_torch(n_wires, batch=batch, n_gates=n_gates), memory.available_on(device)
        if need > have:
            smaller = "a smaller batch" if batch > 1 else "a machine with more memory"
            by_row = (
                ", or lightning.qubit, which keeps no state for each gate" if self._facts.exact == "backprop" else ""
            )
            raise ResourceError(
                f"{n_wires} qubits with {n_gates} gates and a batch of {batch} need too much memory on {self.name}",
                got=f"a need of {memory.human(need)}",
                allowed=f"{memory.human(have)}, which is what is available",
                cure=f"Use fewer qubits, {smaller}{by_row}",
            )
        if not self.status().installed:
            raise self._missing(self.status())

    def precision(self, c_dtype: Precision | None) -> Precision | None:
        """Of the amplitudes: what was asked for, or the backend's choice; None where there is none.

        Raises:
            ConfigError: If there is none, and something was asked for.
        """
        if self.name == BATCHED:
            return c_dtype or DEFAULT_C_DTYPE
        if c_dtype is not None:
            raise ConfigError(
                f"{self.name} leaves no choice of precision",
                got=f"c_dtype = {c_dtype}",
                cure=f"Leave backend.c_dtype out, or use {BATCHED}",
            )
        return None

    def executor(
        self,
        circuit: "Circuit",
        readout: "ReadOut",
        *,
        shots: int | None,
        method: str = "auto",
        c_dtype: Precision | None = None,
        device: "torch.device | None" = None,
        spsa: Perturbation = DEFAULT_SPSA,
    ) -> "Executor":
        """An executor of that circuit, on a device of its own.

        Args:
            circuit: Which.
            readout: What is made of its probabilities.
            shots: For each circuit; None is exact.
            method: How gradients are found.
            c_dtype: Of the amplitudes, where there is a choice.
            device: Of torch's: batched.qubit runs exact circuits on it, in torch's operations. None for its kernels.
            spsa: What SPSA is told if it is used.

        Raises:
            BackendError: If the backend is missing, or does not take that many wires.
            ConfigError: If an option does not go with this device.
            ResourceError: If not even one row fits into memory.
        """
        self.require_sensible(BackendOptions(shots=shots))
        gradient = self.gradient(shots, method, spsa=spsa)
        c_dtype = self.precision(c_dtype)
        exact = shots is None and gradient.name == self._facts.exact
        self.check(circuit.n_wires, batch=1, n_gates=1, device=device if exact else None)
        terms_of = _terms_of(gradient, spsa)
        if self.name == BATCHED:
            from qgan.backends.batched.executor import batched_executor

            return batched_executor(
                circuit,
                readout,
                shots=shots,
                gradient=gradient,
                c_dtype=c_dtype or DEFAULT_C_DTYPE,
                device=device,
                terms_of=terms_of,
            )
        if self._sends:
            assert shots is not None
            from qgan.backends.primitives.remote import Stated, remote_executor

            stated, exactly = Stated(gradient, terms_of), Backend(BATCHED).gradient(None)
            return remote_executor(self.name, circuit, readout, shots=shots, stated=stated, simulated=exactly)
        try:
            made = self._make(circuit.n_wires)
        except Exception as error:
            raise self._missing(Status(False, f"{type(error).__name__}: {error}", self._facts.cure)) from error
        if self._facts.primitive:
            from qgan.backends.primitives.executor import primitive_executor

            return primitive_executor(made, circuit, readout, shots=shots, gradient=gradient, terms_of=terms_of)
        from qgan.backends.executor import pennylane_executor

        return pennylane_executor(made, circuit, readout, shots=shots, gradient=gradient, terms_of=terms_of)

    def service(self, folder: Path, *, qubits: int, mode: str = "job", answer: float = 120.0) -> "Service":
        """Who takes jobs under that name.

        Args:
            folder: Where a run's jobs are kept.
            qubits: Of its circuits.
            mode: ``"job"``, ``"batch"`` or ``"session"``, for IBM Quantum.
            answer: Seconds after which a request that is not answered is given up.

        Raises:
            BackendError: If it takes no jobs, or is missing.
            LoginError: If it does not know who asks.
        """
        self._require_jobs()
        if not self.status().installed:
            raise self._missing(self.status())
        from qgan.backends.primitives.services import service_of

        return service_of(self.name, folder, qubits=qubits, mode=mode, answer=answer)

    def _require_jobs(self) -> None:
        if not self._facts.primitive:
            raise BackendError(
                f"{self.name} runs circuits at once and takes no jobs",
                allowed="ibm:NAME, and for rehearsals fake:NAME, aer, aer:density",
                cure="Use qgan sample, or name another backend",
            )

    def _make(self, n_wires: int) -> Any:
        """A PennyLane device, or who runs Qiskit's circuits."""
        if self._facts.paid:
            # Nothing is asked of the service before something is to be sent.
            from qgan.backends.primitives import ibm

            return ibm
        if self._facts.primitive:
            from qgan.backends.primitives.targets import target_of

            return target_of(self.name)
        from qgan.backends import executor

        return executor.make_device(self.name, n_wires)

    def _missing(self, status: Status) -> BackendError:
        return BackendError(
            f"The backend '{self.name}' cannot be used here", got=status.missing, cure=f"Run: {status.cure}"
        )


def _terms_of(gradient: "GradientMethod", spsa: Perturbation) -> "TermsOf":
    """Which differences of circuits are taken, where any are."""
    from qgan.backends.gradients import shift_terms
    from qgan.backends.spsa import Spsa

    return Spsa(spsa) if gradient.name == "spsa" else shift_terms
