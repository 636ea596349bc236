from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from pennylane.tape import make_qscript
from pydantic import ValidationError

from circuits import from_function, hardware_efficient
from qgan.errors import ConfigError
from qgan.generators import PatchGenerator, PatchOptions
from qgan.seeding import Key

Make = Callable[..., PatchGenerator]
KEY = Key(5, "latent", 2)


def joint(circuit: Any, latent: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Joint probabilities from PennyLane itself, one circuit at a time."""

    @qml.qnode(qml.device("default.qubit", wires=circuit.n_wires))
    def run() -> Any:
        circuit.gates(latent, {"w": weights})
        return qml.probs(wires=range(circuit.n_wires))

    return np.asarray(run())


@pytest.mark.parametrize("scale", ["maximum", "sum"])
@pytest.mark.parametrize("n_ancillas", [0, 1, 2])
def test_pixels_are_post_selected_probabilities(make: Make, n_ancillas: int, scale: str) -> None:
    module = make("patch", n_ancillas=n_ancillas, scale=scale)
    circuit, draw, pixels = hardware_efficient(n_wires=3, layers=2), module.draw(3, KEY), 2 ** (3 - n_ancillas)
    weights = module.weights["w"].detach().numpy()
    assert len(weights) == -(-6 // pixels)
    images, successes = [], []
    for latent in draw.latent.numpy():
        patches = []
        for row in weights:
            # Ancillas are the first wires, and wire 0 is the most significant bit.
            kept = joint(circuit, latent, row).reshape(2**n_ancillas, pixels)[0]
            successes.append(kept.sum())
            patches.append(kept / (kept.max() if scale == "maximum" else kept.sum()))
        images.append(np.concatenate(patches)[:6])
    # Single precision.
    np.testing.assert_allclose(module(draw).values.detach().numpy(), images, atol=1e-6)
    assert module.diagnostics["postselection"] == pytest.approx(np.mean(successes), abs=1e-9)


@pytest.mark.parametrize("shots", [None, 50])
def test_every_patch_has_a_brightest_pixel(make: Make, shots: int | None) -> None:
    values = make("patch", shape=(8,), shots=shots).sample(20, KEY).values
    assert torch.equal(values.reshape(20, 2, 4).amax(-1), torch.ones(20, 2))


def test_patches_that_are_not_scaled_sum_to_one(make: Make) -> None:
    values = make("patch", shape=(8,), scale="sum", low=0.0, high=9.0).sample(20, KEY).values
    # Four roundings in single precision.
    torch.testing.assert_close(values.reshape(20, 2, 4).sum(-1), torch.ones(20, 2), atol=1e-6, rtol=0)


def test_nothing_post_selected_is_black_and_not_nan(make: Make) -> None:
    module = make("patch", shape=(4,), shots=1, latent_low=np.pi, latent_high=np.pi)
    with torch.no_grad():
        module.weights["w"].zero_()
    values = module(module.draw(3, KEY)).values
    assert torch.equal(values, torch.zeros(3, 4))
    assert module.diagnostics["postselection"] == 0


def test_what_the_last_patch_has_too_many_is_left_out(make: Make) -> None:
    short, whole = make("patch", shape=(6,)), make("patch", shape=(8,))
    assert (short.patches, whole.patches) == (2, 2)
    assert torch.equal(short.sample(3, KEY).values, whole.sample(3, KEY).values[:, :6])


def test_patches_follow_each_other_in_the_flattened_sample(make: Make) -> None:
    square, flat = make("patch", shape=(2, 4)), make("patch", shape=(8,))
    assert torch.equal(square.sample(3, KEY).values.flatten(1), flat.sample(3, KEY).values)


def test_every_weight_learns(make: Make) -> None:
    module = make("patch", shape=(8,))
    (module(module.draw(8, KEY)).values * torch.arange(1.0, 9)).square().sum().backward()
    gradient = module.weights["w"].grad
    assert gradient is not None
    assert gradient.shape == (2, 2, 3)
    assert (gradient.abs() > 1e-9).all()


def test_without_entanglement_there_are_as_many_parameters(make: Make) -> None:
    entangled, product = make("patch"), make("patch", entangled=False)
    assert product.weights["w"].shape == entangled.weights["w"].shape
    assert torch.equal(product.weights["w"], entangled.weights["w"])
    assert not torch.equal(product.sample(3, KEY).values, entangled.sample(3, KEY).values)
    assert product.circuit.resources().two_wire_gates == 0


def test_a_product_state_makes_patches_of_rank_one(make: Make) -> None:
    """Two data wires that are not entangled: p(i, j) = p(i) p(j), so that the 2 x 2 patch has no determinant."""
    values = make("patch", shape=(4,), entangled=False).sample(9, KEY).values.reshape(9, 2, 2)
    torch.testing.assert_close(torch.linalg.det(values.double()), torch.zeros(9).double(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("patches", [1, 3])
def test_patches_that_do_not_fit_are_refused(make: Make, patches: int) -> None:
    with pytest.raises(ConfigError, match=r"Set generator\.patches=2, or leave it out") as caught:
        make("patch", patches=patches)
    assert "4 numbers (3 wires, 1 of them ancillas)" in str(caught.value)
    assert make("patch", patches=2).patches == 2


def test_latents_are_uniform_between_their_bounds(make: Make) -> None:
    latent = make("patch", latent_low=-1.0, latent_high=2.0).draw(2000, KEY).latent
    assert latent.dtype == torch.float64
    assert -1 <= latent.min() < -0.99
    assert 1.99 < latent.max() <= 2
    # Four standard errors of 6000 draws from an interval of length 3.
    assert abs(latent.mean().item() - 0.5) < 4 * 3 / (12 * 6000) ** 0.5


def test_shots_follow_the_key(make: Make) -> None:
    module = make("patch", shots=20)
    draw = module.draw(3, KEY)
    assert torch.equal(module(draw).values, module(draw).values)
    assert module.counts.shots == 2 * 20 * 3 * 2


def test_a_circuit_may_have_no_latents(make: Make) -> None:
    def function(latent: Any, weights: Any) -> None:  # noqa: ARG001
        for wire in range(3):
            qml.RY(weights["w"][..., wire], wires=wire)

    own = from_function(function, n_wires=3, latent_dim=0, weight_shapes={"w": (3,)})
    values = make("patch", own=own).sample(4, KEY).values
    assert torch.equal(values, values[:1].expand(4, 6))


def test_ancillas_must_leave_a_wire_of_the_users_circuit(make: Make) -> None:
    own = hardware_efficient(n_wires=2, layers=1)
    with pytest.raises(ConfigError, match="2 of 2 wires"):
        make("patch", own=own, n_ancillas=2)


@pytest.mark.parametrize(
    "options",
    [
        {"n_ancillas": 3, "n_wires": 3},
        {"n_ancillas": -1},
        {"n_wires": 0},
        {"n_wires": 65},
        {"n_wires": "3"},
        {"layers": 0},
        {"layers": 2.0},
        {"entangled": 1},
        {"scale": "mean"},
        {"latent_low": 2.0},
        {"latent_low": float("nan")},
        {"patches": 0},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PatchOptions.model_validate(options)


@pytest.mark.parametrize("scale", ["maximum", "sum"])
def test_a_patch_without_surviving_shots_is_dark_and_its_gradient_finite(make: Make, scale: str) -> None:
    module = make("patch", shape=(8,), shots=1, scale=scale)
    values = module(module.draw(40, KEY)).values
    dark = values.reshape(40, 2, 4).sum(-1) == 0
    assert dark.any()
    assert not dark.all()
    (values * torch.linspace(1, 2, 8)).sum().backward()
    assert all(bool(weight.grad.isfinite().all()) for weight in module.parameters() if weight.grad is not None)


def test_the_pattern_says_which_wires_are_entangled(make: Make) -> None:
    pairs = {}
    for pattern in ("own", "line", "ring", "all-to-all"):
        circuit = make("patch", n_wires=4, pattern=pattern).circuit
        tape = make_qscript(circuit.gates)(np.zeros(4), {"w": np.zeros((2, 4))})
        pairs[pattern] = {tuple(gate.wires) for gate in tape.operations if gate.name == "CZ"}
    assert pairs["own"] == pairs["line"] == {(0, 1), (1, 2), (2, 3)}
    assert pairs["ring"] == pairs["line"] | {(3, 0)}
    assert len(pairs["all-to-all"]) == 6


def test_shot_noise_is_independent_of_the_latents(make: Make) -> None:
    """Latents and shots are drawn for one key; from one stream, the noise would follow the latents."""
    module = make("patch", shape=(4,), shots=20, n_ancillas=0, n_wires=2, layers=1, scale="sum")
    weights, pairs = module.weights["w"][0].detach().numpy(), []
    for step in range(300):
        draw = module.draw(1, Key(3, "latent", step))
        latent = draw.latent[0].numpy()
        with torch.no_grad():
            seen = module(draw).numpy()[0, 0]
        pairs.append((latent[0], seen - joint(module.circuit, latent, weights)[0]))
    # Four standard errors of 300 independent pairs.
    assert abs(np.corrcoef(np.array(pairs).T)[0, 1]) < 0.25
