"""What a call tells a kernel in numbers: at which place each of them stands.

Step 0 is the start, then come the passes, and the read-out is the last one.
"""

__all__ = [
    "BATCH",
    "END_SHARE",
    "END_STEP",
    "FIRST_PASS",
    "FIRST_SHARE",
    "FIRST_STEP",
    "KIND",
    "N_ANGLES",
    "N_BITS",
    "N_MIXED",
    "N_PARTS",
    "N_PASSES",
    "N_SHARED",
    "N_WIRES",
    "SIZE",
    "STRIDE",
]

# Angles, and how many of them are without latents; Pauli words that are gathered from states.
N_ANGLES, N_SHARED, N_MIXED = range(3)
# Rows in a set of weights; rows of latents from one set to the next, 0 where all share them; what is read out.
BATCH, STRIDE, KIND = range(3, 6)
# Of the circuit; bits of a place; where the offsets of the passes begin, and how many there are.
N_WIRES, N_BITS, FIRST_PASS, N_PASSES = range(6, 10)
# Numbers that are read out of a row; in how many parts slopes by a matrix are added up.
SIZE, N_PARTS = range(10, 12)
# Which steps are asked for, from the one to before the other; of passes that are done coset by coset, which shares.
FIRST_STEP, END_STEP, FIRST_SHARE, END_SHARE = range(12, 16)
