"""Generators: from a draw of latents to samples. Quantum ones are given an executor and never see a device."""

__all__ = [
    "GENERATORS",
    "ClassicalGenerator",
    "ClassicalOptions",
    "ConditionalGenerator",
    "Generator",
    "Ingredients",
    "PatchGenerator",
    "PatchOptions",
]

from qgan._registry import Entry, Table
from qgan.generators.base import Generator, Ingredients
from qgan.generators.classical import ClassicalGenerator, ClassicalOptions
from qgan.generators.conditional import ConditionalGenerator
from qgan.generators.conv import ConvOptions, conv
from qgan.generators.mlp import MLPOptions, mlp
from qgan.generators.patch import PatchGenerator, PatchOptions
from qgan.generators.recurrent import RecurrentOptions, recurrent

GENERATORS = Table(
    "generator",
    "qgan.generators",
    {
        "patch": Entry(PatchGenerator, PatchOptions, "sub-circuits with post-selected ancillas, Huang et al. 2021"),
        "mlp": Entry(mlp, MLPOptions, "the classical baseline: dense layers within a parameter budget"),
        "conv": Entry(conv, ConvOptions, "classical: a small grid made larger by convolutions, within a budget"),
        "recurrent": Entry(recurrent, RecurrentOptions, "classical: gated recurrent units over the steps of a series"),
    },
)
