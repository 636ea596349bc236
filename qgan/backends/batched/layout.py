"""A tape of PennyLane's as a compiled circuit that gives states, or numbers of them."""

__all__ = ["Compiled", "Find", "Layout", "Words", "layout_of"]

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, final

import numpy as np
from pennylane.operation import StatePrepBase
from pennylane.tape import QuantumScript

from qgan._typing import AnyArray, Array, ComplexArray
from qgan.backends.batched.engine import Engine, Held
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.lowering import is_matrix, lower, math_of, matrix_of
from qgan.backends.batched.plan import Product, Sum, compiled
from qgan.backends.memory import require

# Bytes; so few are there, and asking how many takes as long as a small circuit.
COMPLEX, PLACE, FEW = 16, 8, 2**26

Words: TypeAlias = tuple[tuple[tuple[int, str], ...], ...]
"""Pauli words, each as pairs of wire and letter."""


class Final(NamedTuple):
    """States at the end.

    Attributes:
        states: Shape (rows, states), complex, in logical order.
        held: What the way back needs.
        phases: Of the states, shape (rows,), radians: they are in them already.
    """

    states: ComplexArray
    held: Held
    phases: Array


@final
class Compiled:
    """A circuit that gives states, joint probabilities, or expectation values of Pauli words.

    Args:
        engine: Of the circuit.
        c_dtype: Of the states.
    """

    def __init__(self, engine: Engine, c_dtype: Any) -> None:
        self.engine, self.c_dtype = engine, np.dtype(c_dtype)

    def numbers(
        self, varying: Array, fixed: Array, initial: ComplexArray | None, *, keep: bool
    ) -> tuple[Array, Held | None]:
        """What the engine reads out, shape (rows, size), and what the way back needs; see :meth:`run`."""
        return self.engine.push(varying, fixed, batch=len(varying), keep=keep, initial=self._begin(initial))

    def back(self, held: Held, cotangent: Array, *, varying: bool, fixed: bool) -> tuple[Array, Array]:
        """Slopes as :meth:`slopes` has them, from those by the numbers; zeros of what is not asked for."""
        by_row, by_set = self.engine.pull(held, cotangent, by_latent=varying, by_weights=fixed)
        rows, one = np.zeros((len(cotangent), held.latent.shape[1])), np.zeros(held.weights.shape[1])
        return rows if by_row is None else by_row, one if by_set is None else by_set[0]

    def run(self, varying: Array, fixed: Array, initial: ComplexArray | None) -> Final:
        """The states.

        Args:
            varying: Shape (rows, parameters that vary).
            fixed: Shape (1, parameters that do not).
            initial: Shape (1 or rows, states), complex, or None for zeros.
        """
        plan, rows = self.engine.plan, len(varying)
        _, held = self.engine.push(varying, fixed, batch=rows, keep=True, initial=self._begin(initial), read=False)
        assert held is not None
        states = self.engine.amplitudes(held)
        phases = np.zeros(rows)
        for each in plan.phase:
            phases += _value(each, varying, fixed)
        states *= np.exp(1j * phases).astype(self.c_dtype)[:, None]
        return Final(states, held, phases)

    def slopes(self, end: Final, lam: ComplexArray) -> tuple[Array, Array]:
        """By what varies, shape (rows, varying), and by what does not, shape (fixed,).

        Args:
            end: Of :meth:`run`; it is used up.
            lam: Shape (rows, states): the slope of a cost by the real part of an amplitude, plus i times that by the
                other.
        """
        turned = lam * np.exp(-1j * end.phases)[:, None] / 2
        by_row, by_set = self.engine.pull(end.held, turned, by_latent=True, by_weights=True)
        assert by_row is not None
        assert by_set is not None
        by_phase = (lam.imag * end.states.real - lam.real * end.states.imag).sum(axis=1)
        for each in self.engine.plan.phase:
            for coefficient, (factor,) in each.products:
                if factor >= 0:
                    by_row[:, factor] += coefficient * by_phase
                else:
                    by_set[0, -1 - factor] += coefficient * by_phase.sum()
        return by_row, by_set[0]

    def _begin(self, initial: ComplexArray | None) -> AnyArray | None:
        if initial is None:
            return None
        return np.stack([initial.real, initial.imag], axis=1).astype(real_of(self.c_dtype))


Find: TypeAlias = Callable[[Any, Callable[[Any, int], Compiled]], Compiled]
"""The compiled circuit of a key, made by a function of type and threads where there is none yet."""


