"""Generators: from a draw of latents to samples. Quantum ones are given an executor and never see a device."""

__all__ = [
    "GENERATORS",
    "AmplitudeGenerator",
    "AmplitudeOptions",
    "BatchPatchGenerator",
    "BatchPatchOptions",
    "BornGenerator",
    "BornOptions",
    "CategoricalGenerator",
    "CategoricalOptions",
    "ClassicalGenerator",
    "ClassicalOptions",
    "ConditionalGenerator",
    "ExpectationGenerator",
    "ExpectationOptions",
    "Generator",
    "ImplicitGenerator",
    "ImplicitOptions",
    "Ingredients",
    "LatentGenerator",
    "LatentOptions",
    "MLPOptions",
    "PatchGenerator",
    "PatchOptions",
    "PriorGenerator",
    "PriorOptions",
]

from qgan._registry import Entry, Table
from qgan.generators.amplitude import AmplitudeGenerator, AmplitudeOptions
from qgan.generators.base import Generator, Ingredients
from qgan.generators.batch_patch import BatchPatchGenerator, BatchPatchOptions
from qgan.generators.born import BornGenerator, BornOptions
from qgan.generators.categorical import CategoricalGenerator, CategoricalOptions
from qgan.generators.classical import ClassicalGenerator, ClassicalOptions
from qgan.generators.conditional import ConditionalGenerator
from qgan.generators.conv import ConvOptions, conv
from qgan.generators.coordinate import CoordinateOptions, coordinate
from qgan.generators.expectation import ExpectationGenerator, ExpectationOptions
from qgan.generators.implicit import ImplicitGenerator, ImplicitOptions
from qgan.generators.latent import LatentGenerator, LatentOptions
from qgan.generators.low_rank import LowRankOptions, low_rank_mlp
from qgan.generators.mlp import MLPOptions, mlp
from qgan.generators.orthogonal import OrthogonalOptions, orthogonal
from qgan.generators.patch import PatchGenerator, PatchOptions
from qgan.generators.prior import PriorGenerator, PriorOptions
from qgan.generators.recurrent import RecurrentOptions, recurrent

GENERATORS = Table(
    "generator",
    "qgan.generators",
    {
        "patch": Entry(PatchGenerator, PatchOptions, "sub-circuits with post-selected ancillas, Huang et al. 2021"),
        "mlp": Entry(mlp, MLPOptions, "the classical baseline: dense layers within a parameter budget"),
        "low-rank-mlp": Entry(low_rank_mlp, LowRankOptions, "dense layers, the large matrix a product of small ones"),
        "coordinate": Entry(coordinate, CoordinateOptions, "classical: a place and a latent to one pixel"),
        "orthogonal": Entry(orthogonal, OrthogonalOptions, "classical: rotations of pairs, Kerenidis et al. 2021"),
        "conv": Entry(conv, ConvOptions, "classical: a small grid made larger by convolutions, within a budget"),
        "recurrent": Entry(recurrent, RecurrentOptions, "classical: gated recurrent units over the steps of a series"),
        "batch-patch": Entry(
            BatchPatchGenerator, BatchPatchOptions, "one circuit for several images, Huang et al. 2021"
        ),
        "born": Entry(BornGenerator, BornOptions, "probabilities on the data's grid, Zoufal et al. 2019"),
        "categorical": Entry(
            CategoricalGenerator, CategoricalOptions, "classical: probabilities on the data's grid, within a budget"
        ),
        "expectation": Entry(
            ExpectationGenerator, ExpectationOptions, "<Z>, or <X> and <Z>, of each wire, Romero and Aspuru-Guzik 2019"
        ),
        "implicit": Entry(ImplicitGenerator, ImplicitOptions, "a place and a latent to one pixel, images of any size"),
        "amplitude": Entry(AmplitudeGenerator, AmplitudeOptions, "one state with all pixels, Jäger et al. 2026"),
        "prior": Entry(PriorGenerator, PriorOptions, "measured bits or <Z> feed a dense network, Rudolph et al. 2022"),
        "latent": Entry(LatentGenerator, LatentOptions, "any generator before a frozen decoder, LatentQGAN and MosaiQ"),
    },
)
