"""A compiled circuit in torch's own operations, on any of its devices."""

__all__ = ["Form"]

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, final

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qgan._typing import AnyArray
from qgan.backends.batched import schedule
from qgan.backends.batched.frame import Parity, signs_of
from qgan.backends.batched.gates import Gates, Matrix, Rotation, Signs, Step
from qgan.backends.batched.on_torch.angles import Sums
from qgan.backends.batched.on_torch.groups import Block, Diagonal, grouped
from qgan.backends.batched.on_torch.matrices import Chains, Precision, turn
from qgan.backends.batched.on_torch.passes import Apply, Pass, Turn
from qgan.backends.batched.on_torch.readouts import Numbers, Probabilities, Words
from qgan.backends.batched.plan import Sum, sum_of
from qgan.backends.batched.schedule import Phases, Turns
from qgan.readout import Counts

PERIOD = 4 * math.pi
PRECISION = {"float32": (torch.float32, torch.complex64), "float64": (torch.float64, torch.complex128)}


class Alike(NamedTuple):
    """Blocks whose matrices are made together, and which passes they are."""

    blocks: Chains
    passes: list[int]


class Asked(NamedTuple):
    """Sums that are worked out together, and who gets how many of them."""

    sums: Sums
    users: list[int]
    sizes: list[int]


