import pytest
import torch
from torch import nn

from qgan.networks import ACTIVATIONS, dense, initialise
from qgan.seeding import Key


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layers_alternate_and_end_without_an_activation(activation) -> None:
    stack = dense([5, 4, 3, 2], activation)
    assert [type(layer) is nn.Linear for layer in stack] == [True, False, True, False, True]
    assert stack(torch.zeros(7, 5)).shape == (7, 2)
    kind = type(ACTIVATIONS[activation]())
    assert all(type(layer) is kind for layer in stack if not isinstance(layer, nn.Linear))


def test_two_widths_are_one_layer() -> None:
    assert [type(layer) for layer in dense([5, 1], "relu")] == [nn.Linear]


def test_weights_are_a_function_of_the_key_whatever_torch_drew_before() -> None:
    def weights(step: int) -> torch.Tensor:
        stack = dense([5, 4, 3], "relu")
        initialise(stack, Key(0, "weights", step))
        return nn.utils.parameters_to_vector(stack.parameters()).detach()

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_making_layers_leaves_the_global_stream_alone() -> None:
    before = torch.get_rng_state()
    stack = dense([5, 4, 3], "relu")
    initialise(stack, Key(0, "weights"))
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_are_as_torch_draws_them() -> None:
    """U(-1/sqrt(inputs), 1/sqrt(inputs)) for weights and biases: the same extremes and variance as torch's own."""
    layer = dense([100, 400], "relu")
    initialise(layer, Key(0, "weights"))
    weight, bias = layer[0].get_parameter("weight"), layer[0].get_parameter("bias")
    assert 0.0999 < weight.abs().max() <= 0.1
    assert 0.099 < bias.abs().max() <= 0.1
    # The variance of U(-a, a) is a^2 / 3; 40 000 draws have it within 2 %.
    assert weight.var().item() == pytest.approx(0.01 / 3, rel=0.02)
