"""Fréchet and kernel distance on the features of a small convolutional network that this project trained on digits.

They follow FID and KID in all but the features, and are never called so: figures on other features do not compare.

What the features have seen: four fifths of all 1797 digits of scikit-learn, of all ten classes, each with its class and
nothing else (`benchmarks/train_features.py`, which fixes the seed and that split). A run splits the same images
otherwise, so that about four fifths of its training, of its validation and of its test images are known to them alike:
real images held against real ones have no advantage from it, and the network was never shown a generated image. Where a
generator copies its training part, these two cannot tell; ``novelty`` can.

The weights lie beside this module, in ``weights/``, with a JSON document that says how they came about, how many of the
other fifth they classify rightly, and their SHA-256, which is checked.
"""

__all__ = [
    "DECLARED",
    "FEATURES",
    "FILES",
    "Weights",
    "cnn_frechet",
    "cnn_kernel",
    "logits",
    "penultimate",
    "shipped",
    "why_not",
]

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TypeAlias

import torch
from safetensors.torch import load
from torch import Tensor
from torch.nn.functional import conv2d, linear, max_pool2d

from qgan._typing import Array
from qgan.errors import DataError
from qgan.metrics.distances import frechet, mean_off_diagonal, moments
from qgan.metrics.metric import Metric, Reference
from qgan.samples import DataSet, Part

Weights: TypeAlias = dict[str, Tensor]

FEATURES = 32
SHAPE = (8, 8)
AT_ONCE = 1024
FILES = Path(__file__).parent / "weights"


def cnn_frechet(reference: Reference, fake: Part) -> float:
    """:func:`~qgan.metrics.distances.frechet` of the means and covariances of the 32 features."""
    real = reference.once("moments of features", lambda: moments(_real_features(reference)))
    return frechet(real, moments(_fake_features(reference, fake)))


def cnn_kernel(reference: Reference, fake: Part) -> float:
    """Unbiased squared maximum mean discrepancy of the features, kernel ``(a·b / 32 + 1)³``; can be just below 0."""
    real, made = _real_features(reference), _fake_features(reference, fake)
    among_real = reference.once("mean kernel of features", lambda: mean_off_diagonal(_cubic(real, real)))
    return float(among_real + mean_off_diagonal(_cubic(made, made)) - 2 * _cubic(real, made).mean())


def _cubic(one: Array, other: Array) -> Array:
    return (one @ other.T / FEATURES + 1) ** 3


def _real_features(reference: Reference) -> Array:
    return reference.once("features", lambda: _features(reference.data, reference.real))


def _fake_features(reference: Reference, fake: Part) -> Array:
    return reference.once_for(fake, "features", lambda: _features(reference.data, fake))


def _features(data: DataSet, part: Part) -> Array:
    """Shape (n, 32), in double precision. Pixels are brought from the range of the data to [0, 1] first."""
    weights = {name: tensor.double() for name, tensor in shipped().items()}
    pixels = torch.from_numpy((part.values - data.low) / (data.high - data.low))
    with torch.no_grad():
        return torch.cat([penultimate(weights, block) for block in pixels.split(AT_ONCE)]).numpy()


def penultimate(weights: Weights, images: Tensor) -> Tensor:
    """What the last layer reads, at least 0, with a mean square of about 1 over digits.

    Images of shape (n, 8, 8) in [0, 1] give (n, 32).
    """
    one = conv2d(images[:, None], weights["first.weight"], weights["first.bias"], padding=1).relu()
    two = conv2d(one, weights["second.weight"], weights["second.bias"], padding=1).relu()
    return linear(max_pool2d(two, 2).flatten(1), weights["third.weight"], weights["third.bias"]).relu()


def logits(weights: Weights, images: Tensor) -> Tensor:
    """One for each digit, shape (n, 10)."""
    return linear(penultimate(weights, images), weights["last.weight"], weights["last.bias"])


@cache
def shipped() -> Weights:
    """The weights that come with the package, in single precision.

    Raises:
        DataError: If they are not those that were trained.
    """
    expected = json.loads((FILES / "digits.json").read_text(encoding="utf-8"))["sha256"]
    content = (FILES / "digits.safetensors").read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != expected:
        raise DataError(
            "The weights of the digits network that came with qgan are damaged",
            got=f"SHA-256 {found}",
            allowed=expected,
            cure="Install qgan again",
        )
    return load(content)


def why_not(data: DataSet) -> str | None:
    """Why the network cannot look at them, or None."""
    if data.kind != "image" or data.sample_shape != SHAPE:
        shape = " x ".join(map(str, data.sample_shape))
        return f"the network that makes the features knows grey images of 8 x 8 pixels, not {data.kind} of {shape}"
    return None


DECLARED = (
    Metric(
        name="cnn-frechet",
        function=cnn_frechet,
        direction="lower",
        unit="feature units squared",
        citation="Heusel et al., NeurIPS 2017, arXiv:1706.08500, on features of our own",
        unavailable=why_not,
    ),
    Metric(
        name="cnn-kernel",
        function=cnn_kernel,
        direction="lower",
        unit="squared discrepancy",
        citation="Binkowski et al., ICLR 2018, arXiv:1801.01401, on features of our own",
        unavailable=why_not,
        fewest=2,
    ),
)
