"""Which steps are taken in one pass over the state: neighbours that commute are merged, joined or taken together."""

__all__ = ["Pass", "Phases", "Start", "Turns", "real", "scheduled"]

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from qgan.backends.batched.frame import Parity, even
from qgan.backends.batched.gates import Gates, Matrix, Rotation, Signs, Step, Y

# How far back a step is taken, at the most: beyond that compiling would cost more than it saves.
FAR = 128


@dataclass
class Start:
    """The state before the first pass: rotations of wires that are still 0, one for each bit of a place or None."""

    rotations: list[Rotation | None]


@dataclass
class Turns:
    """Rotations of one or two different two-level systems."""

    rotations: list[Rotation]


@dataclass
class Phases:
    """Rotations about products of Z."""

    rotations: list[Rotation]


Pass: TypeAlias = Turns | Phases | Signs | Matrix


def scheduled(gates: Gates, n_wires: int, *, from_zero: bool) -> tuple[Start, list[Pass]]:
    """The passes of a circuit.

    Args:
        gates: What is to be done.
        n_wires: How many.
        from_zero: Whether the state before is all zeros.
    """
    steps: list[Step] = []
    for step in gates.steps:
        _add(steps, step)
    start = Start([None] * n_wires)
    if from_zero:
        steps = _begin(start, steps)
    return start, _paired(steps)


def commute(first: Step, second: Step) -> bool:
    """Whether their order does not matter, judged by the masks alone."""
    return all(even(move, look) for move in first.moves for look in second.looks) and all(
        even(move, look) for move in second.moves for look in first.looks
    )


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
        same = before.level == step.level and before.where == step.where
        if same and (before.mask == step.mask or (before.diagonal and step.diagonal)):
            before.turns += step.turns
            return True
        if same and (before.diagonal or step.diagonal) and _dual(before, step):
            before.mask = step.mask if before.diagonal else before.mask
            before.turns += step.turns
            return True
    return False


def _dual(before: Rotation, step: Rotation) -> bool:
    """Whether the one that is not diagonal moves between levels of the other, and within its conditions."""
    mask = step.mask if before.diagonal else before.mask
    return not even(mask, before.level.mask) and all(even(mask, parity.mask) for parity in before.where)


def _begin(start: Start, steps: list[Step]) -> list[Step]:
    """Takes the first rotation of each wire, and signs of what is still zero, out of the steps."""
    rest: list[Step] = []
    for step in steps:
        free = all(commute(step, other) for other in rest)
        touched = {index for index, rotation in enumerate(start.rotations) if rotation is not None}
        if free and isinstance(step, Signs) and not _touches(step, touched) and not _negative(step):
            continue
        if free and isinstance(step, Rotation) and not step.where:
            bit = step.mask.bit_length() - 1
            if step.mask == 1 << bit and step.level == Parity(step.mask) and bit not in touched:
                start.rotations[bit] = step
                continue
        rest.append(step)
    return rest


def _touches(step: Signs, bits: set[int]) -> bool:
    return any(mask >> bit & 1 for mask in step.looks for bit in bits)


def _negative(step: Signs) -> bool:
    """Whether it changes the sign of the state that is all zeros."""
    return sum(all(parity.flip for parity in term) for term in step.terms) % 2 == 1


def _paired(steps: list[Step]) -> list[Pass]:
    passes: list[Pass] = []
    rest = list(steps)
    while rest:
        step = rest.pop(0)
        if isinstance(step, Rotation) and step.diagonal:
            if step.where:
                passes.append(Turns([step]))
            else:
                passes.append(Phases([step, *_taken(rest, step, lambda other: other.diagonal, limit=None)]))
        elif isinstance(step, Rotation) and not step.where:
            passes.append(Turns([step, *_taken(rest, step, lambda other: not other.diagonal, limit=1)]))
        elif isinstance(step, Rotation):
            passes.append(Turns([step]))
        elif not isinstance(step, Signs) or step.terms:
            passes.append(step)
    return passes


def _taken(rest: list[Step], step: Rotation, fits: Callable[[Rotation], bool], *, limit: int | None) -> list[Rotation]:
    """Removes from the rest what can be done now, together with the step."""
    taken: list[Rotation] = []
    skipped: list[Step] = []
    place = 0
    while place < len(rest) and len(skipped) < FAR and (limit is None or len(taken) < limit):
        other = rest[place]
        if (
            isinstance(other, Rotation)
            and not other.where
            and fits(other)
            and commute(step, other)
            and all(commute(other, before) for before in skipped)
        ):
            del rest[place]
            taken.append(other)
        else:
            skipped.append(other)
            place += 1
    return taken


def real(steps: list[Pass], start: Start) -> bool:
    """Whether all amplitudes stay real."""
    rotations = [rotation for rotation in start.rotations if rotation is not None]
    for step in steps:
        if isinstance(step, Matrix) and step.values.imag.any():
            return False
        rotations += step.rotations if isinstance(step, (Turns, Phases)) else []
    return all(axis == Y for rotation in rotations for axis, _ in rotation.turns)
