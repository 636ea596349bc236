"""Figure 2: the gradient of the patch generator, found in four ways, and what shots make of it."""

__all__ = ["Deviation", "deviation", "finite_differences", "gradient", "joint", "measure", "pixels", "setup"]

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.evidence import Figure, Workplace, number, table
from qgan._typing import Array
from qgan.build import build
from qgan.config import load as load_config
from qgan.experiment import Experiment
from qgan.generators.base import into_range, one_for_zero, sets_of
from qgan.generators.patch import PatchGenerator
from qgan.samples import Draw
from qgan.seeding import Key, stream

ALLOWED = 1e-6
STEP = 1e-5  # radians; its square and the rounding over it are both about 1e-10
SAMPLES = 4
SHOTS, DRAWS, QUICK_DRAWS = 1000, 200, 5
METHODS: dict[str, list[tuple[str, Any]]] = {
    "batched.qubit, adjoint": [("backend.name", "batched.qubit"), ("backend.c_dtype", "complex128")],
    "default.qubit, backprop": [("backend.name", "default.qubit")],
    "lightning.qubit, one-pass adjoint": [("backend.name", "lightning.qubit")],
    "default.qubit, parameter-shift": [("backend.name", "default.qubit"), ("backend.gradient", "parameter-shift")],
}
DIFFERENCES = "default.qubit, central finite differences"

Quantity = Callable[[PatchGenerator, Draw], Tensor]


class Deviation(NamedTuple):
    """Estimates of a vector against its true value.

    Attributes:
        largest: Largest error of the mean, in units of its own standard error.
        rms: Root mean square of the same; about 1 where there is no bias.
        bias: Root mean square error of the mean, as a share of the root mean square of the true value.
        spread: Root mean square standard deviation of one estimate, as a share of the same.
    """

    largest: float
    rms: float
    bias: float
    spread: float


def setup(changes: list[tuple[str, Any]]) -> tuple[Experiment, PatchGenerator]:
    """The recipe `digits-patch` with these settings, untrained."""
    experiment = build(load_config("digits-patch", changes=changes))
    assert isinstance(experiment.generator, PatchGenerator)
    return experiment, experiment.generator


def joint(generator: PatchGenerator, draw: Draw) -> Tensor:
    """The joint probabilities of all patches, float64, shape (patches * n, 2**n_wires)."""
    n, dim = draw.latent.shape
    latent = draw.latent.expand(generator.patches, n, dim).reshape(generator.patches * n, dim)
    return generator.executor(latent, sets_of(generator.weights), key=draw.key)


def pixels(generator: PatchGenerator, draw: Draw) -> Tensor:
    """The generator's samples before they are rounded to float32.

    Single precision would hide differences below 1e-7, so the last lines of the generator are said again here, and held
    against the generator itself.

    Raises:
        RuntimeError: If, rounded, these are not the generator's samples to the bit.
    """
    kept = joint(generator, draw)[:, : generator.pixels]
    whole = kept.amax(-1, keepdim=True) if generator.options.scale == "maximum" else kept.sum(-1, keepdim=True)
    patches = (kept / one_for_zero(whole)).reshape(generator.patches, -1, generator.pixels).transpose(0, 1)
    shape = (len(draw.latent), *generator.sample_shape)
    image = patches.reshape(shape[0], -1)[:, : math.prod(generator.sample_shape)].reshape(shape)
    values = into_range(image, generator.low, generator.high)
    with torch.no_grad():
        if not torch.equal(values.float(), generator(draw).values):
            raise RuntimeError("The pixels measured here are not those of the generator")
    return values


def gradient(generator: PatchGenerator, draw: Draw, quantity: Quantity) -> Array:
    """Of a fixed random linear function of that quantity, with respect to all weights, flat."""
    values = quantity(generator, draw)
    parts = torch.autograd.grad((values * _coefficients(values)).sum(), list(generator.parameters()))
    return torch.cat([part.flatten() for part in parts]).numpy()


def finite_differences(generator: PatchGenerator, draw: Draw, quantity: Quantity) -> Array:
    """The same by central differences."""
    found = []
    with torch.no_grad():
        for weights in generator.parameters():
            flat = weights.view(-1)
            for index in range(len(flat)):
                kept, sides = flat[index].item(), []
                for step in (STEP, -STEP):
                    flat[index] = kept + step
                    values = quantity(generator, draw)
                    sides.append((values * _coefficients(values)).sum().item())
                flat[index] = kept
                found.append((sides[0] - sides[1]) / (2 * STEP))
    return np.array(found)


