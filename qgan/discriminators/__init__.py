"""Classical discriminators: samples of shape (n, *sample_shape) to logits of shape (n,).

``make(options, shape=, classes=, key=)`` of an entry gives a module; with ``classes`` above 0 it is called with labels
of shape (n,), numbered from 0, beside the samples.
"""

__all__ = [
    "DISCRIMINATORS",
    "ConvDiscriminator",
    "ConvOptions",
    "DiscriminatorOptions",
    "MLPDiscriminator",
    "MLPOptions",
    "MinibatchStd",
    "RecurrentDiscriminator",
    "RecurrentOptions",
]

from qgan._registry import Entry, Table
from qgan.discriminators.base import DiscriminatorOptions, MinibatchStd
from qgan.discriminators.conv import ConvDiscriminator, ConvOptions
from qgan.discriminators.mlp import MLPDiscriminator, MLPOptions
from qgan.discriminators.recurrent import RecurrentDiscriminator, RecurrentOptions

DISCRIMINATORS = Table(
    "discriminator",
    "qgan.discriminators",
    {
        "mlp": Entry(MLPDiscriminator, MLPOptions, "dense layers; 64-16 as in PennyLane's demo"),
        "conv": Entry(ConvDiscriminator, ConvOptions, "strided convolutions over an image or a series, of any size"),
        "recurrent": Entry(RecurrentDiscriminator, RecurrentOptions, "gated recurrent units along a series or a text"),
    },
)
