from typing import Any

import pytest
import torch
from torch import Tensor, nn

from qgan.data.arrays import from_array
from qgan.errors import ConfigError
from qgan.trials import require_loss, try_discriminator

DATA = from_array(torch.rand(20, 2, 2, generator=torch.Generator().manual_seed(0)).numpy(), seed=0)
CPU = torch.device("cpu")


class Inside(nn.Module):
    """Works in double precision, and says so to nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 1).double()

    def forward(self, samples: Tensor) -> Tensor:
        return self.layer(samples.flatten(1).double())


def test_double_precision_is_named_where_it_is_the_trouble() -> None:
    with pytest.raises(ConfigError, match=r"module\.float\(\)"):
        try_discriminator(nn.Sequential(nn.Flatten(), nn.Linear(4, 1)).double(), DATA, CPU)
    try_discriminator(Inside(), DATA, CPU)


@pytest.mark.parametrize(
    ("module", "what"),
    [
        (torch.sigmoid, "no torch module"),
        (nn.Linear(4, 1), "cannot take samples"),
        (nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), "one logit"),
    ],
)
def test_a_discriminator_that_does_not_fit_is_refused(module: Any, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        try_discriminator(module, DATA, CPU)


def test_a_discriminator_is_left_in_its_mode() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(4, 1))
    module[1].eval()
    try_discriminator(module, DATA, CPU)
    assert [part.training for part in module] == [True, False, True]


def test_a_loss_has_two_sides() -> None:
    with pytest.raises(ConfigError, match="'discriminator'"):
        require_loss(nn.BCEWithLogitsLoss())