def deviation(estimates: Array, truth: Array) -> Deviation:
    """How far estimates of shape (draws, n) are from the truth of shape (n,), on average and one by one."""
    error, spread = estimates.mean(axis=0) - truth, estimates.std(axis=0, ddof=1)
    standard = spread / np.sqrt(len(estimates))
    scaled = np.divide(error, standard, out=np.where(error == 0, 0.0, np.inf), where=standard > 0)
    size = _rms(truth)
    return Deviation(float(np.abs(scaled).max()), _rms(scaled), _rms(error) / size, _rms(spread) / size)


def measure(place: Workplace) -> Figure:
    """Largest differences between four exact ways; bias and spread of the gradient with shots."""
    quantities: dict[str, Quantity] = {"pixels": pixels, "probabilities": joint}
    exact: dict[str, dict[str, Array]] = {name: {} for name in quantities}
    for method, changes in METHODS.items():
        _, generator = setup(changes)
        draw = generator.draw(SAMPLES, Key(0, "gradients"))
        for name, quantity in quantities.items():
            exact[name][method] = gradient(generator, draw, quantity)
            if method == "default.qubit, backprop":
                exact[name][DIFFERENCES] = finite_differences(generator, draw, quantity)
    reference = next(iter(METHODS))
    against = {
        name: {method: float(np.abs(values - found[reference]).max()) for method, values in found.items()}
        for name, found in exact.items()
    }
    pairs = [np.abs(a - b).max() for found in exact.values() for a in found.values() for b in found.values()]
    largest = float(max(pairs))
    draws = QUICK_DRAWS if place.quick else DRAWS
    shots = {name: _with_shots(quantity, exact[name][reference], draws) for name, quantity in quantities.items()}
    results = {
        "weights": len(exact["pixels"][reference]),
        "samples": SAMPLES,
        "gradient_rms": {name: _rms(found[reference]) for name, found in exact.items()},
        "largest_difference_to_batched": against,
        "largest_difference_between_any_two": largest,
        "allowed": ALLOWED,
        "holds": largest <= ALLOWED,
        "shots": {"shots": SHOTS, "draws": draws, **{name: found._asdict() for name, found in shots.items()}},
    }
    return Figure("Gradients of the patch generator", results, _body(results))


def _with_shots(quantity: Quantity, truth: Array, draws: int) -> Deviation:
    _, generator = setup([("backend.name", "batched.qubit"), ("backend.shots", SHOTS)])
    latent = generator.draw(SAMPLES, Key(0, "gradients")).latent
    keys = [Key(0, "gradients with shots", index) for index in range(draws)]
    return deviation(np.array([gradient(generator, Draw(latent, None, key), quantity) for key in keys]), truth)


def _coefficients(values: Tensor) -> Tensor:
    return torch.from_numpy(stream(Key(0, "linear function")).normal(size=tuple(values.shape)))


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _body(results: dict[str, Any]) -> str:
    against, shots = results["largest_difference_to_batched"], results["shots"]
    methods = list(against["pixels"])
    verdict = "holds" if results["holds"] else "DOES NOT HOLD"
    count, sizes = results["weights"], results["gradient_rms"]
    return "\n\n".join(
        [
            f"The untrained generator of `digits-patch`, {count} weights, {results['samples']} samples, float64: the "
            "gradient of a fixed random linear function of the samples' pixels before they are rounded to float32, and "
            "of the joint probabilities they are made of. Root mean square of its elements: "
            f"{number(sizes['pixels'])} and {number(sizes['probabilities'])}.",
            table(
                ("largest absolute difference to batched.qubit", "pixels", "probabilities"),
                [(method, *(f"{against[name][method]:.1e}" for name in against)) for method in methods],
            ),
            f"Largest difference between any two: {results['largest_difference_between_any_two']:.1e}; "
            f"at most {results['allowed']:.0e} was asked for, which {verdict}.",
            f"## With {shots['shots']} shots for each circuit",
            f"{shots['draws']} gradients by parameter-shift on batched.qubit, each with shots of its own, against the "
            "exact gradient.",
            table(
                ("", "pixels", "probabilities"),
                [
                    (label, *(number(shots[name][key]) for name in against))
                    for label, key in (
                        (f"error of the mean in standard errors, largest of {count}", "largest"),
                        ("error of the mean in standard errors, root mean square", "rms"),
                        ("error of the mean, share of the gradient", "bias"),
                        ("standard deviation of one draw, share of the gradient", "spread"),
                    )
                ],
            ),
            "Without bias the root mean square is about 1, and the largest of 120 about 2.7. The gradient of the "
            "probabilities is linear in the relative frequencies. Pixels are ratios of them: post-selection and "
            "scaling by the brightest pixel divide by numbers that have shot noise themselves, so their gradient may "
            "be biased however the circuits are differentiated.",
        ]
    )