@final
class Form:
    """One circuit and one read-out. Nothing in it leaves the device, and nothing waits for it.

    The schedule is that of the kernels. Of a batch all rows go through a pass together; matrices of all blocks are made
    before, with torch's own differentiation, and so are the angles. States are differentiated by the adjoint method
    (Jones and Gacon, arXiv:2009.02823): on the way back they are worked out again, so that a few are kept and not one
    for each pass. Nothing is summed up in an order that may change. Single precision is that of torch's matrix
    products: who lets those use TF32 gets three digits.

    Args:
        gates: The circuit.
        parameters: What makes each parameter of its operators.
        words: Pauli words, wires to letters, to be read out as expectation values; None for joint probabilities.
        latents: How many a row has.
        weights: How many a set has.
        dtype: ``numpy.float32`` or ``numpy.float64``, of real and imaginary parts.
        device: Where it is run.

    Attributes:
        size: Numbers in the read-out.
        amplitudes: Of the state of one row.
        device: As given.
    """

    def __init__(
        self,
        gates: Gates,
        parameters: Sequence[Sum],
        *,
        words: Sequence[dict[int, str]] | None,
        latents: int,
        weights: int,
        dtype: Any,
        device: torch.device,
    ) -> None:
        n_wires = len(gates.frame.masks)
        start, scheduled = schedule.scheduled(gates, from_zero=True)
        real, amplitude = PRECISION[np.dtype(dtype).name]
        precision = Precision(real, real if schedule.real(scheduled, start, gates.imaginary) else amplitude)
        self.device, self._precision = device, precision

        def shared(step: Step) -> bool:
            return not isinstance(step, Rotation) or sum_of(step.angles, parameters).shared

        tables = _Tables(n_wires, precision, device)
        self._passes: list[Pass] = []
        self._fixed: dict[int, Tensor] = {}
        turns: dict[int, Diagonal] = {}
        blocks: dict[bool, dict[int, Block]] = {True: {}, False: {}}
        for index, group in enumerate(grouped(list(_steps(scheduled)), n_wires, shared=shared)):
            if isinstance(group, Diagonal):
                self._passes.append(tables.turn(group))
                turns[index] = group
                continue
            self._passes.append(tables.apply(group))
            first = group.steps[0]
            if isinstance(first, Matrix):
                self._fixed[index] = precision.table(group.matrix(first)[None], device)
            else:
                blocks[group.shared][index] = group
        # Those who ask for angles: the wires at the start, passes of phases, blocks that are alike.
        self._start = Chains([[turn(*each) for each in chain] for chain in start.rotations[::-1]], 2, precision, device)
        self._turns = list(turns)
        self._alike = [
            Alike(_chains(list(some.values()), precision, device), list(some)) for some in blocks.values() if some
        ]
        wanted = [self._start.angles, *([step.angles for step in _rotated(group)] for group in turns.values())]
        wanted += [alike.blocks.angles for alike in self._alike]
        sums = [[sum_of(angles, parameters) for angles in some] for some in wanted]
        self._asked = list(_asked(sums, latents=latents, weights=weights, device=device))
        self._inputs = {factor for some in sums for each in some for p in each.products for factor in p.factors}
        self._numbers: Numbers
        if words is None:
            self._numbers = Probabilities(np.argsort(tables.places)[gates.frame.places()], device)
        else:
            self._numbers = Words(words, gates.frame, tables.places, precision=precision, device=device)
        self.size, self.amplitudes = self._numbers.size, 2**n_wires

    def __call__(self, latent: Tensor, weights: Tensor, counts: Counts) -> Tensor:
        """Shape (rows, size), float64, on the device; differentiable by latents and weights.

        Where an angle is not finite, the sum of its row's numbers is not.

        Args:
            latent: Shape (rows, latents), float64, on the device; equal runs of rows for the sets of weights.
            weights: Shape (sets, weights), likewise.
            counts: Of rows run, one for each row and direction.
        """
        begin, *others = self._angles(latent, weights)
        turns, blocks = others[: len(self._turns)], others[len(self._turns) :]
        given: list[Tensor | None] = [self._fixed.get(index) for index in range(len(self._passes))]
        for index, angles in zip(self._turns, turns, strict=True):
            # Phases come back after two turns, and single precision has no digits to spare for more.
            given[index] = (angles - PERIOD * (angles / PERIOD).round()).to(self._precision.real)
        for alike, angles in zip(self._alike, blocks, strict=True):
            for index, matrices in zip(alike.passes, alike.blocks(angles).unbind(), strict=True):
                given[index] = matrices
        states = self._begin(begin, len(latent))
        return _Run.apply(self._passes, self._numbers, counts, states, *given)  # type: ignore[no-any-return]

    def uses(self, inputs: range) -> bool:
        """Whether any angle depends on one of them: latents are numbered from 0 on, weights from -1 down."""
        return not self._inputs.isdisjoint(inputs)

    def _angles(self, latent: Tensor, weights: Tensor) -> list[Tensor]:
        """Of each user, shape (rows or sets, angles)."""
        found: dict[int, Tensor] = {}
        for asked in self._asked:
            found.update(zip(asked.users, asked.sums(latent, weights).split(asked.sizes, dim=1), strict=True))
        return [found[user] for user in range(len(found))]

    def _begin(self, angles: Tensor, rows: int) -> Tensor:
        """The product of all wires' states."""
        states: Tensor | None = None
        for wire in self._start(angles)[..., 0].unbind():
            states = wire if states is None else (states[..., None] * wire[:, None]).flatten(1)
        assert states is not None
        return states[:, None].expand(-1, rows // len(states), -1).flatten(0, 1)


@final
class _Run(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, passes: Sequence[Pass], numbers: Numbers, counts: Counts, states: Tensor, *given: Tensor
    ) -> Tensor:
        counts.executions += len(states)
        for each, some in zip(passes, given, strict=True):
            states = each.forward(states, some)
        ctx.of = passes, numbers, counts
        ctx.save_for_backward(states, *given)
        return numbers.read(states)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """By the adjoint method, pass by pass."""
        passes, numbers, counts = ctx.of
        states, *given = ctx.saved_tensors
        by_start, *wanted = ctx.needs_input_grad[3:]
        counts.executions += len(states)
        both = torch.stack([states, numbers.back(states, cotangents[0])])
        slopes: list[Tensor | None] = [None] * len(passes)
        first = 0 if by_start else wanted.index(True)
        for index in range(len(passes) - 1, first - 1, -1):
            both, slopes[index] = passes[index].back(both, given[index], wanted=wanted[index])
        return None, None, None, both[1] if by_start else None, *slopes


class _Tables:
    """Makes passes, and keeps track of where amplitudes lie. Tables that are the same are kept once."""

    def __init__(self, n_wires: int, precision: Precision, device: torch.device) -> None:
        self.places: AnyArray = np.arange(2**n_wires, dtype=np.int64)
        self._precision, self._device = precision, device
        self._known: dict[tuple[str, bytes], Tensor] = {}

    def apply(self, block: Block) -> Apply:
        """After it amplitudes lie as the block's frame has them."""
        places = block.frame.places()
        order = np.argsort(self.places)[places]
        moved = not np.array_equal(places, self.places)
        self.places = places
        where = self._kept(_all(block.where, places) == 1) if block.where else None
        return Apply(self._kept(order), self._kept(np.argsort(order)), where) if moved else Apply(None, None, where)

    def turn(self, group: Diagonal) -> Turn:
        """All amplitudes stay where they are."""
        shares = [_all(step.where, self.places) * (0.5 - step.level.ofs(self.places)) for step in _rotated(group)]
        terms = [term for step in group.steps if isinstance(step, Signs) for term in step.terms]
        signs = self._kept(signs_of(terms, self.places)) if terms else None
        return Turn(self._kept(np.stack(shares)) if shares else None, signs)

    def _kept(self, table: AnyArray) -> Tensor:
        key = str(table.dtype), table.tobytes()
        if key not in self._known:
            kept = torch.from_numpy(table).to(self._device)
            self._known[key] = kept.to(self._precision.real) if kept.is_floating_point() else kept
        return self._known[key]


def _steps(passes: Sequence[schedule.Pass]) -> Iterator[Step]:
    for each in passes:
        yield from each.rotations if isinstance(each, (Turns, Phases)) else [each]


def _rotated(group: Diagonal) -> list[Rotation]:
    return [step for step in group.steps if isinstance(step, Rotation)]


def _chains(blocks: Sequence[Block], precision: Precision, device: torch.device) -> Chains:
    """Of blocks of as many virtual wires each."""
    parts = [[block.part(step) for step in block.steps if not isinstance(step, Matrix)] for block in blocks]
    return Chains(parts, 2 ** blocks[0].wires, precision, device)


def _asked(sums: Sequence[Sequence[Sum]], *, latents: int, weights: int, device: torch.device) -> Iterator[Asked]:
    """In two parts: of the weights alone, and of the latents too."""
    of_sets = [all(each.shared for each in some) for some in sums]
    for shared in (True, False):
        users = [index for index, of_set in enumerate(of_sets) if of_set == shared]
        together = [each for user in users for each in sums[user]]
        if users:
            made = Sums(together, latents=latents, weights=weights, device=device)
            yield Asked(made, users, [len(sums[user]) for user in users])


def _all(parities: Sequence[Parity], places: AnyArray) -> AnyArray:
    """Where all of them are 1."""
    return np.prod([np.ones_like(places), *(parity.ofs(places) for parity in parities)], axis=0)
