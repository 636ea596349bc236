"""From files to circuits: which parameters are which, and what files are refused."""

import os
from pathlib import Path

import numpy as np
import pennylane as qml
import pytest

from circuits import from_function, from_qasm, read_qasm
from circuits.qasm.files import MOST_BYTES

TEXT = """OPENQASM 3.0;
include "stdgates.inc";
// Latents and weights by their names.
input float[64] θ;
input angle z0;  /* one
latent */ input float zeta;
input angle[32] _z_1_;
qubit[2] q;
qubit r;
h r;
ry(2*z0 + θ) q[0];
rx(-zeta/2.0) q[1];
barrier q, r;
rz(_z_1_) q;
cx q[0], q[1];
crx(pi/4 - θ) q[1], r;
"""


def by_hand(latent, weights) -> None:
    theta, zeta = weights["w"][..., 0], weights["w"][..., 1]
    qml.Hadamard(wires=2)
    qml.RY(2 * latent[..., 0] + theta, wires=0)
    qml.RX(-zeta / 2, wires=1)
    qml.RZ(latent[..., 1], wires=0)
    qml.RZ(latent[..., 1], wires=1)
    qml.CNOT(wires=(0, 1))
    qml.CRX(np.pi / 4 - theta, wires=(1, 2))


def test_a_file_is_the_circuit_written_by_hand(unitary, rng: np.random.Generator) -> None:
    circuit = from_qasm(TEXT)
    assert (circuit.n_wires, circuit.latent_dim, circuit.weight_shapes) == (3, 2, {"w": (2,)})
    expected = from_function(by_hand, n_wires=3, latent_dim=2, weight_shapes={"w": (2,)})
    latent, weights = rng.uniform(0, 7, 2), {"w": rng.uniform(0, 7, 2)}
    assert unitary(circuit, latent, weights) == pytest.approx(unitary(expected, latent, weights), abs=1e-12)
    assert circuit.fingerprint() == expected.fingerprint()


def test_it_takes_batches_of_both(state, rng: np.random.Generator) -> None:
    circuit = from_qasm(TEXT)
    latent, weights = rng.uniform(0, 7, (3, 2)), rng.uniform(0, 7, (3, 2))
    together = state(circuit, latent, {"w": weights})
    for row in range(3):
        assert together[row] == pytest.approx(state(circuit, latent[row], {"w": weights[row]}), abs=1e-12)


def test_without_entanglement_weights_stay_and_turn_one_wire() -> None:
    circuit = from_qasm(TEXT).without_entanglement()
    assert circuit.resources().two_wire_gates == 0
    assert circuit.resources().gates["RX"] == 2
    assert circuit.weight_shapes == {"w": (2,)}


@pytest.mark.parametrize("name", ["z", "z0", "z_0", "_z_0_", "z12_left", "latent", "latent3", "latent_x"])
def test_these_are_latents(name: str) -> None:
    text = f"OPENQASM 3; input float w; input float {name}; qubit q; rx(w) q; ry({name}) q;"
    assert from_qasm(text).latent_dim == 1


@pytest.mark.parametrize("name", ["zeta", "x_z", "late", "Z0", "w", "latents", "zz"])
def test_these_are_weights(name: str) -> None:
    assert from_qasm(f"OPENQASM 3; input float {name}; qubit q; rx({name}) q;").latent_dim == 0


def test_the_content_makes_the_fingerprint_and_the_path_does_not(tmp_path: Path) -> None:
    for name, text in {"a": TEXT, "b": TEXT + "// more\n", "c": TEXT.replace("pi/4", "pi/8")}.items():
        (tmp_path / f"{name}.qasm").write_text(text, encoding="utf-8")
    a, b, c = (read_qasm(tmp_path / f"{name}.qasm") for name in "abc")
    assert a.name == f"qasm:{tmp_path / 'a.qasm'}"
    assert a.fingerprint() == b.fingerprint() != c.fingerprint()


@pytest.mark.parametrize("text", ["qubit q; rx(0.1) q;", "input float z; qubit q; rx(z) q;"])
def test_nothing_to_train_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"mine has nothing to train\. Got: .*\. Allowed: one weight or more\. Declare"
    ):
        from_qasm(f"OPENQASM 3; {text}", source="mine")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"OPENQASM 3;\n// caf\xe9\n", r"bad\.qasm, line 2: the file is not UTF-8 text\. Got: the byte 0xe9"),
        (TEXT.encode("utf-16"), r"line 1: the file is not UTF-8"),
        (b"OPENQASM 3;\nqubit \x00;", r"line 2: '\x00;' cannot be read"),
        (b" " * (MOST_BYTES + 1), "is too large"),
        (b"", r"line 1: It does not begin with its version\. Got: the end of the file"),
    ],
)
def test_what_is_no_such_text_is_refused(content: bytes, match: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.qasm"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=match):
        read_qasm(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "marked.qasm").write_bytes(TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    assert read_qasm(tmp_path / "marked.qasm").fingerprint() == from_qasm(TEXT).fingerprint()


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "pipe", "a\0b", ""):
        with pytest.raises(ValueError, match=r"There is no file .*Allowed: a plain file\. Give the path"):
            read_qasm(path)
