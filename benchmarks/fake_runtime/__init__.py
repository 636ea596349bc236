"""A fake of IBM Quantum's Runtime service on this machine: the real client talks to it, no quantum computer does."""

__all__ = []
