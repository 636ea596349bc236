from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch

from circuits import Circuit
from qgan.errors import ConfigError
from qgan.generators import PriorGenerator
from qgan.seeding import Key

Make = Callable[..., PriorGenerator]
KEY = Key(5, "latent", 2)


def bell() -> Circuit:
    """Two bits that are always equal, half of the time 0."""

    def queue(latent: Any, weights: Any, entangled: bool) -> None:  # noqa: ARG001
        qml.RY(weights["w"][..., 0], wires=0)
        qml.CNOT(wires=(0, 1))

    initial = lambda _: {"w": np.array([np.pi / 2])}  # noqa: E731
    return Circuit(name="bell", n_wires=2, latent_dim=0, weight_shapes={"w": (1,)}, queue=queue, initial=initial)


def test_bits_are_taken_together(make: Make) -> None:
    """A product of marginals would give all four strings a quarter."""
    whole = make("prior", own=bell(), output="distribution")
    samples = whole(whole.draw(5, KEY))
    torch.testing.assert_close(samples.weights.detach(), torch.tensor([0.5, 0, 0, 0.5]), atol=1e-6, rtol=0)
    drawn = make("prior", own=bell()).sample(200, KEY).values
    made = [samples.values[0], samples.values[3]]
    assert all(any(torch.allclose(row, string) for string in made) for row in drawn)
    assert len(torch.unique((drawn * 1e5).round(), dim=0)) == 2


def test_strings_become_signs(make: Make) -> None:
    module = make("prior", own=bell(), output="distribution", low=-1.0, high=1.0)
    signs = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    expected = 2 * torch.sigmoid(module.network(signs)) - 1
    torch.testing.assert_close(module(module.draw(1, KEY)).values, expected)


@pytest.mark.parametrize(("read_out", "inputs"), [("z", 3), ("xz", 6), ("bits", 3)])
def test_the_network_is_as_wide_as_what_is_measured(make: Make, read_out: str, inputs: int) -> None:
    module = make("prior", read_out=read_out)
    assert [tuple(p.shape) for p in module.network.parameters()] == [(4, inputs), (4,), (6, 4), (6,)]


def test_expectation_values_feed_it_one_latent_a_sample(make: Make) -> None:
    module = make("prior", read_out="z")
    seen: list[torch.Tensor] = []
    module.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    draw = module.draw(4, KEY)
    module(draw)

    @qml.qnode(qml.device("default.qubit", wires=3))
    def run(latent: np.ndarray) -> Any:
        module.circuit.gates(latent, {"w": module.weights["w"][0].detach().numpy()})
        return [qml.expval(qml.PauliZ(wire)) for wire in range(3)]

    expected = np.array([run(latent) for latent in draw.latent.numpy()])
    np.testing.assert_allclose(seen[0].detach(), expected, atol=1e-6)


def test_too_many_strings_are_drawn_from(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"Got: 131072 strings.*Set generator\.output=samples"):
        make("prior", n_wires=17, output="distribution")


def test_expectation_values_need_latents(make: Make) -> None:
    with pytest.raises(ConfigError, match="has no latents"):
        make("prior", own=bell(), read_out="z")
