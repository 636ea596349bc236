from typing import Any

import pytest
import torch
from torch import Tensor, nn

from qgan.data.arrays import from_array
from qgan.discriminators import MLPDiscriminator, MLPOptions
from qgan.errors import ConfigError
from qgan.samples import Samples
from qgan.seeding import Key
from qgan.trials import require_loss, require_spread, try_discriminator

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


class Told(nn.Module):
    """Knows of three classes."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.layer = nn.Embedding(3, 4), nn.Linear(4, 1)

    def forward(self, values: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.layer(values.flatten(1) + (0 if labels is None else self.table(labels)))


def test_a_discriminator_is_tried_out_with_every_label() -> None:
    try_discriminator(Told(), DATA, CPU, classes=3)
    with pytest.raises(ConfigError, match="with labels from 0 to 3"):
        try_discriminator(Told(), DATA, CPU, classes=4)


def test_a_discriminator_that_takes_no_labels_is_refused() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 1))
    try_discriminator(module, DATA, CPU)
    with pytest.raises(ConfigError, match=r"takes no labels.*forward\(values, labels\).*conditional=false"):
        try_discriminator(module, DATA, CPU, classes=2)


def test_a_whole_distribution_has_no_spread_to_look_at() -> None:
    plain, seeing = (
        MLPDiscriminator(MLPOptions(minibatch_std=told), shape=(2, 2), classes=0, key=Key(0, "weights"))
        for told in (False, True)
    )
    batch, whole = (Samples.uniform(torch.zeros(n, 2, 2)) for n in (2, 16))
    for module, fake in ((plain, whole), (plain, batch), (seeing, batch)):
        require_spread(module, fake)
    with pytest.raises(ConfigError, match=r"16 values of 2 latents.*minibatch_std=false"):
        require_spread(seeing, whole)


def test_lazy_layers_draw_the_same_weights_each_time_and_leave_the_global_stream_alone() -> None:
    before = torch.get_rng_state()
    weights = []
    for _ in range(2):
        module = nn.Sequential(nn.Flatten(), nn.LazyLinear(1))
        try_discriminator(module, DATA, CPU)
        weights.append(module.get_parameter("1.weight").detach())
    assert torch.equal(*weights)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loss_has_two_sides() -> None:
    with pytest.raises(ConfigError, match="'discriminator'"):
        require_loss(nn.BCEWithLogitsLoss())
