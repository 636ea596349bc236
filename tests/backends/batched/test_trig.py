"""Cosines and sines of half angles, right to the last digit wherever angles are likely to be."""

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from qgan.backends.batched.lanes import LANES
from qgan.backends.batched.trig import half_turns
from qgan.backends.batched.vectors import load, store


@njit
def of(angles, cosines, sines):
    cosine, sine = half_turns(load(angles, 0), cosines)
    store(cosines, 0, cosine)
    store(sines, 0, sine)


def both(angles, dtype: Any = np.float64):
    angles = np.asarray(angles, dtype=np.float64)
    cosines, sines = np.empty(LANES, dtype), np.empty(LANES, dtype)
    of(angles, cosines, sines)
    return cosines, sines


@given(st.lists(st.floats(-1e6, 1e6), min_size=LANES, max_size=LANES))
def test_they_are_those_of_the_library(angles):
    cosines, sines = both(angles)
    np.testing.assert_allclose(cosines, np.cos(np.array(angles) / 2), rtol=0, atol=5e-16)
    np.testing.assert_allclose(sines, np.sin(np.array(angles) / 2), rtol=0, atol=5e-16)


@given(st.lists(st.floats(-1e6, 1e6), min_size=LANES, max_size=LANES))
def test_in_single_precision_they_are_right_to_its_last_digit(angles):
    cosines, sines = both(angles, np.float32)
    np.testing.assert_allclose(cosines, np.cos(np.array(angles) / 2), rtol=0, atol=2e-7)
    np.testing.assert_allclose(sines, np.sin(np.array(angles) / 2), rtol=0, atol=2e-7)


def test_quarters_and_what_is_no_number():
    cosines, sines = both([0, math.pi, 2 * math.pi, 3 * math.pi, -math.pi, math.nan, math.inf, 1e-300])
    np.testing.assert_allclose(cosines[:5], [1, 0, -1, 0, 0], atol=1e-15)
    np.testing.assert_allclose(sines[:5], [0, 1, 0, -1, -1], atol=1e-15)
    assert np.isnan(cosines[5:7]).all()
    assert sines[7] == 5e-301
