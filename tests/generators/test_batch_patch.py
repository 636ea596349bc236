from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from pydantic import ValidationError

from qgan.errors import ConfigError
from qgan.generators import BatchPatchGenerator, BatchPatchOptions
from qgan.seeding import Key

Make = Callable[..., BatchPatchGenerator]
KEY = Key(5, "latent", 2)


@pytest.mark.parametrize("scale", ["maximum", "sum"])
@pytest.mark.parametrize(("images", "n_ancillas"), [(2, 0), (4, 1)])
def test_an_image_is_what_its_index_post_selects(make: Make, images: int, n_ancillas: int, scale: str) -> None:
    module = make("batch-patch", shape=(3,), images=images, n_ancillas=n_ancillas, scale=scale)
    circuit, weights, draw = module.circuit, module.weights["w"][0].detach().numpy(), module.draw(2 * images, KEY)

    @qml.qnode(qml.device("default.qubit", wires=circuit.n_wires))
    def joint(latent: np.ndarray) -> Any:
        circuit.gates(latent, {"w": weights})
        return qml.probs(wires=range(circuit.n_wires))

    expected, successes = [], []
    for latent in draw.latent.numpy()[::images]:
        kept = np.asarray(joint(latent)).reshape(images, 2**n_ancillas, 4)[:, 0]
        successes.append(kept.sum())
        expected += [(row / (row.max() if scale == "maximum" else row.sum()))[:3] for row in kept]
    np.testing.assert_allclose(module(draw).values.detach(), expected, atol=1e-6)
    assert module.diagnostics["postselection"] == pytest.approx(np.mean(successes), abs=1e-9)


def test_the_index_is_in_superposition(make: Make) -> None:
    module = make("batch-patch", shape=(4,), images=4, latent_high=0.0)
    with torch.no_grad():
        module.weights["w"].zero_()
    values = module.sample(4, KEY).values
    # Every index is as likely as every other, and none of them lights but the first pixel.
    assert torch.equal(values, torch.eye(4)[:1].expand(4, 4))
    assert module.diagnostics["postselection"] == pytest.approx(1)


@pytest.mark.parametrize(("n", "circuits"), [(1, 1), (4, 1), (5, 2), (8, 2)])
def test_one_circuit_makes_several_images(make: Make, n: int, circuits: int) -> None:
    module = make("batch-patch", images=4)
    values = module.sample(n, KEY).values
    assert module.counts.executions == circuits
    assert len(values) == n
    assert len(torch.unique(values, dim=0)) == n


def test_what_no_shot_has_seen_is_dark(make: Make) -> None:
    module = make("batch-patch", images=8, shots=1)
    values = module(module.draw(8, KEY)).values
    assert (values.sum(1) == 0).sum() == 7
    values.sum().backward()
    assert all(bool(torch.isfinite(weight.grad).all()) for weight in module.parameters() if weight.grad is not None)


def test_wires_that_do_not_fit_are_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"4 images of 6 pixels with 1 ancillas takes 6 wires.*n_wires=6"):
        make("batch-patch", images=4, n_ancillas=1, n_wires=5)


@pytest.mark.parametrize("images", [0, 1, 3, 6])
def test_images_are_a_power_of_two(images: int) -> None:
    with pytest.raises(ValidationError):
        BatchPatchOptions.model_validate({"images": images})
