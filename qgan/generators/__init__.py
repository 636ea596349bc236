"""Generators: from a draw of latents to samples. Quantum ones are given an executor and never see a device."""

__all__ = ["GENERATORS", "Generator", "Ingredients", "MLPGenerator", "MLPOptions", "PatchGenerator", "PatchOptions"]

from qgan._registry import Entry, Table
from qgan.generators.base import Generator, Ingredients
from qgan.generators.mlp import MLPGenerator, MLPOptions
from qgan.generators.patch import PatchGenerator, PatchOptions

GENERATORS = Table(
    "generator",
    "qgan.generators",
    {
        "patch": Entry(PatchGenerator, PatchOptions, "sub-circuits with post-selected ancillas, Huang et al. 2021"),
        "mlp": Entry(MLPGenerator, MLPOptions, "the classical baseline: dense layers within a parameter budget"),
    },
)
