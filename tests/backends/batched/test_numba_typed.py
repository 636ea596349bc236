"""Parts of kernels, which have no machine code of their own."""

from typing import Any

import numpy as np
import pytest
from numba import njit

from qgan.backends.batched.numba_typed import inner

plain: Any = njit


@inner
def doubled(number):
    return 2 * number


@inner
def halves(values, factor):
    """A part that calls another, slices, and gives several things."""
    half = len(values) // 2
    low, high = values[:half], values[half:]
    for place in range(half):
        low[place] += doubled(factor)
    return low[0], high[0]


@plain
def own(number):
    return 3 * number


@plain
def whole(values, factor):
    return halves(values, factor), own(factor)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parts_are_joined_with_their_kernel(dtype: Any):
    values = np.arange(4, dtype=dtype)
    assert whole(values, dtype(1)) == ((2.0, 2.0), 3.0)
    np.testing.assert_array_equal(values, [2, 3, 2, 3])


def addresses(function: Any) -> list[int]:
    """Of its machine code, for each set of types; 0 where Numba's engine knows of none."""
    return [each.library.get_pointer_to_function(each.fndesc.mangled_name) for each in function.overloads.values()]


def test_only_the_kernel_becomes_machine_code():
    whole(np.zeros(4), 1.0)
    assert all(addresses(whole))
    # Numba's own way is otherwise: what this tests can fail.
    assert all(addresses(own))
    assert addresses(doubled)
    assert not any(addresses(doubled) + addresses(halves))
