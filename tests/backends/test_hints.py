"""Who is told what a backend is made for, and who is left alone."""

import pytest

from qgan.backends.hints import hint


@pytest.mark.parametrize(
    ("backend", "wires", "part"),
    [
        ("lightning.gpu", 6, "qgan backends --advise --wires 6"),
        ("lightning.gpu", 19, "whether batched.qubit is faster here"),
        ("batched.qubit", 21, "--backend lightning.qubit"),
    ],
)
def test_a_backend_that_is_made_for_other_circuits_is_told(backend, wires, part):
    assert part in str(hint(backend, wires))


@pytest.mark.parametrize(
    ("backend", "wires"), [("lightning.gpu", 20), ("batched.qubit", 20), ("batched.qubit", 5), ("lightning.qubit", 25)]
)
def test_nobody_else_is(backend, wires):
    assert hint(backend, wires) is None
