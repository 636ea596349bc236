"""A circuit: the gates, and what can be said about them without learning anything."""

__all__ = ["Basis", "Circuit", "Resources"]

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeAlias, cast, final

import numpy as np
import pennylane as qml
from numpy.typing import NDArray
from pennylane.drawer import tape_mpl, tape_text
from pennylane.tape import QuantumScript, make_qscript
from pennylane.transforms import decompose

from circuits._checks import choose, integer, refusal, require_shapes, shapes
from circuits.initial import INITIAL, Initial, uniform

Values: TypeAlias = Any
Weights: TypeAlias = Mapping[str, Values]
Queue: TypeAlias = Callable[[Values, Weights, bool], None]
Basis: TypeAlias = Literal["X", "Y", "Z"]
Inert: TypeAlias = Mapping[str, Mapping[str, NDArray[np.bool_]]]

# What turns a Pauli matrix into Z: H X H = Z, and RX(a) takes Y to Z for a = π/2.
_INTO_Z: dict[str, Callable[[int], Any]] = {
    "X": lambda wire: qml.Hadamard(wires=wire),
    "Y": lambda wire: qml.RX(np.pi / 2, wires=wire),
    "Z": lambda _: None,
}


class Resources(NamedTuple):
    """What one execution of a circuit takes.

    Attributes:
        wires: How many qubits.
        depth: How many time slots, where gates on different wires share one.
        gates: How many gates of each name.
        two_wire_gates: How many gates on two wires.
        weights: How many trainable numbers.
        latents: How many random inputs.
    """

    wires: int
    depth: int
    gates: Mapping[str, int]
    two_wire_gates: int
    weights: int
    latents: int


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Circuit:
    """Gates on the wires 0 to ``n_wires`` - 1, driven by a latent vector and by weights; all angles in radians.

    Attributes:
        name: What it is called in tables and pictures.
        n_wires: How many qubits; wire 0 is the most significant bit.
        latent_dim: How many random inputs; 0 for a circuit that has none.
        weight_shapes: The shape of every named array of weights.
        queue: Queues the operations of (latent, weights, entangled).
        entangled: Whether its entangling gates are there.
        has_switch: Whether they can be taken out; not so for a function of the user's.
        initial: Draws initial weights; None for U[0, 2π).
        identity: Draws weights with which, for a latent of zeros, everything after the prepared state is the identity;
            None where there are none.
        inert: Masks of the weights that do nothing, by the name of the read-out, then by the name of the weights.
        inert_in: The same where :meth:`in_basis` comes before the read-out, by the basis.
        reference: Where it was published.
        doc: One line on what it is.

    Raises:
        ValueError: If a number or a shape is impossible.
    """

    name: str
    n_wires: int
    latent_dim: int
    weight_shapes: Mapping[str, tuple[int, ...]]
    queue: Queue = field(repr=False)
    entangled: bool = True
    has_switch: bool = True
    initial: Initial | None = field(default=None, repr=False)
    identity: Initial | None = field(default=None, repr=False)
    inert: Inert = field(default_factory=dict, repr=False)
    inert_in: Mapping[str, Inert] = field(default_factory=dict, repr=False)
    reference: str = field(default="", repr=False)
    doc: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        cure = "Give the number of qubits, such as n_wires=5"
        object.__setattr__(self, "n_wires", integer(self.n_wires, "n_wires", minimum=1, cure=cure))
        cure = "Give the number of random inputs, such as latent_dim=5, or 0 for none"
        object.__setattr__(self, "latent_dim", integer(self.latent_dim, "latent_dim", minimum=0, cure=cure))
        object.__setattr__(self, "weight_shapes", shapes(self.weight_shapes))
        if not (self.entangled or self.has_switch):
            raise self._no_switch()

    def gates(self, latent: Values, weights: Weights) -> None:
        """Queues the operations and measures nothing.

        Args:
            latent: Shape (latent_dim,) or (batch, latent_dim), radians; numpy, torch or another interface of
                PennyLane.
            weights: By name, each of its shape or with the same leading batch axis, radians.

        Raises:
            ValueError: If a name or a shape does not fit.
        """
        require_shapes({"latent": latent}, {"latent": (self.latent_dim,)}, "input")
        require_shapes(weights, self.weight_shapes, "weights")
        self.queue(latent, weights, self.entangled)

    def without_entanglement(self) -> "Circuit":
        """The same circuit and the same weights, leaving a product state: the control for what entanglement does.

        Raises:
            ValueError: If the circuit is a function of the user's, which has no such control.
        """
        if not self.has_switch:
            raise self._no_switch()
        return replace(self, entangled=False)

    def in_basis(self, basis: Basis) -> "Circuit":
        """The same circuit and the same weights, turned so that a read-out of Z is one of that Pauli matrix.

        Args:
            basis: ``"X"``; ``"Y"``, for which no weights are known to be inert, though with real amplitudes every
                expectation value is 0; or ``"Z"``, which changes nothing.

        Raises:
            ValueError: If there is no such basis.
        """
        own, turn = self.queue, choose(_INTO_Z, basis, "basis")
        if basis == "Z":
            return self

        def queue(latent: Values, weights: Weights, entangled: bool) -> None:
            own(latent, weights, entangled)
            for wire in range(self.n_wires):
                turn(wire)

        inert, name = self.inert_in.get(basis, {}), f"{self.name} in {basis}"
        return replace(self, name=name, queue=queue, identity=None, inert=inert, inert_in={})

    def with_initial(self, name: str) -> "Circuit":
        """The same circuit, whose weights begin otherwise.

        Args:
            name: A name of :data:`circuits.INITIAL`: ``"own"``, ``"uniform"`` in [0, 2π), ``"normal"`` with a standard
                deviation of 0.1 rad, or ``"identity-block"`` (Grant et al., arXiv:1903.05076).

        Raises:
            ValueError: If there is no such name, or no such weights.
        """
        return replace(self, initial=choose(INITIAL, name, "way to begin")(self))

    def initial_weights(self, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
        """Weights to begin with, in radians, float64; the same for the same state of the generator.

        Raises:
            ValueError: If what ``initial`` draws has other names or shapes than ``weight_shapes``.
        """
        draw = self.initial or uniform(self.weight_shapes, low=0.0, high=2 * np.pi)
        weights = {name: np.asarray(values, dtype=np.float64) for name, values in draw(rng).items()}
        require_shapes(weights, self.weight_shapes, "initial weights")
        return weights

    @property
    def n_weights(self) -> int:
        """How many trainable numbers."""
        return int(sum(np.prod(shape, dtype=int) for shape in self.weight_shapes.values()))

    def draw(self, style: Literal["mpl", "text"] = "mpl") -> Any:
        """A picture, wire 0 on top.

        Args:
            style: ``"mpl"`` for a matplotlib Figure that pyplot does not keep, ``"text"`` for a str.

        Raises:
            ValueError: If there is no such style.
        """
        tape = self._tape()
        if style == "text":
            return tape_text(tape, wire_order=range(self.n_wires), show_all_wires=True, show_matrices=False)
        if style != "mpl":
            cure = "Use 'mpl' for a figure, or 'text' for a terminal"
            raise refusal(f"There is no style '{style}'", got=repr(style), allowed="mpl, text", cure=cure)
        # Not through pyplot, which would keep every figure and show it a second time in a notebook.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure()
        FigureCanvasAgg(figure)
        tape_mpl(tape, wire_order=range(self.n_wires), show_all_wires=True, fig=figure)
        return figure

    def resources(self) -> Resources:
        """What one execution takes; templates are counted by the gates they are made of."""
        (tape,), _ = cast(tuple[list[QuantumScript], Any], decompose(self._tape()))
        slots: dict[Any, int] = dict.fromkeys(range(self.n_wires), 0)
        for operation in tape.operations:
            end = 1 + max((slots[wire] for wire in operation.wires), default=0)
            for wire in operation.wires:
                slots[wire] = end
        return Resources(
            wires=self.n_wires,
            depth=max(slots.values()),
            gates=dict(Counter(operation.name for operation in tape.operations)),
            two_wire_gates=sum(len(operation.wires) == 2 for operation in tape.operations),
            weights=self.n_weights,
            latents=self.latent_dim,
        )

    def fingerprint(self) -> str:
        """A SHA-256 of its gates, wires and angles at fixed inputs: the same for circuits that do the same."""
        gates = [
            (op.name, list(op.wires), [np.asarray(value).tolist() for value in op.data], _settings(op))
            for op in self._tape().operations
        ]
        return hashlib.sha256(repr((self.n_wires, self.latent_dim, gates)).encode()).hexdigest()

    def _tape(self) -> QuantumScript:
        """Its gates at fixed inputs that are nothing special: at zeros, an amplitude embedding has no state."""
        rng = np.random.default_rng(0)
        latent = rng.uniform(0.0, 2 * np.pi, self.latent_dim)
        weights = {name: rng.uniform(0.0, 2 * np.pi, shape) for name, shape in sorted(self.weight_shapes.items())}
        tape = make_qscript(self.gates)(latent, weights)
        # What says where a layer ends is no gate.
        return QuantumScript([operation for operation in tape.operations if operation.name != "Barrier"])

    def _no_switch(self) -> ValueError:
        return refusal(
            f"The entanglement of the circuit '{self.name}' cannot be switched off",
            got="a function of your own, whose entangling gates are not known",
            allowed="circuits of the CIRCUITS table",
            cure="Write a second function without those gates and compare the two",
        )


def _settings(operation: Any) -> list[tuple[str, str]]:
    """What an operation does beside its angles: a Pauli word, control values, the axis of an embedding."""
    return sorted((name, str(value)) for name, value in operation.hyperparameters.items())
