"""Runs a compiled circuit for batches, with space that is kept and as many threads as pay."""

__all__ = ["Engine", "Held"]

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from qgan._typing import AnyArray, ComplexArray
from qgan.backends.batched import run
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.patience import patience
from qgan.backends.batched.plan import Plan
from qgan.backends.batched.sharing import Steps, shared_out, whole
from qgan.backends.batched.space import Space, aligned
from qgan.backends.batched.unitary import UPDATE, Matrices, Passes, shares
from qgan.backends.batched.words import compiled_words
from qgan.errors import DivergedError

# With fewer updates of an amplitude a second thread costs more than it saves.
WORTH_A_THREAD = 1_500_000
# Each thread takes up to so many pieces of a call, one after the other; smaller ones are not worth the asking.
PIECES, WORTH_A_PIECE = 4, 250_000
MESSAGE = "Compiling the kernels of batched.qubit for this machine, once: about a quarter of a minute"

Blocks: TypeAlias = Callable[[Space, Space, int, int, Steps], bool]
"""Does blocks, from the one to before the other, in a thread's own space and the one of all who share a block."""


@dataclass(slots=True)
class Held:
    """What the way back needs of a call.

    Attributes:
        stride: Rows of latents from one set of weights to the next.
        states: At the end of the circuit: of each block real parts and, unless all is real, imaginary ones. None once
            they are used up.
    """

    latent: AnyArray
    weights: AnyArray
    batch: int
    stride: int
    states: AnyArray | None
    matrices: Matrices | None = None


class Wish(NamedTuple):
    """Which slopes are wanted: of which angles, and the earliest pass with one, -1 for the start."""

    angles: AnyArray
    last: int


