"""The PennyLane device `primitive.qubit`: circuits as arrays of parameters for Qiskit's V2 primitives.

Only modules of this folder import Qiskit, and none of them is imported before a device is asked for.
"""
