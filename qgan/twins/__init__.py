"""Twins: controls that stand in a circuit's place, so that any generator of circuits can be held against its own."""

__all__ = ["TWINS", "Setting", "Twin"]

from qgan._registry import Entry, Table
from qgan.twins.dephased import Dephased
from qgan.twins.dequantised import Dequantised
from qgan.twins.frozen import Frozen
from qgan.twins.noisy import Noisy, NoisyOptions
from qgan.twins.twin import Setting, Subject, Twin

TWINS = Table(
    "twin",
    "qgan.twins",
    {
        "none": Entry(Subject, summary="the generator itself"),
        "dephased": Entry(Dephased, summary="all coherence lost after each layer: a classical stochastic network"),
        "dequantised": Entry(
            Dequantised, summary="the circuit's Fourier features with free coefficients, Landman et al. 2022"
        ),
        "frozen": Entry(Frozen, summary="the circuits' weights stay random, and only what is around them trains"),
        "noisy": Entry(Noisy, NoisyOptions, "every gate depolarises and every read bit flips now and then"),
    },
)