class Engine:
    """One circuit and one read-out.

    Args:
        plan: The circuit.
        dtype: ``numpy.float32`` or ``numpy.float64``, of real and imaginary parts.
        words: Pauli words, wires to letters, to be read out as expectation values; None for joint probabilities.
        threads: At the most; asked anew in every call.

    Attributes:
        size: Numbers in the read-out.
        dtype: As given.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        dtype: Any,
        words: Sequence[dict[int, str]] | None = None,
        threads: Callable[[], int] = lambda: 1,
    ) -> None:
        self.plan, self.dtype, self._threads = plan, np.dtype(dtype), threads
        self._words = compiled_words(plan.frame, words or (), real=plan.real)
        self._kind = run.PROBABILITIES if words is None else run.WORDS
        self.size = 2**plan.n_wires if words is None else len(words)
        # In the order in which kernels take them.
        self._program = (
            *(plan.terms, plan.numbers, plan.chain, plan.factors, plan.code, plan.diagonal),
            *(plan.tables.astype(self.dtype), plan.places),
            *(self._words.diagonal, self._words.picks, self._words.mixed),
        )
        # What is given where there is nothing to give.
        self._no_states = np.empty((0, 2, 0), dtype=self.dtype)
        self._no_slopes, self._no_matrices = np.empty((0, 0)), np.empty((0, 0), dtype=self.dtype)
        self._inputs = {factor for each in plan.sums for product in each.products for factor in product.factors}
        self._known: dict[tuple[Any, ...], AnyArray] = {}
        self._wishes: dict[tuple[bool, ...], Wish] = {}
        self._free: list[AnyArray] = []
        self._own = threading.local()
        self._work = (plan.n_passes + 2) * LANES << plan.bits
        self._whole = whole(plan.n_passes)
        self._passes = Passes(plan, self.dtype)
        self._made: tuple[AnyArray, Matrices | None] = self._no_slopes, None
        self._met: set[str] = set()

    def push(
        self,
        latent: AnyArray,
        weights: AnyArray,
        *,
        batch: int,
        keep: bool,
        initial: AnyArray | None = None,
        read: bool = True,
    ) -> tuple[AnyArray, Held | None]:
        """Numbers of shape (sets * batch, size), and what the way back needs.

        Args:
            latent: Shape (batch, latents) for all sets, or (sets * batch, latents); float64.
            weights: Shape (sets, weights); float64.
            batch: Rows in a set.
            keep: Whether the way back will be asked for.
            initial: Shape (1 or rows, 2, states): states to begin with, their real parts and the others.
            read: Whether anything is read out.

        Raises:
            DivergedError: If an angle is not finite.
        """
        sets, matrices = len(weights), None
        if initial is None and self._passes.pay(batch):
            matrices = self._matrices(latent.shape[1], weights)
        stride = 0 if len(latent) == batch else batch
        blocks = sets * -(-batch // LANES)
        kind = self._kind if read else run.NOTHING
        out = np.empty((sets * batch, self.size if read else 0))
        flat = out.reshape(-1)
        kept = self._states(blocks) if keep else None
        begin = self._no_states if initial is None else initial
        instead = self._no_matrices if matrices is None else matrices.forwards

        def do(space: Space, common: Space, first: int, last: int, steps: Steps) -> bool:
            return run.push(
                self._facts(batch, stride, kind, steps), *self._program, latent, weights, begin, first, last, keep,
                *space.both_ways, common.carried, instead, common.state if kept is None else kept, flat,
            )  # fmt: skip

        if not self._shared_out("push", do, range(blocks + 1), self._work_of(matrices), latent.shape[1]):
            raise DivergedError(
                "An angle of the circuit is not finite",
                got="NaN or infinity in its latents or weights",
                allowed="finite radians",
                cure="Go on from the last checkpoint with a lower learning rate",
            )
        return out, None if kept is None else Held(latent, weights, batch, stride, kept, matrices)

    def pull(
        self,
        held: Held,
        cotangent: AnyArray,
        *,
        by_latent: bool,
        by_weights: bool,
    ) -> tuple[AnyArray | None, AnyArray | None]:
        """Slopes by latents, of shape (sets * batch, latents), and by weights, of shape (sets, weights).

        Args:
            held: Of one call; it is used up.
            cotangent: Shape (sets * batch, size), real; or complex, shape (rows, states): the slopes by conjugate
                amplitudes.
            by_latent: Whether those are wanted.
            by_weights: Whether these are.
        """
        return self._pull(held, cotangent, by_latent, by_weights, start=True, passes=held.matrices is None)

    def _pull(
        self, held: Held, cotangent: AnyArray, by_latent: bool, by_weights: bool, *, start: bool, passes: bool
    ) -> tuple[AnyArray | None, AnyArray | None]:
        """Likewise, by angles of the start, of the passes, or both."""
        matrices, sets, per_set = held.matrices, len(held.weights), -(-held.batch // LANES)
        blocks = sets * per_set
        wish = self._wish(by_latent, by_weights, start, passes)
        by_states = cotangent.dtype.kind == "c"
        kind = run.STATES if by_states else self._kind
        of_latent = np.empty((sets * held.batch, held.latent.shape[1])) if by_latent else self._no_slopes
        of_weights = np.empty((blocks, held.weights.shape[1])) if by_weights else self._no_slopes
        of_matrices, back = self._no_matrices, self._no_matrices
        ends: Sequence[int] = range(blocks + 1)
        if matrices is not None:
            back, parts = matrices.back, shares(per_set)
            ends = [per_set * (part // parts) + per_set * (part % parts) // parts for part in range(sets * parts + 1)]
            if by_weights:
                of_matrices = np.zeros((sets * parts, back.shape[1]), dtype=self.dtype)
        # Kernels read doubles, whatever is given.
        double = np.ascontiguousarray(cotangent, dtype=np.complex128 if by_states else np.float64)
        given = double.reshape(-1).view(np.float64)

        def do(space: Space, common: Space, first: int, last: int, steps: Steps) -> bool:
            run.pull(
                self._facts(held.batch, held.stride, kind, steps), *self._program, held.latent, held.weights, first,
                last, *space.both_ways, common.carried, back, held.states, common.state, common.slopes, space.wide,
                wish.angles, wish.last, given, self.plan.signs, of_latent, of_weights, of_matrices,
            )  # fmt: skip
            return True

        self._shared_out("pull", do, ends, 2 * self._work_of(matrices), held.latent.shape[1])
        self.release(held)
        # Block by block and in order, whichever thread did them.
        by_set = np.add.reduce(of_weights.reshape(sets, per_set, -1), axis=1) if by_weights else None
        if by_set is not None and matrices is not None:
            by_set += self._through(matrices, held, of_matrices)
        return of_latent if by_latent else None, by_set

    def _matrices(self, latents: int, weights: AnyArray) -> Matrices:
        """What the passes come to; kept until weights are others."""
        known, made = self._made
        if made is None or not np.array_equal(known, weights):
            sets, columns = len(weights), self._passes.columns
            nothing = np.zeros((columns, latents))
            basis = self._passes.basis(sets)
            _, held = self.push(nothing, weights, batch=columns, keep=True, initial=basis, read=False)
            assert held is not None
            assert held.states is not None
            made = self._passes.matrices(held.states, sets)
            self.release(held)
            # A copy: whoever gave them may change them where they lie.
            self._made = weights.copy(), made
        return made

    def _through(self, matrices: Matrices, held: Held, slopes: AnyArray) -> AnyArray:
        """Slopes by the weights of the passes, from those by the matrices that they made."""
        sets, columns = len(held.weights), self._passes.columns
        by_set = slopes.reshape(sets, -1, slopes.shape[1]).sum(axis=1, dtype=np.float64)
        nothing = np.zeros((columns, held.latent.shape[1]))
        begun = Held(nothing, held.weights, columns, 0, self._passes.states(matrices))
        cotangent = self._passes.cotangents(by_set)
        by_weights = self._pull(begun, cotangent, by_latent=False, by_weights=True, start=False, passes=True)[1]
        assert by_weights is not None
        return by_weights

    def amplitudes(self, held: Held) -> ComplexArray:
        """The states of a call, shape (rows, states), in logical order and with its signs, without the phase."""
        plan, size = self.plan, 1 << self.plan.n_wires
        assert held.states is not None
        rows, per_set = held.batch * len(held.weights), -(-held.batch // LANES)
        blocks = held.states.reshape(-1, 1 if plan.real else 2, size, LANES)[:, :, plan.places]
        lanes = blocks.transpose(1, 0, 3, 2).reshape(-1, len(held.weights), per_set * LANES, size)[:, :, : held.batch]
        found: ComplexArray = np.zeros((rows, size), dtype=np.result_type(self.dtype, np.complex64))
        for part, values in zip((found.real, found.imag), lanes, strict=False):
            part[:] = values.reshape(rows, size) * plan.signs.astype(self.dtype)
        return found

    def uses(self, inputs: range) -> bool:
        """Whether any angle depends on one of them: latents are numbered from 0 on, weights from -1 down."""
        return not self._inputs.isdisjoint(inputs)

    def release(self, held: Held) -> None:
        """Takes back the space of a call."""
        if held.states is not None:
            self._free.append(held.states)
            held.states = None

    def _facts(self, batch: int, stride: int, kind: int, steps: Steps) -> AnyArray:
        key = batch, stride, kind, steps
        if key not in self._known:
            plan = self.plan
            first = len(plan.code) - plan.n_passes
            # In the order of `facts`.
            self._known[key] = np.array(
                [
                    *(len(plan.sums), plan.n_shared, self._words.n_mixed, batch, stride, kind),
                    *(plan.n_wires, plan.bits, first, plan.n_passes, self.size, shares(-(-batch // LANES)), *steps),
                ]
            )
        return self._known[key]

    def _wish(self, by_latent: bool, by_weights: bool, start: bool, passes: bool) -> Wish:
        key = by_latent, by_weights, start, passes
        if key not in self._wishes:
            plan, begins = self.plan, np.zeros(len(self.plan.sums), bool)
            begins[plan.factors[:, 1]] = True
            kinds = [{factor >= 0 for product in each.products for factor in product.factors} for each in plan.sums]
            wanted = np.array([(True in each and by_latent) or (False in each and by_weights) for each in kinds], bool)
            wanted &= (begins & start) | (~begins & passes)
            found = [index for index, angles in enumerate(plan.used) if wanted[list(angles)].any()]
            last = -1 if wanted[begins].any() else min(found, default=plan.n_passes)
            self._wishes[key] = Wish(wanted, last)
        return self._wishes[key]

    def _work_of(self, matrices: Matrices | None) -> int:
        """Updates of amplitudes in a block."""
        return self._work if matrices is None else int((LANES << 2 * self.plan.bits) / UPDATE)

    def _states(self, blocks: int) -> AnyArray:
        size = blocks * LANES << self.plan.bits
        while self._free:
            # Another thread may have taken it in between.
            states = self._free.pop()
            if len(states) == size:
                return states
        return aligned(size, self.dtype)

    def _space(self, latents: int) -> Space:
        try:
            return self._own.space
        except AttributeError:
            space = self._own.space = Space(self.plan, latents, self._words, self.dtype)
            return space

    def _shared_out(self, name: str, do: Blocks, ends: Sequence[int], work: int, latents: int) -> bool:
        """Whether all went well."""
        ours, total = self._space(latents), ends[-1] * work
        if total < 2 * WORTH_A_THREAD and name in self._met:
            # Of a short call, what decides this would be a good part.
            return do(ours, ours, 0, ends[-1], self._whole)

        def anywhere(first: int, last: int, steps: Steps) -> bool:
            space = self._space(latents)
            return do(space, space if steps == self._whole else ours, first, last, steps)

        threads = max(1, min(self._threads(), total // WORTH_A_THREAD))
        pieces = max(threads, min(PIECES * threads, total // WORTH_A_PIECE))
        with nullcontext() if name in self._met else patience(MESSAGE):
            self._met.add(name)
            return all(
                shared_out(anywhere, ends, self.plan.by_coset, threads=threads, pieces=pieces, backwards=name == "pull")
            )
