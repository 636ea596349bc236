from torch import nn

from qgan.discriminators import MLPDiscriminator, MLPOptions
from qgan.seeding import Key

KEY = Key(0, "weights")


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_default_is_that_of_the_demonstration() -> None:
    module = MLPDiscriminator(MLPOptions(), shape=(64,), classes=0, key=KEY)
    assert count(module) == 64 * 64 + 64 + 64 * 16 + 16 + 16 + 1
    assert [type(layer) for layer in module.layers] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]


def test_no_hidden_layer_is_logistic_regression() -> None:
    assert count(MLPDiscriminator(MLPOptions(hidden=()), shape=(4,), classes=0, key=KEY)) == 5
