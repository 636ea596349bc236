from collections.abc import Callable
from typing import Any

import pytest
from torch import nn

from qgan.discriminators import DISCRIMINATORS
from qgan.seeding import Key


def discriminator(name: str, *, shape: tuple[int, ...], classes: int = 0, seed: int = 0, **options: Any) -> nn.Module:
    entry = DISCRIMINATORS[name]
    given = entry.options.model_validate(options)
    return entry.make(given, shape=shape, classes=classes, key=Key(seed, "discriminator weights"))


@pytest.fixture
def make() -> Callable[..., nn.Module]:
    return discriminator
