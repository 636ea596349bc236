"""Which steps are taken in one pass over the state: neighbours that commute are merged, or taken together."""

__all__ = ["FAR", "Pass", "Phases", "Start", "Turns", "commute", "looks", "moves", "real", "scheduled"]

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from qgan.backends.batched.frame import even
from qgan.backends.batched.gates import Angle, Gates, Matrix, Rotation, Signs, Step, X, Y, Z

# How far back, and how far ahead, a step is looked for: beyond that compiling would cost more than it saves.
FAR = 128


@dataclass
class Start:
    """The state before the first pass: of each bit of a place the rotations that it begins with, axis by axis."""

    rotations: list[list[tuple[str, list[Angle]]]]


@dataclass
class Turns:
    """One rotation, or two that can be done on four places at once."""

    rotations: list[Rotation]


@dataclass
class Phases:
    """Rotations about products of Z."""

    rotations: list[Rotation]


Pass: TypeAlias = Turns | Phases | Signs | Matrix


def scheduled(gates: Gates, *, from_zero: bool) -> tuple[Start, list[Pass]]:
    """The passes of a circuit.

    Args:
        gates: What is to be done.
        from_zero: Whether the state before is all zeros.
    """
    steps: list[Step] = []
    for step in gates.steps:
        _add(steps, step)
    start = Start([[] for _ in gates.frame.masks])
    if from_zero:
        steps = _begin(start, steps, gates.imaginary)
    return start, _packed(steps, gates.imaginary)


def real(passes: list[Pass], start: Start, imaginary: int) -> bool:
    """Whether all amplitudes stay real."""
    rotations = [rotation for each in passes if isinstance(each, (Turns, Phases)) for rotation in each.rotations]
    matrices = [each for each in passes if isinstance(each, Matrix)]
    return (
        not any(rotation.mask & imaginary for rotation in rotations)
        and not any(matrix.values.imag.any() for matrix in matrices)
        and all(axis == Y for chain in start.rotations for axis, _ in chain)
    )


def commute(first: Step, second: Step) -> bool:
    """Whether their order does not matter, judged by the masks alone."""
    if isinstance(first, Rotation) and isinstance(second, Rotation):
        # Each of them keeps the conditions of the other, and as words they commute or do not.
        kept = all(even(first.mask, each.mask) for each in second.where) and all(
            even(second.mask, each.mask) for each in first.where
        )
        return kept and even(first.mask, second.level.mask) == even(second.mask, first.level.mask)
    return all(even(move, look) for move in moves(first) for look in looks(second)) and all(
        even(move, look) for move in moves(second) for look in looks(first)
    )


def moves(step: Step) -> tuple[int, ...]:
    """The masks by which amplitudes are mixed."""
    if isinstance(step, Rotation):
        return (step.mask,)
    return step.masks if isinstance(step, Matrix) else ()


def looks(step: Step) -> tuple[int, ...]:
    """The masks of all parities that matter."""
    if isinstance(step, Rotation):
        return (step.level.mask, *(parity.mask for parity in step.where))
    if isinstance(step, Matrix):
        return tuple(level.mask for level in step.levels)
    return tuple(parity.mask for term in step.terms for parity in term)


def _add(steps: list[Step], step: Step) -> None:
    """At the end, or into an earlier step that takes it in."""
    for place in range(len(steps) - 1, max(-1, len(steps) - 1 - FAR), -1):
        before = steps[place]
        if _merged(before, step):
            return
        if not commute(before, step):
            break
    steps.append(step)


def _merged(before: Step, step: Step) -> bool:
    if isinstance(before, Signs) and isinstance(step, Signs):
        for term in step.terms:
            # Twice the same is nothing.
            before.terms.remove(term) if term in before.terms else before.terms.append(term)
        return True
    if isinstance(before, Rotation) and isinstance(step, Rotation):
        same = before.mask == step.mask and before.level.mask == step.level.mask and before.where == step.where
        if same:
            sign = 1.0 if before.level == step.level else -1.0
            before.angles += [angle.times(sign) for angle in step.angles]
            return True
    return False


def _begin(start: Start, steps: list[Step], imaginary: int) -> list[Step]:
    """Takes rotations of single wires, as long as nothing has entangled them, out of the steps."""
    rest: list[Step] = []
    for step in steps:
        found = _of_one_bit(step, imaginary) if isinstance(step, Rotation) else None
        if found is None or not all(commute(step, other) for other in rest):
            rest.append(step)
        else:
            bit, axis, angles = found
            start.rotations[bit].append((axis, angles))
    return rest


def _of_one_bit(rotation: Rotation, imaginary: int) -> tuple[int, str, list[Angle]] | None:
    """The bit, the axis and the angles of a rotation of one bit alone."""
    moved, looked = rotation.mask & ~imaginary, rotation.level.mask & ~imaginary
    bits = moved | looked
    if rotation.where or bits.bit_count() != 1:
        return None
    axis = Z if not moved else Y if looked else X
    # The imaginary part stands first where a rotation is not turned round; see Gates.rotate.
    flip = rotation.level.flip ^ (axis != Y)
    return bits.bit_length() - 1, axis, [angle.times(-1.0 if flip else 1.0) for angle in rotation.angles]


def _packed(steps: list[Step], imaginary: int) -> list[Pass]:
    """As few passes as are found: what mixes amplitudes first, and diagonal rotations as late and as many as can be."""
    passes: list[Pass] = []
    rest = [step for step in steps if not isinstance(step, Signs) or step.terms]

    def mixing(step: Step) -> bool:
        return isinstance(step, Rotation) and step.mask != imaginary

    def diagonal(step: Step) -> bool:
        return isinstance(step, Rotation) and step.mask == imaginary and not step.where

    while rest:
        if first := _free(rest, mixing, limit=1):
            passes.append(Turns([*first, *_free(rest, partial(_together, first[0], imaginary), limit=1)]))
        elif phases := _free(rest, diagonal, limit=None):
            passes.append(Phases(phases))
        else:
            step = rest.pop(0)
            passes.append(Turns([step]) if isinstance(step, Rotation) else step)
    return passes


def _free(rest: list[Step], fits: Callable[[Step], bool], *, limit: int | None) -> list[Rotation]:
    """Removes from the rest what fits and could be done now."""
    taken: list[Rotation] = []
    skipped: list[Step] = []
    place = 0
    while place < len(rest) and len(skipped) < FAR and (limit is None or len(taken) < limit):
        step = rest[place]
        if isinstance(step, Rotation) and fits(step) and all(commute(step, before) for before in skipped):
            del rest[place]
            taken.append(step)
        else:
            skipped.append(step)
            place += 1
    return taken


def _together(first: Rotation, imaginary: int, second: Step) -> bool:
    """Whether each of two rotations is one and the same for both of the places that the other one mixes."""
    return (
        isinstance(second, Rotation)
        and second.mask not in (first.mask, imaginary)
        and not first.where
        and not second.where
        and even(first.mask, second.level.mask)
        and even(second.mask, first.level.mask)
    )
