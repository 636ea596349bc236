"""The Born machine: a distribution over the grid that the data lives on."""

__all__ = ["BornGenerator", "BornOptions"]

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, final

import numpy as np
import torch

from circuits import Circuit, begun_in, begun_uniform
from qgan._typing import Array
from qgan.errors import ConfigError
from qgan.generators.base import CircuitGenerator, FittedOptions, Ingredients, initial_weights, sets_of
from qgan.generators.estimators import ESTIMATORS
from qgan.generators.outcomes import MOST, Output, Registers, mixed, outcomes_of
from qgan.readout import Probabilities
from qgan.samples import DataSet, Draw, Samples


class BornOptions(FittedOptions):
    """Options of the Born machine.

    Attributes:
        prepare: What is put before the circuit: nothing for ``"own"``, which is for circuits that prepare a state by
            themselves too; ``"uniform"``, all bit strings alike; ``"normal"``, for each feature the normal distribution
            with the mean and spread of the training data, on the grid; or nothing but weights from U[0, 2π) for
            ``"random"``.
        output: What training sees: the whole ``"distribution"`` as weights of all grid points, or ``"samples"`` of it.
    """

    prepare: Literal["own", "uniform", "normal", "random"] = "own"
    output: Output = "distribution"


@final
class BornGenerator(CircuitGenerator[BornOptions]):
    r"""Probabilities of the points of a grid.

    .. math:: p(x) = |\langle x|\psi(\theta)\rangle|^2

    The grid is the product of ``data.levels``. Each feature has a register of as many wires as number its levels; bit
    strings beyond them are post-selected away, and ``diagnostics["postselection"]`` is the probability of all others.

    Trained on the whole distribution, samples are the grid points, weighted by their probabilities. Trained on samples,
    they are drawn from it, and their weights carry the score-function gradient: see :func:`outcomes_of`. :meth:`sample`
    draws in either case, from one circuit. With finite shots all of it is drawn from their relative frequencies.

    A circuit without latents is run once, whatever the batch. Of one that has latents a distribution is the mean over
    those of the batch: that of a mixed state.

    Args:
        options: See :class:`BornOptions`.
        ingredients: Data, circuit, executor.

    Raises:
        ConfigError: If the data has no levels, the grid is too large to be given whole, or the preparation entangles
            wires that shall not be.

    References:
        Zoufal C., Lucchi A. and Woerner S., Quantum generative adversarial networks for learning and loading random
        distributions, npj Quantum Information 5, 103 (2019), arXiv:1904.00043.
    """

    independent = False

    def __init__(self, options: BornOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        self.options, self.sample_shape = options, data.sample_shape
        levels = _levels(data)
        self.registers = Registers(levels)
        if options.output == "distribution" and self.registers.points > MOST:
            raise ConfigError(
                f"The grid of '{data.name}' is too large to be given whole",
                got=f"{self.registers.points} points",
                allowed=f"{MOST} or fewer",
                cure="Set generator.output=samples",
            )
        circuit = options.make_with(ingredients, self.registers.n_wires, why=f"The grid of '{data.name}'")
        self.circuit = self._begun(circuit, levels, data)
        self.latent_dim = circuit.latent_dim
        self.executor = ingredients.executor(self.circuit, Probabilities(), rows=1 if self.latent_dim else 0)
        self.gradient, self.diagnostics = self.executor.gradient, {}
        self.weights = initial_weights(self.circuit, ingredients.key)
        whole = "distribution" if self.registers.points == 2**self.registers.n_wires else "post-selected distribution"
        self.estimator = ESTIMATORS[whole if options.output == "distribution" else "samples"]

    def _begun(self, circuit: Circuit, levels: Sequence[Array], data: DataSet) -> Circuit:
        if self.options.prepare == "own":
            return circuit
        if self.options.prepare == "random":
            return replace(circuit, initial=None)
        if self.options.prepare == "uniform":
            return begun_uniform(circuit)
        if not circuit.entangled and max(self.registers.widths) > 1:
            raise ConfigError(
                "The preparation of normal distributions entangles the wires of a register",
                got="generator.prepare = normal, generator.entangled = false",
                allowed="own, uniform, random",
                cure="Set generator.prepare=uniform",
            )
        pairs = zip(levels, data.train.flat().T, strict=True)
        try:
            return begun_in(circuit, self.registers.padded([_normal(grid, column) for grid, column in pairs]))
        except ValueError as error:
            raise ConfigError(f"generator.prepare = normal does not go with this circuit. {error}") from error

    def forward(self, draw: Draw) -> Samples:
        """The whole grid, or as many points as there are latents; values and weights float32."""
        latent = draw.latent if self.latent_dim else draw.latent[:1]
        joint = self.executor(latent, sets_of(self.weights), key=draw.key)
        valid = self.registers.valid
        probabilities, success = mixed(joint, valid)
        self.diagnostics = {} if valid is None else {"postselection": success.item()}
        outcomes, weights = outcomes_of(
            probabilities, output=self.options.output, n=len(draw.latent), key=draw.key, valid=valid
        )
        values = self.registers.values(outcomes).reshape(-1, *self.sample_shape)
        return Samples(values.to(torch.float32), weights.to(torch.float32))


def _levels(data: DataSet) -> Sequence[Array]:
    if data.levels is None or all(len(values) == 1 for values in data.levels):
        raise ConfigError(
            f"A Born machine puts probabilities on a grid, and the data set '{data.name}' has none",
            got="continuous values" if data.levels is None else "one level for each feature",
            allowed="data whose features take a few values each",
            cure="Set generator.name=expectation, or use data with levels, such as bars-and-stripes",
        )
    return data.levels


def _normal(grid: Array, column: Array) -> Array:
    """The normal distribution of a column's mean and spread at the points of a grid, shape (points,)."""
    spread = max(float(column.std()), 1e-6 * float(np.ptp(grid)), 1e-12)
    exponents = -(((grid - column.mean()) / spread) ** 2) / 2
    density = np.exp(exponents - exponents.max())
    return density / density.sum()
