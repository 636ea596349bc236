"""Everything that is not a declaration or a gate is refused by file and line."""

import pytest

from circuits.qasm.reader import MOST_GATES, read

HEAD = "OPENQASM 3.0;\ninput float w;\nqubit[2] q;\n"
USE = "rx(w) q[0];"


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("measure q;", "This statement cannot be used here.*measure.*The read-out of the generator measures"),
        ("bit[2] c;", "This statement cannot be used here"),
        ("c = measure q;", "This statement cannot be used here.*The read-out"),
        ("reset q;", "This statement cannot be used here"),
        ("if (w > 1) x q[0];", "This statement cannot be used here.*Write the gates out"),
        ("for int i in [0:3] { x q[0]; }", "This statement cannot be used here"),
        ("gate mine a { x a; }", "This statement cannot be used here.*that it is made of"),
        ("ctrl @ x q[0], q[1];", "This statement cannot be used here.*without the modifier"),
        ("const float a = 2;", "This statement cannot be used here"),
        ("gphase(pi);", "leave it out|Leave it out"),
        ('include "/etc/passwd";', "Another file is included.*stdgates.inc"),
        ('include "mine.inc";', "Another file is included"),
        ("input int k;", "A parameter is no angle.*Got: int"),
        ("input float w;", "The name 'w' is taken"),
        ("input float q;", "The name 'q' is taken"),
        ("input float pi;", "The name 'pi' is taken"),
        ("input float unused;", "The parameter 'unused' does nothing"),
        ("qubit[0] p;", "A number of qubits is wrong"),
        ("qubit[w] p;", "a number of qubits is missing"),
        ("qubit[63] p;", "too many qubits.*65 or more.*1 to 64"),
        ("qubit[99999999999999999999] p;", "A number of qubits is wrong"),
        ("rx(w) q[2];", "'q' has no such qubit.*Got: 2. Allowed: 0 to 1"),
        ("rx(w) p[0];", "The qubit 'p' is not declared"),
        ("rx(v) q[0];", "The parameter 'v' is not declared.*input float v;"),
        ("rx q[0];", "'rx' has another number of angles.*Got: 0. Allowed: 1"),
        ("x(w) q[0];", "'x' has another number of angles.*Got: 1. Allowed: 0"),
        ("cx q[0];", "'cx' is on another number of qubits.*Got: 1. Allowed: 2"),
        ("cx q[0], q[0];", "'cx' is on one qubit twice"),
        ("cx q, q;", "'cx' is on one qubit twice"),
        ("qubit[3] p; cx q, p;", "Registers of different sizes do not go together.*2, 3"),
        ("rxy(w) q[0];", "There is no gate called 'rxy'.*Did you mean"),
        ("import os;", "There is no gate called 'import'"),
        ("rx(w) q[0]", "';' is missing"),
        ("rx(w q[0];", r"'\)' is missing"),
        ("rx(1/2) q[0];", r"An integer is divided by an integer.*Got: 1/2.*Write 1\.0/2"),
        ("rx(1.0/0) q[0];", "An angle cannot be worked out"),
        ("rx(9**9**9) q[0];", "An angle cannot be worked out"),
        ("rx(1e999) q[0];", "An angle is not a finite number"),
        ("rx((-8)**0.5) q[0];", "An angle is not a finite number"),
        ("rx(2**w) q[0];", "A parameter is an exponent"),
        ("rx(sin(w)) q[0];", "The parameter 'sin' is not declared"),
        ("rx() q[0];", "An angle is missing"),
        (f"rx({'(' * 60}w{')' * 60}) q[0];", "nested too deeply"),
        (f"rx({'2**' * 60}2) q[0];", "nested too deeply"),
        (f"rx({'w+' * 300}w) q[0];", "too long"),
        ("x $0;", "cannot be read"),
        ("/* no end", "a statement is missing|cannot be read"),
        ("#pragma mine", "cannot be read"),
        (f"rx({'1' * 100}) q[0];", "cannot be read"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, match: str) -> None:
    # What is missing is seen where something else comes.
    at = 5 if line == "rx(w) q[0]" else 4
    with pytest.raises(ValueError, match=rf"mine\.qasm, line {at}: .*(?:{match}).*") as caught:
        read(f"{HEAD}{line}\n{USE}", "mine.qasm")
    assert ". Got: " in str(caught.value)
    assert ". Allowed: " in str(caught.value)


@pytest.mark.parametrize("head", ["", "OPENQASM 2.0;", "OPENQASM;", "qubit q;", "OPENQASM 30;"])
def test_only_version_3_has_free_parameters(head: str) -> None:
    with pytest.raises(ValueError, match=r"line 1: It does not begin with its version.*OPENQASM 3\.0;"):
        read(f"{head} {USE}", "x")


def test_no_gates_and_too_many_are_refused() -> None:
    with pytest.raises(ValueError, match="There are no gates"):
        read("OPENQASM 3; qubit q;", "x")
    with pytest.raises(ValueError, match=f"There are too many gates.*{MOST_GATES}"):
        read("OPENQASM 3; qubit[64] q;" + "h q;" * (MOST_GATES // 64 + 1), "x")


def test_registers_are_gates_for_each_of_their_qubits() -> None:
    program = read("OPENQASM 3.1; qreg a[2]; qubit[2] b; qubit c; cx a, b; cx c, a; h a;", "x")
    wires = [application.wires for application in program.gates]
    assert wires == [(0, 2), (1, 3), (4, 0), (4, 1), (0,), (1,)]
    assert program.n_wires == 5


def test_a_parameter_may_be_called_like_a_gate() -> None:
    program = read("OPENQASM 3; input angle z; qubit x; x x; rz(z) x;", "x")
    assert program.parameters == ("z",)
    assert len(program.gates) == 2
