"""The expectation generator: one number of a sample from each observable of a circuit."""

__all__ = ["ExpectationGenerator", "ExpectationOptions"]

from typing import Literal, final

import torch
from pydantic import Field

from qgan.errors import ConfigError
from qgan.generators.base import CircuitGenerator, FittedOptions, Ingredients, initial_weights, into_range
from qgan.generators.estimators import ESTIMATORS
from qgan.generators.observables import Observables, PauliReader
from qgan.networks import dense, initialise
from qgan.samples import Draw, Samples

# With a head any number of wires will do, and nobody said how many.
WIRES_UNDER_A_HEAD = 5


class ExpectationOptions(FittedOptions):
    """Options of the expectation generator.

    Attributes:
        n_wires: Wires of each circuit; None for as many as the features need, and for at most 5 under a head.
        observables: ``"z"`` reads Z of each wire; ``"xz"`` reads X and Z, in two circuits unless the backend takes one.
        copies: Circuits side by side, which share their latent.
        head: ``"affine"`` puts a trainable affine map and a logistic function between observables and features;
            ``"none"`` has an observable for each feature.
    """

    observables: Observables = "z"
    copies: int = Field(default=1, ge=1, le=65_536)
    head: Literal["none", "affine"] = "none"


@final
class ExpectationGenerator(CircuitGenerator[ExpectationOptions]):
    r"""Expectation values of Pauli operators, taken to the data's range.

    .. math:: x_i = \tfrac12 (1 + \langle\psi(z, \theta)| O_i |\psi(z, \theta)\rangle), \qquad O = Z_0, Z_1, \dots

    or :math:`O = X_0, Z_0, X_1, Z_1, \dots`; with a head :math:`x = \sigma(A \langle O \rangle + b)`. Without a head,
    observables beyond the last feature are left out.

    Args:
        options: See :class:`ExpectationOptions`.
        ingredients: Data, circuit, executor.

    Raises:
        ConfigError: If there are more features than observables and no head, or the circuit has no latents.

    References:
        Romero J. and Aspuru-Guzik A., Variational quantum generators: Generative adversarial quantum machine learning
        for continuous distributions (2019), arXiv:1901.00848. Without a head: Bravo-Prieto C. et al., Style-based
        quantum generative adversarial networks for Monte Carlo events, Quantum 6, 777 (2022), arXiv:2110.06933.
    """

    estimator = ESTIMATORS["expectation"]

    def __init__(self, options: ExpectationOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        self.sample_shape, self.features = data.sample_shape, data.features
        circuit = options.make(ingredients, n_wires=_wires(options, self.features))
        self.reader = PauliReader(circuit, ingredients, observables=options.observables, copies=options.copies)
        self.head = None
        if options.head == "affine":
            self.head = dense([self.reader.size, self.features], "relu")
            initialise(self.head, ingredients.key._replace(purpose=f"{ingredients.key.purpose}/head"))
            self.head.double()
        elif self.reader.size < self.features:
            raise ConfigError(
                "There are more features than observables",
                got=f"{self.features} features, {self.reader.size} observables",
                allowed=f"{self.features} observables or more, or a head",
                cure="Set generator.head=affine, leave generator.n_wires out, or set more generator.copies",
            )
        self.circuit, self.latent_dim, self.options = circuit, circuit.latent_dim, options
        self.patches = options.copies
        self.executor = self.reader.executor
        self.gradient, self.diagnostics = self.executor.gradient, {}
        self.weights = initial_weights(circuit, ingredients.key, copies=options.copies)
        self.keep_range(data.low, data.high)

    def forward(self, draw: Draw) -> Samples:
        """Values of shape (n, *sample_shape), float32."""
        read = self.reader(draw.latent, self.weights, key=draw.key)
        unit = (1 + read[:, : self.features]) / 2 if self.head is None else torch.sigmoid(self.head(read))
        values = into_range(unit, self.low, self.high).reshape(-1, *self.sample_shape)
        return Samples.uniform(values.float())


def _wires(options: ExpectationOptions, features: int) -> int:
    needed = -(-features // (options.copies * len(options.observables)))
    return options.n_wires or (needed if options.head == "none" else min(needed, WIRES_UNDER_A_HEAD))
