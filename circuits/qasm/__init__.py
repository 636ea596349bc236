"""Circuits from OpenQASM 3 files with free parameters: read strictly, and nothing in them imported or executed."""

__all__ = ["from_qasm", "read_qasm"]

from circuits.qasm.files import from_qasm, read_qasm
