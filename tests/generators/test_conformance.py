"""What every generator of the table promises."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from qgan.generators import Generator
from qgan.samples import Draw, Samples
from qgan.seeding import Key

Make = Callable[..., Generator]
KEY = Key(5, "latent", 2)


def seen(samples: Samples) -> Tensor:
    """All that a discriminator gets."""
    return torch.cat([samples.values.flatten(), samples.weights])


def score(samples: Samples) -> Tensor:
    """A scalar as a loss makes it, that tells all features apart."""
    flat = samples.values.flatten(1)
    return samples.weights @ (flat * torch.arange(1.0, flat.shape[1] + 1)).square().sum(1)


def gradients(module: Generator, n: int = 8) -> dict[str, Tensor]:
    score(module(module.draw(n, KEY))).backward()
    found = {}
    for key, parameter in module.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, key
            assert torch.isfinite(parameter.grad).all(), key
            found[key] = parameter.grad
    return found


@pytest.mark.parametrize("shape", [(6,), (2, 4), (1,)])
def test_samples_have_the_shape_of_the_data(make: Make, name: str, shape: tuple[int, ...]) -> None:
    module = make(name, shape=shape)
    for n in (1, 5):
        for samples in (module.sample(n, KEY), module(module.draw(n, KEY))):
            assert samples.values.shape == (len(samples), *shape)
            assert samples.values.dtype == samples.weights.dtype == torch.float32
            assert torch.isfinite(samples.values).all()
            # n single-precision roundings.
            assert samples.weights.sum().item() == pytest.approx(1, abs=1e-6)
            assert (samples.weights >= 0).all()


def test_samples_asked_for_weigh_the_same(make: Make, name: str) -> None:
    for n in (1, 7):
        samples = make(name).sample(n, KEY)
        assert len(samples) == n
        torch.testing.assert_close(samples.weights, torch.full((n,), 1 / n))


def test_draws_and_samples_are_functions_of_the_key(make: Make, name: str) -> None:
    module = make(name)
    assert module.draw(4, KEY).latent.shape == (4, module.latent_dim)
    assert torch.equal(module.draw(4, KEY).latent, module.draw(4, KEY).latent)
    assert torch.equal(module.sample(9, KEY).values, module.sample(9, KEY).values)
    assert not torch.equal(module.sample(9, KEY).values, module.sample(9, Key(5, "latent", 3)).values)


def test_weights_are_a_function_of_the_key(make: Make, name: str) -> None:
    one, same, other = (torch.nn.utils.parameters_to_vector(make(name, seed=s).parameters()) for s in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_sample_does_not_depend_on_the_rest_of_the_batch(make: Make, name: str) -> None:
    module = make(name)
    draw = module.draw(5, KEY)
    together = module(draw).values
    alone = torch.cat([module(Draw(row[None], None, KEY)).values for row in draw.latent])
    # Single precision: matrix products of another size round otherwise.
    same = alone.shape == together.shape and torch.allclose(alone, together, atol=1e-6, rtol=0)
    assert same or not module.independent


def test_a_gradient_reaches_every_weight_but_those_declared_inert(make: Make, name: str, ending_in_rz: Any) -> None:
    made: list[Any] = []
    for key, gradient in gradients(make(name, circuits=ending_in_rz, made=made)).items():
        module, _, weight = key.rpartition(".")
        if module.rpartition(".")[2] != "weights":
            # Of a network some units may be off for all eight samples.
            assert (gradient != 0).any(), key
            continue
        (used,) = made
        mask = used.circuit.inert.get(used.readout.name, {}).get(weight, torch.zeros(gradient.shape[1:]))
        inert = torch.as_tensor(mask, dtype=torch.bool).expand_as(gradient)
        assert torch.equal(gradient.abs() < 1e-12, inert), key


def test_sampling_keeps_no_gradient_and_runs_no_more_circuits_than_it_needs(make: Make, name: str) -> None:
    made: list[Any] = []
    module = make(name, made=made)
    assert not module.sample(5, KEY).values.requires_grad
    needed = sum(max(1, math.ceil(5 * used.rows)) for used in made)
    assert module.counts.executions == needed
    assert bool(made) == module.quantum


def test_it_runs_with_parameters_given_from_outside(make: Make, name: str) -> None:
    module, other = make(name, seed=0), make(name, seed=1)
    draw = module.draw(20, KEY)
    before = seen(module(draw))
    # Where a decoder was fitted from another seed, the range of its codes is another too.
    outside = {**dict(other.named_parameters()), **dict(other.named_buffers())}
    given = seen(functional_call(module, outside, (draw,)))
    assert torch.equal(given, seen(other(draw)))
    assert not torch.equal(given, before)
    assert torch.equal(seen(module(draw)), before)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 5.0)])
def test_values_stay_in_the_range_of_the_data(make: Make, name: str, low: float, high: float) -> None:
    values = make(name, low=low, high=high).sample(50, KEY).values
    # One rounding in single precision.
    assert values.min() >= low - 1e-6 * abs(high)
    assert values.max() <= high + 1e-6 * abs(high)
    assert values.min() < values.max()


def test_the_range_is_that_of_the_data(make: Make, name: str) -> None:
    plain, wide = (make(name, low=low, high=high).sample(9, KEY).values for low, high in ((0.0, 1.0), (-3.0, 5.0)))
    torch.testing.assert_close(wide, -3 + 8 * plain, atol=1e-4 if "latent" in name else 1e-5, rtol=0)


def test_global_random_states_are_left_alone(make: Make, name: str) -> None:
    before = torch.get_rng_state()
    make(name).sample(3, KEY)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_says_how_its_gradient_is_found_and_what_it_ran(make: Make, name: str) -> None:
    module = make(name)
    assert module.gradient.name
    assert module.gradient.why
    module.sample(3, KEY)
    assert (module.counts.executions > 0) == module.quantum
    module.counts.executions = 0
    assert module.counts.executions == 0
    assert all(isinstance(value, float) for value in module.diagnostics.values())


def test_its_state_can_be_moved(make: Make, name: str) -> None:
    module, other = make(name, seed=0), make(name, seed=1)
    other.load_state_dict(module.state_dict())
    assert torch.equal(seen(other.sample(3, KEY)), seen(module.sample(3, KEY)))
    assert torch.equal(seen(other(other.draw(3, KEY))), seen(module(module.draw(3, KEY))))


def test_it_learns_with_finite_shots(make: Make, name: str) -> None:
    module = make(name, shots=20)
    samples = module(module.draw(3, KEY))
    assert samples.weights.sum().item() == pytest.approx(1, abs=1e-6)
    assert torch.isfinite(samples.values).all()
    found = gradients(module, n=3)
    assert any((gradient != 0).any() for gradient in found.values())
    assert (module.counts.shots > 0) == module.quantum


def test_every_backend_gives_the_same_samples_and_gradients(make: Make, name: str) -> None:
    options: dict[str, Any] = {"shape": (3,), **({"parameters": 19} if name == "mlp" else {})}
    one = make(name, backend="default.qubit", **options)
    found = gradients(one, n=2)
    for backend, c_dtype in (("lightning.qubit", None), ("batched.qubit", "complex128")):
        other = make(name, backend=backend, c_dtype=c_dtype, **options)
        torch.testing.assert_close(seen(one(one.draw(2, KEY))), seen(other(other.draw(2, KEY))), atol=1e-6, rtol=0)
        # Weights and values are in single precision, and the score is a sum of squares up to 9.
        for first, second in zip(found.values(), gradients(other, n=2).values(), strict=True):
            torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-5)


def test_without_entanglement_there_are_as_many_parameters(make: Make, name: str) -> None:
    made: list[Any] = []
    if name in {"latent", "latent/autoencoder"}:
        options: dict[str, Any] = {"inner": {"name": "expectation", "layers": 2, "entangled": False}}
    elif make(name).quantum:
        options = {"entangled": False}
    else:
        options = {}
    entangled, product = make(name), make(name, made=made, **options)
    assert [tuple(weight.shape) for weight in product.parameters()] == [
        tuple(weight.shape) for weight in entangled.parameters()
    ]
    assert all(used.circuit.resources().two_wire_gates == 0 for used in made)
