"""Gradients of generators with shots, many draws of one gradient in one call."""

__all__ = ["CASES", "Case", "Gradients", "cases_of"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from circuits import CIRCUITS, Circuit
from qgan._typing import Array
from qgan.backends import resolve
from qgan.backends.perturbation import Perturbation
from qgan.data.arrays import from_array
from qgan.discriminators import DISCRIMINATORS
from qgan.errors import ConfigError
from qgan.generators import GENERATORS, Ingredients
from qgan.generators.base import CircuitGenerator, sets_of
from qgan.generators.born import BornGenerator
from qgan.generators.outcomes import mixed, outcomes_of
from qgan.losses import NonSaturating
from qgan.readout import Executor, ReadOut
from qgan.samples import DataSet, Draw
from qgan.seeding import Key, stream

WIRES, LAYERS, LATENTS, OUTCOMES = 3, 1, 4, 32
# Standard deviation of the discriminator's logits over samples that are evenly distributed.
SHARPNESS = 2.0


@final
@dataclass(frozen=True)
class Case:
    """A generator that reads its circuit in one way.

    Attributes:
        kind: A key of :data:`qgan.generators.estimators.ESTIMATORS`.
        generator: Its name.
        features: Of a sample.
        options: Of the generator.
        levels: How many values each feature takes; None for continuous ones.
    """

    kind: str
    generator: str
    features: int
    options: Mapping[str, Any]
    levels: tuple[int, ...] | None = None


CASES: Mapping[str, Case] = {
    "Born, distribution": Case("distribution", "born", 3, {}, (2, 2, 2)),
    "Born, distribution, 6 of 8": Case("post-selected distribution", "born", 2, {}, (3, 2)),
    "Born, samples": Case("samples", "born", 3, {"output": "samples"}, (2, 2, 2)),
    "Born, samples, 6 of 8": Case("samples", "born", 2, {"output": "samples"}, (3, 2)),
    "expectation, Z": Case("expectation", "expectation", 3, {}),
    "expectation, X and Z": Case("expectation", "expectation", 6, {"observables": "xz"}),
    "patch, maximum": Case("patch", "patch", 4, {"n_wires": WIRES, "n_ancillas": 1}),
    "patch, sum": Case("patch", "patch", 4, {"n_wires": WIRES, "n_ancillas": 1, "scale": "sum"}),
    "batch-patch": Case("batch-patch", "batch-patch", 4, {"images": 2}),
    "amplitude": Case("amplitude", "amplitude", 4, {}),
}


def cases_of(circuit: str) -> list[str]:
    """The cases that the circuit can be used in: those without latents have one sample in most, and are refused."""
    return [name for name in CASES if _makes(circuit, CASES[name])]


def _makes(circuit: str, case: Case) -> bool:
    try:
        Gradients(circuit, case)
    except ConfigError:
        return False
    return True


@final
class Gradients:
    """Draws of one gradient: of the mean non-saturating loss of a few fixed latents, by all weights.

    The generator is the package's own. Each draw has a copy of the weights, so that all draws are rows of one batch,
    and the gradient by each copy is that draw's. Weights are uniform in [-π, π), and the discriminator is the package's
    default, untrained, its last layer scaled until its logits vary by 2 over evenly distributed samples: an untrained
    one is nearly flat and would show no bias.

    Args:
        circuit: Its name, on 3 wires with 1 layer.
        case: How it is read.
        shots: For each circuit; None is exact.
        method: Of the gradient, as a backend is asked for it.
        spsa: How far and how often it perturbs.
        backend: Its name.
        seed: Of weights, latents and discriminator.

    Attributes:
        generator: What is differentiated.
        latent: Shape (4, latent_dim), those of every draw.
        discriminator: From values to logits.
    """

    def __init__(
        self,
        circuit: str,
        case: Case,
        *,
        shots: int | None = None,
        method: str = "auto",
        spsa: Perturbation | None = None,
        backend: str = "batched.qubit",
        seed: int = 0,
    ) -> None:
        self._born = case.generator == "born"
        data, options = _data(case), {"circuit": circuit, "layers": LAYERS, **case.options}

        def executor(circuit: Circuit, readout: ReadOut, *, rows: float) -> Executor:  # noqa: ARG001
            exact: Any = "complex128" if backend == "batched.qubit" else None
            told: Any = {} if spsa is None else {"spsa": spsa}
            return resolve(backend).executor(circuit, readout, shots=shots, method=method, c_dtype=exact, **told)

        entry = GENERATORS[case.generator]
        ingredients = Ingredients(data, Key(seed, "weights"), _circuit, executor, _no_inner)
        generator = entry.make(entry.options.model_validate(options), ingredients)
        assert isinstance(generator, CircuitGenerator)
        self.generator, rng = generator, stream(Key(seed, f"estimators of {circuit}"))
        self._weights = {
            name: torch.from_numpy(rng.uniform(-np.pi, np.pi, (1, *shape)))
            for name, shape in generator.circuit.weight_shapes.items()
        }
        self.latent = generator.draw(LATENTS, Key(seed, "latents")).latent
        self._rows = 0
        self.discriminator = _discriminator(data, Key(seed, "discriminator"))

    @classmethod
    def exact(cls, circuit: str, case: Case) -> Array:
        """The gradient itself, shape (weights,): of what is drawn, that of the whole distribution."""
        options = {key: value for key, value in case.options.items() if key != "output"}
        return cls(circuit, replace(case, options=options)).draw(1, Key(0, "exact"))[0]

    @property
    def circuits_of_a_row(self) -> float:
        """That a gradient takes for each row of angles, beside the row's own: of all draws so far."""
        return self.generator.counts.executions / self._rows - 1

    def draw(self, draws: int, key: Key) -> Array:
        """Gradients of shape (draws, weights)."""
        copies = {name: nn.Parameter(w.repeat(draws, *[1] * (w.ndim - 1))) for name, w in self._weights.items()}
        self.generator.weights = nn.ParameterDict(copies)
        before = self.generator.counts.executions
        batch = Draw(self.latent.repeat(draws, 1), None, key)
        costs = self._born_costs(batch, draws) if self._born else self._costs(batch)
        self._rows += self.generator.counts.executions - before
        slopes = torch.autograd.grad(costs.sum(), list(copies.values()), allow_unused=True)
        flat = [
            torch.zeros_like(copy) if slope is None else slope
            for slope, copy in zip(slopes, copies.values(), strict=True)
        ]
        return torch.cat([slope.reshape(draws, -1) for slope in flat], dim=1).numpy()

    def _costs(self, batch: Draw) -> Tensor:
        """Of all samples."""
        logits = self.discriminator(self.generator(batch).values)
        return NonSaturating().generator(fake=logits, fake_weights=torch.full_like(logits, 1 / LATENTS))

    def _born_costs(self, batch: Draw, draws: int) -> Tensor:
        """Of each draw; the generator would mix all rows of a batch, and so its own functions are called for those."""
        generator = self.generator
        assert isinstance(generator, BornGenerator)
        registers, output = generator.registers, generator.options.output
        latent = batch.latent if generator.latent_dim else batch.latent[:draws]
        joint = generator.executor(latent, sets_of(generator.weights), key=batch.key).unflatten(0, (draws, -1))
        probabilities = torch.func.vmap(lambda rows: mixed(rows, registers.valid)[0])(joint)
        grid, _ = outcomes_of(probabilities[0], output="distribution", n=0, key=batch.key, valid=registers.valid)
        logits = torch.zeros(2**registers.n_wires)
        logits[grid] = self.discriminator(registers.values(grid).reshape(-1, *generator.sample_shape).float())

        def cost(place: int, row: Tensor) -> Tensor:
            key = batch.key._replace(purpose=f"{batch.key.purpose}/{place}")
            outcomes, weights = outcomes_of(row, output=output, n=OUTCOMES, key=key, valid=registers.valid)
            return NonSaturating().generator(fake=logits[outcomes], fake_weights=weights.float())

        return torch.stack([cost(place, row) for place, row in enumerate(probabilities)])


def _circuit(name: str, **options: Any) -> Circuit:
    return CIRCUITS[name](**options)


def _no_inner(*_: Any) -> Any:
    raise AssertionError("No generator here is made of two")


def _data(case: Case) -> DataSet:
    values = np.random.default_rng(0).uniform(0, 1, (64, case.features))
    data = replace(from_array(values, seed=0), low=0.0, high=1.0)
    return data if case.levels is None else replace(data, levels=tuple(np.linspace(0, 1, n) for n in case.levels))


def _discriminator(data: DataSet, key: Key) -> Callable[[Tensor], Tensor]:
    entry = DISCRIMINATORS["mlp"]
    network: Any = entry.make(entry.options(), shape=data.sample_shape, classes=0, key=key)
    network.requires_grad_(False)
    even = torch.from_numpy(stream(key._replace(purpose="even")).uniform(0, 1, (4096, *data.sample_shape))).float()
    logits = network(even)
    middle, scale = logits.mean(), SHARPNESS / logits.std()
    return lambda values: (network(values) - middle) * scale
