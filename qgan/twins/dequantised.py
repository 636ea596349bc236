"""The dequantised twin: the circuit's own Fourier features, with free coefficients in place of its gates."""

__all__ = ["Dequantised", "DequantisedExecutor"]

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from circuits import Circuit
from qgan.backends.program import require_fitting
from qgan.generators.base import MakeExecutor, one_for_zero
from qgan.readout import Counts, Executor, GradientMethod, ReadOut
from qgan.seeding import Key, stream
from qgan.twins.spectrum import Spectrum, spectrum_of
from qgan.twins.twin import MakeCircuit, Twin, require_exact


@final
class Dequantised(Twin):
    r"""A vector of trigonometric polynomials of the latents, of the circuit's spectrum and with as many weights.

    .. math:: b_s(z) = \sum_{k: s_k = s} c_k \cos(f_k \cdot z - \phi_k), \qquad
        p(y | z) = \frac{|a_y(z)|^2}{\sum_{y'} |a_{y'}(z)|^2}, \qquad a_y = \sum_s (-1)^{s \cdot y} b_s

    The amplitudes of a circuit are such polynomials too: their frequencies are fixed by how latents enter, and its
    gates only say which coefficients they have, far fewer ways than there are. Here coefficients are free. As many are
    kept as the circuit has weights, so that the twin has exactly its parameters: frequencies are drawn with their
    multiplicities, and bit strings s take turns (:meth:`qgan.twins.spectrum.Spectrum.draw`). Weights that multiply
    latents move the frequencies, as they do in the circuit; all others become coefficients, which begin standard
    normal. Where latents enter once, by RY, these are products of sines and cosines of their halves; where there are
    none, it is a table of amplitudes, and weights beyond its size do nothing.

    Squares over their sum make it a distribution, because before they are divided they have the very spectrum of the
    circuit's probabilities, and with all coefficients the circuit's own are among them. (A matrix of low rank between
    features and outcomes would not do: of rank 2 it has twice as many numbers as there are outcomes, which is more than
    many circuits have weights; rank 1 gives the same distribution for all latents.) What is read in the basis of X is
    read of b.

    References:
        Schuld M., Sweke R. and Meyer J. J., Phys. Rev. A 103, 032430 (2021), arXiv:2008.08605: the spectrum. Landman J.
        et al., Classically approximating variational quantum machine learning with random Fourier features (2022),
        arXiv:2210.13200: frequencies drawn from it. Sweke R. et al., Potential and limitations of random Fourier
        features for dequantizing quantum machine learning (2023), arXiv:2309.11647: when that suffices.
    """

    def circuit(self, make: MakeCircuit) -> MakeCircuit:
        """Circuits whose weights begin as coefficients do, but for those that multiply latents."""

        def begun(*positional: Any, **named: Any) -> Circuit:
            circuit = make(*positional, **named)
            return replace(circuit, initial=_initial(circuit), identity=None, inert={}, inert_in={})

        return begun

    def executor(self, make: MakeExecutor) -> MakeExecutor:  # noqa: ARG002
        """Executors that run no circuit.

        Raises:
            ConfigError: If circuits are run with finite shots.
        """
        require_exact(self)

        def dequantised(circuit: Circuit, readout: ReadOut, *, rows: float) -> Executor:  # noqa: ARG001
            return DequantisedExecutor(circuit, readout, self.setting.key)

        return dequantised


@final
class DequantisedExecutor(Executor):
    """A classical map in torch.

    Args:
        circuit: Whose twin it is.
        readout: What is read.
        key: Names the stream of the functions that are kept.

    Raises:
        ConfigError: If the circuit's frequencies are not known.
    """

    def __init__(self, circuit: Circuit, readout: ReadOut, key: Key) -> None:
        self.counts = Counts()
        self.gradient = GradientMethod("autograd", "a trigonometric polynomial")
        spectrum = spectrum_of(circuit)
        self._circuit, self._readout, self._latents = circuit, readout, spectrum.latents
        free = _free(circuit, spectrum)
        terms = spectrum.draw(len(free), stream(key))
        self._free = torch.from_numpy(free[: len(terms.string)])
        self._frequency, self._phase = torch.from_numpy(terms.frequency), torch.from_numpy(terms.phase)
        self._shape = (spectrum.components, 2**circuit.n_wires)
        self._place = torch.from_numpy(terms.component * self._shape[1] + terms.string)

    def __call__(self, latent: Tensor, weights: Mapping[str, Tensor], *, key: Key) -> Tensor:  # noqa: ARG002
        require_fitting(self._circuit, latent, weights)
        table, named = latent.to("cpu", torch.float64), {name: each.to("cpu") for name, each in weights.items()}
        phases = self._latents(table, named) @ self._frequency.T - self._phase
        values = self._coefficients(named, len(latent)) * phases.cos()
        entries = values.new_zeros(len(latent), self._shape[0] * self._shape[1]).index_add(1, self._place, values)
        entries = entries.unflatten(1, self._shape)
        joint = [_distribution(_hadamard(entries) if basis == "Z" else entries) for basis in self._readout.bases]
        return self._readout.read(joint[0] if len(joint) == 1 else torch.stack(joint, dim=1)).to(latent.device)

    def _coefficients(self, weights: Mapping[str, Tensor], rows: int) -> Tensor:
        """Shape (rows, terms)."""
        flat = []
        for name, shape in self._circuit.weight_shapes.items():
            values = weights[name].double()
            sets = len(values) if values.ndim > len(shape) else 1
            flat.append(values.reshape(sets, -1).repeat_interleave(rows // sets, dim=0))
        return torch.cat(flat, dim=1).index_select(1, self._free)


def _hadamard(entries: Tensor) -> Tensor:
    """The Walsh transform along the last axis, in the order of bit strings; not normalised."""
    shape, done = entries.shape, 1
    while done < shape[-1]:
        one, other = entries.reshape(*shape[:-1], -1, 2, done).unbind(-2)
        entries = torch.stack([one + other, one - other], dim=-2).reshape(shape)
        done *= 2
    return entries


def _distribution(amplitudes: Tensor) -> Tensor:
    """Amplitudes of shape (rows, components, 2**n) to probabilities of shape (rows, 2**n)."""
    squares = amplitudes.square().sum(1)
    return squares / one_for_zero(squares.sum(-1, keepdim=True))


def _free(circuit: Circuit, spectrum: Spectrum) -> NDArray[np.int64]:
    """The numbers of the weights that are coefficients."""
    return np.setdiff1d(np.arange(circuit.n_weights), spectrum.moving)


def _initial(circuit: Circuit) -> Callable[[np.random.Generator], dict[str, NDArray[np.float64]]]:
    def draw(rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        own = circuit.initial_weights(rng)
        flat = np.concatenate([own[name].ravel() for name in circuit.weight_shapes])
        free = _free(circuit, spectrum_of(circuit))
        flat[free] = rng.standard_normal(len(free))
        ends = np.cumsum([own[name].size for name in circuit.weight_shapes])[:-1]
        parts = zip(circuit.weight_shapes.items(), np.split(flat, ends), strict=True)
        return {name: part.reshape(shape) for (name, shape), part in parts}

    return draw
