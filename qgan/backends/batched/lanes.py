"""How many numbers lie side by side: of a gate on so many rows of a batch a kernel makes one instruction or two."""

__all__ = ["LANES"]

LANES = 8
