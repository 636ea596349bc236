"""A quantum prior: what is measured on a circuit is the latent of a classical generator."""

__all__ = ["PriorGenerator", "PriorOptions"]

from typing import Annotated, Literal, final

import torch
from pydantic import Field
from torch import Tensor

from qgan.errors import ConfigError
from qgan.generators.base import (
    CircuitGenerator,
    CircuitOptions,
    Ingredients,
    initial_weights,
    into_range,
    sets_of,
)
from qgan.generators.estimators import ESTIMATORS
from qgan.generators.observables import PauliReader
from qgan.generators.outcomes import MOST, Output, mixed, outcomes_of
from qgan.networks import Activation, dense, initialise
from qgan.readout import Probabilities
from qgan.samples import Draw, Samples

Width = Annotated[int, Field(ge=1, le=2**20)]


class PriorOptions(CircuitOptions):
    """Options of the generator with a quantum prior.

    Attributes:
        read_out: What feeds the classical part: expectation values of ``"z"``, of X and Z (``"xz"``), or measured
            ``"bits"``.
        output: With bits, what training sees: the whole ``"distribution"`` of bit strings as weights of what they are
            made into, or ``"samples"`` of it.
        hidden: Widths of the classical part's hidden layers.
        activation: Between its layers.
    """

    read_out: Literal["z", "xz", "bits"] = "bits"
    output: Output = "samples"
    hidden: Annotated[tuple[Width, ...], Field(strict=False)] = (32,)
    activation: Activation = "leaky-relu"


@final
class PriorGenerator(CircuitGenerator[PriorOptions]):
    r"""A dense network whose input is measured on a circuit; both are trained, by one loss.

    Bits are :math:`\pm 1`, as Z has them, and are taken together: a string :math:`b` comes with its joint probability
    :math:`p(b) = |\langle b|\psi\rangle|^2`, and that is its sample's weight, or the probability that it is drawn with.
    (Bits drawn one by one from their expectation values would carry no correlation, and no entanglement.) A circuit of
    n wires then gives at most 2**n different samples. With expectation values there is a sample for each latent.

    Args:
        options: See :class:`PriorOptions`.
        ingredients: Data, circuit, executor.

    Raises:
        ConfigError: If there are too many bit strings to be given whole, or expectation values are asked of a circuit
            without latents.

    References:
        Rudolph M. et al., Generation of high-resolution handwritten digits with an ion-trap quantum computer, Physical
        Review X 12, 031010 (2022), arXiv:2012.03924; there the prior is trained apart from the network. Expectation
        values: Li J., Topaloglu R. and Ghosh S., Quantum generative models for small molecule drug discovery (2021),
        arXiv:2101.03438.
    """

    def __init__(self, options: PriorOptions, ingredients: Ingredients) -> None:
        super().__init__()
        data = ingredients.data
        self.options, self.sample_shape = options, data.sample_shape
        self.circuit = circuit = options.make(ingredients)
        self.latent_dim, self.diagnostics = circuit.latent_dim, {}
        self.reader: PauliReader | None = None
        if options.read_out == "bits":
            self.independent = False
            self._require_few(circuit.n_wires)
            self.executor = ingredients.executor(circuit, Probabilities(), rows=1 if self.latent_dim else 0)
            inputs = circuit.n_wires
        else:
            self.reader = PauliReader(circuit, ingredients, observables=options.read_out, copies=1)
            self.executor, inputs = self.reader.executor, self.reader.size
        self.estimator = ESTIMATORS[options.output if options.read_out == "bits" else "expectation"]
        self.gradient = self.executor.gradient
        self.weights = initial_weights(circuit, ingredients.key)
        self.network = dense([inputs, *options.hidden, data.features], options.activation)
        initialise(self.network, ingredients.key._replace(purpose=f"{ingredients.key.purpose}/network"))
        self.keep_range(data.low, data.high, dtype=torch.float32)

    def _require_few(self, n_wires: int) -> None:
        if self.options.output == "distribution" and 2**n_wires > MOST:
            raise ConfigError(
                f"The bit strings of {n_wires} wires are too many to be given whole",
                got=f"{2**n_wires} strings",
                allowed=f"{MOST} or fewer",
                cure="Set generator.output=samples",
            )

    def forward(self, draw: Draw) -> Samples:
        """A sample for each latent, or for each bit string that there can be; values and weights float32."""
        if self.reader is not None:
            return Samples.uniform(self._made_of(self.reader(draw.latent, self.weights, key=draw.key)))
        latent = draw.latent if self.latent_dim else draw.latent[:1]
        joint = self.executor(latent, sets_of(self.weights), key=draw.key)
        probabilities, _ = mixed(joint)
        strings, weights = outcomes_of(probabilities, output=self.options.output, n=len(draw.latent), key=draw.key)
        wires = torch.arange(self.circuit.n_wires - 1, -1, -1)
        bits = 1 - 2 * (strings[:, None] >> wires & 1)
        return Samples(self._made_of(bits), weights.to(torch.float32))

    def _made_of(self, prior: Tensor) -> Tensor:
        unit = torch.sigmoid(self.network(prior.to(torch.float32)))
        return into_range(unit, self.low, self.high).reshape(-1, *self.sample_shape)
