"""Angles against Python's own arithmetic, which has the same signs in the same order."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.qasm.angles import Angles
from circuits.qasm.tokens import Token, Tokens

VALUES = {"a": 0.7, "b": -1.3}
atoms = st.sampled_from(["a", "b", "pi", "2.5", "0.5", "3.0"])
angles = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["/ 2.0", "* pi", "- tau"])).map(" ".join),
        st.tuples(atoms, st.just("** 2")).map(" ".join),
        inner.map("({})".format),
        inner.map("-({})".format),
        inner.map("- + -{}".format),
    ),
    max_leaves=8,
)


def worked_out(text: str) -> float:
    found = Angles(Tokens(text, "x"), {name: Token("name", name, 1) for name in VALUES}).read()
    return found(VALUES) if callable(found) else found


@given(text=angles)
def test_they_are_what_arithmetic_makes_of_them(text: str) -> None:
    expected = eval(text, {"__builtins__": {}}, {**VALUES, "pi": math.pi, "tau": math.tau})
    assert worked_out(text) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2**2", -4), ("2**-1", 0.5), ("2**3**2", 512), ("7 - 2 - 1", 4), ("8.0/2/2", 2), ("1e-3", 1e-3), (".5", 0.5),
        ("2.", 2), ("π/2", math.pi / 2), ("τ", math.tau), ("euler", math.e), ("3*pi/4", 3 * math.pi / 4), ("--3", 3),
    ],
)  # fmt: skip
def test_by_example(text: str, value: float) -> None:
    assert worked_out(text) == pytest.approx(value)
