"""A compiled circuit: the arrays that the kernels read."""

__all__ = ["GROUP", "MATRIX", "PHASES", "SIGNS", "TURN", "TURNS", "Plan", "Product", "Sum", "compiled", "sum_of"]

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qgan._typing import AnyArray
from qgan.backends.batched import schedule
from qgan.backends.batched.diagonal import operations
from qgan.backends.batched.frame import Frame, Parity, signs_of
from qgan.backends.batched.gates import Angle, Gates, Matrix, Rotation, Signs
from qgan.backends.batched.groups import SHARES, Group, Grouped, coset_code, grouped
from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.places import places_where
from qgan.backends.batched.schedule import Phases, Turns

# A pass is a row of integers that begins with its kind.
TURN, TURNS, SIGNS, PHASES, MATRIX, GROUP = range(6)
# Whether a pass of rotations may leave its length to a later one: never, or yes, or that it is the last of these.
NEVER, LATER, NOW = range(3)
AXES = "XYZ"


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
        n_tables: How many passes of phases are the same for all rows.
        by_row: Whether there are others.
        sums: What makes each angle.
        phase: What makes the phase of the whole state.
        places: Of each logical basis state.
        signs: Of the amplitudes there, 1 or -1.
        used: Which angles each pass has.
        by_coset: Whether each pass is done coset by coset.
    """

    n_wires: int
    real: bool
    n_shared: int
    n_passes: int
    n_tables: int
    by_row: bool
    sums: tuple[Sum, ...]
    phase: tuple[Sum, ...]
    terms: AnyArray
    numbers: AnyArray
    chain: AnyArray
    factors: AnyArray
    code: AnyArray
    diagonal: AnyArray
    tables: AnyArray
    places: AnyArray
    signs: AnyArray
    spare: int
    frame: Frame
    used: tuple[tuple[int, ...], ...]
    by_coset: tuple[bool, ...]

    @property
    def shares(self) -> int:
        """How many of them have slopes of their own."""
        return SHARES if any(self.by_coset) else 1

    @property
    def bits(self) -> int:
        """Of a place."""
        return self.n_wires + (not self.real)


def sum_of(angles: Sequence[Angle], parameters: Sequence[Sum]) -> Sum:
    """All those angles together.

    Args:
        angles: Of one rotation.
        parameters: What makes each parameter of the operators.
    """
    constant, products = 0.0, defaultdict[tuple[int, ...], float](float)
    for angle in angles:
        one = Sum(angle.offset, ()) if angle.parameter < 0 else parameters[angle.parameter].of(angle)
        constant += one.constant
        for product in one.products:
            products[product.factors] += product.coefficient
    return Sum(constant, tuple(Product(value, factors) for factors, value in products.items()))


class _Angles:
    """Numbers the angles of rotations, those without latents first."""

    def __init__(self, parameters: Sequence[Sum], angles: Iterator[list[Angle]]) -> None:
        made = [(id(each), sum_of(each, parameters)) for each in angles]
        made.sort(key=lambda pair: not pair[1].shared)
        self.sums = tuple(each for _, each in made)
        self._numbers = {name: number for number, (name, _) in enumerate(made)}

    def __getitem__(self, angles: list[Angle]) -> int:
        return self._numbers[id(angles)]


class _Writer:
    """Writes passes and their tables."""

    def __init__(self, angles: _Angles, n_wires: int, bits: int) -> None:
        self.angles, self.n_wires, self.bits = angles, n_wires, bits
        self.tables: list[AnyArray] = []
        self.filled, self.spare, self.n_tables, self.by_row = 0, 1, 0, False
        self.diagonal: list[tuple[int, ...]] = []

    def code(self, step: Grouped, forms: dict[int, int], at: int) -> list[int]:
        """A pass as the kernels read it, to stand at ``at``."""
        if isinstance(step, Group):
            return self._group(step, forms, at)
        if isinstance(step, Turns):
            zeros = [rotation.level.turned() for rotation in step.rotations]
            place, basis = places_where([*zeros, *step.rotations[0].where], self.bits)
            return self._turns(step, forms, place, [rotation.mask for rotation in step.rotations], basis, [], [])
        if isinstance(step, Phases):
            return self._phases(step.rotations)
        if isinstance(step, Signs):
            return [SIGNS, self._table(signs_of(step.terms, np.arange(2**self.n_wires, dtype=np.int64)))]
        return self._matrix(step)

    def _turns(
        self,
        step: Turns,
        forms: dict[int, int],
        place: int,
        masks: list[int],
        basis: list[int],
        fixes: list[tuple[int, int, int]],
        checks: list[int],
    ) -> list[int]:
        angles = [self.angles[rotation.angles] for rotation in step.rotations]
        counts = len(basis), LANES * place, len(fixes), len(checks) // 3
        mends = [number for mask, flip, mend in fixes for number in (mask, flip, LANES * mend)]
        return [
            *(TURN if len(masks) == 1 else TURNS, forms[id(step)], *counts),
            *(LANES * mask for mask in _two(masks)),
            *_two(angles),
            *(LANES * each for each in basis),
            *mends,
            *checks,
        ]

    def _group(self, group: Group, forms: dict[int, int], at: int) -> list[int]:
        span, cosets = group.span, group.span.cosets(self.bits)
        head = [GROUP, len(group.passes), len(span), len(cosets)]
        head += [LANES * each for each in (*span.basis, *cosets)]
        code, offsets = [], []
        for step in group.passes:
            basis, fixes, checks = coset_code(step.rotations, span)
            masks = [span.coordinates(rotation.mask) for rotation in step.rotations]
            offsets.append(at + len(head) + len(group.passes) + len(code))
            code += self._turns(step, forms, 0, masks, basis, fixes, checks)
        return [*head, *offsets, *code]

    def _phases(self, rotations: list[Rotation]) -> list[int]:
        imaginary = 1 << self.n_wires
        terms = [
            (Parity(each.level.mask ^ imaginary, each.level.flip ^ 1), self.angles[each.angles]) for each in rotations
        ]
        shared = all(self.angles.sums[angle].shared for _, angle in terms)
        first = len(self.diagonal)
        self.diagonal += operations(terms, self.n_wires)
        self.n_tables, self.by_row = self.n_tables + shared, self.by_row or not shared
        return [PHASES, first, len(self.diagonal), self.n_tables - 1 if shared else -1]

    def _matrix(self, step: Matrix) -> list[int]:
        place, basis = places_where([level.turned() for level in step.levels], self.n_wires)
        table = self._table(np.stack([step.values.real, step.values.imag], axis=-1).ravel())
        moves = [0]
        for mask in step.masks:
            moves = [move ^ bit for move in moves for bit in (0, mask)]
        self.spare = max(self.spare, 2 * len(moves))
        lanes = [LANES * number for number in (*moves, *basis)]
        return [MATRIX, LANES * place, len(basis), table, len(step.masks), *lanes]

    def _table(self, values: AnyArray) -> int:
        starts = np.cumsum([0, *(len(table) for table in self.tables)])
        for start, known in zip(starts.tolist(), self.tables, strict=False):
            if known.shape == values.shape and (known == values).all():
                return start
        self.tables.append(values)
        self.filled += len(values)
        return self.filled - len(values)


def compiled(gates: Gates, parameters: Sequence[Sum], *, from_zero: bool = True, complex_start: bool = False) -> Plan:
    """The arrays for a circuit.

    Args:
        gates: The circuit.
        parameters: What makes each parameter of its operators.
        from_zero: Whether it begins in the state of all zeros, and not in one that is given.
        complex_start: Whether the state that is given is complex.
    """
    n_wires, frame = len(gates.frame.masks), gates.frame
    start, passes = schedule.scheduled(gates, from_zero=from_zero)
    real = schedule.real(passes, start, gates.imaginary) and not complex_start
    angles = _Angles(parameters, _angles_in(start, passes))
    writer = _Writer(angles, n_wires, n_wires + (not real))
    spans = np.cumsum([0, *(len(chain) for chain in start.rotations)])
    factors = [(AXES.index(axis), angles[each]) for chain in start.rotations for axis, each in chain]
    chain = [
        (first, last, all(angles.sums[angle].shared for _, angle in factors[first:last]))
        for first, last in zip(spans[:-1].tolist(), spans[1:].tolist(), strict=True)
    ]
    code, offsets, forms = [], [], _forms(passes)
    steps = grouped(passes, writer.bits)
    for step in steps:
        offsets.append(len(code))
        code += writer.code(step, forms, len(code))
    terms, numbers = _terms(angles.sums)
    places = frame.places()
    return Plan(
        n_wires=n_wires,
        real=real,
        n_shared=sum(each.shared for each in angles.sums),
        n_passes=len(steps),
        n_tables=writer.n_tables,
        by_row=writer.by_row,
        sums=angles.sums,
        phase=tuple(sum_of([angle], parameters) for angle in gates.phase),
        terms=terms,
        numbers=numbers,
        chain=np.array(chain, dtype=np.int64).reshape(-1, 3),
        factors=np.array(factors, dtype=np.int64).reshape(-1, 2),
        code=np.array([*code, *offsets], dtype=np.int64),
        diagonal=np.array(writer.diagonal, dtype=np.int64).reshape(-1, 5),
        tables=np.concatenate([*writer.tables, np.zeros(1)]),
        places=places,
        signs=frame.sign_of(places),
        spare=writer.spare,
        frame=frame,
        used=tuple(tuple(angles[each.angles] for each in _rotations(step)) for step in steps),
        by_coset=tuple(isinstance(step, Group) for step in steps),
    )


def _angles_in(start: schedule.Start, passes: Sequence[schedule.Pass]) -> Iterator[list[Angle]]:
    for chain in start.rotations:
        yield from (angles for _, angles in chain)
    for step in passes:
        if isinstance(step, (Turns, Phases)):
            yield from (rotation.angles for rotation in step.rotations)


def _rotations(step: Grouped) -> list[Rotation]:
    if isinstance(step, Group):
        return [rotation for each in step.passes for rotation in each.rotations]
    return step.rotations if isinstance(step, (Turns, Phases)) else []


def _forms(passes: Sequence[schedule.Pass]) -> dict[int, int]:
    """Of each pass whether its rotations may be done without their cosines; those are made up for by the last."""
    forms = {id(step): LATER if not step.rotations[0].where else NEVER for step in passes if isinstance(step, Turns)}
    later = [name for name, form in forms.items() if form == LATER]
    return {**forms, **dict.fromkeys(later[-1:], NOW)}


def _two(numbers: Sequence[int]) -> list[int]:
    return [*numbers, 0][:2]


def _terms(sums: Sequence[Sum]) -> tuple[AnyArray, AnyArray]:
    products = [product for each in sums for product in each.products]
    spans = np.cumsum([0, *(len(each.products) for each in sums)])
    factor_spans = np.cumsum([0, *(len(product.factors) for product in products)])
    ids = [factor for product in products for factor in product.factors]
    numbers = [*(each.constant for each in sums), *(product.coefficient for product in products)]
    return np.concatenate([spans, factor_spans, ids]).astype(np.int64), np.array(numbers, dtype=np.float64)
