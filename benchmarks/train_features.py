"""Trains the network whose features ``cnn-frechet`` and ``cnn-kernel`` use: ``python -m benchmarks.train_features``.

It writes ``digits.safetensors`` and ``digits.json`` into ``qgan/metrics/weights/``. One core takes under a minute, and
makes the same bytes each time on one machine with one set of versions; elsewhere sums may round otherwise. The figures
of these two metrics change with the weights: train them anew only for a reason, and measure the evidence again.
"""

__all__ = ["HELD_OUT", "SEED", "accuracy", "document", "main", "train"]

import hashlib
import json
import platform
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from safetensors.torch import save
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.evidence import say
from qgan._typing import Json
from qgan.files import atomic_write
from qgan.machine import threads
from qgan.metrics.cnn import FEATURES, FILES, Weights, logits, penultimate
from qgan.seeding import Key, stream, torch_seed

SEED = 0
HELD_OUT = 0.2
EPOCHS, BATCH, RATE, DECAY = 60, 64, 2e-3, 1e-2
SHAPES = {"first": (8, 1, 3, 3), "second": (16, 8, 3, 3), "third": (FEATURES, 16 * 4 * 4), "last": (10, FEATURES)}


def train(*, epochs: int = EPOCHS) -> Weights:
    """The network's weights, trained on four fifths of scikit-learn's digits to tell the ten classes apart.

    Each image is moved by up to one pixel at random, so that features follow shapes and not places. Initial weights
    are uniform within ``±1 / √inputs``; Adam with decoupled weight decay, the rate falling to 0 along a cosine. At the
    end the features are scaled to a mean square of 1 over the images trained on, and the last layer accordingly.
    """
    images, labels = (part[0] for part in _digits())
    weights = _initial()
    optimizer = torch.optim.AdamW(weights.values(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        random = stream(Key(SEED, "features epoch", epoch))
        for rows in torch.from_numpy(random.permutation(len(labels))).split(BATCH):
            loss = cross_entropy(logits(weights, _moved(images[rows], random)), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return _scaled({name: tensor.detach() for name, tensor in weights.items()}, images)


def _scaled(weights: Weights, images: Tensor) -> Weights:
    scale = penultimate(weights, images).square().mean().sqrt()
    third = {f"third.{part}": weights[f"third.{part}"] / scale for part in ("weight", "bias")}
    return {**weights, **third, "last.weight": weights["last.weight"] * scale}


def accuracy(weights: Weights) -> float:
    """Share of the fifth that was not trained on which is classified rightly."""
    images, labels = (part[1] for part in _digits())
    with torch.no_grad():
        return float((logits(weights, images).argmax(dim=1) == labels).double().mean())


def _digits() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Images in [0, 1] and labels, each of what is trained on and of what is held out.

    The split is not that of any run, whose training and test parts it cuts alike.
    """
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    rows = stream(Key(SEED, "features split")).permutation(len(labels))
    held_out, trained = np.split(rows, [round(HELD_OUT * len(rows))])
    images = torch.from_numpy(pixels.reshape(-1, 8, 8).astype(np.float32) / 16)
    classes = torch.from_numpy(labels.astype(np.int64))
    return (images[trained], images[held_out]), (classes[trained], classes[held_out])


def _initial() -> Weights:
    generator = torch.Generator().manual_seed(torch_seed(Key(SEED, "features weights")))
    weights: Weights = {}
    for layer, shape in SHAPES.items():
        bound = float(np.prod(shape[1:])) ** -0.5
        for name, size in (("weight", shape), ("bias", shape[:1])):
            tensor = torch.empty(size).uniform_(-bound, bound, generator=generator)
            weights[f"{layer}.{name}"] = tensor.requires_grad_()
    return weights


def _moved(images: Tensor, random: np.random.Generator) -> Tensor:
    """Each image moved by -1, 0 or 1 pixels along both axes, black coming in."""
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
    windows = padded.unfold(1, 8, 1).unfold(2, 8, 1)
    down, right = torch.from_numpy(random.integers(0, 3, (2, len(images))))
    return windows[torch.arange(len(images)), down, right]


def document(weights: Weights, content: bytes) -> Json:
    """What is written beside the weights."""
    return {
        "what": "features of 8 x 8 digits, for the metrics cnn-frechet and cnn-kernel",
        "script": "benchmarks/train_features.py",
        "seed": SEED,
        "epochs": EPOCHS,
        "data": "sklearn.datasets.load_digits; the held-out share was never trained on",
        "held_out": HELD_OUT,
        "held_out_accuracy": accuracy(weights),
        "parameters": sum(tensor.numel() for tensor in weights.values()),
        "sha256": hashlib.sha256(content).hexdigest(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]},
    }


def main(out: Annotated[Path, typer.Option(help="Where to write")] = FILES) -> None:
    """Train the features of digits, and write them with how they came about."""
    with threads(1):
        weights = train()
    content = save(weights)
    described = document(weights, content)
    out.mkdir(parents=True, exist_ok=True)
    atomic_write(out / "digits.safetensors", content)
    atomic_write(out / "digits.json", json.dumps(described, indent=2).encode() + b"\n")
    say(f"{out}: {described['held_out_accuracy']:.3f} of the held-out digits are classified rightly")


if __name__ == "__main__":
    typer.run(main)
