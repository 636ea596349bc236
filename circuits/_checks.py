"""What is refused, and how it is said: what is wrong, what was received, what is allowed, what to do next."""

__all__ = ["choose", "integer", "refusal", "require_shapes", "shapes", "sizes"]

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

Entry = TypeVar("Entry")


def refusal(what: str, *, got: object, allowed: object, cure: str) -> ValueError:
    """The error to raise, its message in four parts."""
    return ValueError(f"{what}. Got: {got}. Allowed: {allowed}. {cure}.")


def integer(value: object, name: str, *, minimum: int, cure: str) -> int:
    """That value as an int; numpy's integers are welcome, True and 2.0 are not.

    Raises:
        ValueError: If it is no integer, or below the minimum.
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= minimum:
        return int(value)
    raise refusal(f"{name} is wrong", got=repr(value), allowed=f"an integer, {minimum} or more", cure=cure)


def sizes(n_wires: object, layers: object) -> tuple[int, int]:
    """The numbers that every circuit is made with, each 1 or more.

    Raises:
        ValueError: If one is no integer of at least 1.
    """
    return (
        integer(n_wires, "n_wires", minimum=1, cure="Give the number of qubits, such as n_wires=5"),
        integer(layers, "layers", minimum=1, cure="Give the number of layers, such as layers=6"),
    )


def choose(table: Mapping[str, Entry], name: str, kind: str) -> Entry:
    """The entry of that name.

    Raises:
        ValueError: If there is none; the message names the nearest and all.
    """
    if name in table:
        return table[name]
    close = difflib.get_close_matches(str(name), list(table), n=1)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    raise refusal(
        f"There is no {kind} called '{name}'", got=repr(name), allowed=", ".join(table), cure=f"{hint}Use one of these"
    )


def shapes(given: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of named weights as plain tuples of ints.

    Raises:
        ValueError: If one of them is no sequence of positive integers.
    """
    cure = 'Give the shape of every array of weights, such as {"w": (6, 5)} for six layers of five'
    plain = {}
    for name, shape in given.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise refusal(
                "A name of weights is wrong", got=repr(name), allowed="a word such as w, or w_1", cure="Rename them"
            )
        if not isinstance(shape, tuple | list):
            raise refusal(f"The shape of '{name}' is wrong", got=repr(shape), allowed="a tuple of integers", cure=cure)
        plain[name] = tuple(integer(size, f"The shape of '{name}'", minimum=1, cure=cure) for size in shape)
    return plain


def require_shapes(values: Mapping[str, Any], expected: Mapping[str, tuple[int, ...]], kind: str) -> None:
    """Checks names and shapes, each with one leading batch axis or without.

    Raises:
        ValueError: If a name is missing or unknown, or a shape differs.
    """
    if values.keys() != expected.keys():
        raise refusal(
            f"The names of the {kind} are wrong",
            got=", ".join(map(str, values)) or "none",
            allowed=", ".join(expected) or "none",
            cure="Give one array for each name",
        )
    for name, shape in expected.items():
        got = tuple(np.shape(values[name]))
        if got[len(got) - len(shape) :] != shape or len(got) - len(shape) not in (0, 1):
            batched = ", ".join(["batch", *map(str, shape)])
            raise refusal(
                f"The shape of '{name}' of the {kind} is wrong",
                got=got,
                allowed=f"{shape} or ({batched})",
                cure="Change the array, or build the circuit with other numbers of wires and layers",
            )