@dataclass
class Layout:
    """What a tape does before it measures.

    Attributes:
        n_wires: How many, numbered from 0.
        gates: Its operators, without what prepares the state.
        prepared: Whether there was such a thing, which may have parameters too.
        initial: Shape (1 or rows, states), complex, or None for all zeros.
        batch: Rows, or None where nothing varies.
        values: Of the parameters of the gates, each of shape () or (rows,); 0 for what stands in a matrix.
    """

    n_wires: int
    gates: Sequence[Any]
    prepared: int
    initial: ComplexArray | None
    batch: int | None
    values: list[Array]

    @property
    def rows(self) -> int:
        """At least 1."""
        return self.batch or 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its states, as PennyLane has them."""
        return *(() if self.batch is None else (self.batch,)), *(2,) * self.n_wires

    @cached_property
    def varying(self) -> tuple[bool, ...]:
        """Which parameters have a value for each row."""
        return tuple(value.ndim > 0 for value in self.values)

    @cached_property
    def key(self) -> Any:
        """The same for circuits that differ in their angles only."""
        gates = tuple((gate.name, gate.wires.labels, _more(gate)) for gate in self.gates)
        return self.n_wires, gates, self.initial is not None, self._complex

    @cached_property
    def _complex(self) -> bool:
        return self.initial is not None and bool(np.any(self.initial.imag))

    def table(self, varying: tuple[bool, ...]) -> Array:
        """The values of what varies, shape (rows, varying)."""
        picked = [value for value, varies in zip(self.values, varying, strict=True) if varies]
        if not picked:
            return np.zeros((self.rows, 0))
        return np.stack([np.broadcast_to(value, (self.rows,)) for value in picked], axis=1)

    def fixed(self, varying: tuple[bool, ...]) -> Array:
        """The values of what does not, shape (1, fixed)."""
        return np.array([[float(value) for value, varies in zip(self.values, varying, strict=True) if not varies]])

    def compiled(self, find: Find, varying: tuple[bool, ...], words: Words | None = None) -> Compiled:
        """The compiled circuit: of latents for what varies, and of weights for the rest.

        Args:
            find: Keeps it.
            varying: Which parameters are to be latents.
            words: What the engine reads out; None for joint probabilities or states.

        Raises:
            ResourceError: If there is too little memory for the states.
        """
        # States twice over, in the kernels' order and in the logical one, and a table of places.
        need = 2**self.n_wires * (3 * (self.rows + LANES) * COMPLEX + PLACE)
        if need > FEW:
            require(need, self.n_wires)

        def make(c_dtype: Any, threads: int) -> Compiled:
            numbers = {True: iter(range(len(varying))), False: iter(range(-1, -1 - len(varying), -1))}
            sums = [Sum(0.0, (Product(1.0, (next(numbers[varies]),)),)) for varies in varying]
            gates = lower(self.gates, self.n_wires)
            plan = compiled(gates, sums, from_zero=self.initial is None, complex_start=self._complex)
            read = None if words is None else [dict(word) for word in words]
            return Compiled(Engine(plan, dtype=real_of(c_dtype), words=read, threads=lambda: threads), c_dtype)

        return find((self.key, varying, words), make)


def layout_of(tape: QuantumScript, n_wires: int, *, initial: ComplexArray | None = None) -> Layout:
    """Of a tape whose wires are numbers from 0 on.

    Args:
        tape: Without projectors.
        n_wires: How many there are.
        initial: Shape (1 or rows, states): the state to begin with, if not the tape's own.
    """
    gates, prepared = list(tape.operations), 0
    if gates and isinstance(gates[0], StatePrepBase):
        first: Any = gates.pop(0)
        prepared = first.num_params
        initial = np.asarray(first.state_vector(wire_order=range(n_wires)), dtype=np.complex128)
        initial = initial.reshape(-1, 2**n_wires)
    values = [np.zeros(()) if is_matrix(gate) else _plain(value) for gate in gates for value in gate.data]
    batch = next((len(value) for value in values if value.ndim), None)
    if batch is None and (prepared or any(map(is_matrix, gates))):
        batch = tape.batch_size
    return Layout(n_wires, gates, prepared, initial, batch, values)


def real_of(c_dtype: Any) -> Any:
    """The type of the parts of a complex number."""
    return np.float32 if np.dtype(c_dtype) == np.complex64 else np.float64


def _plain(value: Any) -> Array:
    # PennyLane's own way of telling what a number is takes as long as a gate.
    known = isinstance(value, (float, int, np.ndarray, np.generic)) and not hasattr(value, "unwrap")
    return np.asarray(value if known else math_of.unwrap([value])[0], dtype=np.float64)


def _more(gate: Any) -> Any:
    """What its name and wires do not say of a gate, angles aside."""
    if is_matrix(gate):
        return matrix_of(gate).tobytes()
    if gate.name == "PauliRot":
        return gate.hyperparameters["pauli_word"]
    return tuple(gate.control_values) if gate.name == "MultiControlledX" else None


def _value(each: Sum, varying: Array, fixed: Array) -> Array:
    value = np.full(len(varying), each.constant)
    for coefficient, (factor,) in each.products:
        value += coefficient * (varying[:, factor] if factor >= 0 else fixed[0, -1 - factor])
    return value
