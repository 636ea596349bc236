"""The dephased twin: a circuit that loses its coherence after each layer, and so is a classical stochastic network."""

__all__ = ["Dephased", "DephasedExecutor"]

import math
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple, final

import numpy as np
import torch
from torch import Tensor

from circuits import Circuit, begun_in_bits, layers_of
from qgan.backends.bases import basis_by_basis
from qgan.backends.program import require_fitting, trace
from qgan.errors import ConfigError, ResourceError
from qgan.generators.base import MakeExecutor
from qgan.readout import Counts, Executor, GradientMethod, Probabilities, ReadOut
from qgan.seeding import Key
from qgan.twins.twin import Twin, require_exact

WHY = "a product of stochastic matrices, each differentiated as the backend differentiates its layer"


@final
class Dephased(Twin):
    r"""Complete dephasing of all wires after each layer: the same weights, latents and read-outs, and nothing quantum.

    .. math:: p_{l+1}(y) = \sum_x |\langle y|U_l|x\rangle|^2 \, p_l(x), \qquad p_0(x) = \delta_{x0}

    Of a state only the diagonal is left after a layer; where the layers end is said by :func:`circuits.layers_of`.
    What is read in the basis of X is turned after the last dephasing, so that it is 0 wherever the circuit ends with
    its last layer. Diagonal gates do nothing next to a dephasing: CZ gates at an end of a layer couple nothing, and the
    wires of such a circuit become independent; CNOT gates still move bits.

    A layer takes a circuit for each bit string, 2**n of them, and of each row anew if latents enter in it.
    """

    def executor(self, make: MakeExecutor) -> MakeExecutor:
        """Executors of the twins of circuits.

        Raises:
            ConfigError: If circuits are run with finite shots.
        """
        require_exact(self)

        def dephased(circuit: Circuit, readout: ReadOut, *, rows: float) -> Executor:
            try:
                return basis_by_basis(circuit, readout, partial(self._made, make, rows=rows))
            except ResourceError as error:
                raise ResourceError(
                    f"The dephased twin runs {2**circuit.n_wires} circuits for each layer of '{circuit.name}'. {error}"
                ) from error

        return dephased

    def _made(self, make: MakeExecutor, circuit: Circuit, readout: ReadOut, *, rows: float) -> Executor:
        try:
            parts = layers_of(circuit)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        size, samples = 2**circuit.n_wires, self.setting.batch_size
        moved = [_moved_by_latents(part) for part in parts[1:]]
        batch = max(1.0, samples * rows)
        # All layers are kept until they are differentiated.
        circuits = batch + size * sum(batch if each else max(1.0, rows) for each in moved)
        made = partial(make, readout=Probabilities(), rows=circuits / samples)
        layers = [_Layer(made(begun_in_bits(part)), each) for part, each in zip(parts[1:], moved, strict=True)]
        return DephasedExecutor(circuit, readout, made(parts[0]), layers)


class _Layer(NamedTuple):
    """A layer but the first.

    Attributes:
        run: Its circuit, begun in bits.
        moved: Whether latents enter in it.
    """

    run: Executor
    moved: bool


@final
class DephasedExecutor(Executor):
    """One distribution after the other. No circuit is counted: what runs is the simulation of a classical network.

    Args:
        circuit: The whole of it.
        readout: In the basis of Z.
        first: Runs the first layer, from all wires in 0.
        layers: The others.
    """

    def __init__(self, circuit: Circuit, readout: ReadOut, first: Executor, layers: list[_Layer]) -> None:
        self.counts, self.precision = Counts(), first.precision
        self.gradient = GradientMethod(first.gradient.name, WHY)
        self.rows_for_one = 1 + 2**circuit.n_wires * len(layers)
        self._circuit, self._readout, self._first, self._layers = circuit, readout, first, layers
        strings = np.arange(2**circuit.n_wires)[:, None] >> np.arange(circuit.n_wires - 1, -1, -1) & 1
        self._strings = torch.from_numpy(math.pi * strings)

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:
        require_fitting(self._circuit, latent, weights)
        sets = max(
            (len(values) for name, values in weights.items() if values.ndim > len(self._circuit.weight_shapes[name])),
            default=1,
        )
        shared = latent.new_zeros(sets, latent.shape[1])
        joint = self._first(latent, weights, key=key)
        size = joint.shape[-1]
        for layer in self._layers:
            starts = latent if layer.moved else shared
            strings = self._strings.to(starts).repeat(len(starts), 1)
            table = torch.cat([starts.repeat_interleave(size, dim=0), strings], dim=-1)
            moves = layer.run(table, weights, key=key).unflatten(0, (len(starts), size))
            joint = (joint.unflatten(0, (len(starts), -1)) @ moves).flatten(0, 1)
        return self._readout.read(joint)


def _moved_by_latents(circuit: Circuit) -> bool:
    """Whether an angle of it differs between two latents."""
    rng = np.random.default_rng(0)
    latent = torch.from_numpy(rng.uniform(0.5, 1.5, (2, circuit.latent_dim)))
    weights = {name: torch.from_numpy(rng.uniform(0.5, 1.5, shape)) for name, shape in circuit.weight_shapes.items()}
    first, second = trace(circuit, latent, weights).angles
    return bool((first != second).any())
