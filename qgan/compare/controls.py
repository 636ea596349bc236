"""Controls: a quantum generator's own configuration, changed in one respect, and what that really changes."""

__all__ = ["CONTROLS", "SHOTS", "Control", "Reach", "reach_of", "with_noise", "with_shots"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch

from qgan._typing import Array
from qgan.build import build
from qgan.config import Component, RunConfig
from qgan.documents import override
from qgan.errors import ConfigError
from qgan.generators import GENERATORS
from qgan.generators.base import CircuitGenerator
from qgan.objects import Objects
from qgan.seeding import Key, stream

# Random read-outs beyond the weights: more equations than unknowns.
SPARE = 10
# Rows that are run at once, each with a set of weights of its own, and the amplitudes of all their circuits (1 GiB).
AT_ONCE, AMPLITUDES = 64, 2**26
# For each circuit, where a generator is run with finite shots: a patch's pixels then err by a few per cent.
SHOTS = 1024
# Of the largest singular value: double precision leaves about 1e-13 of it for 0.
NEGLIGIBLE = 1e-9


@final
@dataclass(frozen=True)
class Control:
    """An opponent that differs from its subject in one respect.

    Attributes:
        name: What it is called.
        changes: That respect, in a sentence.
        of: From the subject's configuration to its own.
        by_name_only: Whether it takes so long that it is left out where all are asked for.
    """

    name: str
    changes: str
    of: Callable[[RunConfig], RunConfig]
    by_name_only: bool = False


@final
@dataclass(frozen=True)
class Reach:
    """How far a generator's weights reach.

    Attributes:
        parameters: Numbers that are trained, those of heads and embeddings among them.
        circuit_weights: Those of them that are the circuits', or their twins'.
        tangent_rank: In how many directions the read-outs can be moved by the latter.
    """

    parameters: int
    circuit_weights: int
    tangent_rank: int


def unentangled(config: RunConfig) -> RunConfig:
    """The entanglers switched off."""
    return config.model_copy(update={"generator": _with(config.generator, entangled=False)})


def untrained(config: RunConfig) -> RunConfig:
    """No steps."""
    return config.model_copy(update={"train": config.train.model_copy(update={"steps": 0, "until": "steps"})})


def with_shots(config: RunConfig) -> RunConfig:
    """Finite shots, and the gradient that goes with them if nothing else is said."""
    changes = [("backend.shots", SHOTS), ("backend.gradient", "auto")]
    backend = override({"backend": config.document()["backend"]}, changes)["backend"]
    return config.model_copy(update={"backend": Component.model_validate(backend)})


def _twin(name: str) -> Callable[[RunConfig], RunConfig]:
    return lambda config: config.model_copy(update={"twin": Component(name=name)})


with_noise = _twin("noisy")

CONTROLS: Mapping[str, Control] = {
    control.name: control
    for control in (
        Control(
            "unentangled",
            "The entangling gates are taken out, or turn one wire each: the weights are as many, but rotations of a "
            "wire that then meet are one.",
            unentangled,
        ),
        Control(
            "dephased",
            "Every wire is completely dephased after each layer: the same weights, latents and read-outs, run as a "
            "classical stochastic network. Diagonal entanglers (CZ) next to a dephasing couple nothing, and what is "
            "read in the basis of X after it is 0.",
            _twin("dephased"),
        ),
        Control(
            "dequantised",
            "The circuit's gates are replaced by free coefficients of its own Fourier features: exactly as many "
            "weights, of which their common scale does nothing, and no circuit.",
            _twin("dequantised"),
        ),
        Control(
            "frozen",
            "The circuits' weights stay at their random start, and only heads, networks and embeddings train; a "
            "generator that has none of them has the untrained one for this control.",
            _twin("frozen"),
        ),
        Control("untrained", "Nothing is trained: the generator as it starts.", untrained),
        Control(
            "trained-with-shots",
            f"Trained and evaluated with {SHOTS} shots for each circuit; gradients are by parameter shift.",
            with_shots,
            by_name_only=True,
        ),
        Control(
            "trained-with-noise",
            "Trained and evaluated as density matrices: every gate depolarises its wires, and every measured bit is "
            "misread now and then, at the rates of an IBM Heron r1.",
            with_noise,
            by_name_only=True,
        ),
    )
}


def reach_of(config: RunConfig, objects: Objects | None = None) -> Reach:
    r"""What a generator of circuits trains, and in how many directions that moves what is read of it.

    The rank of the Jacobian of the read-outs of all latents with respect to the weights of one copy of the circuit,

    .. math:: J_{(z, j), w} = \frac{\partial}{\partial\theta_w} \mathrm{tr}\bigl(O_j U(z, \theta) |0\rangle\langle 0|
        U(z, \theta)^\dagger\bigr)

    times the number of copies, at random weights and for random latents, both from U[0, 2π): it is the same almost
    everywhere. Each row is one latent and one random combination of the read-outs, as many rows as weights and a few
    more; all are found by one gradient, for each row has a copy of the weights. Circuits are run in double precision,
    without shots, on the CPU.

    Raises:
        ConfigError: If the generator runs no circuits.
        QganError: For what else cannot be built.
    """
    experiment = build(_exact(config), objects)
    parts = [part for part in experiment.generator.modules() if isinstance(part, CircuitGenerator)]
    if not parts:
        raise ConfigError(
            "A generator without circuits has no controls of them",
            got=f"generator.name = {config.generator.name}",
            cure="Take the quantum recipe of the pair",
        )
    (generator,) = parts
    trained = [each for each in experiment.generator.parameters() if each.requires_grad]
    weights = [each for each in generator.weights.values() if each.requires_grad]
    copies = len(next(iter(generator.weights.values())))
    return Reach(
        parameters=sum(each.numel() for each in trained),
        circuit_weights=sum(each.numel() for each in weights),
        tangent_rank=copies * rank(jacobian(generator)) if weights else 0,
    )


def rank(matrix: Array) -> int:
    """How many singular values are not negligible."""
    values = np.linalg.svd(matrix, compute_uv=False)
    return int((values > NEGLIGIBLE * values.max(initial=0.0)).sum())


def jacobian(generator: CircuitGenerator[Any], *, latent: Array | None = None) -> Array:
    """Random combinations of the rows of the read-outs' Jacobian, shape (weights + a few, weights).

    Args:
        generator: Runs its circuit exactly, in double precision.
        latent: Shape (latent_dim,): the same for all rows; None for a random one for each.
    """
    circuit, rng = generator.circuit, stream(Key(0, "tangent rank"))
    weights = {name: rng.uniform(0, 2 * np.pi, shape) for name, shape in circuit.weight_shapes.items()}
    rows = circuit.n_weights + SPARE
    drawn = rng.uniform(0, 2 * np.pi, (rows, circuit.latent_dim))
    latents = drawn if latent is None else np.broadcast_to(latent, drawn.shape)
    # A dephased twin of 12 wires runs tens of thousands of circuits for one row.
    within = AMPLITUDES // (2**circuit.n_wires * generator.executor.rows_for_one)
    at_once = max(1, min(AT_ONCE, within))
    blocks = [
        _block(generator, torch.from_numpy(latents[at : at + at_once].copy()), weights, rng)
        for at in range(0, rows, at_once)
    ]
    return np.concatenate(blocks)


def _block(
    generator: CircuitGenerator[Any], latent: torch.Tensor, weights: Mapping[str, Array], rng: np.random.Generator
) -> Array:
    rows = len(latent)
    sets = {
        name: torch.from_numpy(np.repeat(values[None], rows, axis=0)).requires_grad_()
        for name, values in weights.items()
    }
    with torch.enable_grad():
        read = generator.executor(latent, sets, key=Key(0, "tangent rank"))
        mixed = (read * torch.from_numpy(rng.normal(size=read.shape))).sum()
        found = torch.autograd.grad(mixed, list(sets.values()), allow_unused=True, materialize_grads=True)
    return torch.cat([each.reshape(rows, -1) for each in found], dim=1).numpy()


def _exact(config: RunConfig) -> RunConfig:
    run = config.run.model_copy(update={"device": "cpu"})
    train = config.train.model_copy(update={"ema": 0.0})
    backend = Component.model_validate({"name": "batched.qubit", "c_dtype": "complex128"})
    return config.model_copy(update={"run": run, "train": train, "backend": backend})


def _with(component: Component, **options: Any) -> Component:
    """The component, or the one inside it that makes circuits, with other options.

    Raises:
        ConfigError: If none does.
    """
    fields = GENERATORS.lookup(component.name).options.model_fields
    if all(name in fields for name in options):
        return Component.model_validate({"name": component.name, **component.options, **options})
    if "inner" not in fields:
        raise ConfigError(
            f"The generator '{component.name}' has no circuit to be changed",
            got=", ".join(options),
            cure="Take the quantum recipe of the pair",
        )
    inner = component.options.get("inner", fields["inner"].default)
    changed = _with(Component.model_validate(inner), **options)
    return Component.model_validate(
        {"name": component.name, **component.options, "inner": {"name": changed.name, **changed.options}}
    )
