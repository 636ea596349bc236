"""Quantum against classical: the same loop, data and seeds, and what may be said of the differences."""
