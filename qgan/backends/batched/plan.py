"""A compiled circuit: the arrays that the kernels read."""

__all__ = ["MATRIX", "PHASES", "SIGNS", "TURN", "TURNS", "Plan", "Product", "Sum", "compiled", "word_row"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qgan._typing import AnyArray
from qgan.backends.batched import schedule
from qgan.backends.batched.frame import Frame, Parity
from qgan.backends.batched.gates import Angle, Gates, Matrix, Rotation, Signs, Y
from qgan.backends.batched.schedule import Phases, Turns

# A pass is a row of integers that begins with its kind and its length.
TURN, TURNS, SIGNS, PHASES, MATRIX = range(5)


class Product(NamedTuple):
    """A coefficient times some inputs: latents are numbered from 0 on, weights from -1 down."""

    coefficient: float
    factors: tuple[int, ...]


class Sum(NamedTuple):
    """``constant`` and products: a parameter of a gate as latents and weights make it."""

    constant: float
    products: tuple[Product, ...]

    def of(self, angle: Angle) -> "Sum":
        """``angle.offset + angle.scale * self``."""
        products = tuple(Product(angle.scale * each.coefficient, each.factors) for each in self.products)
        return Sum(angle.offset + angle.scale * self.constant, products)

    @property
    def shared(self) -> bool:
        """Whether no latent is in it."""
        return all(factor < 0 for product in self.products for factor in product.factors)


@dataclass(frozen=True)
class Plan:
    """See :func:`qgan.backends.batched.run.push` for what each array is.

    Attributes:
        real: Whether all amplitudes are.
        n_passes: How many passes there are.
        n_shared: How many angles have no latents: the first ones.
        sums: What makes each angle.
        phase: What makes the phase of the whole state.
    """

    n_wires: int
    real: bool
    n_shared: int
    n_passes: int
    sums: tuple[Sum, ...]
    phase: tuple[Sum, ...]
    terms: AnyArray
    numbers: AnyArray
    chain: AnyArray
    factors: AnyArray
    code: AnyArray
    tables: AnyArray
    places: AnyArray
    spare: int
    frame: Frame
    used: tuple[tuple[int, ...], ...]


class _Writer:
    """Collects angles, chains and tables."""

    def __init__(self, parameters: Sequence[Sum], n_wires: int) -> None:
        self.parameters, self.n_wires = parameters, n_wires
        self.sums: list[Sum] = []
        self.chains: list[tuple[int, int, bool, bool]] = []
        self.factors: list[tuple[int, int]] = []
        self.tables: list[AnyArray] = []
        self.filled = 0
        self.spare = 1

    def sum_of(self, angle: Angle) -> Sum:
        return Sum(angle.offset, ()) if angle.parameter < 0 else self.parameters[angle.parameter].of(angle)

    def angle(self, angle: Angle) -> int:
        self.sums.append(self.sum_of(angle))
        return len(self.sums) - 1

    def chain(self, rotation: Rotation) -> int:
        first = len(self.factors)
        self.factors += [(axis, self.angle(angle)) for axis, angle in rotation.turns]
        shared = all(self.sums[angle].shared for _, angle in self.factors[first:])
        self.chains.append((first, len(self.factors), shared, _general(rotation)))
        return len(self.chains) - 1

    def table(self, values: AnyArray) -> int:
        for start, known in self._known():
            if known.shape == values.shape and (known == values).all():
                return start
        self.tables.append(values)
        self.filled += len(values)
        return self.filled - len(values)

    def _known(self) -> list[tuple[int, AnyArray]]:
        starts = np.cumsum([0, *(len(table) for table in self.tables)])
        return list(zip(starts.tolist(), self.tables, strict=False))

    def code(self, step: schedule.Pass) -> list[int]:
        """A pass as the kernels read it."""
        if isinstance(step, Turns):
            return self._turns(step.rotations)
        if isinstance(step, Phases):
            terms = [
                (rotation.level.mask, rotation.level.flip, self.angle(angle))
                for rotation in step.rotations
                for _, angle in rotation.turns
            ]
            return [PHASES, 3 + 3 * len(terms), len(terms), *(number for term in terms for number in term)]
        if isinstance(step, Signs):
            return [SIGNS, 3, self.table(_signs(step, self.n_wires))]
        return self._matrix(step)

    def _turns(self, rotations: list[Rotation]) -> list[int]:
        zeros = [rotation.level.turned() for rotation in rotations]
        place, basis = _places_where([*zeros, *rotations[0].where], self.n_wires)
        chains = [self.chain(rotation) for rotation in rotations]
        masks = [rotation.mask for rotation in rotations]
        general = int(any(map(_general, rotations)))
        code = [*masks, place, len(basis), *chains, general, *basis]
        return [TURN if len(rotations) == 1 else TURNS, 2 + len(code), *code]

    def _matrix(self, step: Matrix) -> list[int]:
        place, basis = _places_where([level.turned() for level in step.levels], self.n_wires)
        table = self.table(np.stack([step.values.real, step.values.imag], axis=-1).ravel())
        moves = [0]
        for mask in step.masks:
            moves = [move ^ bit for move in moves for bit in (0, mask)]
        self.spare = max(self.spare, 2 * len(moves))
        return [MATRIX, 6 + len(moves) + len(basis), place, len(basis), table, len(step.masks), *moves, *basis]


def compiled(gates: Gates, parameters: Sequence[Sum], *, from_zero: bool = True, complex_start: bool = False) -> Plan:
    """The arrays for a circuit.

    Args:
        gates: The circuit.
        parameters: What makes each parameter of its operators.
        from_zero: Whether it begins in the state of all zeros, and not in one that is given.
        complex_start: Whether the state that is given is complex.
    """
    n_wires = len(gates.frame.masks)
    start, passes = schedule.scheduled(gates, n_wires, from_zero=from_zero)
    writer = _Writer(parameters, n_wires)
    begin = [-1 if rotation is None else writer.chain(rotation) for rotation in start.rotations]
    code, offsets = list(begin), []
    for step in passes:
        offsets.append(len(code))
        code += writer.code(step)
    order = sorted(range(len(writer.sums)), key=lambda index: not writer.sums[index].shared)
    sums = tuple(writer.sums[index] for index in order)
    renamed = {old: new for new, old in enumerate(order)}
    for offset, step in zip(offsets, passes, strict=True):
        if isinstance(step, Phases):
            for place in range(offset + 5, offset + code[offset + 1], 3):
                code[place] = renamed[code[place]]
    factors = [(axis, renamed[angle]) for axis, angle in writer.factors]
    terms, numbers = _terms(sums)
    return Plan(
        n_wires=n_wires,
        real=schedule.real(passes, start) and not complex_start,
        n_shared=sum(each.shared for each in sums),
        n_passes=len(passes),
        sums=sums,
        phase=tuple(writer.sum_of(angle) for angle in gates.phase),
        terms=terms,
        numbers=numbers,
        chain=np.array(writer.chains, dtype=np.int64).reshape(-1, 4),
        factors=np.array(factors, dtype=np.int64).reshape(-1, 2),
        code=np.array([*code, *offsets], dtype=np.int64),
        tables=np.concatenate([*writer.tables, np.zeros(1)]),
        places=gates.frame.places(),
        spare=writer.spare,
        frame=gates.frame,
        used=tuple(
            _angles_of(code, offset, step, writer.chains, factors) for offset, step in zip(offsets, passes, strict=True)
        ),
    )


def word_row(frame: Frame, word: dict[int, str]) -> tuple[int, int, int, int]:
    """A Pauli word on places: mask, mask and flip of its parity, number of Y."""
    mask, parity, ys = 0, Parity(0), 0
    for wire, letter in word.items():
        if letter in "XY":
            mask ^= frame.masks[wire]
        if letter in "YZ":
            parity += frame.parities[wire]
        ys += letter == "Y"
    return mask, parity.mask, parity.flip, ys


def _general(rotation: Rotation) -> bool:
    return any(axis != Y for axis, _ in rotation.turns)


def _angles_of(code: list[int], at: int, step: schedule.Pass, chains: list, factors: list) -> tuple[int, ...]:
    """The angles of a pass."""
    if isinstance(step, Phases):
        return tuple(code[at + 5 : at + code[at + 1] : 3])
    if isinstance(step, Turns):
        first = at + (5 if code[at] == TURN else 6)
        picked = [chains[index] for index in code[first : first + len(step.rotations)]]
        return tuple(angle for chain in picked for _, angle in factors[chain[0] : chain[1]])
    return ()


def _signs(step: Signs, n_wires: int) -> AnyArray:
    """Of all places, 1 or -1."""
    places, odd = np.arange(2**n_wires, dtype=np.int64), np.zeros(2**n_wires, dtype=np.int64)
    for term in step.terms:
        both = np.ones_like(odd)
        for parity in term:
            both &= (np.bitwise_count(places & parity.mask) & 1) ^ parity.flip
        odd ^= both
    return 1.0 - 2.0 * odd


def _places_where(conditions: Sequence[Parity], n_wires: int) -> tuple[int, list[int]]:
    """One place where all parities are 1, and masks by which all others are reached from it."""
    rows: list[list[int]] = []
    for mask, flip in conditions:
        value = flip ^ 1
        for pivot, other, known in rows:
            if mask & pivot:
                mask, value = mask ^ other, value ^ known
        if not mask:
            # A parity that follows from the others, as they never contradict each other here.
            continue
        pivot = 1 << (mask.bit_length() - 1)
        for row in rows:
            if row[1] & pivot:
                row[1], row[2] = row[1] ^ mask, row[2] ^ value
        rows.append([pivot, mask, value])
    place = sum(pivot for pivot, _, value in rows if value)
    pivots = sum(pivot for pivot, _, _ in rows)
    basis = []
    for bit in range(n_wires):
        free = 1 << bit
        if not free & pivots:
            basis.append(free | sum(pivot for pivot, mask, _ in rows if mask & free))
    return place, basis


def _terms(sums: Sequence[Sum]) -> tuple[AnyArray, AnyArray]:
    products = [product for each in sums for product in each.products]
    spans = np.cumsum([0, *(len(each.products) for each in sums)])
    factor_spans = np.cumsum([0, *(len(product.factors) for product in products)])
    ids = [factor for product in products for factor in product.factors]
    numbers = [*(each.constant for each in sums), *(product.coefficient for product in products)]
    return np.concatenate([spans, factor_spans, ids]).astype(np.int64), np.array(numbers, dtype=np.float64)
