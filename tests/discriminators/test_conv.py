import pytest
import torch
from torch import nn

from qgan.discriminators import ConvDiscriminator, ConvOptions
from qgan.errors import ConfigError
from qgan.seeding import Key

KEY = Key(0, "weights")


def make(shape: tuple[int, ...], **options: object) -> ConvDiscriminator:
    return ConvDiscriminator(ConvOptions.model_validate(options), shape=shape, classes=0, key=KEY)


@pytest.mark.parametrize(
    ("shape", "channels"),
    [((8, 8), [16, 32]), ((28, 28), [16, 32, 64, 128]), ((3, 3), [16]), ((1,), [16]), ((7, 64), [16, 32, 64, 128, 256]),
     ((64, 64, 3), [16, 32, 64, 128, 256]), ((20,), [16, 32, 64])],
)  # fmt: skip
def test_its_depth_follows_the_size(shape: tuple[int, ...], channels: list[int]) -> None:
    layers = [layer for layer in make(shape).layers if isinstance(layer, (nn.Conv1d, nn.Conv2d))]
    assert [layer.out_channels for layer in layers] == channels
    assert all(set(layer.stride) == {2} for layer in layers)
    assert len(layers[0].kernel_size) == min(len(shape), 2)


def test_every_pixel_is_seen() -> None:
    values = torch.rand(1, 7, 28, requires_grad=True)
    make((7, 28), activation="silu")(values).sum().backward()
    assert values.grad is not None
    assert (values.grad != 0).all()


def test_channels_come_last() -> None:
    module, values = make((4, 5, 2)), torch.rand(3, 4, 5, 2)
    (first, *_) = module.layers
    seen: list[torch.Tensor] = []
    first.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    module(values)
    assert torch.equal(seen[0], values.permute(0, 3, 1, 2))


def test_more_than_three_axes_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"discriminator\.name=mlp"):
        make((2, 2, 2, 2))
