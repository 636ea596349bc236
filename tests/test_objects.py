"""Objects are told apart by what they do, and are the same in another process."""

import subprocess
import sys
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pennylane as qml
import pytest
from torch import nn

from circuits import from_function
from qgan.objects import Objects
from qgan.samples import DataSet, Part


def digest(**objects: Any) -> str:
    return next(iter(Objects(**objects).hashes().values()))


def base(latent: Any, weights: Any, rotation: Any = qml.RX) -> None:
    rotation(latent[..., 0] + weights["w"][..., 0, 0], wires=0)


def scaled(factor: float) -> Any:
    return lambda value: factor * value


class Wide(nn.Module):
    def __init__(self, power: int) -> None:
        super().__init__()
        self.power, self.layer = power, nn.Linear(2, 1)


def words(word: str) -> Any:
    def queue(latent: Any, weights: Any) -> None:
        qml.PauliRot(latent[..., 0] + weights["w"][..., 0], word, wires=[0, 1])

    return from_function(queue, n_wires=2, latent_dim=1, weight_shapes={"w": (1,)}, name="word")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: {"circuit": partial(base, rotation=qml.RX)}, lambda: {"circuit": partial(base, rotation=qml.RY)}),
        (lambda: {"circuit": words("XX")}, lambda: {"circuit": words("ZY")}),
        (lambda: {"loss": SimpleNamespace(g=scaled(1.0))}, lambda: {"loss": SimpleNamespace(g=scaled(2.0))}),
        (lambda: {"loss": SimpleNamespace(t=(1, 2))}, lambda: {"loss": SimpleNamespace(t=(1, 3))}),
        (lambda: {"loss": SimpleNamespace}, lambda: {"loss": Part}),
        (lambda: {"discriminator": Wide(1)}, lambda: {"discriminator": Wide(2)}),
    ],
)
def test_what_differs_has_another_hash(one: Any, other: Any) -> None:
    assert digest(**one()) == digest(**one())
    assert digest(**one()) != digest(**other())


def test_a_data_set_without_labels_has_the_same_hash_in_another_process() -> None:
    code = (
        "import numpy as np\nfrom qgan.objects import Objects\nfrom qgan.samples import DataSet, Part\n"
        "part = Part(np.arange(6.0).reshape(3, 2))\n"
        "held = [lambda x: [y + 1 for y in x]]\n"
        "def own(latent, weights): return (lambda: held)()\n"
        "print(Objects(data=DataSet('a', part, part, part, 0, 5), circuit=own).hashes())"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second
    part = Part(np.arange(6.0).reshape(3, 2))
    assert digest(data=DataSet("a", part, part, part, 0, 5)) in first
