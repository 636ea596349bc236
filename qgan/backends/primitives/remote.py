"""Circuits that are sent away: the values of a batch and its gradient are one job, and nothing is sent unasked."""

__all__ = ["Remote", "Stated", "remote_executor"]

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple, TypeAlias, final

import numpy as np
import torch
from torch import Tensor

from circuits import Circuit
from qgan._typing import AnyArray, Array
from qgan.backends.bases import basis_by_basis
from qgan.backends.batched.executor import batched_executor
from qgan.backends.gradients import TermsOf, shifted
from qgan.backends.jobs.costs import Cost
from qgan.backends.jobs.desk import Desk, Order, cost_of
from qgan.backends.primitives.measured import Found, measured
from qgan.backends.primitives.tapes import frequencies
from qgan.backends.primitives.target import Target
from qgan.backends.primitives.templates import Request, template_of
from qgan.backends.program import EveryCall
from qgan.errors import BackendError
from qgan.readout import Counts, Executor, GradientMethod, ReadOut
from qgan.seeding import Key, stream

Way: TypeAlias = Literal["closed", "simulated", "gathering", "trial", "open"]


@final
class Remote:
    """What becomes of an executor's circuits: by itself nothing, since each of them costs something.

    Attributes:
        name: Where they would go.
        shots: For each circuit.
        way: What becomes of them now.
    """

    def __init__(self, name: str, shots: int) -> None:
        self.name, self.shots = name, shots
        self.way: Way = "closed"
        self._desk: Desk | None = None
        self._target: Target[Any] | None = None
        self._orders: list[Order] = []
        self._known: dict[tuple[Key, bytes], AnyArray] = {}

    def connect(self, desk: Desk) -> None:
        """From now on they are sent."""
        self._desk, self.way = desk, "open"

    @contextmanager
    def simulated(self) -> Iterator[None]:
        """Exact, without noise, on the machine here; nothing is sent."""
        with self._on("simulated"):
            yield

    @contextmanager
    def trial(self, target: Target[Any]) -> Iterator[None]:
        """As they would be sent, but to a simulator here."""
        self._target = target
        with self._on("trial"):
            yield

    @contextmanager
    def gathering(self) -> Iterator[list[Order]]:
        """Nothing is run: what is asked for is written into a list, and answered with even probabilities."""
        self._orders = []
        with self._on("gathering"):
            yield self._orders

    def expect(self, orders: Sequence[Order]) -> None:
        """Runs all of them in one job, where they are sent at all; who then asks for one of them gets what came."""
        if self.way == "open" and orders:
            assert self._desk is not None
            found = self._desk.run(orders, self.shots)
            self._known = {_name(order): bits for order, bits in zip(orders, found, strict=True)}

    def frequencies(self, order: Order) -> Array:
        """Shape (circuits, 2**qubits)."""
        qubits = order.template.n_qubits
        if self.way == "gathering":
            self._orders.append(order)
            return np.full((len(order.table), 2**qubits), 0.5**qubits)
        if self.way == "trial":
            assert self._target is not None
            seed = int(stream(order.key._replace(purpose=f"{order.key.purpose}:trial")).integers(2**31))
            (bits,) = self._target.sampled([Request(order.template, order.table)], shots=self.shots, seed=seed)
            return frequencies(bits)
        if self.way != "open" or self._desk is None:
            raise BackendError(
                f"The circuits of {self.name} cost something, and nobody has allowed that here",
                cure="Sample with `qgan submit`, train with a --budget, or name another backend",
            )
        bits = self._known.pop(_name(order), None)
        if bits is None:
            (bits,) = self._desk.run([order], self.shots)
        return frequencies(bits)

    def cost(self, orders: Sequence[Order]) -> Cost:
        """An estimate."""
        return cost_of(orders, self.shots)

    @contextmanager
    def _on(self, way: Way) -> Iterator[None]:
        before, self.way = self.way, way
        try:
            yield
        finally:
            self.way = before


def _name(order: Order) -> tuple[Key, bytes]:
    return order.key, order.table.tobytes()


def remote_executor(
    name: str, circuit: Circuit, readout: ReadOut, *, shots: int, stated: "Stated", simulated: GradientMethod
) -> Executor:
    """One circuit for whatever is called by that name.

    Args:
        name: Of the backend.
        circuit: What is run.
        readout: What is made of the joint probabilities.
        shots: For each circuit.
        stated: How it is differentiated.
        simulated: How it is differentiated where it is simulated.
    """
    remote, counts = Remote(name, shots), Counts()

    def of_one_basis(circuit: Circuit, readout: ReadOut) -> Executor:
        exact = batched_executor(circuit, readout, shots=None, gradient=simulated, c_dtype="complex128", device=None)
        return _RemoteExecutor(circuit, readout, remote, exact, stated, counts)

    return basis_by_basis(circuit, readout, of_one_basis)


class Stated(NamedTuple):
    """How a circuit is differentiated that is sent away.

    Attributes:
        gradient: What that is called.
        terms_of: Which differences are taken.
    """

    gradient: GradientMethod
    terms_of: TermsOf


@final
class _RemoteExecutor(Executor):
    """A circuit whose executions are counted when they have been run elsewhere; simulated ones are not."""

    def __init__(
        self, circuit: Circuit, readout: ReadOut, remote: Remote, simulated: Executor, stated: Stated, counts: Counts
    ) -> None:
        self.counts, self.gradient, self.remote = counts, stated.gradient, remote
        self._tracer, self._readout, self._n_wires = EveryCall(circuit), readout, circuit.n_wires
        self._simulated, self._terms_of = simulated, stated.terms_of

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:
        if self.remote.way == "simulated":
            return self._simulated(latent, weights, key=key)
        program = self._tracer(latent, weights)
        columns = program.trainable
        terms = self._terms_of(program.operators, columns, rows=program.rows, key=key) if columns else ()
        angles = program.angles.detach().numpy()
        table = np.concatenate([angles, shifted(angles, terms)]) if terms else angles
        found = self.remote.frequencies(Order(template_of(program.operators, self._n_wires), table, key))
        if self.remote.way == "open":
            self.counts.executions += len(table)
            self.counts.shots += len(table) * self.remote.shots
        rows = len(angles)
        there, slopes = found[:rows], found[rows:].reshape(len(terms), rows, found.shape[1])
        probabilities = torch.from_numpy(there)
        if terms:
            probabilities = measured(program.angles, Found(there, columns, terms, slopes))
        return self._readout.read(probabilities).to(latent.device)
