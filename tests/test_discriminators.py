import pytest
import torch
from pydantic import ValidationError
from torch import nn

from qgan.discriminators import DISCRIMINATORS, MLPDiscriminator, MLPOptions
from qgan.seeding import Key


@pytest.fixture(params=DISCRIMINATORS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def make(name: str, *, shape: tuple[int, ...], classes: int = 0, seed: int = 0) -> nn.Module:
    entry = DISCRIMINATORS[name]
    return entry.make(entry.options(), shape=shape, classes=classes, key=Key(seed, "discriminator weights"))


@pytest.mark.parametrize("shape", [(8, 8), (4,), (1,)])
def test_there_is_one_logit_for_each_sample(name: str, shape: tuple[int, ...]) -> None:
    module = make(name, shape=shape)
    for n in (1, 5):
        assert module(torch.rand(n, *shape)).shape == (n,)


def test_logits_do_not_depend_on_the_rest_of_the_batch(name: str) -> None:
    module, values = make(name, shape=(4, 4)).double(), torch.rand(5, 4, 4, dtype=torch.float64)
    alone = torch.cat([module(row[None]) for row in values])
    torch.testing.assert_close(alone, module(values), atol=1e-12, rtol=0)


def test_logits_are_not_squashed(name: str) -> None:
    values = make(name, shape=(4,))(1e4 * torch.rand(20, 4))
    assert values.abs().max() > 1


def test_every_parameter_learns(name: str) -> None:
    module = make(name, shape=(16,))
    module(torch.rand(64, 16)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in module.parameters())


def test_the_key_decides_the_weights(name: str) -> None:
    one, same, other = (nn.utils.parameters_to_vector(make(name, shape=(4,), seed=s).parameters()) for s in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_default_is_that_of_the_demonstration() -> None:
    module = MLPDiscriminator(MLPOptions(), shape=(64,), classes=0, key=Key(0, "weights"))
    assert sum(parameter.numel() for parameter in module.parameters()) == 64 * 64 + 64 + 64 * 16 + 16 + 16 + 1


def test_no_hidden_layer_is_logistic_regression() -> None:
    module = MLPDiscriminator(MLPOptions(hidden=()), shape=(4,), classes=0, key=Key(0, "weights"))
    assert sum(parameter.numel() for parameter in module.parameters()) == 5


@pytest.mark.parametrize("hidden", [[0], [-1], [2.5], ["3"], [True], 64, [2**21]])
def test_impossible_widths_are_refused(hidden: object) -> None:
    with pytest.raises(ValidationError):
        MLPOptions.model_validate({"hidden": hidden})


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(ValidationError, match="'relu', 'leaky-relu', 'tanh' or 'gelu'"):
        MLPOptions.model_validate({"activation": "swish"})


def test_labels_are_seen(name: str) -> None:
    module, values = make(name, shape=(4, 4), classes=3), torch.rand(2, 4, 4)
    first, second = (module(values, torch.full((2,), label)) for label in (0, 2))
    assert first.shape == (2,)
    assert not torch.equal(first, second)
