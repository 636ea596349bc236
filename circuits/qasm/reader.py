"""Statements of OpenQASM 3: declarations and gates; everything else is refused by file and line."""

__all__ = ["Application", "Program", "read"]

import difflib
from collections.abc import Sequence
from typing import NamedTuple, final

from circuits.qasm.angles import CONSTANTS, Angle, Angles
from circuits.qasm.gates import GATES, Gate
from circuits.qasm.tokens import Token, Tokens

MOST_QUBITS, MOST_GATES = 64, 100_000
# Begin a statement, and are no gates: what is there instead of them.
REFUSED = {
    **dict.fromkeys(("measure", "reset", "bit", "creg", "output"), "the read-out of the generator measures"),
    **dict.fromkeys(("if", "else", "for", "while", "switch", "def", "return", "extern", "box"), "write the gates out"),
    **dict.fromkeys(("gate", "opaque"), "write the gates out that it is made of"),
    **dict.fromkeys(("ctrl", "negctrl", "inv", "pow"), "write the gate without the modifier"),
    **dict.fromkeys(("const", "let", "int", "uint", "float", "angle", "bool", "complex"), "write the value itself"),
    "gphase": "leave it out: a phase of the whole state does nothing",
}


class Application(NamedTuple):
    """A gate on wires."""

    gate: Gate
    angles: tuple[Angle, ...]
    wires: tuple[int, ...]


class Program(NamedTuple):
    """What a file says.

    Attributes:
        n_wires: How many qubits, numbered in the order of their declarations.
        parameters: Their names, in the order of their declarations; each is used.
        gates: In order.
    """

    n_wires: int
    parameters: tuple[str, ...]
    gates: tuple[Application, ...]


def read(text: str, source: str) -> Program:
    """Reads a whole file.

    Args:
        text: OpenQASM 3.
        source: What messages call it.

    Raises:
        ValueError: If it has anything but declarations of qubits and parameters, and standard gates.
    """
    return _Reader(Tokens(text, source)).program()


