import pytest
import torch
from torch import nn

from qgan.networks import (
    ACTIVATIONS,
    Activation,
    Recurrence,
    convolution,
    dense,
    halvings,
    initialise,
    normalise_spectrally,
)
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


def every_kind() -> nn.ModuleList:
    layers = [convolution(2, 3, axes=1), convolution(2, 3, axes=2), Recurrence(2, 3)]
    return nn.ModuleList([dense([5, 4, 3], "relu", dropout=0.5), *layers])


def test_every_kind_of_layer_is_drawn_from_the_key_and_from_nothing_else() -> None:
    before, found = torch.get_rng_state(), []
    for step in (0, 0, 1):
        module = every_kind()
        initialise(module, Key(0, "weights", step))
        normalise_spectrally(module, Key(0, "power iteration", step))
        found.append(module.state_dict())
    assert torch.equal(torch.get_rng_state(), before)
    one, same, other = found
    for name, value in one.items():
        assert torch.equal(value, same[name]), name
        assert not torch.equal(value, other[name]), name


@pytest.mark.parametrize(
    ("make", "own"),
    [
        (lambda: convolution(6, 50, axes=1), lambda: nn.Conv1d(6, 50, 3)),
        (lambda: convolution(6, 50, axes=2, stride=2), lambda: nn.Conv2d(6, 50, 3)),
        (lambda: Recurrence(30, 40).cell, lambda: nn.GRUCell(30, 40)),
    ],
)
def test_other_weights_are_as_torch_draws_them_too(make, own) -> None:
    layer = make()
    initialise(layer, Key(0, "weights"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        expected = dict(own().named_parameters())
    for name, parameter in layer.named_parameters():
        largest = expected[name].abs().max().item()
        # The largest of 50 numbers is within 15 % of the bound but once in 3000 times.
        assert parameter.abs().max().item() == pytest.approx(largest, rel=0.17), name


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_sines_alone_have_weights_of_their_own(activation: Activation) -> None:
    layer = dense([6, 400, 1], activation)
    initialise(layer, Key(0, "weights"))
    weight, bias = layer[0].get_parameter("weight"), layer[0].get_parameter("bias")
    assert weight.abs().max().item() == pytest.approx(1 if activation == "sine" else 6**-0.5, rel=0.01)
    assert bias.abs().max().item() == pytest.approx(6**-0.5, rel=0.01)


def test_what_goes_into_sines_neither_fades_nor_grows() -> None:
    """Its variance is the solution of v = 1 - exp(-2 v) from the third layer on."""
    stack = dense([4, *[256] * 12, 1], "sine")
    initialise(stack, Key(0, "weights"))
    values = torch.randn(2000, 4, generator=torch.Generator().manual_seed(0))
    for place, layer in enumerate(stack):
        values = layer(values)
        if isinstance(layer, nn.Linear) and 4 <= place < len(stack) - 1:
            assert values.var().item() == pytest.approx(0.797, rel=0.1)


@pytest.mark.parametrize("side", range(1, 40))
def test_halves_are_rounded_up_as_convolutions_of_stride_2_do(side: int) -> None:
    sizes = halvings((side,), longest=3)
    assert sizes[0] == (side,)
    assert sizes[-1][0] <= 3
    values = torch.zeros(1, 1, side)
    for (size,) in sizes[1:]:
        values = convolution(1, 1, axes=1, stride=2)(values)
        assert values.shape[-1] == size


def test_the_recurrence_is_that_of_torchs_layer() -> None:
    units, layer = Recurrence(3, 4).double(), nn.GRU(3, 4, batch_first=True).double()
    initialise(units, Key(0, "weights"))
    layer.load_state_dict({f"{name.removeprefix('cell.')}_l0": value for name, value in units.state_dict().items()})
    values = torch.rand(5, 7, 3, dtype=torch.float64)
    torch.testing.assert_close(units(values), layer(values)[0], atol=1e-12, rtol=0)


def test_normalised_weights_have_a_largest_singular_value_of_1() -> None:
    module = every_kind()
    initialise(module, Key(0, "weights"))
    normalise_spectrally(module, Key(0, "power iteration"))
    drawn = [0]
    for layer in module.modules():
        for name in ("weight", "weight_ih", "weight_hh"):
            if hasattr(layer, "parametrizations") and name in layer.parametrizations:  # type: ignore[operator]
                for _ in range(100):
                    getattr(layer, name)
                weight = layer.eval().get_parameter(f"parametrizations.{name}.original"), getattr(layer, name)
                values = [torch.linalg.svdvals(matrix.detach().flatten(1)) for matrix in weight]
                assert values[1][0].item() == pytest.approx(1, abs=1e-4)
                torch.testing.assert_close(values[1], values[0] / values[0][0], atol=1e-4, rtol=0)
                drawn[0] += 1
    assert drawn == [6]


def test_a_recurrence_takes_one_power_iteration_for_all_its_steps() -> None:
    short, long = Recurrence(3, 4), Recurrence(3, 4)
    for units in (short, long):
        initialise(units, Key(0, "weights"))
        normalise_spectrally(units, Key(0, "power iteration"))
    short(torch.rand(2, 1, 3))
    long(torch.rand(2, 9, 3))
    state = long.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in short.state_dict().items())


def test_weights_are_as_torch_draws_them() -> None:
    """U(-1/sqrt(inputs), 1/sqrt(inputs)) for weights and biases: the same extremes and variance as torch's own."""
    layer = dense([100, 400], "relu")
    initialise(layer, Key(0, "weights"))
    weight, bias = layer[0].get_parameter("weight"), layer[0].get_parameter("bias")
    assert 0.0999 < weight.abs().max() <= 0.1
    assert 0.099 < bias.abs().max() <= 0.1
    # The variance of U(-a, a) is a^2 / 3; 40 000 draws have it within 2 %.
    assert weight.var().item() == pytest.approx(0.01 / 3, rel=0.02)