@final
class _Reader:
    def __init__(self, tokens: Tokens) -> None:
        self._tokens, self._registers, self._n_wires = tokens, dict[str, range](), 0
        self._parameters: dict[str, Token] = {}
        self._angles = Angles(tokens, self._parameters)
        self._gates: list[Application] = []

    def program(self) -> Program:
        self._version()
        while self._tokens.here.kind != "end":
            self._statement()
        for name, token in self._parameters.items():
            if name not in self._angles.used:
                allowed = "parameters that a gate uses"
                raise self._tokens.wrong(
                    f"The parameter '{name}' does nothing", token, allowed=allowed, cure="Remove it"
                )
        if not self._gates:
            raise self._tokens.wrong("There are no gates", self._tokens.here, allowed="one or more", got="none")
        return Program(self._n_wires, tuple(self._parameters), tuple(self._gates))

    def _version(self) -> None:
        first = self._tokens.here
        version = self._tokens.take() if self._tokens.taken("OPENQASM") else first
        if version.kind != "number" or version.text.partition(".")[0] != "3":
            raise self._tokens.wrong(
                "It does not begin with its version", version, allowed="OPENQASM 3.0;",
                cure="Begin with OPENQASM 3.0; only version 3 has free parameters",
            )  # fmt: skip
        self._tokens.expect(";")

    def _statement(self) -> None:
        token = self._tokens.expect_kind("name", "a statement")
        if token.text == "include":
            name = self._tokens.expect_kind("string", "a file's name")
            if name.text != '"stdgates.inc"':
                allowed = '"stdgates.inc", whose gates are known'
                raise self._tokens.wrong("Another file is included", name, allowed=allowed, cure="Write its gates out")
        elif token.text == "input":
            self._input()
        elif token.text in ("qubit", "qreg"):
            self._qubits(before=token.text == "qubit")
        elif token.text == "barrier":
            while self._tokens.here.text != ";" and self._tokens.here.kind != "end":
                self._tokens.take()
        elif token.text in GATES:
            self._gate(token, GATES[token.text])
        else:
            self._refuse_statement(token)
        self._tokens.expect(";")

    def _refuse_statement(self, token: Token) -> None:
        if token.text in REFUSED or self._tokens.here.text == "=":
            cure = REFUSED.get(token.text, "the read-out of the generator measures")
            allowed = "qubit, input, barrier and gates"
            raise self._tokens.wrong(
                "This statement cannot be used here", token, allowed=allowed, cure=cure.capitalize()
            )
        close = difflib.get_close_matches(token.text, GATES, n=1)
        cure = f"Did you mean '{close[0]}'? Use one of these" if close else "Write it with one of these"
        raise self._tokens.wrong(f"There is no gate called '{token.text}'", token, allowed=", ".join(GATES), cure=cure)

    def _input(self) -> None:
        kind = self._tokens.expect_kind("name", "float or angle")
        if kind.text not in ("float", "angle"):
            raise self._tokens.wrong("A parameter is no angle", kind, allowed="input float NAME; or input angle NAME;")
        if self._tokens.taken("["):
            self._tokens.expect_kind("number", "a number of bits")
            self._tokens.expect("]")
        name = self._new("the name of a parameter")
        self._parameters[name.text] = name

    def _qubits(self, *, before: bool) -> None:
        size = self._size() if before else None
        name = self._new("the name of qubits")
        if not before:
            size = self._size()
        end = self._n_wires + (size or 1)
        if end > MOST_QUBITS:
            raise self._tokens.wrong(
                "There are too many qubits", name, got=f"{end} or more", allowed=f"1 to {MOST_QUBITS}"
            )
        self._registers[name.text], self._n_wires = range(self._n_wires, end), end

    def _size(self) -> int:
        if not self._tokens.taken("["):
            return 1
        token = self._tokens.expect_kind("number", "a number of qubits")
        if not token.text.isdigit() or len(token.text) > 6 or int(token.text) < 1:
            raise self._tokens.wrong("A number of qubits is wrong", token, allowed=f"1 to {MOST_QUBITS}")
        self._tokens.expect("]")
        return int(token.text)

    def _new(self, what: str) -> Token:
        name = self._tokens.expect_kind("name", what)
        # A parameter z is not taken for the gate z: names of gates and of angles never stand in the same place.
        if name.text in {*self._parameters, *self._registers, *CONSTANTS, *REFUSED}:
            raise self._tokens.wrong(f"The name '{name.text}' is taken", name, allowed="another", cure="Rename it")
        return name

    def _gate(self, token: Token, gate: Gate) -> None:
        angles = self._listed() if self._tokens.taken("(") else []
        if len(angles) != gate.angles:
            allowed, got = f"{gate.angles}", f"{len(angles)}"
            raise self._tokens.wrong(
                f"The gate '{token.text}' has another number of angles", token, got=got, allowed=allowed
            )
        operands = [self._operand()]
        while self._tokens.taken(","):
            operands.append(self._operand())
        if len(operands) != gate.wires:
            allowed, got = f"{gate.wires}", f"{len(operands)}"
            raise self._tokens.wrong(
                f"The gate '{token.text}' is on another number of qubits", token, got=got, allowed=allowed
            )
        for wires in self._rows(operands, token):
            if len(set(wires)) != len(wires):
                raise self._tokens.wrong(
                    f"The gate '{token.text}' is on one qubit twice", token, allowed="different qubits"
                )
            self._gates.append(Application(gate, tuple(angles), wires))
        if len(self._gates) > MOST_GATES:
            raise self._tokens.wrong("There are too many gates", token, got="more", allowed=f"{MOST_GATES} or fewer")

    def _listed(self) -> list[Angle]:
        found = [self._angles.read()]
        while self._tokens.taken(","):
            found.append(self._angles.read())
        self._tokens.expect(")")
        return found

    def _operand(self) -> range:
        name = self._tokens.expect_kind("name", "a qubit")
        if name.text not in self._registers:
            allowed = ", ".join(self._registers) or "none so far"
            cure = f"Declare it before: qubit {name.text};"
            raise self._tokens.wrong(f"The qubit '{name.text}' is not declared", name, allowed=allowed, cure=cure)
        register = self._registers[name.text]
        if not self._tokens.taken("["):
            return register
        index = self._tokens.expect_kind("number", "the number of a qubit")
        if not index.text.isdigit() or len(index.text) > 6 or int(index.text) >= len(register):
            raise self._tokens.wrong(f"'{name.text}' has no such qubit", index, allowed=f"0 to {len(register) - 1}")
        self._tokens.expect("]")
        return register[int(index.text) : int(index.text) + 1]

    def _rows(self, operands: Sequence[range], token: Token) -> list[tuple[int, ...]]:
        """A gate on whole registers is one for each of their qubits; a single qubit goes with each."""
        size = max(map(len, operands))
        if any(len(operand) not in (1, size) for operand in operands):
            got = ", ".join(str(len(operand)) for operand in operands)
            raise self._tokens.wrong(
                "Registers of different sizes do not go together", token, got=got, allowed="equal sizes"
            )
        return [tuple(operand[row % len(operand)] for operand in operands) for row in range(size)]
